package workbook

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// Finding is something that would not work in the portal. Warning says that the item still shows something.
type Finding struct {
	File    string
	Item    string // the item's or parameter's name
	Path    string // its place in the JSON
	Line    int    // of the query with its parameters put in, counted from 1; 0 when it is not about a place in one
	Column  int
	Warning bool
	Message string
	Help    string
}

// Place is the file, the item and, where the query itself is wrong, the line and column.
func (f Finding) Place() string {
	at := f.File + ": " + f.Path
	if f.Item != "" {
		at += fmt.Sprintf(" (%s)", f.Item)
	}
	if f.Line > 0 {
		at += fmt.Sprintf(":%d:%d", f.Line, f.Column)
	}
	return at
}

// String is the finding on one line.
func (f Finding) String() string { return f.Place() + ": " + f.Text() }

// Text is what was found and what would be right.
func (f Finding) Text() string {
	s := f.Message
	if f.Help != "" {
		s += "; " + f.Help
	}
	return s
}

// Outcome is what Test did.
type Outcome struct {
	Findings []Finding
	Items    []ItemOutcome // every query item and every parameter with a query, in the order of the page
}

// ItemOutcome is one query that ran.
type ItemOutcome struct {
	Item, Path string
	Rows       int
	Clicked    bool // it ran again with values from a click on the items above
	Elapsed    time.Duration
}

// Failed reports whether a finding is an error.
func (o *Outcome) Failed() bool {
	return slices.ContainsFunc(o.Findings, func(f Finding) bool { return !f.Warning })
}

// Test runs every query of a workbook as of now, those of hidden tabs and groups too. It fails a query that names a missing
// table, column or parameter, a parameter without a value, and settings that name columns the result does not have. An item
// that depends on a click runs twice: with the exported parameter's default, and with the values of the first row above it.
func Test(ctx context.Context, engine Engine, w *content.Workbook, now time.Time) (*Outcome, error) {
	parsed, err := Parse(w)
	if err != nil {
		return nil, err
	}
	t := &tester{out: &Outcome{}, w: parsed}
	if t.run, err = newRun(ctx, engine, parsed, now, nil); err != nil {
		return nil, err
	}
	clicks := Values{}
	var failure error
	walk(parsed.Items, func(it *Item) {
		if failure != nil {
			return
		}
		failure = ctx.Err()
		t.conditions(it)
		switch it.Type {
		case typeText:
			t.texts(it, it.Text)
		case typeParameters:
			t.parameters(it)
		case typeQuery:
			t.query(it, clicks)
		case typeLinks, typeGroup:
		case typeMetric:
			t.warn(it.Name, it.Path, "a metric item is not run", "it shows only in the portal")
		default:
			t.fail(it.Name, it.Path, problem{message: fmt.Sprintf("item type %d is not known", it.Type), help: "known are 1 text, 3 query, 9 parameters, 10 metric, 11 links and 12 group"})
		}
	})
	if failure != nil {
		return nil, failure
	}
	return t.out, nil
}

type tester struct {
	*run
	out *Outcome
	w   *Workbook
}

func (t *tester) fail(item, path string, p problem) {
	f := Finding{File: t.w.File, Item: item, Path: path, Message: p.message, Help: p.help}
	if p.query != nil {
		f.Line, f.Column = p.query.Position()
		// The message's own place is the same.
		if prefix := fmt.Sprintf("%d:%d: ", f.Line, f.Column); strings.HasPrefix(f.Message, prefix) {
			f.Message = f.Message[len(prefix):]
		}
	}
	t.out.Findings = append(t.out.Findings, f)
}

func (t *tester) warn(item, path, message, help string) {
	t.out.Findings = append(t.out.Findings, Finding{File: t.w.File, Item: item, Path: path, Warning: true, Message: message, Help: help})
}

// conditions checks that the parameters which decide whether an item is shown exist.
func (t *tester) conditions(it *Item) {
	for _, c := range it.Visible {
		if _, known := t.values[c.Parameter]; !known {
			t.fail(it.Name, it.Path, t.unknown(c.Parameter, "conditionalVisibility names parameter %q, which no item sets"))
		}
	}
}

func (t *tester) unknown(name, format string) problem {
	var names []string
	for n := range t.values {
		names = append(names, n)
	}
	slices.Sort(names)
	p := problem{message: fmt.Sprintf(format, name)}
	if n := nearest.Of(name, names); n != "" {
		p.help = fmt.Sprintf("the nearest is %q", n)
	} else {
		p.help = "parameters are " + strings.Join(names, ", ")
	}
	return p
}

func (t *tester) texts(it *Item, text string) {
	_, _, wrong := t.values.substitute(text, true)
	if p, bad := t.missing(nil, wrong); bad {
		t.fail(it.Name, it.Path, p)
	}
}

func (t *tester) parameters(it *Item) {
	for _, p := range it.Parameters {
		if p.Unknown {
			t.warn(p.Name, p.Path, fmt.Sprintf("parameter type %d is not resolved", p.Kind), "its value is taken as it is written")
		}
		if pr, bad := t.failed[p]; bad {
			t.fail(p.Name, p.Path, pr)
			continue
		}
		if p.Query != "" {
			t.strings(p.Name, p.Path, p.Query)
			t.out.Items = append(t.out.Items, ItemOutcome{Item: p.Name, Path: p.Path, Rows: len(t.options[p.Name])})
		}
		if p.Required && !t.values[p.Name].Set {
			help := "give it a value"
			if p.Query != "" && len(t.options[p.Name]) == 0 {
				help = "its query offers no value"
			}
			t.fail(p.Name, p.Path, problem{message: fmt.Sprintf("required parameter %q has no value", p.Name), help: help})
		}
	}
}

func (t *tester) query(it *Item, clicks Values) {
	t.texts(it, it.Query.Title)
	t.strings(it.Name, it.Path, it.Query.Text)
	begin := time.Now()
	res, p := t.runItem(it)
	if p != nil {
		t.fail(it.Name, it.Path, *p)
		return
	}
	o := ItemOutcome{Item: it.Name, Path: it.Path, Rows: res.Primary().Rows, Elapsed: time.Since(begin)}
	t.columns(it, res)
	if t.clicked(it, clicks) {
		before := t.values
		t.values = Values{}
		for k, v := range before {
			t.values[k] = v
		}
		for k, v := range clicks {
			t.values[k] = v
		}
		if _, p := t.runItem(it); p != nil {
			t.fail(it.Name, it.Path, *p)
			last := &t.out.Findings[len(t.out.Findings)-1]
			last.Message = "after a click above: " + last.Message
		}
		t.values = before
		o.Clicked = true
	}
	t.out.Items = append(t.out.Items, o)
	if table := res.Primary(); table.Rows > 0 {
		for _, e := range it.Query.Exports {
			if i := table.Index(e.Field); i >= 0 {
				clicks[e.Parameter] = textValue(table.Value(0, i).Text())
			}
		}
	}
}

// clicked reports whether a click on an item above changes what the query asks.
func (t *tester) clicked(it *Item, clicks Values) bool {
	for _, r := range references(it.Query.Text) {
		if _, ok := clicks[r.name]; ok {
			return true
		}
	}
	return false
}

// strings finds parameters that nobody sets in the query's string literals, where they stay as they are written and compare
// with nothing. Elsewhere braces are KQL's own, and a wrong one does not compile.
func (t *tester) strings(item, path, text string) {
	var missing []reference
	for _, r := range references(text) {
		if _, known := t.values[r.name]; !known {
			missing = append(missing, r)
		}
	}
	if len(missing) == 0 {
		return
	}
	for _, s := range syntax.Parse(text).Statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			lit, ok := n.(*syntax.StringLiteral)
			if !ok {
				return true
			}
			for _, r := range missing {
				if at := lit.Span(); at.Start < r.start && r.end < at.End {
					t.fail(item, path, t.unknown(r.name, "the query names parameter %q, which no item sets"))
				}
			}
			return true
		})
	}
}

// columns checks that the settings name columns of the result.
func (t *tester) columns(it *Item, res *result.Result) {
	table := res.Primary()
	var names []string
	for _, c := range table.Columns {
		names = append(names, c.Name)
	}
	need := func(setting, column string, warning bool) {
		if column == "" || slices.Contains(names, column) {
			return
		}
		message := fmt.Sprintf("%s names column %q, which the result does not have", setting, column)
		help := "its columns are " + strings.Join(names, ", ")
		if n := nearest.Of(column, names); n != "" {
			help = fmt.Sprintf("the nearest is %q", n)
		}
		if warning {
			t.warn(it.Name, it.Path, message, help)
			return
		}
		t.fail(it.Name, it.Path, problem{message: message, help: help})
	}
	q := it.Query
	for _, e := range q.Exports {
		// Charts export the point clicked on, under names of their own.
		if chartField(e.Field) {
			continue
		}
		need("exportFieldName", e.Field, false)
	}
	if h := q.Grid.Hierarchy; h != nil {
		need("hierarchySettings.idColumn", h.ID, false)
		need("hierarchySettings.parentColumn", h.Parent, false)
		need("hierarchySettings.expanderColumn", h.Expander, false)
		for _, g := range h.GroupBy {
			need("hierarchySettings.groupBy", g, false)
		}
	}
	if s := q.Tiles; s != nil {
		need("tileSettings.titleContent", s.Title.Match, false)
		need("tileSettings.subtitleContent", s.Subtitle.Match, false)
		need("tileSettings.leftContent", s.Left.Match, false)
		need("tileSettings.rightContent", s.Right.Match, false)
		need("tileSettings.secondaryContent", s.Secondary.Match, false)
	}
	need("chartSettings.xAxis", q.Chart.X, false)
	need("chartSettings.group", q.Chart.Series, false)
	for _, y := range q.Chart.Y {
		need("chartSettings.yAxis", y, false)
	}
	if m := q.Map; m != nil {
		need("mapSettings.latitude", m.Latitude, false)
		need("mapSettings.longitude", m.Longitude, false)
	}
	for _, s := range q.Grid.SortBy {
		need("sortBy", s.Column, true)
	}
	for _, column := range slices.Sorted(maps.Keys(q.Grid.Labels)) {
		need("labelSettings", column, true)
	}
	for _, f := range q.Grid.Formatters {
		if !slices.ContainsFunc(names, matcher(f.Match)) && f.Match != "$gen_group" {
			need("formatters", f.Match, true)
		}
	}
}

// chartField reports whether an exported field is one that charts make.
func chartField(name string) bool {
	switch name {
	case "", "x", "y", "series", "label", "value":
		return true
	}
	return false
}

// matcher reads a columnMatch: a column's name, or a regular expression over names.
func matcher(pattern string) func(string) bool {
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	return func(name string) bool { return name == pattern || err == nil && re.MatchString(name) }
}
