package generate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// TruthFile holds the attacks of a folder, a JSON array of Attack; it is absent when none was laid.
const TruthFile = "truth.json"

// WatchlistFolder holds the watchlists that go with the data, a CSV file each.
const WatchlistFolder = "watchlists"

// Formats lists the file formats of ToDir.
func Formats() []string { return []string{"jsonl", "csv", "parquet"} }

// ToDir writes a file a table into dir (made when absent), with TruthFile when attacks are laid, and the watchlists.
// Everything is first written under temporary names beside its place and renamed at the end, so an error or a
// cancelled ctx leaves no partial file and touches none that was there.
func ToDir(ctx context.Context, dir, format string, cfg Config) (Summary, error) {
	o, err := cfg.options()
	if err != nil {
		return Summary{}, err
	}
	format = strings.ToLower(format)
	for table := range o.faults.missing {
		for _, f := range Formats() {
			name := filepath.Join(dir, table+"."+f)
			if _, err := os.Stat(name); err == nil {
				return Summary{}, fmt.Errorf("fault missing-table=%s: %s is there from an earlier run; remove it or choose another folder", table, name)
			}
		}
	}
	files := &staging{dir: dir}
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		files.made = true
	}
	var sink Sink
	switch format {
	case "jsonl":
		sink = NewJSONLines(files.opener(".jsonl"))
	case "csv":
		sink = NewCSV(files.opener(".csv"))
	case "parquet":
		sink = NewParquet(files.opener(".parquet"))
	default:
		return Summary{}, fmt.Errorf("format %q is not known; %s", format, suggest(format, Formats(), Formats()))
	}
	if err := os.MkdirAll(filepath.Join(dir, WatchlistFolder), 0o755); err != nil {
		return Summary{}, err
	}
	sum, err := Generate(ctx, cfg, sink)
	if err == nil {
		err = files.write(sum, Watchlists(cfg))
	}
	if err == nil {
		err = files.commit()
	}
	if err != nil {
		files.discard()
		return Summary{}, err
	}
	for i := range sum.Tables {
		for _, f := range files.list {
			if f.table == sum.Tables[i].Table {
				sum.Tables[i].Bytes, sum.Tables[i].File = f.size, f.final
			}
		}
	}
	return sum, nil
}

// staging keeps the files of one run under temporary names until all are whole.
type staging struct {
	dir  string
	made bool // the folder is this run's own
	list []*stagedFile
}

type stagedFile struct {
	*os.File
	table, final string
	size         int64
}

func (f *stagedFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	f.size += int64(n)
	return n, err
}

func (s *staging) create(table, final string) (*stagedFile, error) {
	f, err := os.CreateTemp(filepath.Dir(final), ".generate-*.tmp")
	if err != nil {
		return nil, err
	}
	staged := &stagedFile{File: f, table: table, final: final}
	s.list = append(s.list, staged)
	return staged, nil
}

func (s *staging) opener(extension string) opener {
	return func(table string) (io.WriteCloser, error) {
		f, err := s.create(table, filepath.Join(s.dir, table+extension))
		if err != nil {
			return nil, err
		}
		return f, nil
	}
}

// write adds the truth and the watchlists.
func (s *staging) write(sum Summary, lists []Watchlist) error {
	add := func(final string, data []byte) error {
		f, err := s.create("", final)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return errors.Join(err, f.Close())
	}
	if len(sum.Attacks) > 0 {
		data, err := json.MarshalIndent(sum.Attacks, "", "  ")
		if err != nil {
			return err
		}
		if err := add(filepath.Join(s.dir, TruthFile), append(data, '\n')); err != nil {
			return err
		}
	}
	for _, l := range lists {
		if err := add(filepath.Join(s.dir, WatchlistFolder, l.Name+".csv"), l.csv()); err != nil {
			return err
		}
	}
	return nil
}

func (s *staging) commit() error {
	for _, f := range s.list {
		if err := os.Chmod(f.Name(), 0o644); err != nil {
			return err
		}
		if err := os.Rename(f.Name(), f.final); err != nil {
			return err
		}
	}
	// The truth of an earlier run would be a lie about this one.
	hasTruth := false
	for _, f := range s.list {
		hasTruth = hasTruth || filepath.Base(f.final) == TruthFile
	}
	if !hasTruth {
		if err := os.Remove(filepath.Join(s.dir, TruthFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (s *staging) discard() {
	for _, f := range s.list {
		f.Close()
		os.Remove(f.Name())
	}
	// A folder this run made goes too, if nothing came into it meanwhile: Remove leaves one that holds anything.
	if s.made {
		os.Remove(filepath.Join(s.dir, WatchlistFolder))
		os.Remove(s.dir)
	}
}
