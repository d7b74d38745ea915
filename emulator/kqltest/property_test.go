package kqltest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator"
)

// writer makes random queries over the table T of TestProperties.
type writer struct{ r *rand.Rand }

func (w writer) of(list ...string) string { return list[w.r.IntN(len(list))] }

// long, real, text, span, time and truth write an expression of their type.
func (w writer) long(depth int) string {
	if depth <= 0 {
		return w.of("A", "B", "0", "1", "-3", "7", "long(null)", "toint(A)")
	}
	switch w.r.IntN(9) {
	case 0:
		return "strlen(" + w.text(depth-1) + ")"
	case 1:
		return "iff(" + w.truth(depth-1) + ", " + w.long(depth-1) + ", " + w.long(depth-1) + ")"
	case 2:
		return "coalesce(" + w.long(depth-1) + ", " + w.long(depth-1) + ")"
	case 3:
		return "tolong(D.n)"
	case 4:
		return "bin(" + w.long(depth-1) + ", 3)"
	case 5:
		return "array_length(D.l)"
	case 6:
		return "indexof(" + w.text(depth-1) + ", 'a')"
	}
	return "(" + w.long(depth-1) + w.of(" + ", " - ", " * ", " / ", " % ") + w.long(depth-1) + ")"
}

func (w writer) text(depth int) string {
	if depth <= 0 {
		return w.of("S", "U", "''", "'alice'", "'B'", "tostring(A)")
	}
	switch w.r.IntN(7) {
	case 0:
		return "strcat(" + w.text(depth-1) + ", " + w.of(w.text(depth-1), w.long(depth-1)) + ")"
	case 1:
		return "substring(" + w.text(depth-1) + ", 1, 3)"
	case 2:
		return w.of("toupper(", "tolower(", "reverse(") + w.text(depth-1) + ")"
	case 3:
		return "iff(" + w.truth(depth-1) + ", " + w.text(depth-1) + ", " + w.text(depth-1) + ")"
	case 4:
		return "tostring(" + w.of("D.s", "D.n", "D", "T1", "R") + ")"
	case 5:
		return "case(" + w.truth(depth-1) + ", " + w.text(depth-1) + ", " + w.truth(depth-1) + ", " + w.text(depth-1) + ", " + w.text(depth-1) + ")"
	}
	return "replace_string(" + w.text(depth-1) + ", 'a', 'xy')"
}

func (w writer) truth(depth int) string {
	if depth <= 0 {
		return w.of("F", "A > 2", "B == 1", "S == 'alice'", "bool(null)", "isnull(B)", "isnotempty(S)")
	}
	switch w.r.IntN(12) {
	case 0, 1:
		return "(" + w.truth(depth-1) + w.of(" and ", " or ") + w.truth(depth-1) + ")"
	case 2:
		return "not(" + w.truth(depth-1) + ")"
	case 3:
		return "isnull(" + w.of(w.long(depth-1), w.truth(depth-1), "R", "T1") + ")"
	case 4, 5:
		return w.long(depth-1) + w.of(" < ", " <= ", " == ", " != ", " > ", " >= ") + w.long(depth-1)
	case 6, 7:
		return w.text(depth-1) + w.of(" == ", " != ", " =~ ", " !~ ", " has ", " !has ", " contains ", " startswith ", " endswith ", " hasprefix ", " contains_cs ", " has_cs ") + w.of("'alice'", "'B'", "'ob'", w.text(0))
	case 8:
		return w.long(depth-1) + w.of(" in ", " !in ") + "(1, 2, " + w.of("3", "long(null)") + ")"
	case 9:
		return w.text(depth-1) + w.of(" in ", " in~ ", " !in ", " !in~ ") + "('alice', 'Bob', '')"
	case 10:
		return w.long(depth-1) + w.of(" between ", " !between ") + "(0 .. 4)"
	}
	return w.of("R > 0.5", "T1 > datetime(2026-01-02)", "D.s == 'x'", "R * 2 < B", "T1 between (datetime(2026-01-01) .. 2d)")
}

// pipe writes operators; the columns A, B, S, U, R, T1, F and D are there after each.
func (w writer) pipe(n int) string {
	var b strings.Builder
	b.WriteString("T")
	for range n {
		switch w.r.IntN(8) {
		case 0, 1, 2:
			b.WriteString(" | where " + w.truth(2))
		case 3:
			b.WriteString(" | extend A = " + w.long(2))
		case 4:
			b.WriteString(" | extend S = " + w.text(2))
		case 5:
			b.WriteString(" | join kind=" + w.of("inner", "leftouter", "leftsemi", "leftanti", "innerunique") + " (T | where " + w.truth(1) + " | project B, X = A) on B | project A, B, S, U, R, T1, F, D")
		case 6:
			b.WriteString(" | union (T | where " + w.truth(1) + ")")
		case 7:
			b.WriteString(" | sort by A asc, B desc, S asc, U asc, R asc, T1 asc | extend B = " + w.of("prev(A)", "row_number()", "B") + " | project A, B, S, U, R, T1, F, D")
		}
	}
	switch w.r.IntN(5) {
	case 0:
		b.WriteString(" | summarize n = count(), s = sum(A), lo = min(S), hi = max(T1), c = countif(" + w.truth(1) + "), d = dcount(U) by B" + w.of("", ", S", ", F", ", k = bin(T1, 1d)"))
	case 1:
		b.WriteString(" | summarize arg_max(A, S, U), l = array_sort_asc(make_set(U)), a = avg(A) by B")
	case 2:
		b.WriteString(" | distinct " + w.of("S", "A, B", "U, F", "B"))
	case 3:
		b.WriteString(" | summarize n = count()")
	}
	return b.String()
}

func propertyTable() string {
	r := rand.New(rand.NewPCG(7, 7))
	var b strings.Builder
	b.WriteString("table T (A: long, B: long, S: string, U: string, R: real, T1: datetime, F: bool, D: dynamic)\n")
	cell := func(list ...string) string { return list[r.IntN(len(list))] }
	for range 60 {
		fmt.Fprintf(&b, "    %s | %s | %s | %s | %s | %s | %s | %s\n", cell("_", "0", "1", "2", "3", "-4", "9"), cell("_", "0", "1", "2", "5"),
			cell(`""`, "alice", "Bob", "bob alice", "a-b", "ALICE"), cell("u1", "u2", "u3", "alice"), cell("_", "0.5", "-1.25", "3.0"),
			cell("_", "2026-01-01T00:00:00Z", "2026-01-02T12:30:00Z", "2026-01-04T23:59:59Z"), cell("_", "true", "false"),
			cell("_", `{"n":1,"s":"x","l":[1,2]}`, `{"n":"7","l":[]}`, `{"s":5}`, "[1]"))
	}
	return b.String() + "query\n    T | count\nrows (Count: long)\n    60\n"
}

// TestProperties holds the engine to itself on random queries: a predicate, its negation and its being null part the rows; and
// every door (batch sizes, optimiser, workers) gives the same rows.
func TestProperties(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.kqltest")
	if err := os.WriteFile(path, []byte(propertyTable()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	setup := s.Cases[0].Setup
	var engines []Engine
	var names []string
	for _, d := range []Door{Local("whole", emulator.QueryOptions{Workers: 1}), Local("no optimizer", emulator.QueryOptions{Workers: 1, NoOptimizer: true}),
		Local("batch=1", emulator.QueryOptions{Workers: 1, BatchSize: 1}), Local("batch=7 workers=4", emulator.QueryOptions{Workers: 4, BatchSize: 7})} {
		engines, names = append(engines, d.Open(t, setup)), append(names, d.Name)
	}
	rounds, seed := 300, uint64(1)
	if testing.Short() {
		rounds = 60
	}
	if more := os.Getenv("BLINDSPOT_PROPERTIES"); more != "" {
		fmt.Sscanf(more, "%d %d", &rounds, &seed)
	}
	w := writer{rand.New(rand.NewPCG(seed, 2))}
	count := func(query string) int64 {
		got, err := engines[w.r.IntN(len(engines))].Query(context.Background(), query)
		if err != nil {
			t.Fatalf("%s\n%v", query, err)
		}
		return got.Value(0, 0).I
	}
	for range rounds {
		p := w.truth(3)
		yes, no, null := count("T | where "+p+" | count"), count("T | where not("+p+") | count"), count("T | where isnull("+p+") | count")
		if yes+no+null != 60 {
			t.Errorf("%s\nis true for %d rows, false for %d, null for %d of 60", p, yes, no, null)
		}
	}
	for range rounds {
		query := w.pipe(1 + w.r.IntN(4))
		var want string
		for i, e := range engines {
			got, err := e.Query(context.Background(), query)
			if err != nil {
				if i == 0 {
					t.Fatalf("%s\n%v", query, err)
				}
				t.Errorf("%s\n%s: %v", query, names[i], err)
				break
			}
			rows := make([]string, got.Rows)
			for k := range rows {
				rows[k] = canonical(rowOf(got, k))
			}
			if !strings.Contains(query, "| sort ") {
				sort.Strings(rows)
			}
			have := showColumns(columnsOf(got)) + "\n" + strings.Join(rows, "\n")
			if i == 0 {
				want = have
			} else if have != want {
				t.Errorf("%s\n%s and %s differ:\n%s\n---\n%s", query, names[0], names[i], clip(want), clip(have))
				break
			}
		}
	}
}

func clip(s string) string {
	if len(s) > 1500 {
		return s[:1500] + "..."
	}
	return s
}
