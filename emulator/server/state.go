package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
)

// resource is one thing that Resource Manager keeps. Properties are kept as they were sent, decoded to Go values with
// numbers as json.Number, so that a field nobody here knows survives. A resource in the store is never changed in place.
type resource struct {
	ID         string         `json:"id"` // spelled as when it was made
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Kind       string         `json:"kind,omitempty"`
	Etag       string         `json:"etag"`
	Location   string         `json:"location,omitempty"`
	Tags       map[string]any `json:"tags,omitempty"`
	Identity   map[string]any `json:"identity,omitempty"`
	Properties map[string]any `json:"properties"`
	Sequence   int64          `json:"sequence"` // order of creation
}

// state keeps resources by their ids, which are compared without regard to case. With a folder, a change is a line of a
// journal that is on the disk before the change is answered; opening replays the journal over the last whole snapshot.
type state struct {
	mu       sync.RWMutex
	items    map[string]*resource
	sequence int64
	library  int64 // rises when functions or watchlists change
	dir      string
	lock     *os.File // held while the folder is in use
	journal  *os.File
	lines    int
	broken   error // why no more can be written
}

const (
	stateFile   = "resources.json"
	journalFile = "journal.jsonl"
	lockName    = "lock"
	// stateFormat is the number of the format that this version writes; it reads all up to it.
	stateFormat = 1
	// compactAfter is the number of journal lines after which a snapshot is written.
	compactAfter = 2000
)

type snapshot struct {
	Format    int         `json:"format"`
	Resources []*resource `json:"resources"`
}

// entry is a line of the journal: all of one change.
type entry struct {
	Format  int         `json:"format"`
	Puts    []*resource `json:"puts,omitempty"`
	Deletes []string    `json:"deletes,omitempty"`
}

// openState reads the state folder, made when it is absent.
func openState(dir string) (*state, error) {
	s := &state{items: map[string]*resource{}, dir: dir}
	if dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := s.hold(); err != nil {
		return nil, err
	}
	if err := s.read(); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	return s, nil
}

// hold keeps other processes out of the folder.
func (s *state) hold() error {
	f, err := os.OpenFile(filepath.Join(s.dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := lockFile(f); err != nil {
		return errors.Join(fmt.Errorf("%s is in use by another blindspot serve (%w)", s.dir, err), f.Close())
	}
	s.lock = f
	return nil
}

func (s *state) read() error {
	if err := s.readSnapshot(); err != nil {
		return err
	}
	replayed, err := s.replay()
	if err != nil {
		return err
	}
	for _, r := range s.items {
		s.sequence = max(s.sequence, r.Sequence)
	}
	if replayed {
		return s.compact()
	}
	return s.openJournal()
}

func newer(file string, format int) error {
	return fmt.Errorf("%s was written by a newer version of blindspot (format %d, this one reads up to %d); use that version, or another --state folder", file, format, stateFormat)
}

func (s *state) readSnapshot() error {
	name := filepath.Join(s.dir, stateFile)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("%s: %w; move the file away to begin anew", name, err)
	}
	if head.Format > stateFormat {
		return newer(name, head.Format)
	}
	var saved snapshot
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&saved); err != nil {
		return fmt.Errorf("%s: %w; move the file away to begin anew", name, err)
	}
	for _, r := range saved.Resources {
		if r != nil {
			s.items[strings.ToLower(r.ID)] = r
		}
	}
	return nil
}

// replay applies the journal. A last line without its end was never acknowledged, and is dropped.
func (s *state) replay() (any bool, err error) {
	name := filepath.Join(s.dir, journalFile)
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return any || len(line) > 0, nil
		}
		if err != nil {
			return any, err
		}
		any = true
		var e entry
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&e); err != nil {
			return any, fmt.Errorf("%s:%d: %w; move the file away to go back to the last snapshot", name, n, err)
		}
		if e.Format > stateFormat {
			return any, newer(name, e.Format)
		}
		s.apply(&e)
	}
}

func (s *state) apply(e *entry) {
	for _, k := range e.Deletes {
		s.touch(s.items[k])
		delete(s.items, k)
	}
	for _, r := range e.Puts {
		if r == nil {
			continue
		}
		key := strings.ToLower(r.ID)
		s.touch(s.items[key])
		s.touch(r)
		s.items[key] = r
	}
}

// touch notes that what queries see has changed.
func (s *state) touch(r *resource) {
	if r != nil && (strings.HasSuffix(r.Type, "/savedSearches") && r.text("functionAlias") != "" || strings.HasSuffix(r.Type, "/tables") || strings.HasSuffix(r.Type, "/summaryLogs") || strings.Contains(r.Type, "/watchlist")) {
		s.library++
	}
}

func (s *state) openJournal() (err error) {
	s.journal, err = os.OpenFile(filepath.Join(s.dir, journalFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	return err
}

// compact writes a snapshot and begins an empty journal. A crash between the two is harmless: replaying a journal over
// the snapshot that holds it already gives the same.
func (s *state) compact() error {
	all := make([]*resource, 0, len(s.items))
	for _, r := range s.items {
		all = append(all, r)
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].Sequence != all[j].Sequence {
			return all[i].Sequence < all[j].Sequence
		}
		return all[i].ID < all[j].ID
	})
	data, err := json.MarshalIndent(snapshot{stateFormat, all}, "", " ")
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(s.dir, stateFile), data); err != nil {
		return err
	}
	if s.journal != nil {
		if err := s.journal.Close(); err != nil {
			return err
		}
		s.journal = nil
	}
	if err := writeFile(filepath.Join(s.dir, journalFile), nil); err != nil {
		return err
	}
	s.lines = 0
	return s.openJournal()
}

// commit writes a change down and then makes it.
func (s *state) commit(t *txn) error {
	if len(t.puts) == 0 && len(t.deletes) == 0 {
		return nil
	}
	e := &entry{Format: stateFormat, Puts: t.puts, Deletes: t.deletes}
	if s.dir != "" {
		if s.broken != nil {
			return s.broken
		}
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		_, err = s.journal.Write(append(line, '\n'))
		if err == nil {
			err = s.journal.Sync()
		}
		if err != nil {
			// Whether the line is there is not known, so nothing more may follow it.
			s.broken = fmt.Errorf("the journal could not be written: %w; restart the server", err)
			return s.broken
		}
		s.lines++
	}
	s.apply(e)
	if s.dir != "" && s.lines >= compactAfter {
		if err := s.compact(); err != nil {
			s.broken = fmt.Errorf("the snapshot could not be written: %w; restart the server", err)
		}
	}
	return nil
}

// failed tells why no more can be written, nil while all is well.
func (s *state) failed() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.broken
}

func (s *state) count() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.items)
}

// clear removes every resource, in one change.
func (s *state) clear() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &txn{s: s}
	for id := range s.items {
		t.deletes = append(t.deletes, id)
	}
	sort.Strings(t.deletes)
	return s.commit(t)
}

func (s *state) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" || s.journal == nil {
		return nil
	}
	var err error
	if s.broken == nil {
		err = s.compact()
	}
	e := s.journal.Close()
	s.journal, s.broken = nil, errors.New("the store is closed")
	return errors.Join(err, e, s.lock.Close())
}

// writeFile replaces a file atomically, readable by its owner only; a crash leaves the old or the new.
func writeFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// syncFolder makes a rename last. Windows cannot sync folders, and need not.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && os.PathSeparator == '/' {
		return err
	}
	return nil
}

// get returns a resource, nil when there is none.
func (s *state) get(id string) *resource {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.items[strings.ToLower(id)]
}

// list returns the resources whose id is prefix + "/" + one segment, in the order they were made.
func (s *state) list(prefix string) []*resource {
	p := strings.ToLower(prefix) + "/"
	return s.choose(func(id string, _ *resource) bool {
		rest, ok := strings.CutPrefix(id, p)
		return ok && !strings.Contains(rest, "/")
	})
}

// ofType returns all resources of a type, in the order they were made.
func (s *state) ofType(name string) []*resource {
	return s.choose(func(_ string, r *resource) bool { return strings.EqualFold(r.Type, name) })
}

func (s *state) choose(keep func(id string, r *resource) bool) []*resource {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*resource
	for id, r := range s.items {
		if keep(id, r) {
			out = append(out, r)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Sequence < out[j].Sequence })
	return out
}

// change runs f with the resource of an id (nil when there is none) under the lock and stores what it returns; a nil
// resource without error deletes, with all that lies below.
func (s *state) change(id string, f func(t *txn, old *resource) (*resource, *armError)) (*resource, *armError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &txn{s: s}
	old := s.items[strings.ToLower(id)]
	r, e := f(t, old)
	if e != nil {
		return nil, e
	}
	if r == nil {
		t.remove(id)
	} else {
		if old != nil {
			r.Sequence, r.ID, r.Name = old.Sequence, old.ID, old.Name
		}
		t.puts = append([]*resource{r}, t.puts...)
	}
	for _, p := range t.puts {
		if p.Sequence == 0 {
			s.sequence++
			p.Sequence = s.sequence
		}
	}
	if err := s.commit(t); err != nil {
		return nil, &armError{status: 500, code: "InternalServerError", message: "The state could not be written: " + err.Error()}
	}
	return r, nil
}

// visit runs f on every resource in the order of ids. The caller holds the lock.
func (s *state) visit(f func(*resource)) {
	keys := make([]string, 0, len(s.items))
	for k := range s.items {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		f(s.items[k])
	}
}
