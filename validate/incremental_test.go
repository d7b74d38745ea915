package validate

import (
	"fmt"
	"reflect"
	"testing"
	"testing/fstest"

	"github.com/seed-caab1ad3/blindspot/content"
)

// An edited folder gives the report that a fresh compiler gives, whatever was edited before: rules, functions and back.
func TestIncrementalIsFresh(t *testing.T) {
	rule := func(query string) string {
		return "id: 11111111-1111-4111-8111-11111111111" + fmt.Sprint(len(query)%10) + "\nname: R\nkind: NRT\nseverity: Low\nquery: " + query + "\n"
	}
	fsys := fstest.MapFS{
		"rules/a.yaml":     {Data: []byte(rule("f() | where A == 1"))},
		"rules/b.yaml":     {Data: []byte(rule("SigninLogs | where Nobody == 1"))},
		"functions/f.yaml": {Data: []byte("alias: f\nquery: datatable(A: long)[1]\n")},
	}
	k, cache := NewIncremental(nil), &content.Cache{}
	for i, edit := range []struct{ file, text string }{
		{"", ""},
		{"rules/b.yaml", rule("SigninLogs | where ResultType == '0'")},
		{"functions/f.yaml", "alias: f\nquery: datatable(B: long)[1]\n"},
		{"rules/a.yaml", rule("f() | where B == 1")},
		{"functions/f.yaml", "alias: g\nquery: datatable(A: long)[1]\n"},
		{"functions/f.yaml", "alias: f\nquery: datatable(A: long)[1]\n"},
		{"rules/a.yaml", "id: ["},
		{"rules/a.yaml", rule("f() | where A == 1")},
	} {
		if edit.file != "" {
			fsys[edit.file] = &fstest.MapFile{Data: []byte(edit.text)}
		}
		b, problems := content.Load(fsys, content.Options{Cache: cache})
		got, err := Run(t.Context(), b, problems, Options{Compiler: k})
		if err != nil {
			t.Fatal(err)
		}
		fb, fp := content.Load(fsys, content.Options{})
		want, err := Run(t.Context(), fb, fp, Options{Compiler: NewKQL(nil)})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Findings, want.Findings) {
			t.Errorf("step %d: got\n%v\nwant\n%v", i, got.Findings, want.Findings)
		}
	}
}
