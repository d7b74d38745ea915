package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Limits of the logs ingestion API.
//
// Source: Azure Monitor documentation, "Service limits: Logs Ingestion API" (1 MB a call, 64 KB a field).
const mostIngest = 1 << 20

// ingest takes rows for a table: a stream is named Custom-<table> or Microsoft-<table>. Any data collection rule will do.
func (s *Server) ingest(w http.ResponseWriter, r *http.Request, rule, stream string) {
	if queryValue(r.URL.Query(), "api-version") == "" {
		writeError(w, http.StatusBadRequest, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
		return
	}
	table := stream
	for _, prefix := range []string{"Custom-", "Microsoft-"} {
		if rest, ok := cutFold(stream, prefix); ok {
			table = rest
		}
	}
	if table == stream || !identifier(table) {
		writeError(w, http.StatusBadRequest, "InvalidStream", "Data collection rule with immutable Id '"+rule+"' has no stream '"+stream+"'; a stream is named Custom-<table> or Microsoft-<table>.")
		return
	}
	var rows []json.RawMessage
	if e := body(r, &rows); e != nil {
		writeError(w, e.status, "InvalidPayload", e.message)
		return
	}
	var lines bytes.Buffer
	for i, row := range rows {
		t := bytes.TrimSpace(row)
		if len(t) == 0 || t[0] != '{' {
			writeError(w, http.StatusBadRequest, "InvalidPayload", fmt.Sprintf("Record %d is not an object.", i))
			return
		}
		if err := json.Compact(&lines, t); err != nil {
			writeError(w, http.StatusBadRequest, "InvalidPayload", fmt.Sprintf("Record %d: %v", i, err))
			return
		}
		lines.WriteByte('\n')
	}
	if lines.Len() > mostIngest {
		writeError(w, http.StatusRequestEntityTooLarge, "ContentLengthLimitExceeded", fmt.Sprintf("Maximum allowed content length: %d bytes.", mostIngest))
		return
	}
	if s.opts.Engine == nil {
		writeError(w, http.StatusServiceUnavailable, "ServiceUnavailable", "This stand-in was started without an engine.")
		return
	}
	if lines.Len() > 0 {
		if err := s.rows.keep(s.opts.Engine, table, lines.Bytes(), s.opts.Now().UTC()); err != nil {
			var q *QueryError
			if errors.As(err, &q) {
				writeError(w, http.StatusBadRequest, "InvalidPayload", q.Message)
				return
			}
			writeError(w, http.StatusInternalServerError, "InternalServerError", err.Error())
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// rowJournal keeps ingested rows in the state folder, so that they are there again after a restart: a line for every
// call, on the disk before the call is answered.
type rowJournal struct {
	mu   sync.Mutex
	file *os.File
	bins map[string]binsOf // of summary rules, by their names in lower case
}

const rowsFile = "rows.jsonl"

type rowEntry struct {
	Format  int       `json:"format"`
	Table   string    `json:"table"`
	Arrived time.Time `json:"arrived"`
	Lines   string    `json:"lines"`
	Bin     *binOf    `json:"bin,omitempty"` // that a summary rule has run
}

// openRows gives the engine what earlier runs took in. Without a folder nothing is kept.
func openRows(dir string, engine Engine) (*rowJournal, error) {
	j := &rowJournal{bins: map[string]binsOf{}}
	if dir == "" {
		return j, nil
	}
	name := filepath.Join(dir, rowsFile)
	good, err := j.replay(name, engine)
	if err != nil {
		return nil, err
	}
	j.file, err = os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	// A last line without its end was never acknowledged.
	if err := j.file.Truncate(good); err != nil {
		return nil, errors.Join(err, j.file.Close())
	}
	if _, err := j.file.Seek(good, io.SeekStart); err != nil {
		return nil, errors.Join(err, j.file.Close())
	}
	return j, nil
}

// replay returns the length of the file's whole lines.
func (j *rowJournal) replay(name string, engine Engine) (good int64, err error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return good, nil
		}
		if err != nil {
			return good, err
		}
		var e rowEntry
		if err := json.Unmarshal(line, &e); err != nil {
			return good, fmt.Errorf("%s:%d: %w; move the file away to begin without ingested rows", name, n, err)
		}
		if e.Format > stateFormat {
			return good, newer(name, e.Format)
		}
		if e.Bin != nil {
			j.noteBin(*e.Bin)
		}
		if engine != nil && e.Lines != "" {
			if err := engine.Ingest(context.Background(), e.Table, []byte(e.Lines), e.Arrived); err != nil {
				return good, fmt.Errorf("%s:%d: %w", name, n, err)
			}
		}
		good += int64(len(line))
	}
}

// keep gives rows to the engine and writes them down.
func (j *rowJournal) keep(engine Engine, table string, lines []byte, arrived time.Time) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.write(engine, rowEntry{stateFormat, table, arrived, string(lines), nil})
}

// keepBin keeps the rows of a bin, which may be none, and that it was run.
func (j *rowJournal) keepBin(engine Engine, table string, lines []byte, arrived time.Time, b binOf) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.noteBin(b)
	return j.write(engine, rowEntry{stateFormat, table, arrived, string(lines), &b})
}

// write gives the rows of an entry to the engine and writes it down. The caller holds the lock.
func (j *rowJournal) write(engine Engine, e rowEntry) error {
	if e.Lines != "" {
		if err := engine.Ingest(context.Background(), e.Table, []byte(e.Lines), e.Arrived); err != nil {
			return err
		}
	}
	if j.file == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

// forget drops all rows that were kept, here and in the engine.
func (j *rowJournal) forget(engine Engine) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if engine != nil {
		if err := engine.Forget(); err != nil {
			return err
		}
	}
	j.bins = map[string]binsOf{}
	if j.file == nil {
		return nil
	}
	if err := j.file.Truncate(0); err != nil {
		return err
	}
	if _, err := j.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return j.file.Sync()
}

func (j *rowJournal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file = nil
	return err
}
