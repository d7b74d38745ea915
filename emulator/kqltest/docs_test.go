package kqltest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
)

// operatorSamples has a query for each tabular operator and form of statement: docs/kql.md says what becomes of it when it runs.
const operatorSamples = `
where | datatable(a: long)[1] | where a > 0
extend | print a = 1 | extend b = a
project | print a = 1 | project a
project-away | print a = 1, b = 2 | project-away b
project-by-names | print a = 1 | project-by-names "a"
project-keep | print a = 1, b = 2 | project-keep a
project-rename | print a = 1 | project-rename b = a
project-reorder | print a = 1, b = 2 | project-reorder b
summarize | print a = 1 | summarize count() by a
distinct | print a = 1 | distinct a
count | print a = 1 | count
take, limit | print a = 1 | take 1
top | print a = 1 | top 1 by a
top-nested | print a = 1 | top-nested 1 of a by count()
top-hitters | print a = 1 | top-hitters 1 of a
sort, order | print a = 1 | sort by a
sample | print a = 1 | sample 1
sample-distinct | print a = 1 | sample-distinct 1 of a
serialize | print a = 1 | serialize
union | union (print a = 1), (print a = 2)
join | print a = 1 | join kind=inner (print a = 1) on a
lookup | print a = 1 | lookup (print a = 1) on a
mv-expand | print a = dynamic([1]) | mv-expand a
mv-apply | print a = dynamic([1]) | mv-apply a to typeof(long) on (where a > 0)
parse | print a = "x1" | parse a with "x" b: long
parse-where | print a = "x1" | parse-where a with "x" b: long
parse-kv | print a = "k=1" | parse-kv a as (k: long) with (kv_delimiter="=")
make-series | range x from 1 to 3 step 1 | make-series count() on x step 1
range | range x from 1 to 3 step 1
print | print a = 1
datatable | datatable(a: long)[1]
externaldata | externaldata(a: string)["https://contoso.example/a.csv"] with (format="csv")
evaluate | print a = dynamic({"b":1}) | evaluate bag_unpack(a)
invoke | let f = (T: (a: long)) { T | count }; print a = 1 | invoke f()
as | print a = 1 | as T | count
getschema | print a = 1 | getschema
consume | print a = 1 | consume
render | print a = 1 | render table
search | search in (T) "x"
find | find in (T) where a == 1
fork | print a = 1 | fork (count) (where a > 0)
facet | print a = 1 | facet by a
partition | print a = 1 | partition hint.strategy=native by a (count)
scan | print a = 1 | sort by a | scan with (step s: a > 0;)
reduce | print a = "x" | reduce by a
make-graph, graph-match | T | make-graph s --> t with_node_id=n | graph-match (x)-[e]->(y) project x.n
graph-shortest-paths | T | make-graph s --> t with_node_id=n | graph-shortest-paths (x)-[e*1..3]->(y) project x.n
graph-to-table | T | make-graph s --> t with_node_id=n | graph-to-table nodes
graph-mark-components | T | make-graph s --> t with_node_id=n | graph-mark-components | graph-to-table nodes
graph-where-nodes, graph-where-edges | T | make-graph s --> t with_node_id=n | graph-where-nodes n == "x" | graph-to-table nodes
assert-schema | print a = 1 | assert-schema (a: long)
macro-expand | macro-expand entity_group [cluster("c").database("d")] as X (X.T | count)
let | let a = 1; let f = (x: long) { x + a }; print f(1)
set | set notruncation; print a = 1
declare query_parameters | declare query_parameters(a: long = 1); print a
alias database | alias database d = cluster("c").database("e"); print 1
declare pattern | declare pattern p = (a: string) { ("x") = { print 1 }; }; p("x")
restrict access | restrict access to (T); T | count
toscalar() | print toscalar(print 1)
materialize() | let a = materialize(print b = 1); a | union a
table() | table("T") | count
`

// refusals says why things that others may miss are refused.
const refusals = `
## Why some are refused

What the reference does not say exactly is refused, because a plausible answer is worse than none.

- ` + "`autocluster`, `basket`, `diffpatterns`, `reduce`" + `: the patterns that are found, and their order, are those of algorithms that are not published.
- ` + "`hash_combine`, `hash_many`" + `: how hashes are combined is not published. ` + "`hash`" + ` runs; concatenate with ` + "`strcat`" + ` and hash the text.
- ` + "`activity_engagement`, `new_activity_metrics`, `funnel_sequence`, `funnel_sequence_completion`, `sequence_detect`" + `: what happens at the ends of the time line, in
  empty windows and to sequences that overlap is not said. ` + "`scan`" + ` detects sequences.
- ` + "`geo_line_buffer`, `geo_point_buffer`, `geo_polygon_buffer`" + `: the vertices of the result are those of one library.
- ` + "`estimate_data_size`, `extent_id`, `extent_tags`, `row_id`, cursors" + `: they tell of storage that is not here.
- Plugins that call out (` + "`python`, `r`, `http_request`, `sql_request`" + ` and their kin) and ` + "`externaldata`" + ` reach outside of the query.
`

// resolved are functions that the compiler itself resolves or that graph operators compute.
const resolved = " all any column_ifexists column_names_of inner_nodes iscolumnexists map node_degree_in node_degree_out replace table "

// TestDocs keeps docs/kql.md: what runs is told by running it, and by the registry of kernels.
func TestDocs(t *testing.T) {
	w := emulator.New(emulator.Options{})
	path := filepath.Join(t.TempDir(), "t.kqltest")
	if err := os.WriteFile(path, []byte("table T (a: long, s: string, t: string)\n    1 | x | y\nquery\n    T\nrows (a: long, s: string, t: string)\n    1 | x | y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	setup := s.Cases[0].Setup
	for _, d := range setup.Tables {
		w.CreateTable(d.Table, d.Columns)
		if err := w.Ingest(d); err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	b.WriteString("# KQL: what runs here\n\nEverything in these lists is parsed and bound as Microsoft's language service does; [DIFFERENCES.md](../emulator/kql/DIFFERENCES.md) names\nwhere we differ. *Runs* means that the local engine runs it; *binds only* means that `validate` judges it and running it is refused by\nits name. `go test ./emulator/kqltest -run Docs -update` writes this page.\n\n## Operators and statements\n\n| | |\n|---|---|\n")
	for _, line := range strings.Split(strings.TrimSpace(operatorSamples), "\n") {
		name, query, _ := strings.Cut(line, " | ")
		_, err := w.Query(context.Background(), query, emulator.QueryOptions{Now: setup.Now})
		verdict := "runs"
		if err != nil {
			var f Failure
			if errors.As(err, &f) && f.Code() != "Unsupported" && f.Code() != "" {
				t.Errorf("%s: %v", query, err)
			}
			verdict = "binds only"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(name, ", ", "`, `"), verdict)
	}
	for _, part := range []struct {
		title string
		kind  symbol.FunctionKind
	}{{"Scalar functions", symbol.Scalar}, {"Functions over the order of rows", symbol.Window}, {"Aggregates", symbol.Aggregate}, {"Plugins", symbol.Plugin}} {
		var runs, binds []string
		for _, name := range symbol.Names(part.kind) {
			var f *symbol.Function
			switch part.kind {
			case symbol.Aggregate:
				f = symbol.LookupAggregate(name)
			case symbol.Plugin:
				f = symbol.LookupPlugin(name)
			default:
				f = symbol.LookupFunction(name)
			}
			if f == nil || f.Hidden {
				continue
			}
			if exec.Supports(part.kind, f.Canonical) || part.kind == symbol.Scalar && strings.Contains(resolved, " "+f.Canonical+" ") {
				runs = append(runs, "`"+name+"`")
			} else {
				binds = append(binds, "`"+name+"`")
			}
		}
		fmt.Fprintf(&b, "\n## %s\n\nRun (%d): %s.\n", part.title, len(runs), strings.Join(runs, " "))
		if len(binds) > 0 {
			fmt.Fprintf(&b, "\nBind only (%d): %s.\n", len(binds), strings.Join(binds, " "))
		}
	}
	b.WriteString(refusals)
	file := filepath.Join("..", "..", "docs", "kql.md")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Error("docs/kql.md is not what the engine does; go test ./emulator/kqltest -run Docs -update writes it")
	}
}
