package deploy

import (
	"testing"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
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
