package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
)

// resource is one thing that Resource Manager keeps. Properties are kept as they were sent, decoded to Go values with
// numbers as json.Number, so that a field nobody here knows survives.
type resource struct {
	ID         string         `json:"id"` // spelled as when it was made
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Kind       string         `json:"kind,omitempty"`
	Etag       string         `json:"etag"`
	Location   string         `json:"location,omitempty"`
	Tags       map[string]any `json:"tags,omitempty"`
	Properties map[string]any `json:"properties"`
	Sequence   int64          `json:"sequence"` // order of creation
}

// store keeps resources by their ids, which are compared without regard to case.
type store struct {
	mu       sync.RWMutex
	items    map[string]*resource
	sequence int64
	file     string // "" in memory
}

const stateFile = "resources.json"

// openStore reads the state folder, made when it is absent.
func openStore(dir string) (*store, error) {
	s := &store{items: map[string]*resource{}}
	if dir == "" {
		return s, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s.file = filepath.Join(dir, stateFile)
	data, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	var saved struct {
		Format    int         `json:"format"`
		Resources []*resource `json:"resources"`
	}
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber()
	if err := d.Decode(&saved); err != nil {
		return nil, fmt.Errorf("%s: %w; remove the file to begin anew", s.file, err)
	}
	if saved.Format > stateFormat {
		return nil, fmt.Errorf("%s was written by a newer version (format %d, this one reads %d)", s.file, saved.Format, stateFormat)
	}
	for _, r := range saved.Resources {
		s.items[strings.ToLower(r.ID)] = r
		s.sequence = max(s.sequence, r.Sequence)
	}
	return s, nil
}

const stateFormat = 1

// save writes the state under a temporary name and renames it, so a crash leaves the old or the new. The caller holds mu.
func (s *store) save() error {
	if s.file == "" {
		return nil
	}
	all := make([]*resource, 0, len(s.items))
	for _, r := range s.items {
		all = append(all, r)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Sequence < all[j].Sequence })
	data, err := json.MarshalIndent(map[string]any{"format": stateFormat, "resources": all}, "", " ")
	if err != nil {
		return err
	}
	return writeFile(s.file, data)
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.save()
}

// writeFile replaces a file atomically, readable by its owner only.
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
	}
	return err
}

// get returns a resource, nil when there is none. It must not be changed.
func (s *store) get(id string) *resource {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.items[strings.ToLower(id)]
}

// list returns the resources whose id is prefix + "/" + one segment, in the order they were made.
func (s *store) list(prefix string) []*resource {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p := strings.ToLower(prefix) + "/"
	var out []*resource
	for id, r := range s.items {
		if rest, ok := strings.CutPrefix(id, p); ok && !strings.Contains(rest, "/") {
			out = append(out, r)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Sequence < out[j].Sequence })
	return out
}

// change runs f with the resource of an id (nil when there is none) under the lock and stores what it returns; a nil
// resource without error deletes. The old resource is never changed in place.
func (s *store) change(id string, f func(old *resource) (*resource, *armError)) (*resource, *armError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.ToLower(id)
	old := s.items[key]
	r, e := f(old)
	if e != nil {
		return nil, e
	}
	if r == nil {
		delete(s.items, key)
		for k := range s.items { // what lies below it goes with it
			if strings.HasPrefix(k, key+"/") {
				delete(s.items, k)
			}
		}
	} else {
		if old == nil {
			s.sequence++
			r.Sequence = s.sequence
		} else {
			r.Sequence, r.ID, r.Name = old.Sequence, old.ID, old.Name
		}
		s.items[key] = r
	}
	if err := s.save(); err != nil {
		return nil, &armError{status: 500, code: "InternalServerError", message: "The state could not be written: " + err.Error()}
	}
	return r, nil
}

// below returns all resources whose id starts with prefix, locked out of change while f runs on each.
func (s *store) each(f func(*resource)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	keys := make([]string, 0, len(s.items))
	for k := range s.items {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		f(s.items[k])
	}
}
