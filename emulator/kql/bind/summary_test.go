package bind_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// told is all that a bound query says, but for its tree.
func told(q *bind.Query) string {
	var out strings.Builder
	for _, d := range q.Diagnostics {
		fmt.Fprintf(&out, "%s %v %v %v %s; %s %v\n", d.Code, d.Severity, d.Kind, d.Span, d.Message, d.Help, d.Notes)
	}
	for _, r := range q.Results {
		for _, c := range r.Rel.Columns() {
			fmt.Fprintf(&out, "%s: %s %v, ", c.Name, c.Type, c.Hidden)
		}
		fmt.Fprintln(&out)
	}
	var uses []string
	bind.WalkUses(q, func(u bind.Use, at source.Span) { uses = append(uses, fmt.Sprint("use ", u, at)) })
	slices.Sort(uses)
	fmt.Fprintln(&out, strings.Join(slices.Compact(uses), "\n"))
	fmt.Fprintln(&out, "open", q.Open(), "tables", q.Tables, "functions", q.Functions, "watchlists", q.Watchlists, "unsupported", q.Unsupported, "unresolved", q.Unresolved)
	return out.String()
}

// A query that is bound with summaries says what it says without them, whatever was bound before.
func TestSummaries(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	recalled := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		w := &workspace{tables: map[string]*symbol.Table{}, functions: map[string]*symbol.StoredFunction{}, watchlists: map[string]*symbol.Watchlist{}}
		_, list := readScripts(string(b), w)
		var kept bind.Summaries
		for turn := range 3 {
			for _, s := range list {
				want := told(bind.Bind(syntax.Parse(s.query), w))
				q := bind.Check(syntax.Parse(s.query), w, &kept)
				if got := told(q); got != want {
					t.Errorf("%s, turn %d:\n%s\ngot\n%s\nwant\n%s", file, turn, s.query, got, want)
				}
				bind.Walk(q, bind.Visitor{
					Rel: func(r bind.Rel) {
						if _, ok := r.(*bind.Summary); ok {
							recalled++
						}
					},
					Expr: func(e bind.Expr) {
						if _, ok := e.(*bind.SummaryCall); ok {
							recalled++
						}
					},
				})
			}
		}
	}
	if recalled < 50 {
		t.Errorf("only %d calls were summaries", recalled)
	}
}
