package kqltest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// query is a generated query in the parts that shrinking takes away.
type query struct {
	source string
	stages []string
	// loose says that its answer depends on the order of rows where the language leaves it open.
	loose bool
}

func (q query) text() string { return strings.Join(append([]string{q.source}, q.stages...), "\n| ") }

type field struct {
	name string
	typ  value.Type
}

// generator writes queries over the tables of relationTables. It knows the columns at hand after each operator.
type generator struct {
	r      *rand.Rand
	cols   []field
	serial bool // rows are in a known order
	mixed  bool // rows came out of a join or a union: their order is open
	loose  bool
	made   int
	shared []field // columns of the let-bound query S0, none without one
}

// signinColumns are columns of the sign-in tables, and of one of the kind that a workspace's own are, with their types.
var signinColumns = map[string][]field{
	"SigninLogs": {{"Id", value.String}, {"TimeGenerated", value.DateTime}, {"UserPrincipalName", value.String}, {"IPAddress", value.String}, {"ResultType", value.String},
		{"AppDisplayName", value.String}, {"DeviceDetail", value.Dynamic}, {"LocationDetails", value.Dynamic}, {"IsInteractive", value.Bool}, {"CreatedDateTime", value.DateTime},
		{"DurationMs", value.Long}, {"ConditionalAccessPolicies", value.Dynamic}, {"UserAgent", value.String}},
	"AADNonInteractiveUserSignInLogs": {{"Id", value.String}, {"TimeGenerated", value.DateTime}, {"UserPrincipalName", value.String}, {"IPAddress", value.String}, {"ResultType", value.String},
		{"AppDisplayName", value.String}, {"DeviceDetail", value.String}, {"LocationDetails", value.String}, {"IsInteractive", value.Bool}, {"CreatedDateTime", value.DateTime},
		{"DurationMs", value.Long}, {"UserAgent", value.String}},
	"Risk_CL": {{"TimeGenerated", value.DateTime}, {"UserPrincipalName", value.String}, {"Score_d", value.Real}, {"Took_t", value.Timespan}, {"Tries_d", value.Long}, {"Level_s", value.String},
		{"Seen_b", value.Bool}, {"Small_i", value.Int}, {"Raw_o", value.Dynamic}},
}

var relationTables = []string{"SigninLogs", "AADNonInteractiveUserSignInLogs", "Risk_CL"}

// relationRows writes the rows of a table as scripts have them.
func relationRows(table string, r *rand.Rand, rows int) []string {
	cell := func(list ...string) string { return list[r.IntN(len(list))] }
	var out []string
	for i := range rows {
		var cells []string
		for _, c := range signinColumns[table] {
			switch c.name {
			case "Id":
				cells = append(cells, fmt.Sprintf("%s-%d", strings.ToLower(table[:3]), i))
			case "TimeGenerated", "CreatedDateTime":
				t := fmt.Sprintf("2026-01-0%dT%02d:%02d:00Z", 1+r.IntN(4), r.IntN(24), 15*r.IntN(4))
				if c.name == "CreatedDateTime" {
					t = cell(t, t, t, "_")
				}
				cells = append(cells, t)
			case "UserPrincipalName":
				cells = append(cells, cell("alice@contoso.example", "bob@contoso.example", "ALICE@contoso.example", "carol@contoso.example", `""`))
			case "IPAddress":
				cells = append(cells, cell("192.0.2.10", "192.0.2.99", "198.51.100.7", "2001:db8::1", `""`))
			case "ResultType":
				cells = append(cells, cell("0", "0", "50126", "50053", `""`))
			case "AppDisplayName":
				cells = append(cells, cell("Azure Portal", "Office 365", "azure cli", "Graph-Explorer", `""`))
			case "UserAgent":
				cells = append(cells, cell("Mozilla/5.0 (Windows NT 10.0)", "python-requests/2.31", "curl/8.0", `""`))
			case "Level_s":
				cells = append(cells, cell("high", "medium", "low", `""`, "High"))
			case "DeviceDetail", "LocationDetails", "ConditionalAccessPolicies", "Raw_o":
				cells = append(cells, cell("_", `{"operatingSystem":"Windows10","isManaged":true}`, `{"operatingSystem":"Linux","n":3,"tags":["a","b"]}`,
					`{"city":"Ghent","countryOrRegion":"BE","n":"7"}`, `[{"id":"p1","result":"failure"},{"id":"p2"}]`, `[1,2,2]`, `{}`, `[]`))
				if c.typ == value.String && cells[len(cells)-1] == "_" {
					cells[len(cells)-1] = `""`
				}
			case "Score_d":
				cells = append(cells, cell("_", "0.5", "-1.25", "3.0", "100.75", "0.0"))
			case "Took_t":
				cells = append(cells, cell("_", "00:00:30", "01:00:00", "1.02:00:00", "-00:05:00"))
			case "DurationMs", "Tries_d", "Small_i":
				cells = append(cells, cell("_", "0", "1", "2", "3", "-4", "9", "1000"))
			default:
				cells = append(cells, cell("_", "true", "false"))
			}
		}
		out = append(out, strings.Join(cells, " | "))
	}
	return out
}

func (g *generator) of(list ...string) string { return list[g.r.IntN(len(list))] }

func (g *generator) name() string {
	g.made++
	return fmt.Sprintf("x%d", g.made)
}

// column picks a column of a type, "" when there is none.
func (g *generator) column(t value.Type) string {
	var fit []string
	for _, c := range g.cols {
		if c.typ == t {
			fit = append(fit, c.name)
		}
	}
	if len(fit) == 0 {
		return ""
	}
	return g.of(fit...)
}

var literals = map[value.Type][]string{
	value.Bool:     {"true", "false", "bool(null)"},
	value.Long:     {"0", "1", "2", "-3", "7", "long(null)"},
	value.Int:      {"int(0)", "int(5)", "int(null)"},
	value.Real:     {"0.5", "-1.25", "2.0", "real(null)"},
	value.String:   {"''", "'alice@contoso.example'", "'0'", "'Azure'", "'50126'", "'a'"},
	value.DateTime: {"datetime(2026-01-02)", "datetime(2026-01-03T12:30:00Z)", "datetime(null)"},
	value.Timespan: {"1h", "30m", "1d", "timespan(null)"},
	value.Dynamic:  {"dynamic(null)", "dynamic([1,2])", `dynamic({"n":1,"tags":["a"]})`, "dynamic([])"},
}

// leaf is a column or a literal.
func (g *generator) leaf(t value.Type) string {
	if c := g.column(t); c != "" && g.r.IntN(4) > 0 {
		return c
	}
	return g.of(literals[t]...)
}

func (g *generator) expr(t value.Type, depth int) string {
	if depth <= 0 {
		return g.leaf(t)
	}
	e := func(t value.Type) string { return g.expr(t, depth-1) }
	switch g.r.IntN(10) {
	case 0:
		return "iff(" + e(value.Bool) + ", " + e(t) + ", " + e(t) + ")"
	case 1:
		return "case(" + e(value.Bool) + ", " + e(t) + ", " + e(value.Bool) + ", " + e(t) + ", " + e(t) + ")"
	case 2:
		if t != value.Dynamic {
			return "coalesce(" + e(t) + ", " + e(t) + ")"
		}
	case 3:
		if c := g.column(t); g.serial && c != "" && g.r.IntN(3) == 0 {
			return g.of("prev", "next") + "(" + c + g.of("", ", 2") + ")"
		}
	}
	L, R, S, D, T, B, Y := value.Long, value.Real, value.String, value.DateTime, value.Timespan, value.Bool, value.Dynamic
	switch t {
	case L:
		switch g.r.IntN(12) {
		case 0:
			return "strlen(" + e(S) + ")"
		case 1:
			return "tolong(" + g.of(e(S), e(R), e(Y), g.path(), e(value.Int), e(B)) + ")"
		case 2:
			return "array_length(" + g.of("split("+e(S)+", 'a')", "todynamic("+e(S)+")", g.path()) + ")"
		case 3:
			return "indexof(" + e(S) + ", " + g.of("'a'", "'@'", "'0'") + ")"
		case 4:
			return "countof(" + e(S) + ", " + g.of("'a'", "'o'") + ")"
		case 5:
			return "datetime_diff(" + g.of("'hour'", "'day'", "'minute'", "'second'") + ", " + e(D) + ", " + e(D) + ")"
		case 6:
			return "bin(" + e(L) + ", " + g.of("3", "10") + ")"
		case 7:
			return g.of("abs("+e(L)+")", "tolong(hourofday("+e(D)+"))")
		case 8:
			return g.of("max_of(", "min_of(") + e(L) + ", " + e(L) + ")"
		case 9:
			if g.serial {
				return g.of("row_number()", "row_cumsum("+g.leaf(L)+")")
			}
			return "binary_and(" + e(L) + ", " + e(L) + ")"
		}
		return "(" + e(L) + g.of(" + ", " - ", " * ", " / ", " % ") + e(L) + ")"
	case R:
		switch g.r.IntN(7) {
		case 0:
			return "toreal(" + g.of(e(S), e(L), g.path()) + ")"
		case 1:
			return "round(" + e(R) + ", " + g.of("1", "2") + ")"
		case 2:
			return "abs(" + e(R) + ")"
		case 3:
			return "(" + e(T) + " / 1h)"
		case 4:
			return "(" + e(L) + " * 1.5)"
		}
		return "(" + e(R) + g.of(" + ", " - ", " * ", " / ") + g.of(e(R), e(L)) + ")"
	case S:
		switch g.r.IntN(14) {
		case 0:
			return "strcat(" + e(S) + ", " + g.of(e(S), e(L), e(D), "'-'") + ")"
		case 1:
			return "substring(" + e(S) + ", " + g.of("0, 3", "1", "2, 100", "-3") + ")"
		case 2:
			return g.of("toupper(", "tolower(", "reverse(") + e(S) + ")"
		case 3, 4:
			return "tostring(" + g.of(e(L), e(D), e(B), e(Y), g.path(), e(T), "split("+e(S)+", '@')["+g.of("0", "1", "-1")+"]") + ")"
		case 5:
			return "replace_string(" + e(S) + ", " + g.of("'a'", "'@contoso.example'", "'0'") + ", " + g.of("''", "'xy'") + ")"
		case 6:
			return g.of("max_of(", "min_of(") + e(S) + ", " + e(S) + ")"
		case 7:
			return "extract(" + g.of("'([0-9]+)', 1", "'([a-z]+)@([a-z]+)', 2", "'[.](.*)$', 1", "'o', 0") + ", " + e(S) + ")"
		case 8:
			return "format_datetime(" + e(D) + ", " + g.of("'yyyy-MM-dd'", "'HH:mm'", "'yyyy-MM-dd HH:mm:ss'") + ")"
		case 9:
			return g.of("trim('a+', ", "trim_start('[0-9]', ", "trim_end('[.]?example', ") + e(S) + ")"
		}
		return g.leaf(S)
	case D:
		switch g.r.IntN(7) {
		case 5:
			return "datetime_add('" + g.of("day", "hour", "minute") + "', " + g.of("1", "-2", "30") + ", " + e(D) + ")"
		case 0:
			return "bin(" + e(D) + ", " + g.of("1h", "1d", "15m") + ")"
		case 1:
			return "startofday(" + e(D) + ")"
		case 2:
			return "(" + e(D) + g.of(" + ", " - ") + e(T) + ")"
		case 3:
			return g.of("max_of(", "min_of(") + e(D) + ", " + e(D) + ")"
		case 4:
			return "todatetime(" + g.of("tostring("+e(D)+")", e(S)) + ")"
		}
		return g.leaf(D)
	case T:
		switch g.r.IntN(5) {
		case 0:
			return "(" + e(D) + " - " + e(D) + ")"
		case 1:
			return "(" + e(T) + g.of(" + ", " - ") + e(T) + ")"
		case 2:
			return "bin(" + e(T) + ", 1h)"
		case 3:
			return "dayofweek(" + e(D) + ")"
		}
		return g.leaf(T)
	case Y:
		switch g.r.IntN(9) {
		case 3:
			return "pack_array(" + g.of(e(S), e(L), e(D)) + ", " + g.of(e(S), e(B)) + ")"
		case 4:
			return "bag_pack('k', " + g.of(e(S), e(L), e(T)) + ", 'm', " + g.of(e(S), e(R)) + ")"
		case 5:
			return "array_concat(pack_array(" + e(S) + "), split(" + e(S) + ", 'a'))"
		case 6:
			return "array_slice(split(" + e(S) + ", " + g.of("'a'", "'o'", "'.'") + "), " + g.of("0, 1", "1, 2", "-2, -1", "1, 0") + ")"
		case 0:
			return g.path()
		case 1:
			return "split(" + e(S) + ", " + g.of("'@'", "'a'", "'.'") + ")"
		case 2:
			return "todynamic(" + g.of(e(S), `'{"n":5,"tags":["x"]}'`, "'[3,4]'") + ")"
		}
		return g.leaf(Y)
	case B:
		return g.truth(depth)
	}
	return g.leaf(t)
}

func (g *generator) path() string {
	c := g.column(value.Dynamic)
	if c == "" {
		return "dynamic(null)"
	}
	return c + g.of(".operatingSystem", ".n", ".tags", ".tags[0]", "[0]", "[0].id", "['city']", "[-1]", ".isManaged", ".nothing.at.all")
}

func (g *generator) truth(depth int) string {
	if depth <= 0 {
		return g.leaf(value.Bool)
	}
	L, S, D, B := value.Long, value.String, value.DateTime, value.Bool
	e := func(t value.Type) string { return g.expr(t, depth-1) }
	switch g.r.IntN(16) {
	case 0, 1, 2:
		return "(" + e(B) + g.of(" and ", " or ") + e(B) + ")"
	case 3:
		return "not(" + e(B) + ")"
	case 4:
		return g.of("isnull(", "isnotnull(") + g.of(e(L), e(D), e(B), g.path(), e(value.Real)) + ")"
	case 5:
		return g.of("isempty(", "isnotempty(") + g.of(e(S), e(L), g.path()) + ")"
	case 6, 7:
		return e(L) + g.of(" < ", " <= ", " == ", " != ", " > ", " >= ") + e(L)
	case 8, 9:
		return e(S) + g.of(" == ", " != ", " =~ ", " !~ ", " has ", " !has ", " contains ", " !contains ", " startswith ", " !startswith ", " endswith ", " hasprefix ", " hassuffix ", " contains_cs ", " has_cs ",
			" startswith_cs ", " endswith_cs ") + g.of("'alice'", "'Azure'", "'contoso.example'", "'0'", "'win'", "''", g.leaf(S))
	case 10:
		return g.of(e(L)+g.of(" in ", " !in ")+"(1, 2, "+g.of("3", "long(null)")+")", e(S)+g.of(" in ", " in~ ", " !in ", " !in~ ")+"('alice@contoso.example', '50126', '"+g.of("", "azure cli")+"')")
	case 11:
		return g.of(e(L)+g.of(" between ", " !between ")+"(0 .. 4)", e(D)+g.of(" between ", " !between ")+"(datetime(2026-01-02) .. 1d)")
	case 12:
		return e(S) + g.of(" has_any ", " has_all ") + "(" + g.of("'azure', 'office'", "'contoso', 'alice'", "dynamic(['python','curl'])", "'0'") + ")"
	case 13:
		return g.of(e(D)+" > "+e(D), e(D)+" <= datetime(2026-01-03)", e(value.Real)+g.of(" < ", " >= ", " == ")+e(value.Real), e(value.Timespan)+" > 1h")
	case 14:
		return g.path() + g.of(" == 'Windows10'", " == 3", " != 'Linux'", " has 'a'", " in ('Ghent', 'Linux')")
	}
	return e(S) + " matches regex " + g.of("'^[a-c].*@'", "'[0-9]+'", "'(?i)azure|graph'")
}

var scalarTypes = []value.Type{value.Long, value.Real, value.String, value.DateTime, value.Timespan, value.Bool, value.Dynamic}

func (g *generator) typ() value.Type { return scalarTypes[g.r.IntN(len(scalarTypes))] }

func (g *generator) set(name string, t value.Type) {
	for i := range g.cols {
		if g.cols[i].name == name {
			g.cols[i].typ = t
			return
		}
	}
	g.cols = append(g.cols, field{name, t})
}

// key picks a column that can be grouped and joined by.
func (g *generator) key() (string, value.Type) {
	var fit []field
	for _, c := range g.cols {
		if c.typ != value.Dynamic && c.typ != value.Real {
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 {
		return "", 0
	}
	f := fit[g.r.IntN(len(fit))]
	return f.name, f.typ
}

// all is a list of every column that can be sorted by: an order that leaves only equal rows tied.
func (g *generator) all() string {
	var keys []string
	for _, c := range g.cols {
		if c.typ == value.Dynamic {
			keys = append(keys, "tostring("+c.name+") asc")
		} else {
			keys = append(keys, c.name+" "+g.of("asc", "desc", "asc nulls last", "desc nulls first"))
		}
	}
	g.r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return strings.Join(keys, ", ")
}

// whole is a text of every column: top has one key, and this one leaves only equal rows tied.
func (g *generator) whole() string {
	parts := []string{"''"}
	for _, c := range g.cols {
		parts = append(parts, "tostring("+c.name+")")
	}
	return "strcat(" + strings.Join(parts, ", '|', ") + ")"
}

func (g *generator) query(stages int) query {
	g.cols, g.serial, g.mixed, g.loose = nil, false, false, false
	table := relationTables[g.r.IntN(len(relationTables))]
	g.cols = append(g.cols, signinColumns[table]...)
	q := query{source: table}
	g.shared = nil
	if g.r.IntN(3) == 0 { // a let-bound query that is used again by joins and subqueries
		body := table
		for range 1 + g.r.IntN(2) {
			if g.r.IntN(2) == 0 {
				name, t := g.name(), g.typ()
				body += " | extend " + name + " = " + g.expr(t, 2)
				g.set(name, t)
			} else {
				body += " | where " + g.truth(2)
			}
		}
		g.shared = append([]field(nil), g.cols...)
		q.source = "let S0 = " + g.of("materialize(", "(") + body + ");\nS0"
	}
	for range stages {
		if len(g.cols) == 0 {
			break
		}
		q.stages = append(q.stages, g.stage())
	}
	q.loose = g.loose
	return q
}

func (g *generator) stage() string {
	switch g.r.IntN(23) {
	case 21: // what the plain evaluator does not know is still held to the other relations
		switch k, t := g.key(); {
		case g.serial && g.r.IntN(2) == 0:
			name := g.name()
			g.cols = append(append([]field(nil), g.cols...), field{name, value.Long})
			return "scan declare (" + name + ": long = 0) with (step s: true => " + name + " = s." + name + " + " + g.of("1", "2") + ";)"
		case k != "" && g.r.IntN(2) == 0:
			count := g.name()
			g.cols, g.serial, g.mixed, g.loose = []field{{k, t}, {count, value.Long}}, false, true, true
			return "top-nested 2 of " + k + " by " + count + " = count()"
		case k != "":
			return "project-reorder " + k + ", *"
		}
	case 14:
		s := "top " + g.of("1", "3", "10") + " by " + g.whole() + g.of("", " asc", " desc nulls first")
		g.serial, g.mixed = true, false
		return s
	case 15:
		if s := g.subquery(); s != "" {
			return s
		}
	case 16:
		if s := g.mvApply(); s != "" {
			return s
		}
	case 17:
		if s := g.makeSeries(); s != "" {
			return s
		}
	case 18:
		if s := g.partition(); s != "" {
			return s
		}
	case 19:
		if c := g.column(value.String); c != "" {
			one, two := g.name(), g.name()
			s := g.of("parse ", "parse-where ") + c + " with " + g.of(one+" '@' "+two, "* '.' "+one+" '.' "+two, one+" ' ' * '/' "+two, "'p' "+one+" '-' "+two+" '/' *", one+":string '.' "+two+":long '.' *")
			g.set(one, value.String)
			if strings.Contains(s, ":long") {
				g.set(two, value.Long)
			} else {
				g.set(two, value.String)
			}
			return s
		}
	case 20:
		if g.r.IntN(4) == 0 {
			g.cols, g.serial, g.mixed = []field{{"Count", value.Long}}, true, false
			return "count"
		}
	case 0, 1, 2:
		return "where " + g.truth(1+g.r.IntN(3))
	case 3, 4:
		t := g.typ()
		name := g.name()
		if c := g.column(t); c != "" && g.r.IntN(3) == 0 {
			name = c
		}
		s := "extend " + name + " = " + g.expr(t, 1+g.r.IntN(3))
		g.set(name, t)
		return s
	case 5:
		var parts []string
		var cols []field
		for _, c := range g.cols {
			if g.r.IntN(3) > 0 {
				parts, cols = append(parts, c.name), append(cols, c)
			}
		}
		t := g.typ()
		name := g.name()
		parts = append(parts, name+" = "+g.expr(t, 2))
		g.cols = append(cols, field{name, t})
		return "project " + strings.Join(parts, ", ")
	case 6:
		if len(g.cols) < 2 {
			return "where true"
		}
		i := g.r.IntN(len(g.cols))
		old := g.cols[i]
		if g.r.IntN(2) == 0 {
			g.cols = append(append([]field(nil), g.cols[:i]...), g.cols[i+1:]...)
			return "project-away " + old.name
		}
		name := g.name()
		g.cols = append([]field(nil), g.cols...)
		g.cols[i].name = name
		return "project-rename " + name + " = " + old.name
	case 7, 8:
		return g.summarize()
	case 9:
		return g.join()
	case 10:
		table := relationTables[g.r.IntN(len(relationTables))]
		var same []string
		have := map[string]value.Type{}
		for _, c := range signinColumns[table] {
			have[c.name] = c.typ
		}
		var cols []field
		for _, c := range g.cols {
			if t, ok := have[c.name]; ok && t == c.typ {
				same, cols = append(same, c.name), append(cols, c)
			}
		}
		if len(same) == 0 {
			return "where true"
		}
		inner := generator{r: g.r, cols: signinColumns[table], made: g.made + 100}
		s := "project " + strings.Join(same, ", ") + "\n| union (" + table + " | where " + inner.truth(1+g.r.IntN(2)) + " | project " + strings.Join(same, ", ") + ")"
		g.cols, g.serial, g.mixed = cols, false, true
		return s
	case 11:
		s := "sort by " + g.all()
		g.serial, g.mixed = true, false
		return s
	case 12:
		var c string
		if c = g.column(value.Dynamic); c == "" {
			return g.distinct()
		}
		to := g.of("", " to typeof(string)", " to typeof(long)")
		s := "mv-expand " + g.of("", "with_itemindex=i0 ") + c + to
		if strings.Contains(s, "i0") {
			s = strings.Replace(s, "i0", "at"+g.name(), 1)
			g.cols = append(append([]field(nil), g.cols...), field{strings.TrimSuffix(strings.Fields(strings.TrimPrefix(s, "mv-expand with_itemindex="))[0], ","), value.Long})
		}
		g.cols = append([]field(nil), g.cols...)
		switch to {
		case " to typeof(string)":
			g.set(c, value.String)
		case " to typeof(long)":
			g.set(c, value.Long)
		}
		g.serial = false
		return s
	}
	if g.serial && g.r.IntN(2) == 0 {
		return "take " + g.of("1", "5", "20")
	}
	return g.distinct()
}

func (g *generator) distinct() string {
	var parts []string
	var cols []field
	for _, c := range g.cols {
		if c.typ != value.Dynamic && g.r.IntN(3) == 0 {
			parts, cols = append(parts, c.name), append(cols, c)
		}
	}
	if len(parts) == 0 {
		return "where true"
	}
	g.cols, g.serial = cols, false
	return "distinct " + strings.Join(parts, ", ")
}

func (g *generator) summarize() string {
	var aggregates []string
	var cols []field
	add := func(t value.Type, text string) {
		name := g.name()
		aggregates, cols = append(aggregates, name+" = "+text), append(cols, field{name, t})
	}
	for range 1 + g.r.IntN(3) {
		switch g.r.IntN(13) {
		case 11:
			add(value.Real, g.of("stdev(", "variance(", "stdevp(", "variancep(")+g.leaf(value.Real)+")")
		case 12:
			t := []value.Type{value.Long, value.Real, value.DateTime}[g.r.IntN(3)]
			add(t, "percentile("+g.leaf(t)+", "+g.of("0", "25", "50", "90", "100")+")")
		case 0:
			add(value.Long, "count()")
		case 1:
			add(value.Long, "countif("+g.truth(2)+")")
		case 2:
			add(value.Long, g.of("sum(", "min(", "max(")+g.expr(value.Long, 1)+")")
		case 3:
			add(value.Real, g.of("sum(", "avg(", "min(", "max(")+g.expr(value.Real, 1)+")")
		case 4:
			t := []value.Type{value.String, value.DateTime, value.Long, value.Bool}[g.r.IntN(4)]
			add(value.Long, g.of("dcount(", "count_distinct(")+g.expr(t, 1)+")")
		case 5:
			t := []value.Type{value.String, value.DateTime, value.Timespan}[g.r.IntN(3)]
			add(t, g.of("min(", "max(")+g.expr(t, 1)+")")
		case 6:
			add(value.Long, "sumif("+g.expr(value.Long, 1)+", "+g.truth(1)+")")
		case 7:
			add(value.Dynamic, "array_sort_asc("+g.of("make_set(", "make_list(")+g.expr(value.String, 1)+"))")
		case 8:
			if g.mixed {
				add(value.Long, "dcountif("+g.expr(value.String, 1)+", "+g.truth(1)+")")
				break
			}
			g.loose = true
			t := g.typ()
			add(t, "take_any("+g.expr(t, 1)+")")
		case 9:
			if g.mixed {
				add(value.Long, "maxif("+g.expr(value.Long, 1)+", "+g.truth(1)+")")
				break
			}
			g.loose = true
			add(value.Dynamic, g.of("make_list(", "make_set(")+g.expr(value.Long, 1)+")")
		case 10:
			key, t := g.key()
			if key == "" || g.mixed {
				add(value.Long, "count()")
				break
			}
			g.loose = true
			name, other := g.name(), g.name()
			t2 := g.typ()
			aggregates = append(aggregates, "("+name+", "+other+") = "+g.of("arg_max(", "arg_min(")+key+", "+g.leaf(t2)+")")
			cols = append(cols, field{name, t}, field{other, t2})
		}
	}
	var by []string
	var keys []field
	for range g.r.IntN(3) {
		key, t := g.key()
		if key == "" {
			break
		}
		again := false
		for _, k := range keys {
			again = again || k.name == key
		}
		if again {
			continue
		}
		switch {
		case t == value.DateTime && g.r.IntN(2) == 0:
			name := g.name()
			by, keys = append(by, name+" = bin("+key+", "+g.of("1h", "1d")+")"), append(keys, field{name, t})
		case g.r.IntN(4) == 0:
			name, kt := g.name(), []value.Type{value.String, value.Long, value.Bool}[g.r.IntN(3)]
			by, keys = append(by, name+" = "+g.expr(kt, 1)), append(keys, field{name, kt})
		default:
			by, keys = append(by, key), append(keys, field{key, t})
		}
	}
	s := "summarize " + strings.Join(aggregates, ", ")
	if len(by) > 0 {
		s += " by " + strings.Join(by, ", ")
	}
	g.cols = append(keys, cols...)
	g.serial = false
	return s
}

func (g *generator) join() string {
	table, inner := g.other()
	key, t := g.key()
	if key == "" || len(g.cols) > 40 {
		return "where true"
	}
	other := inner.column(t)
	if other == "" {
		return "where true"
	}
	right := g.name()
	rightCol := g.name()
	_, pt := inner.key()
	pick := inner.column(pt)
	if pick == "" {
		return "where true"
	}
	side := "(" + table + " | where " + inner.truth(1+g.r.IntN(2)) + " | project " + right + " = " + other + ", " + rightCol + " = " + pick + ")"
	on := "$left." + key + " == $right." + right
	g.serial = false
	if g.r.IntN(4) == 0 {
		g.cols, g.mixed = append(append([]field(nil), g.cols...), field{rightCol, pt}), true
		return "lookup " + g.of("", "kind=inner ") + side + " on " + on
	}
	kind := g.of("inner", "innerunique", "leftouter", "rightouter", "fullouter", "leftsemi", "leftanti", "rightsemi", "rightanti")
	if kind == "innerunique" && g.mixed {
		kind = "inner"
	}
	if kind == "innerunique" {
		g.loose = true
	}
	switch kind {
	case "leftsemi", "leftanti":
	case "rightsemi", "rightanti":
		g.cols = []field{{right, t}, {rightCol, pt}}
	default:
		g.cols = append(append([]field(nil), g.cols...), field{right, t}, field{rightCol, pt})
	}
	g.mixed = true
	return "join kind=" + kind + " " + side + " on " + on
}

// other is a generator over another table, or over the let-bound query.
func (g *generator) other() (string, *generator) {
	table := relationTables[g.r.IntN(len(relationTables))]
	cols := signinColumns[table]
	if g.shared != nil && g.r.IntN(2) == 0 {
		table, cols = "S0", g.shared
	}
	return table, &generator{r: g.r, cols: append([]field(nil), cols...), made: g.made + 300}
}

// subquery filters by, or adds, what another query answers.
func (g *generator) subquery() string {
	table, o := g.other()
	where := "(" + table + " | where " + o.truth(1+g.r.IntN(2))
	if g.r.IntN(2) == 0 {
		t := []value.Type{value.String, value.Long}[g.r.IntN(2)]
		mine, theirs := g.column(t), o.column(t)
		if mine == "" || theirs == "" {
			return ""
		}
		op := g.of(" in ", " !in ")
		if t == value.String {
			op = g.of(op, " in~ ", " !in~ ")
		}
		return "where " + mine + op + "(" + where + g.of(" | project ", " | distinct ") + theirs + "))"
	}
	name := g.name()
	t := []value.Type{value.Long, value.String, value.DateTime}[g.r.IntN(3)]
	of := o.column(t)
	if of == "" {
		return ""
	}
	g.set(name, t)
	return "extend " + name + " = toscalar" + where + " | summarize " + g.of("max(", "min(") + of + "))"
}

func (g *generator) mvApply() string {
	list := g.column(value.Dynamic)
	if list == "" {
		return ""
	}
	e, made := g.name(), g.name()
	g.cols = append([]field(nil), g.cols...)
	var body string
	switch g.r.IntN(4) {
	case 0:
		body = "summarize " + made + " = count()"
		g.cols = append(g.cols, field{made, value.Long})
	case 1:
		body = "where isnotempty(" + e + ")"
		g.cols = append(g.cols, field{e, value.String})
	case 2:
		body = "extend " + made + " = strlen(" + e + ") | where " + made + " < 5"
		g.cols = append(g.cols, field{e, value.String}, field{made, value.Long})
	case 3:
		body = "top 1 by " + e + g.of(" asc", " desc") + " | project " + made + " = " + e
		g.cols = append(g.cols, field{made, value.String})
	}
	g.serial = false
	return "mv-apply " + e + " = " + list + " to typeof(string) on (" + body + ")"
}

func (g *generator) makeSeries() string {
	on := g.column(value.DateTime)
	if on == "" {
		return ""
	}
	value1, value2 := g.name(), g.name()
	s := "make-series " + value1 + " = count(), " + value2 + " = " + g.of("sum(", "max(", "avg(") + "tolong(" + g.leaf(value.Long) + ")) default = " + g.of("0", "-1", "7") + " on " + on +
		" from datetime(2026-01-01) to datetime(2026-01-04) step " + g.of("12h", "1d", "7h")
	cols := []field{{value1, value.Dynamic}, {value2, value.Dynamic}, {on, value.Dynamic}}
	if by := g.column(value.String); by != "" && g.r.IntN(3) > 0 {
		s += " by " + by
		cols = append([]field{{by, value.String}}, cols...)
	}
	g.cols, g.serial = cols, false
	return s
}

func (g *generator) partition() string {
	key := g.column(value.String)
	if key == "" {
		return ""
	}
	body := "where " + g.truth(1)
	switch g.r.IntN(3) {
	case 0:
		body = "top 2 by " + g.whole()
	case 1:
		name := g.name()
		body = "summarize " + name + " = count() by " + key
		g.cols = []field{{key, value.String}, {name, value.Long}}
	}
	g.serial, g.mixed = false, true
	return "partition hint.strategy=native by " + key + " (" + body + ")"
}
