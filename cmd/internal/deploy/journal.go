package deploy

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
)

// Store is the folder in which a repository keeps what happened to a workspace: the journal of an apply under way, the
// snapshots of earlier ones, and the saved plans that were used. Losing it costs rollbacks and little else: the truth is
// in the workspace.
type Store struct{ dir string }

// OpenStore names the folder of a workspace below a state folder. Nothing is made until something is written.
func OpenStore(state string, t *azure.Target) *Store {
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, t.Workspace)
	return &Store{filepath.Join(state, name+"-"+stableGUID(strings.ToLower(t.ResourceID()))[:8])}
}

func (s *Store) make() error {
	if err := disk.MkdirAll(s.dir, 0o700); err != nil {
		return notWritten(s.dir, err)
	}
	// State holds names of a workspace's content; it is for this machine and not for the repository.
	ignore := filepath.Join(filepath.Dir(s.dir), ".gitignore")
	if _, err := disk.Stat(ignore); errors.Is(err, fs.ErrNotExist) {
		return ReplaceFile(ignore, []byte("*\n"), 0o600)
	}
	return nil
}

// entry is a line of the journal.
type entry struct {
	Apply string    `json:"apply,omitempty"`
	At    time.Time `json:"at,omitzero"`
	Key   string    `json:"key"`
	Step  string    `json:"step,omitempty"` // what is about to be asked of the service; "" when all of Key is done
	Done  bool      `json:"done,omitempty"`
}

// journal is the record of an apply, on disk before the service is asked for anything.
type journal struct {
	mu    sync.Mutex
	f     openFile
	name  string
	apply string
	now   func() time.Time
}

func (s *Store) journalFile() string { return filepath.Join(s.dir, "journal.jsonl") }

// Unfinished are the keys that a broken apply began and did not end, sorted.
func (s *Store) Unfinished() ([]string, error) {
	f, err := os.Open(s.journalFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	open := map[string]bool{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var e entry
		if json.Unmarshal(in.Bytes(), &e) != nil || e.Key == "" {
			continue // the last line of a killed process may be half a line: what it would have said was not yet asked
		}
		if e.Done {
			delete(open, e.Key)
		} else {
			open[e.Key] = true
		}
	}
	return sorted(open), in.Err()
}

// openJournal begins a journal; what an earlier one left open is carried over.
func (s *Store) openJournal(apply string, now func() time.Time, carry []string) (*journal, error) {
	if err := s.make(); err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, k := range carry {
		line, _ := json.Marshal(entry{Key: k, Step: "carried over"})
		b.Write(line)
		b.WriteByte('\n')
	}
	if err := ReplaceFile(s.journalFile(), []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	f, err := disk.OpenFile(s.journalFile(), os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, notWritten(s.journalFile(), err)
	}
	return &journal{f: f, name: s.journalFile(), apply: apply, now: now}, nil
}

func (j *journal) write(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Apply, e.At = j.apply, j.now().UTC()
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := j.f.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("nothing more is sent, because the journal %w", notWritten(j.name, err))
	}
	if err := j.f.Sync(); err != nil {
		return fmt.Errorf("nothing more is sent, because the journal %w", notWritten(j.name, err))
	}
	return nil
}

func (j *journal) begin(key, step string) error { return j.write(entry{Key: key, Step: step}) }
func (j *journal) done(key string) error        { return j.write(entry{Key: key, Done: true}) }

// close ends the journal; when nothing is left open it is removed.
func (s *Store) closeJournal(j *journal) error {
	err := j.f.Close()
	open, uerr := s.Unfinished()
	if uerr == nil && len(open) == 0 {
		uerr = disk.Remove(j.name)
	}
	if err = errors.Join(err, uerr); err != nil {
		return notWritten(j.name, err)
	}
	return nil
}

// Spent reports whether a saved plan is used up.
func (s *Store) Spent(plan string) bool {
	if plan == "" || strings.ContainsAny(plan, "/\\.") {
		return false
	}
	_, err := os.Stat(filepath.Join(s.dir, "spent", plan))
	return err == nil
}

// ErrSpent refuses a saved plan that is used up.
var ErrSpent = errors.New("the plan has been used already; a saved plan can be applied once, make a new one")

// Spend notes that a saved plan is used; a second use is refused.
func (s *Store) Spend(plan string) error {
	if plan == "" {
		return nil
	}
	if strings.ContainsAny(plan, "/\\.") {
		return errors.New("the saved plan's id is malformed; make the plan anew")
	}
	dir := filepath.Join(s.dir, "spent")
	if err := s.make(); err != nil {
		return err
	}
	if err := disk.MkdirAll(dir, 0o700); err != nil {
		return notWritten(dir, err)
	}
	f, err := disk.OpenFile(filepath.Join(dir, plan), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return ErrSpent
	}
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err != nil {
		return notWritten(filepath.Join(dir, plan), err)
	}
	return nil
}

// Snapshot is what an apply was about to change, as it was before.
type Snapshot struct {
	SchemaVersion int             `json:"schemaVersion"`
	ID            string          `json:"id"`
	Time          time.Time       `json:"time"`
	ResourceID    string          `json:"resourceId"`
	Tenant        string          `json:"tenant"`
	Entries       []SnapshotEntry `json:"entries"`
}

// SnapshotEntry is one piece of content; Before is nil when it was not there.
type SnapshotEntry struct {
	Kind   Kind      `json:"kind"`
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Before *Resource `json:"before"`
	Marked bool      `json:"marked"` // it was ours before
}

func (s *Store) snapshots() string { return filepath.Join(s.dir, "snapshots") }

// Keep writes a snapshot of what a plan changes and returns its name.
func (s *Store) Keep(p *Plan, id string, now time.Time) (string, error) {
	snap := Snapshot{SchemaVersion: 1, ID: id, Time: now.UTC(), ResourceID: p.ResourceID, Tenant: p.Tenant}
	for _, a := range p.Actions {
		if a.Action == None || a.Kind == Metadata && a.want == nil {
			continue
		}
		e := SnapshotEntry{Kind: a.Kind, ID: a.ID, Name: a.Name, Before: a.have.withPlaces(a.want), Marked: a.mark.ours(p.Owner)}
		if a.have != nil && a.Kind == Watchlist && a.have.Items == nil {
			return "", fmt.Errorf("the rows of watchlist %s were not read, so they could not be put back", a.ID)
		}
		snap.Entries = append(snap.Entries, e)
		for _, x := range a.inner {
			snap.Entries = append(snap.Entries, SnapshotEntry{Kind: x.Kind, ID: x.ID, Name: x.Name(), Before: x.withPlaces(nil)})
		}
	}
	if err := s.make(); err != nil {
		return "", err
	}
	if err := disk.MkdirAll(s.snapshots(), 0o700); err != nil {
		return "", notWritten(s.snapshots(), err)
	}
	b, err := json.MarshalIndent(snap, "", "  ")
	if err != nil {
		return "", err
	}
	name := now.UTC().Format("20060102T150405.000Z") + "-" + id[:8]
	return name, ReplaceFile(filepath.Join(s.snapshots(), name+".json"), b, 0o600)
}

// Snapshots lists the snapshots, the newest first.
func (s *Store) Snapshots() ([]string, error) {
	list, err := os.ReadDir(s.snapshots())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range list {
		if n, ok := strings.CutSuffix(e.Name(), ".json"); ok && !strings.HasPrefix(n, ".") {
			out = append(out, n)
		}
	}
	sort.Sort(sort.Reverse(sort.StringSlice(out)))
	return out, nil
}

// Snapshot reads one by name.
func (s *Store) Snapshot(name string) (*Snapshot, error) {
	if strings.ContainsAny(name, "/\\") || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("%q is no name of a snapshot", name)
	}
	b, err := os.ReadFile(filepath.Join(s.snapshots(), strings.TrimSuffix(name, ".json")+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no snapshot %q; rollback --list shows them", name)
	}
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var snap Snapshot
	if err := d.Decode(&snap); err != nil {
		return nil, fmt.Errorf("the snapshot %q cannot be read: %v", name, err)
	}
	if snap.SchemaVersion > 1 {
		return nil, fmt.Errorf("the snapshot %q was made by a newer version of blindspot; use that one", name)
	}
	for i, e := range snap.Entries {
		err := (&Resource{Kind: e.Kind, ID: e.ID, Body: map[string]any{"properties": map[string]any{}}}).readable()
		if err == nil && e.Before != nil {
			if err = e.Before.readable(); err == nil && (e.Before.Kind != e.Kind || !strings.EqualFold(e.Before.ID, e.ID)) {
				err = fmt.Errorf("entry %d is the %s %q, and holds another", i+1, e.Kind, e.ID)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("the snapshot %q is damaged: %w", name, err)
		}
	}
	return &snap, nil
}

// BuildRollback plans the way back to a snapshot. What was not ours before loses our mark again.
func BuildRollback(snap *Snapshot, s *State) (*Plan, error) {
	t := s.Target
	if !strings.EqualFold(snap.ResourceID, t.ResourceID()) {
		return nil, fmt.Errorf("the snapshot is of %s, not of %s", snap.ResourceID, t.ResourceID())
	}
	p := &Plan{SchemaVersion: 1, Workspace: t.Name, ResourceID: t.ResourceID(), Tenant: t.Tenant, Owner: t.Ours(), Digest: s.digest(), Actions: []Action{}, Notes: append([]string{}, s.Notes...), target: t, state: s, back: true}
	var gone []Action
	for _, e := range snap.Entries {
		have := s.Resources[(&Resource{Kind: e.Kind, ID: e.ID}).Key()]
		if e.Before == nil {
			if have == nil {
				continue
			}
			m := s.mark(have)
			if !m.ours(t.Ours()) && e.Kind.info().mark != "" {
				p.Notes = append(p.Notes, fmt.Sprintf("%s %q is not ours any more and stays", e.Kind.people(), have.Name()))
				continue
			}
			gone = append(gone, Action{Kind: e.Kind, Name: have.Name(), ID: e.ID, Action: Delete, have: have, mark: m})
			continue
		}
		a := compare(e.Before, have, s, PlanOptions{})
		if a.Action == Create || a.Action == Update || a.Action == Drift {
			if _, err := withSecrets(e.Before.wire()["properties"]); err != nil {
				a.Warnings = append(a.Warnings, err.Error()+"; the service never shows it, so without it this one is left out")
			}
		}
		if a.Action == Drift {
			a.Action = Update
		}
		if !e.Marked {
			a.unmark = true
			if a.Action == None && a.mark.ours(t.Ours()) {
				a.Action, a.markOnly = Update, true
				a.Fields = []Field{{Path: "owner", From: t.Ours()}}
			}
		}
		if a.Action == Update && a.markOnly && !a.unmark {
			a.Action = None
		}
		p.Actions = append(p.Actions, a)
	}
	sort.SliceStable(p.Actions, func(i, j int) bool { return p.Actions[i].Kind.rank() < p.Actions[j].Kind.rank() })
	sort.SliceStable(gone, func(i, j int) bool { return gone[i].Kind.rank() > gone[j].Kind.rank() })
	p.Actions = append(p.Actions, gone...)
	p.count()
	return p, nil
}

// ReadAll says what must be read for a rollback.
func ReadAll(snap *Snapshot) ReadOptions {
	d := &Desired{}
	for _, e := range snap.Entries {
		d.Resources = append(d.Resources, &Resource{Kind: e.Kind, ID: e.ID})
	}
	return ReadFor(d)
}
