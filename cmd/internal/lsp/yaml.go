package lsp

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/attack"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/validate/explain"
	"github.com/seed-caab1ad3/blindspot/validate/schema"
)

// yamlPlace is where an offset of a YAML document is: below which keys ("[]" for an element of a sequence), and whether a
// key or a value is being written. It is found by the layout, so that it is there also while the document does not parse.
type yamlPlace struct {
	path   []string
	value  bool
	prefix string // the part of the word before the offset
	start  int    // where it begins
	line   int
}

// entry is a line cut into its dashes and its key.
type entry struct {
	dashes []int
	indent int // of what follows the dashes
	key    string
	colon  int // behind the key, -1 when there is none
	rest   int // where what follows the dashes begins, in the line
}

func cutLine(line string) entry {
	e := entry{colon: -1}
	i := len(line) - len(strings.TrimLeft(line, " "))
	for strings.HasPrefix(line[i:], "- ") || line[i:] == "-" {
		e.dashes = append(e.dashes, i)
		i++
		for i < len(line) && line[i] == ' ' {
			i++
		}
	}
	e.indent, e.rest = i, i
	text := line[i:]
	if k := strings.Index(text, ":"); k >= 0 && (k+1 == len(text) || text[k+1] == ' ') && !strings.ContainsAny(text[:k], "{}[],") {
		e.key, e.colon = strings.Trim(text[:k], `"'`), i+k+1
	}
	return e
}

// yamlAt finds the place of an offset.
func yamlAt(b *buffer, offset int) *yamlPlace {
	at := b.position(offset)
	from, _ := b.line(at.Line)
	line := b.text[from:offset]
	p := &yamlPlace{start: offset, line: at.Line}
	e := cutLine(line)
	need := e.indent
	if strings.TrimSpace(line) == "" {
		need = len(line)
	}
	var tail []string
	if e.colon >= 0 {
		p.value = true
		tail = append(tail, e.key)
		p.word(line, from, strings.TrimLeft(line[e.colon:], " "), &tail)
	} else {
		p.word(line, from, line[e.rest:], &tail)
		if !p.value && len(e.dashes) > 0 && strings.Trim(line[e.rest:], " ") == p.prefix {
			p.value = true // an element may be a value; its keys are proposed as well
		}
	}
	var head []string
	afterDash := false
	for i := len(e.dashes) - 1; i >= 0; i-- {
		head = append(head, "[]")
		need, afterDash = e.dashes[i], true
	}
	for n := at.Line - 1; n >= 0 && (need > 0 || afterDash); n-- {
		f, t := b.line(n)
		text := b.text[f:t]
		if s := strings.TrimSpace(text); s == "" || s[0] == '#' {
			continue
		}
		x := cutLine(text)
		if x.key != "" && (x.indent < need || afterDash && len(x.dashes) == 0 && x.indent == need) {
			head = append(head, x.key)
			need, afterDash = x.indent, false
		}
		for i := len(x.dashes) - 1; i >= 0; i-- {
			if x.dashes[i] < need {
				head = append(head, "[]")
				need, afterDash = x.dashes[i], true
			}
		}
	}
	slices.Reverse(head)
	p.path = append(head, tail...)
	return p
}

// word reads what stands before the offset on its line: a plain word, or flow collections that are open.
func (p *yamlPlace) word(line string, from int, text string, tail *[]string) {
	type level struct {
		open byte
		key  string
	}
	var open []level
	begin := len(line) - len(text)
	if text != "" && text[0] != '{' && text[0] != '[' && text[0] != '"' && text[0] != '\'' {
		p.prefix, p.start = text, from+begin // a plain value may hold any bracket
		return
	}
	quote := byte(0)
	wordAt := begin
	for i := begin; i < len(line); i++ {
		c := line[i]
		if quote != 0 {
			if c == quote {
				quote = 0
			}
			continue
		}
		switch c {
		case '"', '\'':
			quote = c
			wordAt = i + 1
		case '{', '[':
			open = append(open, level{open: c})
			wordAt = i + 1
		case '}', ']':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
			wordAt = i + 1
		case ',':
			if len(open) > 0 {
				open[len(open)-1].key = ""
				wordAt = i + 1
			}
		case ':':
			if len(open) > 0 && open[len(open)-1].open == '{' && i+1 < len(line) && line[i+1] == ' ' {
				open[len(open)-1].key = strings.Trim(line[wordAt:i], ` "'`)
				wordAt = i + 1
			}
		}
	}
	for wordAt < len(line) && line[wordAt] == ' ' {
		wordAt++
	}
	p.prefix, p.start = line[wordAt:], from+wordAt
	for i, l := range open {
		switch {
		case l.open == '[':
			*tail = append(*tail, "[]")
			p.value = true
		case l.key != "":
			*tail = append(*tail, l.key)
			p.value = true
		case i == len(open)-1:
			p.value = false
		}
	}
	if n := len(open); n > 0 && open[n-1].open == '{' && open[n-1].key == "" {
		p.value = false
	}
}

// schemaNode is a JSON Schema as far as it is walked.
type schemaNode struct {
	Ref         string                 `json:"$ref"`
	Type        any                    `json:"type"`
	Description string                 `json:"description"`
	Properties  map[string]*schemaNode `json:"properties"`
	Items       *schemaNode            `json:"items"`
	Enum        []any                  `json:"enum"`
	Any         []*schemaNode          `json:"anyOf"`
	One         []*schemaNode          `json:"oneOf"`
	All         []*schemaNode          `json:"allOf"`
	More        json.RawMessage        `json:"additionalProperties"`
	Definitions map[string]*schemaNode `json:"definitions"`
	more        *schemaNode
}

var schemas sync.Map // kind -> *schemaNode

func schemaOf(kind string) *schemaNode {
	if n, ok := schemas.Load(kind); ok {
		return n.(*schemaNode)
	}
	root := &schemaNode{}
	if text, err := schema.Text(kind); err == nil {
		_ = json.Unmarshal(text, root) // the schemas are our own; a test reads them all
	}
	schemas.Store(kind, root)
	return root
}

// at walks a path and returns the nodes that describe what stands there.
func (root *schemaNode) at(steps []string) []*schemaNode {
	level := root.resolve([]*schemaNode{root})
	for _, s := range steps {
		var next []*schemaNode
		for _, n := range level {
			if s == "[]" {
				next = append(next, n.Items)
				continue
			}
			if c, ok := n.Properties[s]; ok {
				next = append(next, c)
			} else if len(n.More) > 0 && n.More[0] == '{' {
				if n.more == nil {
					n.more = &schemaNode{}
					_ = json.Unmarshal(n.More, n.more)
				}
				next = append(next, n.more)
			}
		}
		level = root.resolve(next)
	}
	return level
}

// resolve follows references and alternatives.
func (root *schemaNode) resolve(list []*schemaNode) []*schemaNode {
	var out []*schemaNode
	var walk func(n *schemaNode, depth int)
	walk = func(n *schemaNode, depth int) {
		if n == nil || depth > 10 {
			return
		}
		if name, ok := strings.CutPrefix(n.Ref, "#/definitions/"); ok {
			walk(root.Definitions[name], depth+1)
			return
		}
		out = append(out, n)
		for _, l := range [][]*schemaNode{n.Any, n.One, n.All} {
			for _, x := range l {
				walk(x, depth+1)
			}
		}
	}
	for _, n := range list {
		walk(n, 0)
	}
	return out
}

// kindOf names the schema of a file: by its name, its folder, or what the loader took it for.
func kindOf(file string, b *content.Bundle) string {
	base := path.Base(file)
	switch {
	case strings.HasSuffix(base, ".test.yaml") || strings.HasSuffix(base, ".test.yml"):
		return "test"
	case base == "blindspot.yaml" || base == "blindspot.yml":
		return "config"
	}
	if b != nil {
		if d := b.Document(file); d != nil {
			switch d.Kind {
			case content.KindRule:
				return "rule"
			case content.KindHunting:
				return "hunting"
			case content.KindFunction:
				return "function"
			case content.KindWatchlist:
				return "watchlist"
			}
		}
	}
	for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
		switch strings.ToLower(path.Base(dir)) {
		case "rules", "detections", "analytic rules":
			return "rule"
		case "hunting", "hunting queries":
			return "hunting"
		case "functions", "parsers":
			return "function"
		case "watchlists":
			return "watchlist"
		}
	}
	return ""
}

// choices are values that the schemas leave to package check.
var choices = map[string][]string{
	"kind":                   {"Scheduled", "NRT"},
	"severity":               {"High", "Medium", "Low", "Informational"},
	"triggerOperator":        {"gt", "lt", "eq", "ne"},
	"status":                 {"Available", "Preview"},
	"aggregationKind":        {"AlertPerResult", "SingleAlert"},
	"matchingMethod":         {"AllEntities", "AnyAlert", "Selected"},
	"createIncident":         {"true", "false"},
	"enabled":                {"true", "false"},
	"reopenClosedIncident":   {"true", "false"},
	"suppressionEnabled":     {"true", "false"},
	"groupByAlertDetails.[]": {"DisplayName", "Severity"},
	"queryFrequency":         {"5m", "15m", "1h", "1d"},
	"queryPeriod":            {"10m", "30m", "2h", "2d"},
}

// yamlScope is what proposals for a YAML document are made of.
type yamlScope struct {
	names
	file   string
	buffer *buffer
	kind   string
	// columns returns the columns of the query that the document is about.
	columns func() []string
}

// complete proposes keys and values.
func (y *yamlScope) complete(p *yamlPlace) *proposals {
	out := newProposals(p.prefix)
	last := ""
	if n := len(p.path); n > 0 {
		last = p.path[n-1]
	}
	steps := p.path
	if !p.value || last == "[]" {
		y.keys(out, steps)
	}
	if p.value {
		y.values(out, steps, p)
	}
	return out
}

func (y *yamlScope) keys(out *proposals, steps []string) {
	joined := strings.Join(steps, ".")
	out.insert = map[string]string{}
	key := func(group int, name, detail, doc string) {
		out.insert[name] = name + ": "
		out.add(group, kindProperty, name, detail, doc)
	}
	for _, n := range schemaOf(y.kind).at(steps) {
		var list []string
		for name := range n.Properties {
			list = append(list, name)
		}
		sort.Strings(list)
		for _, name := range list {
			key(0, name, "", keyWord(name))
		}
	}
	switch {
	case y.kind == "test" && strings.HasSuffix(joined, "tests.[].events"), y.kind == "test" && strings.HasSuffix(joined, "tests.[].tables"):
		for _, name := range y.cat.TableNames("**") {
			key(0, name, "table", "")
		}
	case y.kind == "test" && strings.HasSuffix(joined, ".set"):
		if table := stepAfter(steps, "events"); table != "" {
			if s, ok := tables.Lookup(tables.Sentinel, table); ok {
				for _, c := range s.Visible() {
					key(0, c.Name, c.Type, "")
				}
			}
		}
	case y.kind == "test" && strings.HasSuffix(joined, ".columns"):
		for _, c := range y.columns() {
			key(0, c, "column", "")
		}
	case y.kind == "test" && strings.HasSuffix(joined, ".entities"):
		for _, t := range content.EntityTypes() {
			key(0, t.Name, "entity", "")
		}
	case y.kind == "test" && strings.HasSuffix(joined, "tests.[].watchlists"):
		for _, w := range y.bundle.Watchlists {
			key(0, w.Alias, "watchlist", w.Description)
		}
	case y.kind == "config" && (joined == "checks" || len(steps) == 2 && steps[0] == "paths"):
		for _, e := range explain.All() {
			key(0, e.ID, e.Level, e.Title)
		}
	}
}

func stepAfter(steps []string, name string) string {
	for i, s := range steps {
		if s == name && i+1 < len(steps) {
			return steps[i+1]
		}
	}
	return ""
}

func (y *yamlScope) values(out *proposals, steps []string, p *yamlPlace) {
	n := len(steps)
	last, joined := steps[n-1], strings.Join(steps, ".")
	parent := ""
	if n > 1 {
		parent = steps[n-2]
	}
	value := func(text, detail string) { out.add(0, kindEnum, text, detail, "") }
	for _, s := range schemaOf(y.kind).at(steps) {
		for _, v := range s.Enum {
			value(fmt.Sprint(v), "")
		}
	}
	for _, v := range choices[last] {
		value(v, "")
	}
	for _, v := range choices[parent+"."+last] {
		value(v, "")
	}
	switch {
	case parent == "tactics" && last == "[]":
		for _, t := range attack.Tactics() {
			value(t, "tactic")
		}
	case (parent == "relevantTechniques" || parent == "techniques") && last == "[]":
		if out.insert == nil {
			out.insert = map[string]string{}
		}
		for _, t := range attack.All() {
			label := t.ID + " " + t.Name
			out.insert[label] = t.ID
			out.add(0, kindEnum, label, strings.Join(t.Tactics, ", "), "")
		}
	case last == "entityType", parent == "groupByEntities":
		for _, t := range content.EntityTypes() {
			value(t.Name, "entity")
		}
	case last == "identifier":
		if e := content.LookupEntity(y.above(p.line, "entityType")); e != nil {
			for _, id := range e.Identifiers {
				value(id, e.Name)
			}
		}
	case last == "columnName", parent == "customDetails", strings.HasSuffix(last, "ColumnName"), parent == "sentinelEntitiesMappings":
		for _, c := range y.columns() {
			out.add(0, kindField, c, "column", "")
		}
	case strings.HasPrefix(last, "alert") && strings.HasSuffix(last, "Format"):
		if i := strings.LastIndex(p.prefix, "{{"); i >= 0 && !strings.Contains(p.prefix[i:], "}}") {
			*out = *newProposals(p.prefix[i+2:])
			p.start += i + 2
			for _, c := range y.columns() {
				out.add(0, kindField, c, "column", "")
			}
		}
	case parent == "dataTypes":
		y.tables(out, 0)
	case y.kind == "test" && last == "use":
		for _, t := range y.bundle.Templates {
			out.add(0, kindValue, t.Name, t.Table, "")
		}
	case y.kind == "test" && joined == "rule":
		dir := path.Dir(y.file)
		for _, r := range y.bundle.Rules {
			if path.Dir(r.File()) == dir {
				out.add(0, kindFile, path.Base(r.File()), r.Name, "")
			}
		}
	}
}

// above returns the value of a key on the lines before, at most a mapping away.
func (y *yamlScope) above(line int, key string) string {
	for n := line; n >= 0 && n > line-60; n-- {
		from, to := y.buffer.line(n)
		text := strings.TrimLeft(y.buffer.text[from:to], " -{")
		if v, ok := strings.CutPrefix(text, key+":"); ok {
			v, _, _ = strings.Cut(v, ",")
			return strings.Trim(strings.TrimSpace(v), `"'`)
		}
	}
	return ""
}

// keyWord says what a key of a rule is for.
func keyWord(key string) string { return word("key", key) }
