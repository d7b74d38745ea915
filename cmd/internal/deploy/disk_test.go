package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// faulty is a file system that fails at one operation, or from one on.
type faulty struct {
	fileSystem
	mu      sync.Mutex
	n       int // operations so far
	at      int // the one that fails; -1 for none
	forever bool
	cause   error // short for a write that takes half
	hit     bool
}

var errShort = errors.New("short write")

func (f *faulty) fail(op, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	if f.at < 0 || f.n-1 != f.at && !(f.forever && f.n-1 > f.at) {
		return nil
	}
	f.hit = true
	if f.cause == errShort {
		return errShort
	}
	return &fs.PathError{Op: op, Path: name, Err: f.cause}
}

func (f *faulty) MkdirAll(name string, mode fs.FileMode) error {
	if err := f.hard("mkdir", name); err != nil {
		return err
	}
	return f.fileSystem.MkdirAll(name, mode)
}

// hard is a fault of an operation that cannot be done by half.
func (f *faulty) hard(op, name string) error {
	err := f.fail(op, name)
	if err == errShort {
		err = &fs.PathError{Op: op, Path: name, Err: syscall.EIO}
	}
	return err
}

func (f *faulty) CreateTemp(dir, pattern string) (openFile, error) {
	if err := f.hard("open", dir); err != nil {
		return nil, err
	}
	x, err := f.fileSystem.CreateTemp(dir, pattern)
	return &faultyFile{x, f}, err
}

func (f *faulty) OpenFile(name string, flag int, mode fs.FileMode) (openFile, error) {
	if err := f.hard("open", name); err != nil {
		return nil, err
	}
	x, err := f.fileSystem.OpenFile(name, flag, mode)
	if err != nil {
		return nil, err
	}
	return &faultyFile{x, f}, nil
}

func (f *faulty) Rename(from, to string) error {
	if err := f.hard("rename", from); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: errors.Unwrap(err)}
	}
	return f.fileSystem.Rename(from, to)
}

func (f *faulty) Remove(name string) error {
	if err := f.hard("remove", name); err != nil {
		return err
	}
	return f.fileSystem.Remove(name)
}

type faultyFile struct {
	openFile
	disk *faulty
}

func (x *faultyFile) Write(b []byte) (int, error) {
	if err := x.disk.fail("write", x.Name()); err == errShort {
		n, _ := x.openFile.Write(b[:len(b)/2])
		return n, &fs.PathError{Op: "write", Path: x.Name(), Err: syscall.ENOSPC}
	} else if err != nil {
		return 0, err
	}
	return x.openFile.Write(b)
}

func (x *faultyFile) Chmod(mode fs.FileMode) error {
	if err := x.disk.hard("chmod", x.Name()); err != nil {
		return err
	}
	return x.openFile.Chmod(mode)
}

func (x *faultyFile) Sync() error {
	if err := x.disk.hard("sync", x.Name()); err != nil {
		return err
	}
	return x.openFile.Sync()
}

func (x *faultyFile) Close() error {
	err := x.disk.hard("close", x.Name())
	return errors.Join(err, x.openFile.Close())
}

// scenario is work with files in a folder. prepare makes the folder; work does it, and says what it wants in error texts;
// whole checks that everything in the folder is old or new and never else.
type scenario struct {
	name    string
	prepare func(t *testing.T, dir string)
	work    func(t *testing.T, dir string) error
	whole   func(t *testing.T, dir, what string)
	again   func(t *testing.T, dir, what string) // after the fault is gone
}

func scenarios(t *testing.T, x *standIn) []scenario {
	content := func(dir, name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return "none"
		}
		return string(b)
	}
	oldOrNew := func(name, before, after string) func(*testing.T, string, string) {
		return func(t *testing.T, dir, what string) {
			if got := content(dir, name); got != before && got != after {
				t.Errorf("%s: %s holds neither the old nor the new: %.80q", what, name, got)
			}
		}
	}
	plan := func(t *testing.T, dir string) *Plan {
		store := OpenStore(dir, x.target)
		open, err := store.Unfinished()
		if err != nil {
			t.Fatal(err)
		}
		o := PlanOptions{Prune: true, Unfinished: map[string]bool{}}
		for _, k := range open {
			o.Unfinished[k] = true
		}
		return x.plan(x.desired(map[string]string{"rules/a.yaml": scheduled(1, "A", "version: 1.0.0\n"), "hunting/h.yaml": "id: " + guid(2) + "\nname: H\nquery: SigninLogs\n", "watchlists/w.yaml": "alias: W\nitemsSearchKey: A\nitems: [ { A: x } ]\n"}), o)
	}
	state := func(t *testing.T, dir, what string) {
		store := OpenStore(dir, x.target)
		if _, err := store.Unfinished(); err != nil {
			t.Errorf("%s: the journal cannot be read: %v", what, err)
		}
		names, err := store.Snapshots()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		for _, n := range names {
			if _, err := store.Snapshot(n); err != nil {
				t.Errorf("%s: a snapshot is there and cannot be read: %v", what, err)
			}
		}
		filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, ".json") {
				if b, err := os.ReadFile(name); err != nil || !json.Valid(b) {
					t.Errorf("%s: %s is half a file", what, name)
				}
			}
			return nil
		})
	}
	return []scenario{
		{"a new file", func(*testing.T, string) {}, func(_ *testing.T, dir string) error {
			return ReplaceFile(filepath.Join(dir, "p.plan"), []byte("new"), 0o600)
		}, oldOrNew("p.plan", "none", "new"), nil},
		{"a file replaced", func(t *testing.T, dir string) { os.WriteFile(filepath.Join(dir, "p.plan"), []byte("old"), 0o600) }, func(_ *testing.T, dir string) error {
			return ReplaceFile(filepath.Join(dir, "p.plan"), []byte(strings.Repeat("new", 1000)), 0o600)
		}, oldOrNew("p.plan", "old", strings.Repeat("new", 1000)), nil},
		{"a pull", func(t *testing.T, dir string) {
			os.MkdirAll(filepath.Join(dir, "content/rules"), 0o755)
			os.WriteFile(filepath.Join(dir, "content/rules/a.yaml"), []byte("old"), 0o600)
		}, func(_ *testing.T, dir string) error {
			return WriteFiles([]File{{dir + "/content/rules/a.yaml", []byte("new")}, {dir + "/content/rules/b.yaml", []byte("new")}, {dir + "/content/hunting/h.yaml", []byte("new")}})
		}, func(t *testing.T, dir, what string) {
			oldOrNew("content/rules/a.yaml", "old", "new")(t, dir, what)
			oldOrNew("content/rules/b.yaml", "none", "new")(t, dir, what)
			oldOrNew("content/hunting/h.yaml", "none", "new")(t, dir, what)
		}, nil},
		{"a plan used up", func(*testing.T, string) {}, func(_ *testing.T, dir string) error {
			return OpenStore(dir, x.target).Spend("abcdef")
		}, state, nil},
		{"an apply", func(t *testing.T, dir string) {
			for _, k := range []Kind{Rule, HuntingQuery, Watchlist} { // an empty workspace again
				for _, r := range x.state(&Desired{}).all() {
					if r.Kind == k {
						x.apply(x.desired(map[string]string{"functions/f.yaml": "alias: F\nquery: SigninLogs\n"}), PlanOptions{Prune: true, Adopt: true})
						return
					}
				}
			}
		}, func(t *testing.T, dir string) error {
			out, err := x.applier(dir).Apply(context.Background(), plan(t, dir))
			if err == nil && out != nil && !out.Whole() {
				for _, f := range out.Failed {
					err = errors.Join(err, f.Err)
				}
			}
			return err
		}, state, func(t *testing.T, dir, what string) {
			out, err := x.applier(dir).Apply(context.Background(), plan(t, dir))
			if err != nil || !out.Whole() {
				t.Errorf("%s: the apply after it: %v", what, err)
			}
			if p := plan(t, dir); p.Summary.Changes() > 0 {
				t.Errorf("%s: after the second apply there is still something to do: %v", what, lines(p))
			}
			if open, _ := OpenStore(dir, x.target).Unfinished(); len(open) > 0 {
				t.Errorf("%s: the journal is left open: %v", what, open)
			}
		}},
	}
}

// TestEveryFileOperationFails has each operation on a file fail, once and for ever, in each of four ways: what is on the disk
// is old or new and never else, the error names the file and what helps, and when the fault is gone the work goes well.
func TestEveryFileOperationFails(t *testing.T) {
	x := newStandIn(t, server.Options{})
	defer func() { disk = system{} }()
	faults := 0
	for _, s := range scenarios(t, x) {
		for _, cause := range []error{syscall.EIO, syscall.ENOSPC, syscall.EACCES, errShort} {
			if s.again != nil && cause != syscall.ENOSPC && cause != errShort && os.Getenv("BLINDSPOT_SWEEP") == "" {
				continue // whole applies take time; the sweep does all
			}
			for _, forever := range []bool{false, true} {
				for at := 0; ; at++ {
					what := fmt.Sprintf("%s, %v at operation %d, for ever %v", s.name, cause, at, forever)
					dir := memory(t)
					disk = system{}
					s.prepare(t, dir)
					f := &faulty{fileSystem: system{}, at: at, forever: forever, cause: cause}
					disk = f
					err := s.work(t, dir)
					disk = system{}
					if !f.hit {
						if err != nil {
							t.Errorf("%s: %v", what, err)
						}
						break
					}
					faults++
					s.whole(t, dir, what)
					if b, _ := os.ReadFile(filepath.Join(dir, "p.plan")); err == nil && strings.HasPrefix(s.name, "a file") && string(b) == "old" {
						t.Errorf("%s: it says that it went well, and the file is the old one", what)
					}
					if err != nil {
						text := err.Error()
						if !strings.Contains(text, dir) {
							t.Errorf("%s: the error does not name the file: %s", what, text)
						}
						if cause == syscall.ENOSPC && !strings.Contains(text, "make room") || cause == syscall.EACCES && !strings.Contains(text, "writable") {
							t.Errorf("%s: the error does not say what helps: %s", what, text)
						}
						if strings.Contains(text, ".blindspot-") {
							t.Errorf("%s: the error names a file that nobody knows: %s", what, text)
						}
					}
					if !forever {
						filepath.WalkDir(dir, func(name string, d fs.DirEntry, _ error) error {
							if d != nil && strings.HasPrefix(d.Name(), ".blindspot-") && err == nil {
								t.Errorf("%s: %s is left over", what, name)
							}
							return nil
						})
					}
					if s.again != nil {
						s.again(t, dir, what)
					}
					if t.Failed() {
						return
					}
				}
			}
		}
	}
	if faults < 200 {
		t.Errorf("only %d faults", faults)
	}
	t.Logf("%d faults", faults)
}
