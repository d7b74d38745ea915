package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Options say how files are read.
type Options struct {
	// Table is the table that rows belong to; "" takes the file's name up to its first '-' or '.'.
	Table string
	// Schema returns the columns of a table that is known; types of other columns are found from their values.
	Schema  func(table string) ([]Column, bool)
	Workers int // 0 or 1 reads on the calling goroutine
	// Columns names the columns that are wanted of each table; nil wants all of all, a table that is not in it all of its own.
	// What is not wanted is skipped, not read. TimeGenerated and the ingestion time are always read.
	Columns map[string][]string
	// MaxLine bounds a line of JSON, 0 stands for 64 MiB.
	MaxLine int
	// MaxFile bounds files that must be held whole (JSON arrays, CSV), 0 stands for 2 GiB.
	MaxFile int64
}

func (o Options) maxLine() int {
	if o.MaxLine > 0 {
		return o.MaxLine
	}
	return 64 << 20
}

func (o Options) maxFile() int64 {
	if o.MaxFile > 0 {
		return o.MaxFile
	}
	return 2 << 30
}

// types returns the type of a table's column by its name, Unknown where it is not known.
func (o Options) types(table string) func(string) value.Type {
	if o.Schema == nil {
		return func(string) value.Type { return value.Unknown }
	}
	cols, ok := o.Schema(table)
	if !ok {
		return func(name string) value.Type {
			if name == TimeColumn {
				return value.DateTime
			}
			return value.Unknown
		}
	}
	m := make(map[string]value.Type, len(cols))
	for _, c := range cols {
		m[c.Name] = c.Type
	}
	return func(name string) value.Type {
		if t, ok := m[name]; ok {
			return t
		}
		if name == TimeColumn {
			return value.DateTime
		}
		return value.Unknown
	}
}

// skips returns whether a table's column is not wanted, nil when all are.
func (o Options) skips(table string) func(string) bool {
	list, ok := o.Columns[table]
	if !ok {
		return nil
	}
	want := map[string]bool{TimeColumn: true, ingestedKey: true, ingestedKeyOld: true}
	for _, name := range list {
		want[name] = true
	}
	return func(name string) bool { return !want[name] }
}

// TableOf returns the table that a file's name stands for: up to the first '-' or '.'.
func TableOf(path string) string {
	base := filepath.Base(path)
	if i := strings.IndexAny(base, "-."); i >= 0 {
		base = base[:i]
	}
	return base
}

// formats by the end of a file's name, after .gz is taken off.
func formatOf(path string) string {
	name := strings.ToLower(path)
	name = strings.TrimSuffix(name, ".gz")
	switch filepath.Ext(name) {
	case ".json", ".jsonl", ".ndjson", ".log":
		return "json"
	case ".csv":
		return "csv"
	case ".parquet":
		return "parquet"
	}
	return ""
}

// Files returns the data files that paths name, in their order: files as they are, folders with all data files below
// them, sorted. A folder without any is an error.
func Files(paths []string) ([]string, error) {
	var out []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			var pe *fs.PathError
			if errors.As(err, &pe) {
				err = pe.Err
			}
			return nil, &Error{File: p, What: err.Error()}
		}
		if !info.IsDir() {
			if formatOf(p) == "" {
				return nil, &Error{File: p, What: "not a data file: the name should end in .jsonl, .json, .csv or .parquet, with or without .gz"}
			}
			out = append(out, p)
			continue
		}
		before := len(out)
		err = filepath.WalkDir(p, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && formatOf(path) != "" && !strings.HasPrefix(d.Name(), ".") {
				out = append(out, path)
			}
			return err
		})
		if err != nil {
			return nil, &Error{File: p, What: err.Error()}
		}
		if len(out) == before {
			return nil, &Error{File: p, What: "no data files in this folder: their names should end in .jsonl, .json, .csv or .parquet, with or without .gz"}
		}
		sort.Strings(out[before:])
	}
	return out, nil
}

// LoadFile reads a file.
func LoadFile(path string, o Options) ([]*Data, error) {
	f, err := os.Open(path)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, &Error{File: path, What: err.Error()}
	}
	defer f.Close()
	if formatOf(path) == "parquet" && !strings.HasSuffix(strings.ToLower(path), ".gz") {
		info, err := f.Stat()
		if err != nil {
			return nil, &Error{File: path, What: err.Error()}
		}
		return readParquet(path, f, info.Size(), o)
	}
	return Read(path, f, o)
}

// Read reads a file's bytes; name tells its format and table, and stands in errors.
func Read(name string, r io.Reader, o Options) (list []*Data, err error) {
	err = guard(name, func() error {
		list, err = read(name, r, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func read(name string, r io.Reader, o Options) ([]*Data, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	if head, _ := br.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, &Error{File: name, What: "the gzip header is damaged"}
		}
		defer z.Close()
		br = bufio.NewReaderSize(z, 64<<10)
	}
	if o.Table == "" {
		o.Table = TableOf(name)
	}
	switch formatOf(name) {
	case "csv":
		all, err := readAll(name, br, o.maxFile())
		if err != nil {
			return nil, err
		}
		return readCSV(name, all, o)
	case "parquet":
		all, err := readAll(name, br, o.maxFile())
		if err != nil {
			return nil, err
		}
		return readParquet(name, bytes.NewReader(all), int64(len(all)), o)
	}
	return readJSON(name, br, o)
}

// readAll reads a file into memory: limit bytes at most, and no more than a quarter of what the Go runtime may hold.
func readAll(name string, r io.Reader, limit int64) ([]byte, error) {
	limit = min(limit, debug.SetMemoryLimit(-1)/4)
	all, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, &Error{File: name, What: "cannot be read: " + err.Error()}
	}
	if int64(len(all)) > limit {
		return nil, &Error{File: name, What: fmt.Sprintf("larger than %d bytes: split the file", limit)}
	}
	return all, nil
}

// blockSize is about the number of bytes of one piece of work.
const blockSize = 4 << 20

// block is whole lines of a file.
type block struct {
	bytes []byte
	whole []byte // the memory that bytes is a part of
	line  int    // the number of the first line
	rows  *jsonRows
	err   error
}

// readJSON reads objects, one a line, or an array of objects, or objects over several lines.
func readJSON(name string, r *bufio.Reader, o Options) ([]*Data, error) {
	skipBOM(r)
	first, err := firstByte(r)
	if err == io.EOF {
		return nil, &Error{File: name, Line: 1, What: "the file is empty"}
	}
	if err != nil {
		return nil, &Error{File: name, What: "cannot be read: " + err.Error()}
	}
	if first == '[' {
		return readWhole(name, r, o)
	}
	if first != '{' {
		return nil, &Error{File: name, Line: 1, What: fmt.Sprintf("%s where a JSON object or array should begin", found([]byte{first}, 0))}
	}
	line, err := peekLine(r, blockSize)
	if err != nil {
		return nil, &Error{File: name, Line: 1, What: err.Error()}
	}
	if isEnvelope(line) {
		return readWhole(name, r, o)
	}
	if _, err := newJSONRows(func(string) value.Type { return value.Unknown }).record(line, skipSpace(line, 0)); err != nil {
		if je, ok := err.(*jsonError); ok && je.at >= len(bytes.TrimRight(line, "\r\n ")) && len(line) < blockSize {
			return readWhole(name, r, o) // an object over several lines
		}
	}
	return readLines(name, r, o)
}

func skipBOM(r *bufio.Reader) {
	if b, _ := r.Peek(3); string(b) == "\xef\xbb\xbf" {
		r.Discard(3)
	}
}

// firstByte returns the first byte that is no space, without taking it.
func firstByte(r *bufio.Reader) (byte, error) {
	for {
		b, err := r.Peek(1)
		if err != nil {
			return 0, err
		}
		if c := b[0]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, nil
		}
		return skipSpaces(r)
	}
}

func skipSpaces(r *bufio.Reader) (byte, error) {
	// Leading empty lines are kept for the line count: they are few, so one look at the buffer finds the first text.
	b, err := r.Peek(r.Size())
	if i := skipSpace(b, 0); i < len(b) {
		return b[i], nil
	}
	if err == nil {
		err = io.EOF
	}
	return 0, err
}

// peekLine returns the first line without taking it, cut at what the reader's buffer holds.
func peekLine(r *bufio.Reader, limit int) ([]byte, error) {
	b, err := r.Peek(min(r.Size(), limit))
	if len(b) == 0 && err != nil {
		return nil, err
	}
	from := skipSpace(b, 0)
	if i := bytes.IndexByte(b[from:], '\n'); i >= 0 {
		return b[:from+i+1], nil
	}
	if len(b) == r.Size() {
		return append(slices.Clone(b), make([]byte, blockSize)...), nil // longer than we look: taken for one line
	}
	return b, nil
}

// readLines reads one object a line, block by block, on the workers.
func readLines(name string, r io.Reader, o Options) ([]*Data, error) {
	return readLinesOf(name, r, o, o.types(o.Table), o.skips(o.Table))
}

func readLinesOf(name string, r io.Reader, o Options, types func(string) value.Type, skips func(string) bool) ([]*Data, error) {
	var blocks []*block
	var wg sync.WaitGroup
	slots := make(chan struct{}, max(o.Workers, 1))
	var failed sync.Once
	stop := make(chan struct{})
	free := make(chan []byte, max(o.Workers, 1)+1)
	var hints map[string]hint // from the first block, so that they do not depend on who was quicker
	parse := func(b *block) {
		b.rows = newJSONRows(types)
		b.rows.skips, b.rows.hints = skips, hints
		if b.err = guard(name, func() error { return b.parse(name) }); b.err != nil {
			failed.Do(func() { close(stop) })
		}
		select {
		case free <- b.whole[:0]:
		default:
		}
		b.bytes, b.whole = nil, nil
	}
	lines := &lineBlocks{r: r, name: name, max: o.maxLine(), line: 1, free: free}
	var readErr error
loop:
	for {
		select {
		case <-stop:
			break loop
		default:
		}
		b, err := lines.next()
		if err != nil {
			readErr = err
			break
		}
		if b == nil {
			break
		}
		blocks = append(blocks, b)
		if len(blocks) == 1 || o.Workers <= 1 {
			if parse(b); len(blocks) == 1 && b.err == nil {
				hints = b.rows.learned()
			}
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			parse(b)
			<-slots
		})
	}
	wg.Wait()
	for _, b := range blocks {
		if b.err != nil {
			return nil, b.err
		}
	}
	if readErr != nil {
		return nil, readErr
	}
	list := make([]*jsonRows, len(blocks))
	for i, b := range blocks {
		list[i] = b.rows
	}
	d, err := merge(o.Table, list)
	if err != nil {
		return nil, &Error{File: name, What: err.Error()}
	}
	return []*Data{d}, nil
}

// lineBlocks cuts a stream into blocks of whole lines.
type lineBlocks struct {
	r    io.Reader
	name string
	max  int
	line int
	rest []byte
	done bool
	free chan []byte // memory of blocks that have been read; may be nil
}

func (l *lineBlocks) next() (*block, error) {
	if l.done {
		return nil, nil
	}
	// The buffer doubles up to a block, so that a small file costs little; a line longer than a block makes it grow on.
	var buf []byte
	select {
	case buf = <-l.free:
		buf = append(buf, l.rest...)
	default:
		buf = append(make([]byte, 0, len(l.rest)+16<<10), l.rest...)
	}
	for goal := len(l.rest) + blockSize; ; goal = len(buf) + blockSize {
		for !l.done && len(buf) < goal {
			if len(buf) == cap(buf) {
				buf = slices.Grow(buf, min(max(len(buf), 16<<10), goal-len(buf)))
			}
			n, err := io.ReadFull(l.r, buf[len(buf):min(cap(buf), goal)])
			buf = buf[:len(buf)+n]
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				l.done = true
			} else if err != nil {
				return nil, &Error{File: l.name, What: "cannot be read: " + err.Error()}
			}
		}
		end := len(buf)
		if !l.done {
			end = bytes.LastIndexByte(buf, '\n') + 1
			if end == 0 {
				if len(buf) > l.max {
					return nil, &Error{File: l.name, Line: l.line, What: fmt.Sprintf("the line is longer than %d bytes: is this a file of JSON lines?", l.max)}
				}
				continue
			}
		}
		if len(buf) == 0 {
			return nil, nil
		}
		b := &block{bytes: buf[:end], whole: buf, line: l.line}
		l.line += bytes.Count(b.bytes, []byte{'\n'})
		l.rest = buf[end:]
		return b, nil
	}
}

// parse reads a block's lines.
func (b *block) parse(name string) error {
	buf := b.bytes
	for i := 0; i < len(buf); {
		end := bytes.IndexByte(buf[i:], '\n')
		if end < 0 {
			end = len(buf)
		} else {
			end += i
		}
		from := skipSpace(buf[:end], i)
		if from == end {
			i = end + 1
			continue
		}
		at, err := b.rows.record(buf[:end], from)
		if err == nil {
			if at = skipSpace(buf[:end], at); at < end {
				err = fail(at, "%s after the JSON object: one object a line is expected", found(buf[:end], at))
			}
		}
		if err != nil {
			return &Error{File: name, Line: b.line + bytes.Count(buf[:i], []byte{'\n'}), What: err.Error()}
		}
		i = end + 1
	}
	return nil
}

// merge puts the rows of blocks together, in their order.
func merge(table string, list []*jsonRows) (*Data, error) {
	parts := make([]*Data, len(list))
	for i, r := range list {
		parts[i] = r.finish(table)
	}
	return Concat(table, parts)
}

// Concat puts rows of one table together. Columns of one name whose types differ become real, dynamic or string, as fits.
func Concat(table string, parts []*Data) (*Data, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	out := &Data{Table: table}
	index := map[string]int{}
	ingested := false
	for _, p := range parts {
		out.N += p.N
		ingested = ingested || p.Ingested != nil
		for _, c := range p.Columns {
			at, ok := index[c.Name]
			if !ok {
				index[c.Name] = len(out.Columns)
				out.Columns = append(out.Columns, c)
				continue
			}
			out.Columns[at].Type = commonType(out.Columns[at].Type, c.Type)
		}
	}
	if out.N >= 1<<31-1 {
		return nil, fmt.Errorf("more than %d rows", 1<<31-2)
	}
	for _, c := range out.Columns {
		cols := make([]vector.Column, len(parts))
		for k, p := range parts {
			col := p.Column(c.Name)
			if col == nil {
				col = &vector.Const{Val: value.Null(c.Type), N: p.N}
			}
			cols[k] = convert(col, c.Type)
		}
		out.Vectors = append(out.Vectors, vector.Concat(cols...))
	}
	if ingested {
		cols := make([]vector.Column, len(parts))
		for k, p := range parts {
			if cols[k] = p.Ingested; cols[k] == nil {
				cols[k] = &vector.Const{Val: value.Null(value.DateTime), N: p.N}
			}
		}
		out.Ingested = vector.Concat(cols...)
	}
	return out, nil
}

func commonType(a, b value.Type) value.Type {
	switch {
	case a == b:
		return a
	case a.Numeric() && b.Numeric():
		if a == value.Decimal || b == value.Decimal {
			return value.Decimal
		}
		if a == value.Real || b == value.Real {
			return value.Real
		}
		return value.Long
	case a == value.DateTime && b == value.String || a == value.String && b == value.DateTime:
		return value.String
	}
	return value.Dynamic
}

// readWhole reads an array of objects, objects over several lines, or Event Hub envelopes.
func readWhole(name string, r io.Reader, o Options) ([]*Data, error) {
	all, err := readAll(name, r, o.maxFile())
	if err != nil {
		return nil, err
	}
	located := func(err error, at int) error {
		if je, ok := err.(*jsonError); ok {
			at = je.at
		}
		return &Error{File: name, Line: 1 + bytes.Count(all[:min(at, len(all))], []byte{'\n'}), What: err.Error()}
	}
	if isEnvelope(all) {
		return readEnvelopes(all, o, located)
	}
	rows := newJSONRows(o.types(o.Table))
	rows.skips = o.skips(o.Table)
	i := skipSpace(all, 0)
	array := i < len(all) && all[i] == '['
	if array {
		i = skipSpace(all, i+1)
	}
	for first := true; ; first = false {
		i = skipSpace(all, i)
		if array {
			if i >= len(all) {
				return nil, located(fail(i, "the JSON array is cut off: the file may be truncated"), i)
			}
			if all[i] == ']' {
				if i = skipSpace(all, i+1); i < len(all) {
					return nil, located(fail(i, "%s after the JSON array", found(all, i)), i)
				}
				break
			}
			if !first {
				if all[i] != ',' {
					return nil, located(fail(i, "%s where a comma or ] should follow an object", found(all, i)), i)
				}
				if i = skipSpace(all, i+1); i >= len(all) {
					return nil, located(fail(i, "the JSON array is cut off: the file may be truncated"), i-1)
				}
			}
		} else if i >= len(all) {
			break
		}
		next, err := rows.record(all, i)
		if err != nil {
			return nil, located(err, next)
		}
		i = next
	}
	return []*Data{rows.finish(o.Table)}, nil
}
