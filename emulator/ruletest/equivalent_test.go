package ruletest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// equivalents are queries over the tables T and U, an hour's window, and the mutants that are proved to change nothing.
var equivalents = []struct {
	query string
	want  string
}{
	// The window bounds TimeGenerated of every table, so nothing that the query says of a day or half of one matters.
	{`T | where TimeGenerated > ago(1d) | count`, "drop-where where true; shorten-window 12h"},
	{`T | where TimeGenerated > ago(1h) | count`, ""},
	{`T | where TimeGenerated > ago(90m) | count`, "drop-where where true"},
	{`let d = 1d; union T, U | where TimeGenerated > ago(d) | count`, "drop-where where true"},
	{`let R = union T, U | project At = TimeGenerated, k; R | where At >= ago(2h) | summarize N = count() by k`, "drop-where where true"},
	{`T | where TimeGenerated <= now() | count`, "drop-where where true"},
	{`T | where TimeGenerated < now() - 5m | count`, ""},
	{`T | summarize First = min(TimeGenerated) by k | where First > ago(1d)`, "drop-where where true; shorten-window 12h"},
	{`T | summarize First = min(TimeGenerated) | where First > ago(1d)`, ""},
	{`T | extend TimeGenerated = When | where TimeGenerated > ago(1d) | count`, ""},
	{`let T = datatable(TimeGenerated: datetime) [datetime(2026-01-01)]; T | where TimeGenerated > ago(1d) | count`, ""},
	{`T | join kind=leftouter U on k | where TimeGenerated1 > ago(1d)`, ""},
	{`union (T | where TimeGenerated > ago(1d)), (datatable(TimeGenerated: datetime, k: string) []) | count`, "drop-where where true; shorten-window 12h"},

	// A group has a row, and one value of its key.
	{`T | summarize N = count() by k | where N > 0`, "drop-where where true; move-threshold -1"},
	{`T | summarize N = count() by k | where N > 1`, ""},
	{`T | summarize N = count() | where N > 0`, ""},
	{`T | summarize N = count() by k | extend N = N - 1 | where N > 0`, ""},
	{`T | summarize x = max(k) by k`, "swap-extreme min"},
	{`T | summarize max(k) by k`, ""},
	{`T | summarize x = max(k) by l`, ""},

	// What begins and ends outside of terms stands at the edge of terms wherever it stands.
	{`T | where k contains ":"`, "has-contains has"},
	{`T | where k contains "#x#"`, "has-contains has"},
	{`T | where k has " b c "`, "has-contains contains"},
	{`T | where k contains "x#"`, ""},
	{`T | where k has "b"`, ""},

	// What an earlier condition says holds below.
	{`T | where k == "a" | where isnotempty(k)`, "drop-where where true"},
	{`T | where n > 1 | where isnotnull(n)`, "drop-where where true"},
	{`T | where n > 1 | extend m = n | where isnotnull(m)`, "drop-where where true"},
	{`T | where n > 1 | project k, n | where n > 1 and k != "b"`, "drop-where where true"},
	{`T | where n > 1 | extend m = n + 1 | where n > 1 | count`, "2 drop-where where true"},
	{`T | where n > 1 | extend n = n + 1 | where n > 1 | count`, ""},
	{`T | where k in ("a", "b") | where k in ("a", "b", "c")`, "drop-where where true"},
	{`T | where k in ("a", "b") | where k in ("a", "c")`, ""},
	{`T | extend s = iff(n > 1, "x", "y") | where s in ("x", "y", "z")`, "drop-where where true"},
	{`T | extend s = case(n > 1, "x", n > 0, "y", k) | where s in ("x", "y", "z")`, ""},
	{`union (T | extend s = "x"), (U | extend s = "y") | where s != ""`, "drop-where where true"},
	{`union (T | extend s = "x"), U | where s != ""`, ""},

	// What a later condition asks again need not be asked before, unless something between looks at the rows.
	{`T | where isnotempty(k) | extend z = strcat(k, "z") | where k == "a"`, "drop-where where true"},
	{`T | where isnotempty(k) | take 3 | where k == "a"`, ""},
	{`T | where isnotempty(k) | summarize N = count() by k | where k != ""`, "2 drop-where where true"},
	{`T | where isnotempty(k) | summarize N = count() by l | where l != ""`, ""},
	{`T | where isnotempty(k) | serialize | extend r = row_number() | where k == "a"`, ""},
	{`T | where k in ("a", "b", "c") | where n > 0 | where k == "a"`, "drop-where where true"},

	// What finds no partner in an inner join goes nowhere.
	{`T | where isnotempty(k) | join kind=inner (U | where isnotempty(k)) on k`, "2 drop-where where true"},
	{`T | where isnotempty(k) | join kind=inner U on k`, ""},
	{`T | where isnotempty(k) | join kind=leftouter (U | where isnotempty(k)) on k`, "drop-where where true"},
	{`let R = T | where isnotempty(k); R | join kind=inner R on k`, ""},
	{`let R = U | where n > 0 | project k; T | where k in ((R | distinct k)) | join kind=inner R on k`, "drop-where where true"},
	{`let R = U | where n > 0 | project k; T | where k in ((R | distinct k)) | join kind=inner (R | where k != "b") on k`, "drop-where where true"},
	{`let R = U | where n > 0 | project k; T | where k in ((R | where k != "b" | distinct k)) | join kind=inner R on k`, ""},
	{`let R = U | where n > 0 | project k; T | where k in ((R | distinct k)) | join kind=leftouter R on k`, ""},

	// An outer join is an inner one when every row finds a partner, because both sides come from the same rows.
	{`let R = materialize(T | where n > 0); let S = R | summarize First = min(TimeGenerated) by k, l; R | join kind=leftouter S on k, l`, "join-kind inner"},
	{`let R = materialize(T | where n > 0); let S = R | summarize First = min(TimeGenerated) by k, l; R | where l != "x" | summarize arg_max(TimeGenerated, k, l) by n | join kind=leftouter S on k, l`, "join-kind inner"},
	{`let R = materialize(T | where n > 0); let S = R | where k != "b" | summarize First = min(TimeGenerated) by k; R | join kind=leftouter S on k`, ""},
	{`let R = materialize(T | where n > 0); let S = R | summarize First = min(TimeGenerated) by k, l; R | join kind=leftouter S on $left.k == $right.l, $left.l == $right.k`, ""},
	{`let R = materialize(T | where n > 0); let S = R | summarize c = count() by k, l; R | summarize k = min(k), l = max(l) by n | join kind=leftouter S on k, l`, ""},
	{`let R = materialize(T | where n > 0); let S = R | summarize c = count() by k, l; R | summarize arg_max(When, k, l) by n | join kind=leftouter S on k, l`, ""},
	{`let R = materialize(T | where n > 0); let S = R | summarize c = count() by n; R | join kind=leftouter S on n`, ""},

	// An outer join is an inner one when what stands above drops the rows without a partner.
	{`T | join kind=inner (U | project k, m = n) on k | where m > 0`, "join-kind leftouter"},
	{`T | join kind=inner (U | project k, m = n) on k | where n > m`, "join-kind leftouter"},
	{`T | join kind=inner (U | project k, m = n) on k | extend d = m - n | where d between (0 .. 3)`, "join-kind leftouter"},
	{`T | join kind=inner (U | project k, s = l) on k | where s == "x"`, "join-kind leftouter"},
	{`T | join kind=inner (U | project k, s = l) on k | where s != "x"`, ""},
	{`T | join kind=inner (U | project k, m = n) on k | where m > 0 or n > 0`, ""},
	{`T | join kind=inner (U | project k, m = n) on k | where m > 0 or m < 3`, "join-kind leftouter"},
	{`T | join kind=inner (U | project k, m = n) on k | summarize c = count() by m | where m > 0`, "join-kind leftouter"},
	{`T | join kind=inner (U | project k, m = n) on k | summarize c = max(m) by l | where c > 0`, ""},
	{`T | join kind=inner (U | project k, m = n) on k | extend m = coalesce(m, 5) | where m > 0`, ""},
	{`T | join kind=inner (U | project k, m = n) on k | join kind=inner (U | where isnotnull(n) | project m = n, z = l) on m`, "join-kind leftouter"},
}

// proved lists the mutants of a query that are proved, "3 kind text" for three of them.
func proved(t testing.TB, query string) (names string, list []Mutant) {
	t.Helper()
	ws := randomTables(rand.New(rand.NewPCG(1, 1)))
	c := ws.Compile(query, kql.Sentinel)
	if !c.OK() {
		t.Fatalf("%s: %v", query, c.Diagnostics)
	}
	p := prove(&content.Rule{Kind: content.Scheduled, Query: content.NewText("x", query), QueryPeriod: content.Duration{Value: time.Hour}}, c.Query)
	count := map[string]int{}
	for _, m := range Mutants(query) {
		if p.equivalent(m) {
			list = append(list, m)
			count[strings.TrimSpace(m.Kind+" "+m.Text)]++
		}
	}
	var out []string
	for name, n := range count {
		if n > 1 {
			name = fmt.Sprint(n, " ", name)
		}
		out = append(out, name)
	}
	sort.Strings(out)
	return strings.Join(out, "; "), list
}

func TestEquivalentMutants(t *testing.T) {
	for _, c := range equivalents {
		got, _ := proved(t, c.query)
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.query, got, c.want)
		}
	}
}

var randomNow = time.Date(2026, 1, 5, 11, 0, 0, 0, time.UTC)

// randomTables are T and U with a few rows of few values, empty ones and nulls among them, on both sides of the window's
// ends.
func randomTables(r *rand.Rand) *emulator.Workspace {
	ws := emulator.New(emulator.Options{Clock: func() time.Time { return randomNow }})
	columns := []store.Column{{Name: "TimeGenerated", Type: value.DateTime}, {Name: "When", Type: value.DateTime}, {Name: "k", Type: value.String}, {Name: "l", Type: value.String}, {Name: "n", Type: value.Long}}
	texts := []string{"", "a", "b", "c", "x", "A", "a:b", ":", "a#x#b", "#x#", "a b c d", "é:é", "2001:db8::1"}
	for _, table := range []string{"T", "U"} {
		rows := r.IntN(12)
		b := make([]*vector.Builder, len(columns))
		for i, c := range columns {
			b[i] = vector.NewBuilder(c.Type, rows)
		}
		at := func(null float64) value.Value {
			if r.Float64() < null {
				return value.Null(value.DateTime)
			}
			minutes := []int{0, 1, 10, 30, 59, 60, 61, 90, 100, 719, 721, 1500}
			return value.NewDateTime(value.TicksOf(randomNow.Add(-time.Duration(minutes[r.IntN(len(minutes))]) * time.Minute)))
		}
		for range rows {
			b[0].Append(at(.1))
			b[1].Append(at(.2))
			b[2].Append(value.NewString(texts[r.IntN(len(texts))]))
			b[3].Append(value.NewString(texts[r.IntN(4)]))
			if r.IntN(5) == 0 {
				b[4].Append(value.Null(value.Long))
			} else {
				b[4].Append(value.NewLong(r.Int64N(5) - 1))
			}
		}
		d := &store.Data{Table: table, N: rows, Columns: columns}
		for _, x := range b {
			d.Vectors = append(d.Vectors, x.Finish())
		}
		ws.CreateTable(table, columns)
		if err := ws.Ingest(d); err != nil {
			panic(err)
		}
	}
	return ws
}

// bagOf is a result as a sorted list of its columns and rows.
func bagOf(res *result.Result) string {
	var lines []string
	t := res.Tables[0]
	for i := range t.Rows {
		var b strings.Builder
		for _, v := range t.Vectors {
			if x := v.Value(i); !x.Null {
				b.WriteString(x.Text())
			} else {
				b.WriteString("\x01null")
			}
			b.WriteByte(0)
		}
		lines = append(lines, b.String())
	}
	sort.Strings(lines)
	var head []string
	for _, c := range t.Columns {
		head = append(head, c.Name+":"+c.Type.String())
	}
	return strings.Join(head, ",") + "\n" + strings.Join(lines, "\n")
}

// TestProofsCannotBeRefuted runs each query and each mutant that is proved equivalent to it over random tables, 60 of them, or
// as many as BLINDSPOT_TABLES says.
func TestProofsCannotBeRefuted(t *testing.T) {
	tables := 60
	if n, err := strconv.Atoi(os.Getenv("BLINDSPOT_TABLES")); err == nil {
		tables = n
	}
	o := emulator.QueryOptions{Now: randomNow, From: randomNow.Add(-time.Hour), To: randomNow, Profile: kql.Sentinel}
	ctx := context.Background()
	type pair struct {
		query string
		list  []Mutant
	}
	var pairs []pair
	for _, c := range equivalents {
		if _, list := proved(t, c.query); len(list) > 0 {
			pairs = append(pairs, pair{c.query, list})
		}
	}
	pairs = slices.Clip(pairs)
	differ := map[string]bool{}
	for n := range tables {
		ws := randomTables(rand.New(rand.NewPCG(uint64(n), 7)))
		for _, p := range pairs {
			res, err := ws.Query(ctx, p.query, o)
			if err != nil {
				t.Fatalf("%s: %v", p.query, err)
			}
			want := bagOf(res)
			differ[p.query+want] = true
			for _, m := range p.list {
				res, err := ws.Query(ctx, m.Query, o)
				if err != nil {
					t.Fatalf("%s: %v", m.Query, err)
				}
				if got := bagOf(res); got != want {
					t.Errorf("tables %d: %s\nand its mutant\n%s\ndiffer:\n%s\n%s", n, p.query, m.Query, want, got)
					return
				}
			}
		}
	}
	if len(differ) < 3*len(pairs) {
		t.Errorf("%d queries gave %d answers over %d tables: the tables say too little", len(pairs), len(differ), tables)
	}
}

// TestProofsHoldOnThePack runs the proved mutants of the shipped rules over the rows of their own cases: the same comes out.
func TestProofsHoldOnThePack(t *testing.T) {
	b, problems := content.Load(content.Embedded(), content.Options{})
	if len(b.Rules) == 0 {
		t.Fatal(problems)
	}
	r := New(b, sentinel.DefaultOptions())
	ctx := context.Background()
	rules, mutants, runs := 0, 0, 0
	for _, rule := range b.Rules {
		if rule.Test == nil {
			continue
		}
		query := rule.Query.String()
		p := prove(rule, r.base.shared.Compile(query, kql.Sentinel).Query)
		var list []Mutant
		for _, m := range Mutants(query) {
			if p.equivalent(m) {
				list = append(list, m)
			}
		}
		if len(list) == 0 {
			continue
		}
		rules++
		mutants += len(list)
		for _, test := range rule.Test.Tests {
			trial, errs := r.prepare(rule.Test, test)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			run := sentinel.Grid{Anchor: trial.now, Frequency: time.Hour, Period: rule.QueryPeriod.Value}.At(0, r.Options)
			if rule.Kind == content.NRT {
				run = sentinel.NRTRun(trial.now, time.Time{}, r.Options)
			}
			o := sentinel.OnWorkspace{Workspace: trial.ws}.Options(sentinel.Request{Now: run.Due, Window: run.Window, Visible: run.Executes})
			res, err := trial.ws.Query(ctx, query, o)
			if err != nil {
				continue // a case with a table that is not there
			}
			want := bagOf(res)
			for _, m := range list {
				runs++
				res, err := trial.ws.Query(ctx, m.Query, o)
				if err != nil {
					t.Errorf("%s: a proved mutant does not run: %v\n%s", rule.Name, err, m.Diff(query))
					continue
				}
				if got := bagOf(res); got != want {
					t.Errorf("%s, %q: %s at %d is proved to change nothing\n%s\nand does:\n%s\n%s", rule.Name, test.Name, m.Kind, m.Span.Start, m.Diff(query), want, got)
				}
			}
		}
	}
	t.Logf("%d mutants of %d rules over their cases: %d comparisons", mutants, rules, runs)
}
