package kql_test

import (
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
)

// operators is a use of every tabular operator that the language service knows, old spellings included, behind a table.
const operators = `
as Kept
assert-schema (TimeGenerated: datetime)
consume
consume decodeblocks=true
count
count as N
distinct Identity
evaluate narrow()
__executeAndCache
extend a = 1
facet by Identity with (take 1)
filter Identity != ""
find in (SigninLogs) where Identity == "a"
fork (take 1) (count)
getschema
getschema kind=csl
invoke f()
join kind=inner SigninLogs on Identity
limit 5
lookup SigninLogs on Identity
macro-expand entity_group [SigninLogs] as E (E | take 1)
make-graph Identity --> UserId
make-graph Identity --> UserId with_node_id=Id | graph-match (a)-[e]->(b) project a.Id
make-graph Identity --> UserId with_node_id=Id | graph-shortest-paths (a)-[e*1..3]->(b) project a.Id
make-graph Identity --> UserId with_node_id=Id | graph-to-table nodes
make-graph Identity --> UserId with_node_id=Id | graph-mark-components | graph-to-table nodes
make-graph Identity --> UserId with_node_id=Id | graph-where-nodes Id != "" | graph-where-edges Identity != "" | graph-to-table edges
make-series count() on TimeGenerated step 1h
mv-apply LocationDetails on (take 1)
mv-expand LocationDetails
mvapply LocationDetails on (take 1)
mvexpand LocationDetails
order by Identity
parse Identity with "a" b
parse-kv Identity as (a: string)
parse-where Identity with "a" b
partition by Identity (take 1)
project Identity
project-away Identity
project-by-names "Identity"
project-keep Identity
project-rename Who = Identity
project-reorder Identity
reduce by Identity
render timechart
sample 5
sample-distinct 5 of Identity
scan with (step s: Identity != "";)
search "a"
serialize
sort by Identity
summarize count()
take 5
top 5 by Identity
top-hitters 5 of Identity
top-nested 5 of Identity by count()
union SigninLogs
where Identity != ""`

func TestEveryOperatorIsKnown(t *testing.T) {
	sentinel := catalog.New(tables.Sentinel)
	for _, op := range strings.Split(strings.TrimSpace(operators), "\n") {
		text := "let f = (T: (*)) { T }; SigninLogs | " + op
		for _, d := range kql.Compile(text, kql.Options{Catalog: sentinel}).Diagnostics {
			if d.Severity == source.Error {
				t.Errorf("%s: %s %s", op, d.Code, d.Message)
			}
		}
	}
	for _, text := range []string{`print 1`, `range x from 1 to 3 step 1`, `datatable (a: int) [1]`, `externaldata (a: string) ["https://contoso.example/a.csv"]`,
		`search "a"`, `find where Identity == "a"`, `union SigninLogs, AuditLogs`, `SigninLogs`} {
		for _, d := range kql.Compile(text, kql.Options{Catalog: sentinel}).Diagnostics {
			if d.Severity == source.Error {
				t.Errorf("%s: %s %s", text, d.Code, d.Message)
			}
		}
	}
}
