package docs

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/attack"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/validate"
)

// rulePage is a rule with what its query says.
type rulePage struct {
	*content.Rule
	name       string // of the page: rules/group/name.md
	group      string
	tables     []string // that are read, functions followed
	functions  []string
	watchlists []string
	knobs      []knob
}

// knob is a constant at the head of a query. Use is the line that first uses it.
type knob struct {
	name, value, comment, use string
}

func newRulePage(b *content.Bundle, compiler validate.Compiler, r *content.Rule) *rulePage {
	file := inside(r.File())
	p := &rulePage{Rule: r, name: strings.TrimSuffix(file, path.Ext(file)) + ".md"}
	p.group = path.Base(path.Dir(p.name))
	if p.group == "rules" || p.group == "." {
		p.group = "rules"
	}
	if compiler != nil {
		p.tables = compiler.Check(r.Query, "sentinel", b).Tables
	}
	q := syntax.Parse(r.Query.String())
	p.knobs = knobs(q)
	seen := map[string]bool{}
	for _, s := range q.Statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			call, ok := n.(*syntax.CallExpr)
			if !ok {
				return true
			}
			switch {
			case call.Name.Text == "_GetWatchlist" && len(call.Args) > 0:
				if lit, ok := call.Args[0].(*syntax.StringLiteral); ok && !seen["w"+lit.Value] {
					seen["w"+lit.Value] = true
					p.watchlists = append(p.watchlists, lit.Value)
				}
			case b.Function(call.Name.Text) != nil && !seen["f"+call.Name.Text]:
				seen["f"+call.Name.Text] = true
				p.functions = append(p.functions, call.Name.Text)
			}
			return true
		})
	}
	return p
}

// knobs finds the let statements that name a constant. Their comment stands beside them, or on the lines right above.
func knobs(q *syntax.Query) []knob {
	lines := source.NewLineIndex(q.Text)
	beside, above := map[int]string{}, map[int]string{}
	for _, c := range q.Comments {
		at := lines.Position(c.Span().Start)
		text := strings.TrimSpace(strings.TrimLeft(c.Text, "/"))
		start := strings.LastIndexByte(q.Text[:c.Span().Start], '\n') + 1
		if strings.TrimSpace(q.Text[start:c.Span().Start]) == "" {
			if before, ok := above[at.Line-1]; ok {
				text = before + " " + text
			}
			above[at.Line] = text
		} else {
			beside[at.Line] = text
		}
	}
	var list []knob
	for _, s := range q.Statements {
		let, ok := s.(*syntax.LetStatement)
		if !ok || let.Value == nil || !constant(let.Value) {
			continue
		}
		at := lines.Position(let.Span().Start)
		end := lines.Position(let.Span().End)
		k := knob{name: let.Name.Text, value: let.Value.Span().Text(q.Text), comment: beside[end.Line]}
		// A comment on the query's first line is about the query.
		if k.comment == "" && !headed(above, at.Line-1) {
			k.comment = above[at.Line-1]
		}
		k.use = firstUse(q, let)
		list = append(list, k)
	}
	return list
}

// headed reports whether the comment lines that end with a line begin with the text.
func headed(above map[int]string, line int) bool {
	for ; line > 1; line-- {
		if _, ok := above[line]; !ok {
			return false
		}
	}
	return line == 1
}

// firstUse returns the first line after a let that names what it defines.
func firstUse(q *syntax.Query, let *syntax.LetStatement) string {
	at := -1
	for _, s := range q.Statements {
		if s.Span().Start <= let.Span().Start {
			continue
		}
		syntax.Walk(s, func(n syntax.Node) bool {
			if ref, ok := n.(*syntax.NameRef); ok && ref.Name.Text == let.Name.Text && (at < 0 || ref.Span().Start < at) {
				at = ref.Span().Start
			}
			return true
		})
	}
	if at < 0 {
		return ""
	}
	from := strings.LastIndexByte(q.Text[:at], '\n') + 1
	line, _, _ := strings.Cut(q.Text[from:], "\n")
	line = strings.TrimPrefix(strings.TrimSpace(line), "| ")
	if r := []rune(line); len(r) > 100 {
		// Cut around the name, which may stand far to the right.
		start := max(0, min(len([]rune(strings.TrimLeft(q.Text[from:at], " |")))-40, len(r)-97))
		cut := string(r[start:min(start+97, len(r))])
		if start > 0 {
			cut = "..." + cut
		}
		if start+97 < len(r) {
			cut += "..."
		}
		line = cut
	}
	return line
}

func constant(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Literal, *syntax.StringLiteral, *syntax.DynamicLiteral:
		return true
	case *syntax.UnaryExpr:
		return constant(e.X)
	}
	return false
}

func (g *generator) rule(p *rulePage) string {
	var b strings.Builder
	w := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	w("%s# %s\n\n", mark, p.Name)
	w("%s severity, %s, version %s, %s. File %s, id %s.\n\n", p.Severity, strings.ToLower(p.Kind), orNone(p.Version), orNone(strings.ToLower(p.Status)), code(inside(p.File())), code(p.ID))
	w("%s\n", strings.TrimSpace(p.Description))
	w("\n## What it sees\n\n")
	for _, id := range p.Techniques {
		if t, ok := attack.Lookup(id); ok {
			w("- [%s](https://attack.mitre.org/techniques/%s/) %s\n", id, strings.ReplaceAll(id, ".", "/"), t.Name)
		} else {
			w("- %s\n", id)
		}
	}
	if len(p.Tactics) > 0 {
		w("- Tactics: %s\n", strings.Join(p.Tactics, ", "))
	}
	if len(p.Streams) > 0 {
		w("- Streams it is meant to watch: %s\n", codes(p.Streams))
	}
	w("\n## What it cannot see\n\n")
	for _, s := range p.Blindspots {
		w("- **%s.** %s", strings.TrimRight(s.What, "."), s.Reason)
		if len(s.Streams) > 0 {
			w(" Silent in %s.", codes(s.Streams))
		}
		w("\n")
	}
	if len(p.Blindspots) == 0 {
		w("Nothing is declared.\n")
	}
	g.data(p, w)
	schedule(p, w)
	entities(p, w)
	w("\n## Query\n\n%s", block("kusto", p.Query.String()))
	g.tuning(p, w)
	g.triage(p, w)
	tests(p, w)
	g.mutants(p, w)
	return b.String()
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (g *generator) data(p *rulePage, w func(string, ...any)) {
	w("\n## The data it needs\n\n| table | what it holds | license | usually late by |\n|---|---|---|---|\n")
	for _, t := range p.tables {
		var s content.Stream
		for _, k := range g.bundle.Streams {
			if k.Table == t {
				s = *k
			}
		}
		w("| %s | %s | %s | %s |\n", code(t), cell(s.Description), cell(s.License), s.Delay.Text)
	}
	for _, f := range p.functions {
		w("\nIt calls %s: %s\n", code(f+"()"), strings.TrimSpace(firstSentence(g.bundle.Function(f).Description)))
	}
	for _, a := range p.watchlists {
		d := "not shipped"
		if l := g.bundle.Watchlist(a); l != nil {
			d = firstSentence(l.Description)
		}
		w("\nIt reads the watchlist %s: %s\n", code(a), d)
	}
}

// firstSentence cuts a text after its first full stop.
func firstSentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if i := strings.Index(s, ". "); i > 0 {
		return s[:i+1]
	}
	return s
}

func schedule(p *rulePage, w func(string, ...any)) {
	w("\n## Schedule\n\n")
	if p.Kind == content.NRT {
		w("Near real time: each minute, over the rows ingested in the minute before.\n")
	} else {
		w("Every %s over the last %s; it fires when the number of rows is %s %d.\n", p.QueryFrequency.Text, p.QueryPeriod.Text, operatorWords(p.TriggerOperator), p.TriggerThreshold)
	}
	grouping := "All rows of a run become one alert."
	if p.EventGrouping == "AlertPerResult" {
		grouping = "Each row becomes an alert."
	}
	w("%s", grouping)
	if p.SuppressionEnabled {
		w(" After an alert it rests for %s.", p.SuppressionDuration.Text)
	}
	if i := p.Incident; i != nil {
		switch {
		case !i.CreateIncident:
			w(" No incident is made.")
		case i.Grouping == nil || !i.Grouping.Enabled:
			w(" Each alert becomes an incident.")
		default:
			w(" Alerts with %s within %s join one incident.", matching(i.Grouping), i.Grouping.Lookback.Short())
		}
	}
	w("\n")
}

func operatorWords(op string) string {
	switch op {
	case "GreaterThan":
		return "more than"
	case "LessThan":
		return "less than"
	case "Equal":
		return "exactly"
	case "NotEqual":
		return "other than"
	}
	return op
}

func matching(g *content.Grouping) string {
	switch g.MatchingMethod {
	case "AllEntities":
		return "the same entities"
	case "AnyAlert":
		return "the same rule"
	}
	parts := slices.Concat(g.Entities, g.AlertDetails, g.CustomDetails)
	return "the same " + strings.Join(parts, ", ")
}

func entities(p *rulePage, w func(string, ...any)) {
	w("\n## Entities and details\n\n")
	if len(p.EntityMappings) > 0 {
		w("| entity | identifier | column |\n|---|---|---|\n")
		for _, m := range p.EntityMappings {
			for i, f := range m.FieldMappings {
				kind := m.EntityType
				if i > 0 {
					kind = ""
				}
				w("| %s | %s | %s |\n", kind, f.Identifier, code(f.ColumnName))
			}
		}
	} else {
		w("It maps no entities.\n")
	}
	if a := p.AlertDetails; a != nil {
		w("\n")
		for _, d := range [...][2]string{{"Name of the alert", a.DisplayNameFormat}, {"Description", a.DescriptionFormat}, {"Severity from column", a.SeverityColumn}, {"Tactics from column", a.TacticsColumn}} {
			if d[1] != "" {
				w("- %s: %s\n", d[0], code(d[1]))
			}
		}
		for _, d := range a.DynamicProperties {
			w("- %s from column %s\n", d.Property, code(d.Column))
		}
	}
	if len(p.CustomDetails) > 0 {
		var list []string
		for _, d := range p.CustomDetails {
			if d.Name == d.Column {
				list = append(list, code(d.Name))
			} else {
				list = append(list, fmt.Sprintf("%s (%s)", code(d.Name), code(d.Column)))
			}
		}
		w("\nCustom details: %s.\n", strings.Join(list, ", "))
	}
}

func (g *generator) tuning(p *rulePage, w func(string, ...any)) {
	if len(p.knobs) == 0 && len(p.watchlists) == 0 {
		return
	}
	w("\n## Tuning\n\n")
	if len(p.knobs) > 0 {
		w("Constants at the head of the query:\n\n| name | value | what it decides |\n|---|---|---|\n")
		for _, k := range p.knobs {
			value := strings.Join(strings.Fields(k.value), " ")
			if len(value) > 120 {
				value = value[:strings.LastIndex(value[:117], " ")+1] + "..."
			}
			what := cell(k.comment)
			if what == "" && k.use != "" {
				what = "used in " + strings.ReplaceAll(code(k.use), "|", "\\|")
			}
			w("| %s | %s | %s |\n", code(k.name), strings.ReplaceAll(code(value), "|", "\\|"), what)
		}
	}
	for _, a := range p.watchlists {
		l := g.bundle.Watchlist(a)
		if l == nil {
			continue
		}
		var columns []string
		for _, c := range l.Columns {
			columns = append(columns, c.Name)
		}
		w("\nThe watchlist %s changes what it says without a new version: columns %s.\n", code(a), codes(columns))
	}
}

// triage says what to look at first: what the alert names, who else is touched, what has proved harmless in the tests.
func (g *generator) triage(p *rulePage, w func(string, ...any)) {
	w("\n## Triage\n\n")
	step := 0
	next := func(format string, args ...any) {
		step++
		w("%d. %s\n", step, fmt.Sprintf(format, args...))
	}
	workloads := slices.ContainsFunc(p.tables, func(t string) bool {
		return strings.Contains(t, "ServicePrincipal") || strings.Contains(t, "ManagedIdentity")
	})
	done := map[string]bool{}
	for _, m := range p.EntityMappings {
		if done[m.EntityType] {
			continue
		}
		done[m.EntityType] = true
		switch m.EntityType {
		case "Account":
			next("Who: everything the account did around the alert, in both streams.\n\n   %s\n   Ask the owner whether it was them, over a channel that does not need the account.", query("bs_Signins() | where TimeGenerated > ago(2d) and UserPrincipalName =~ \"ACCOUNT\" | order by TimeGenerated asc"))
		case "IP":
			if workloads && !slices.Contains(p.functions, "bs_Signins") {
				next("Where from: what else came from the address.\n\n   %s", query("bs_Workloads() | where IPAddress == \"ADDRESS\" | summarize Signins = count(), Failed = countif(ResultCode != \"0\"), Applications = make_set(ServicePrincipalName, 50) by ResourceDisplayName"))
			} else {
				next("Where from: who else came from the address, and who got in.\n\n   %s", query("bs_Signins() | where IPAddress == \"ADDRESS\" | summarize Signins = count(), Succeeded = countif(ResultCode == \"0\"), Streams = make_set(Stream) by UserPrincipalName"))
			}
		case "CloudApplication":
			if workloads {
				next("Which application: its sign-ins, keys and addresses, and what changed on it.\n\n   %s\n   %s", query("bs_Workloads() | where AppId == \"APPLICATION\" | summarize First = min(TimeGenerated), Last = max(TimeGenerated), Signins = count() by IPAddress, ServicePrincipalCredentialKeyId, ResourceDisplayName"), query("AuditLogs | where tostring(TargetResources) has \"APPLICATION\" | project TimeGenerated, OperationName, InitiatedBy"))
			} else {
				next("Which application: who else uses it, and since when.\n\n   %s", query("bs_Signins() | where AppId == \"APPLICATION\" | summarize First = min(TimeGenerated), Users = dcount(UserPrincipalName) by Stream, ClientAppUsed"))
			}
		}
	}
	if len(p.CustomDetails) > 0 {
		var list []string
		for _, d := range p.CustomDetails {
			list = append(list, d.Name)
		}
		next("How much: the alert's own details (%s) say how far it went.", strings.Join(list, ", "))
	}
	var quiet []string
	if p.Test != nil {
		for _, c := range p.Test.Tests {
			if c.Alerts != nil && len(c.Alerts) == 0 && c.Skip == "" {
				quiet = append(quiet, c.Name)
			}
		}
	}
	if len(quiet) > 0 {
		next("Compare it with what the tests keep quiet, harmless look-alikes among it: %s. An alert that is one of these after all is a case for a new test.", strings.Join(quiet, "; "))
	}
	if related := g.related(p); len(related) > 0 {
		next("Hunt further: %s.", strings.Join(related, ", "))
	}
	if step == 0 {
		w("Read the rows of the alert; the rule names no entities.\n")
	}
}

func query(text string) string {
	parts := strings.Split(text, " | ")
	return "```kusto\n   " + strings.Join(parts, "\n   | ") + "\n   ```\n"
}

// related lists the hunting queries that share a technique with the rule, at most four.
func (g *generator) related(p *rulePage) []string {
	type hit struct {
		text  string
		score int
	}
	var hits []hit
	for _, h := range g.bundle.Hunting {
		score := 0
		for _, t := range h.Techniques {
			if slices.Contains(p.Techniques, t) {
				score += 2
			}
		}
		if score == 0 {
			continue
		}
		for _, c := range h.Connectors {
			for _, t := range c.DataTypes {
				if slices.Contains(p.tables, t) {
					score++
				}
			}
		}
		hits = append(hits, hit{fmt.Sprintf("%s (%s)", h.Name, code(inside(h.File()))), score})
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return b.score - a.score })
	var list []string
	for _, h := range hits[:min(4, len(hits))] {
		list = append(list, h.text)
	}
	return list
}

func tests(p *rulePage, w func(string, ...any)) {
	w("\n## Its tests\n\n")
	if p.Test == nil || len(p.Test.Tests) == 0 {
		w("It has none.\n")
		return
	}
	w("%s says when it fires and when it stays quiet:\n\n| case | expects |\n|---|---|\n", code(inside(p.Test.File())))
	for _, c := range p.Test.Tests {
		w("| %s | %s |\n", cell(c.Name), cell(expects(c)))
	}
}

func expects(c *content.TestCase) string {
	if c.Skip != "" {
		return "is not run: " + c.Skip
	}
	var parts []string
	switch {
	case c.Alerts == nil:
	case len(c.Alerts) == 0:
		parts = append(parts, "quiet")
	case len(c.Alerts) == 1:
		parts = append(parts, "one alert")
	default:
		parts = append(parts, fmt.Sprintf("%d alerts", len(c.Alerts)))
	}
	switch {
	case c.Incidents == nil:
	case len(c.Incidents) == 1:
		parts = append(parts, "one incident")
	default:
		parts = append(parts, fmt.Sprintf("%d incidents", len(c.Incidents)))
	}
	if len(parts) == 0 {
		return "nothing is said"
	}
	return strings.Join(parts, ", ")
}
