package deploy

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/content"
)

// FuzzImport reads anything as a template; what is read must become files that read back.
func FuzzImport(f *testing.F) {
	for _, s := range []string{
		`{"resources":[{"type":"a/workspaces/savedSearches","name":"[concat(parameters('w'),'/','x')]","properties":{"query":"[[T]","displayName":"[variables('v')]","tags":[{"name":"tactics","value":"a,b"}]}}],"variables":{"v":"[concat('a','b''c')]"}}`,
		`{"resources":[{"type":"x/watchlists","name":"w","properties":{"displayName":"d","itemsSearchKey":"A","rawContent":"A,B\n1\n","numberOfLinesToSkip":0}}]}`,
		`{"value":[{"name":"n","kind":"NRT","type":"x/alertRules","properties":{"displayName":"a","query":"q","techniques":["T1"],"subTechniques":["T1.1","T2.2"],"incidentConfiguration":{"groupingConfiguration":{"lookbackDuration":"P1D"}}}}]}`,
		`{"version":"Notebook/1.0","items":[],"blindspot":{"id":"x","arm":{"category":null}}}`, `[`, `{"resources":"x"}`, `{"resources":[{"type":"x/alertRules","name":"['"}]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, _, err := Import("in.json", []byte(s), anyTarget())
		if err != nil {
			return
		}
		for _, r := range list {
			_ = r.hash()
			_ = diff(map[string]any{}, r.comparable())
		}
		if _, err := FilesOf(list, "", anyTarget()); err != nil {
			return // what cannot be written is said
		}
		for _, to := range []string{"arm", "bicep", "terraform", "defender"} {
			if _, _, err := Export(to, list, anyTarget()); err != nil {
				t.Fatalf("%s: %v", to, err)
			}
		}
	})
}

// FuzzYAML prints any text under any key and reads it back.
func FuzzYAML(f *testing.F) {
	for _, s := range []string{"", "a", "a\nb\n", "\ta", " x", "x\n\n", "'", "1.10", "yes", "a: b", "#", "|", "\r\n", "\u2028", "-", "2026-01-01", "12:30", "0x1", "~", "<<", "=", "e1"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, k, v string) {
		rec := content.Record{{Name: "k" + k, Value: v}, {Name: "list", Value: []any{v, content.Record{{Name: "a", Value: v}, {Name: "b", Value: []any{v}}}}}}
		text := writeYAML(rec)
		doc, problems := content.Parse("x.yaml", []byte(text))
		if doc == nil {
			if bad, _ := content.Parse("y.yaml", []byte("a: "+v)); bad == nil || len(k) > 0 {
				return // a text that no file may hold, such as one with a control character
			}
			t.Fatalf("%v\n%s", problems, text)
		}
		got, err := doc.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if string(compact(got)) != string(compact(plainValues(rec))) && validText(k) && validText(v) {
			t.Fatalf("printed as\n%s\nread as %s, was %s", text, compact(got), compact(plainValues(rec)))
		}
	})
}

// validText says whether a text survives JSON, by which the two sides are compared.
func validText(s string) bool {
	for _, r := range s {
		if r == 0xFFFD {
			return false
		}
	}
	return true
}

// FuzzRedact takes secrets out of anything without failing, and twice gives the same.
func FuzzRedact(f *testing.F) {
	for s, text := range canaries() {
		f.Add(s)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := azure.Redact(s)
		_ = azure.Redact(once)
		n, l := words(s)
		_, _ = n, l
		_, _ = readParameters(s)
	})
}

// showPlan writes a plan in every form.
func showPlan(t *testing.T, p *Plan) {
	t.Helper()
	for _, err := range []error{p.WriteText(terminal.Stream{Writer: io.Discard, Width: 80}), p.WriteJSON(io.Discard), p.WriteMarkdown(io.Discard)} {
		if err != nil {
			t.Error(err)
		}
	}
}

// FuzzSavedPlan reads anything as a saved plan: what is taken is planned anew over an empty workspace, shown and saved again.
func FuzzSavedPlan(f *testing.F) {
	for _, s := range []string{
		`{"plan":{"schemaVersion":1,"workspace":"t","actions":[{"kind":"rule","name":"a","id":"b","action":"create","fields":[{"path":"a","from":1,"to":null}]}],"notes":["n"]},"options":{"Prune":true,"Only":["a"]},"wanted":[{"resource":"rule","id":"b","body":{"kind":"Scheduled","properties":{"displayName":"a","query":"T"}}}]}`,
		`{"plan":{"schemaVersion":1},"wanted":[{"resource":"watchlist","id":"w","body":{"properties":{"watchlistAlias":"w"}},"items":[{"id":"1","values":{"A":"b"}}]},{"resource":"function","id":"f","body":{"properties":{"functionAlias":"f"}}}]}`,
		`{"plan":{"schemaVersion":1},"wanted":[{"resource":"metadata","id":"m","body":{}},{"resource":"action","id":"a","body":{"properties":{"triggerUri":"${env:HOOK}"}}}]}`,
		`{"plan":{"schemaVersion":1},"wanted":[null]}`, `{"plan":{"schemaVersion":1,"actions":[{"kind":"x","action":"y"}]},"wanted":[{"resource":"rule"}]}`,
		`{"plan":{"schemaVersion":2}}`, `{"plan":null}`, `[]`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		saved, err := ReadSaved(b)
		if err != nil {
			oneLine(t, err)
			return
		}
		s := &State{Target: anyTarget(), Resources: map[string]*Resource{}, Marks: map[string]*Mark{}}
		_ = saved.Fits(s)
		_ = ReadFor(saved.Desired)
		showPlan(t, saved.Plan)
		p, err := BuildPlan(saved.Desired, s, saved.Options)
		if err != nil {
			return
		}
		showPlan(t, p)
		if again, err := p.Save(saved.Desired, saved.Options); err != nil {
			t.Error(err)
		} else if _, err := ReadSaved(again); err != nil {
			t.Errorf("what was read is saved as what cannot be: %v\n%s", err, again)
		}
	})
}

func oneLine(t *testing.T, err error) {
	t.Helper()
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("an error of several lines: %q", err)
	}
}

// FuzzStateFolder puts anything where a snapshot and the journal are: reading them ends in an error or in a plan that can be shown.
func FuzzStateFolder(f *testing.F) {
	w := anyTarget()
	f.Add([]byte(`{"schemaVersion":1,"id":"x","resourceId":"`+w.ResourceID()+`","entries":[{"kind":"rule","id":"a","name":"A","before":{"resource":"rule","id":"a","body":{"kind":"NRT","properties":{"displayName":"A","query":"T"}}},"marked":true},{"kind":"watchlist","id":"w","before":null}]}`), []byte(`{"key":"rule/a","step":"put"}`+"\n"+`{"key":"rule/a","done":true}`+"\n"+`{"key":"b"`))
	f.Add([]byte(`{"entries":[{},{"before":{}},{"kind":"rule","before":{"resource":"rule"}}]}`), []byte("\x00\n\n{}\n"))
	f.Fuzz(func(t *testing.T, snapshot, journal []byte) {
		dir := t.TempDir()
		store := &Store{dir: dir}
		if err := os.MkdirAll(store.snapshots(), 0o700); err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{filepath.Join(store.snapshots(), "s.json"): snapshot, store.journalFile(): journal} {
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if open, err := store.Unfinished(); err == nil {
			for _, k := range open {
				if k == "" {
					t.Error("a key without a name is unfinished")
				}
			}
		}
		snap, err := store.Snapshot("s")
		if err != nil {
			oneLine(t, err)
			return
		}
		snap.ResourceID = w.ResourceID()
		s := &State{Target: w, Resources: map[string]*Resource{}, Marks: map[string]*Mark{}}
		for i, e := range snap.Entries { // what was changed since
			if e.Before != nil && i%2 == 0 {
				s.Resources[e.Before.Key()] = &Resource{Kind: e.Before.Kind, ID: e.Before.ID, Body: map[string]any{"properties": map[string]any{"displayName": "other"}}}
			}
		}
		_ = ReadAll(snap)
		if p, err := BuildRollback(snap, s); err == nil {
			showPlan(t, p)
		} else {
			oneLine(t, err)
		}
	})
}

// FuzzRaw reads anything as a *.arm.json file: what is read is written as what reads back to the same.
func FuzzRaw(f *testing.F) {
	for _, s := range []string{
		automation(1, "Close"), `{"resource":"action","id":"a/b","properties":{"triggerUri":"${env:HOOK}","logicAppResourceId":"x"}}`,
		`{"resource":"rule","id":"a","kind":"Fusion","properties":{"n":1e400,"list":[null,{"a":0.10}]}}`, `{"resource":"workbook","id":"a","location":"l","tags":{"a":null},"properties":null}`, `{`, `{"resource":"x"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := readRaw("a.arm.json", b)
		if err != nil {
			oneLine(t, err)
			return
		}
		_ = r.Name()
		_ = r.hash()
		_ = r.wire()
		text := writeRaw(r)
		again, err := readRaw("b.arm.json", text)
		if err != nil {
			t.Fatalf("%s\nis written as\n%s\nand not read: %v", b, text, err)
		}
		if second := writeRaw(again); string(second) != string(text) {
			t.Fatalf("%s\nis written as\n%s\nread, and written as\n%s", b, text, second)
		}
	})
}
