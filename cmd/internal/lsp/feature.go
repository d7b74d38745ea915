package lsp

import (
	"fmt"
	"path"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/attack"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/validate"
	"github.com/seed-caab1ad3/blindspot/validate/explain"
)

// sight is what the server sees at a position: in which query, or in which part of a YAML document.
type sight struct {
	names
	doc    *document
	offset int
	query  *region
	at     int    // in the query
	lets   string // a function's parameters, as statements
}

// look finds what is at a position; nil when the document is not open.
func (s *Server) look(p documentPosition) (*sight, error) {
	d := s.open[p.TextDocument.URI]
	if d == nil {
		return nil, nil
	}
	c, err := s.content()
	if err != nil {
		return nil, err
	}
	v := &sight{names: names{c.Catalog, c.Bundle}, doc: d, offset: d.buffer.offset(p.Position)}
	if d.query() {
		v.query = wholeFile(d.buffer.text)
		v.at = v.offset
		return v, nil
	}
	if r := queryOf(d.buffer); r != nil {
		if at, ok := r.inside(v.offset); ok {
			v.query, v.at = r, at
		}
	}
	for _, f := range c.Bundle.Functions {
		if f.File() == d.file {
			v.lets = validate.ParameterLets(f)
		}
	}
	return v, nil
}

func (s *Server) completion(p documentPosition) (any, error) {
	v, err := s.look(p)
	if v == nil || err != nil {
		return nil, err
	}
	if v.query != nil {
		list, start := completeQuery(v.query.text, v.at, v.lets, v.names)
		return list.list(v.doc.buffer.span(v.query.document(start), v.offset)), nil
	}
	kind := kindOf(v.doc.file, v.bundle)
	if kind == "" {
		return completionList{Items: []completionItem{}}, nil
	}
	y := &yamlScope{names: v.names, file: v.doc.file, buffer: v.doc.buffer, kind: kind, columns: func() []string { return s.resultColumns(v) }}
	at := yamlAt(v.doc.buffer, v.offset)
	list := y.complete(at)
	return list.list(v.doc.buffer.span(at.start, v.offset)), nil
}

// resultColumns are the columns of the query that a document is about: its own, or that of the rule a test is for.
func (s *Server) resultColumns(v *sight) []string {
	text := ""
	if r := queryOf(v.doc.buffer); r != nil {
		text = r.text
	}
	for _, t := range v.bundle.Tests {
		if t.File() == v.doc.file && t.Rule != nil {
			text = t.Rule.Query.String()
		}
	}
	cols := columnsOf(v.lets, text, v.cat)
	var out []string
	for _, c := range cols {
		if !c.Hidden {
			out = append(out, c.Name)
		}
	}
	return out
}

// wordAt returns the word around an offset of a query.
func wordAt(text string, offset int) (from, to int) {
	part := func(i int) bool {
		if i < 0 || i >= len(text) {
			return false
		}
		c := text[i]
		return c == '_' || c == '$' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
	}
	from, to = offset, offset
	for part(from - 1) {
		from--
	}
	for part(to) {
		to++
	}
	return from, to
}

func (s *Server) hover(p documentPosition) (any, error) {
	v, err := s.look(p)
	if v == nil || err != nil {
		return nil, err
	}
	var text string
	var from, to int
	if v.query != nil {
		text, from, to = v.hoverQuery()
		from, to = v.query.document(from), v.query.document(to)
	} else {
		text, from, to = s.hoverYAML(v)
	}
	// What is wrong at this place is explained below.
	for i := range s.findings[v.doc.file] {
		f := &s.findings[v.doc.file][i]
		at := s.place(f)
		if b := v.doc.buffer; b.offset(at.Start) <= v.offset && v.offset <= b.offset(at.End) {
			if e, ok := explain.Lookup(f.Name()); ok {
				if text != "" {
					text += "\n\n---\n\n"
				}
				text += fmt.Sprintf("**%s** %s.\n\n%s\n\n`blindspot explain %s` says more.", e.ID, e.Title, e.Why, e.ID)
				if from == to {
					from, to = b.offset(at.Start), b.offset(at.End)
				}
				break
			}
		}
	}
	if text == "" {
		return nil, nil
	}
	r := v.doc.buffer.span(from, to)
	return hover{Contents: *markdown(text), Range: &r}, nil
}

func code(s string) string { return "```kusto\n" + s + "\n```" }

// hoverQuery says what the word at hand is.
func (v *sight) hoverQuery() (text string, from, to int) {
	q := v.query.text
	from, to = wordAt(q, v.at)
	name := q[from:to]
	p := placeAt(q, to)
	if p.comment {
		return "", from, to
	}
	if p.text || name == "" || insideText(q, v.at) {
		for _, w := range v.bundle.Watchlists {
			if strings.EqualFold(w.Alias, name) {
				return fmt.Sprintf("watchlist **%s**: %s\n\n%s", w.Alias, w.Name, w.Description), from, to
			}
		}
		return "", from, to
	}
	// Operators of two words.
	for _, op := range pipeOperators {
		if strings.Contains(op, "-") {
			for i := max(0, from-len(op)); i <= from && i+len(op) <= len(q); i++ {
				if q[i:i+len(op)] == op && i <= v.at && v.at <= i+len(op) {
					return code(op) + "\n" + word("op", op), i, i + len(op)
				}
			}
		}
	}
	p.lets = v.lets + p.lets
	called := strings.HasPrefix(strings.TrimLeft(q[to:], " "), "(")
	aggregate := p.operator == "summarize" || p.operator == "make-series" || p.operator == "top-nested"
	if called {
		if f := lookupBuiltin(name, aggregate && !p.by); f != nil {
			return functionText(f), from, to
		}
	}
	if f, ok := v.cat.Function(name); ok {
		t := code(storedSignature(f).Label)
		if c := v.bundle.Function(name); c != nil && c.Description != "" {
			t += "\n" + c.Description
		}
		return t, from, to
	}
	if l := letOf(q, name, v.at); l != nil {
		return code(clippedLines(l.Span().Text(q), 12)), from, to
	}
	if p.piped && p.path == "" {
		if cols := columnsOf(p.lets, p.source, v.cat); len(cols) > 0 {
			for _, c := range cols {
				if c.Name == name {
					return code(name+": "+c.Type.String()) + "\n" + v.origin(p, name), from, to
				}
			}
		}
		if cols := columnsOf(p.lets, p.source+pipeEnd(q, v.at, len(p.source), p.bounds.begin), v.cat); len(cols) > 0 {
			for _, c := range cols {
				if c.Name == name {
					return code(name+": "+c.Type.String()) + "\ncomputed here", from, to
				}
			}
		}
	}
	if t, ok := v.cat.Table(name); ok {
		var b strings.Builder
		n := 0
		for _, c := range t.Columns {
			if !c.Hidden {
				if n++; n <= 30 {
					fmt.Fprintf(&b, "%s: %s\n", c.Name, c.Type)
				}
			}
		}
		text := fmt.Sprintf("table **%s**, %d columns\n\n%s", name, n, code(strings.TrimRight(b.String(), "\n")))
		if n > 30 {
			text += fmt.Sprintf("\nand %d more", n-30)
		}
		return text, from, to
	}
	if w := word("op", name); w != "" {
		return code(name) + "\n" + w, from, to
	}
	for _, sign := range []string{name, name + "~", "!" + name} {
		if w := word("sign", sign); w != "" {
			return code(sign) + "\n" + w, from, to
		}
	}
	return "", from, to
}

// pipeEnd returns the rest of the operator at hand: from behind the source up to the next bar.
func pipeEnd(q string, at, source, begin int) string {
	from := begin + source
	if from >= len(q) {
		return ""
	}
	depth := 0
	l := syntax.NewLexer(q[from:])
	for first := true; ; first = false {
		t := l.Next()
		if t.Kind == 0 {
			return q[from:]
		}
		switch q[from+int(t.Start) : from+int(t.End)] {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth < 0 {
				return q[from : from+int(t.Start)]
			}
		case "|", ";":
			if depth == 0 && !first {
				return q[from : from+int(t.Start)]
			}
		}
	}
}

// origin says which table a column comes from, when it is one of a table that the pipe begins with.
func (v *sight) origin(p *place, name string) string {
	first := strings.TrimSpace(p.source)
	first, _, _ = strings.Cut(first, "|")
	first = strings.TrimSpace(first)
	if t, ok := v.cat.Table(first); ok {
		for _, c := range t.Columns {
			if c.Name == name {
				return "of " + first
			}
		}
	}
	return ""
}

func insideText(q string, at int) bool {
	l := syntax.NewLexer(q)
	for {
		t := l.Next()
		if t.Kind == 0 || int(t.Start) > at {
			return false
		}
		if s := q[t.Start:t.End]; int(t.End) > at && isText(s) {
			return true
		}
	}
}

func functionText(f *symbol.Function) string {
	var lines []string
	for _, s := range signatures(f) {
		lines = append(lines, s.Label)
	}
	t := code(strings.Join(lines, "\n"))
	if w := word(kindWord(f.Kind), f.Name); w != "" {
		t += "\n" + w
	} else if f.Canonical != f.Name {
		if w := word(kindWord(f.Kind), f.Canonical); w != "" {
			t += "\n" + w
		}
	}
	if f.Deprecated != "" {
		t += "\n\nan old spelling; use " + f.Deprecated + "()"
	}
	return t
}

func clippedLines(s string, n int) string {
	lines := strings.Split(s, "\n")
	if len(lines) > n {
		return strings.Join(lines[:n], "\n") + "\n..."
	}
	return s
}

// letOf returns the last let of a name that stands before an offset.
func letOf(q, name string, at int) *syntax.LetStatement {
	var found *syntax.LetStatement
	tree := syntax.Parse(q)
	for _, st := range tree.Statements {
		syntax.Walk(st, func(n syntax.Node) bool {
			if l, ok := n.(*syntax.LetStatement); ok && l.Name != nil && l.Name.Text == name && l.Name.Span().Start <= at {
				found = l
			}
			return true
		})
	}
	return found
}

func (s *Server) hoverYAML(v *sight) (text string, from, to int) {
	b := v.doc.buffer
	from, to = wordAt(b.text, v.offset)
	for to < len(b.text) && b.text[to] == '.' { // T1110.003, a template's name
		_, to = wordAt(b.text, to+1)
	}
	for from > 0 && b.text[from-1] == '.' {
		from, _ = wordAt(b.text, from-1)
	}
	name := b.text[from:to]
	if name == "" {
		return "", from, to
	}
	if t, ok := attack.Lookup(name); ok {
		return fmt.Sprintf("**%s** %s\n\n%s", t.ID, t.Name, strings.Join(t.Tactics, ", ")), from, to
	}
	if e := content.LookupEntity(name); e != nil {
		return fmt.Sprintf("entity **%s**\n\nidentifiers: %s", e.Name, strings.Join(e.Identifiers, ", ")), from, to
	}
	if t := v.bundle.Template(name); t != nil {
		return fmt.Sprintf("event template **%s** of %s", t.Name, t.Table), from, to
	}
	if strings.HasPrefix(strings.TrimLeft(b.text[to:], `"'`), ":") {
		if w := keyWord(name); w != "" {
			return "**" + name + "**: " + w, from, to
		}
	}
	if e, ok := explain.Lookup(name); ok && kindOf(v.doc.file, v.bundle) == "config" {
		return fmt.Sprintf("**%s** %s.\n\n%s", e.ID, e.Title, e.Why), from, to
	}
	if sch, ok := tables.Lookup(tables.Sentinel, name); ok && sch.Known {
		return fmt.Sprintf("table **%s**, %d columns", name, len(sch.Visible())), from, to
	}
	return "", from, to
}

func (s *Server) signatureHelp(p documentPosition) (any, error) {
	v, err := s.look(p)
	if v == nil || err != nil || v.query == nil {
		return nil, err
	}
	at := placeAt(v.query.text, v.at)
	if at.call == "" || at.comment {
		return nil, nil
	}
	help := signatureHelp{ActiveParameter: at.argument}
	if f, ok := v.cat.Function(at.call); ok {
		help.Signatures = []signatureInfo{storedSignature(f)}
	} else if f := lookupBuiltin(at.call, at.operator == "summarize" || at.operator == "make-series"); f != nil {
		help.Signatures = signatures(f)
		for i := range help.Signatures {
			if w := word(kindWord(f.Kind), f.Name); w != "" {
				help.Signatures[i].Documentation = markdown(w)
			}
		}
	}
	if len(help.Signatures) == 0 {
		return nil, nil
	}
	for i, info := range help.Signatures {
		if len(info.Parameters) > at.argument {
			help.ActiveSignature = i
			break
		}
	}
	return help, nil
}

func (s *Server) definition(p documentPosition) (any, error) {
	v, err := s.look(p)
	if v == nil || err != nil {
		return nil, err
	}
	if v.query == nil {
		return s.definitionYAML(v), nil
	}
	q := v.query.text
	from, to := wordAt(q, v.at)
	name := q[from:to]
	if name == "" {
		return nil, nil
	}
	here := func(a, b int) any {
		return location{v.doc.uri, v.doc.buffer.span(v.query.document(a), v.query.document(b))}
	}
	if insideText(q, v.at) {
		if w := v.bundle.Watchlist(name); w != nil {
			return s.there(w.Doc, "alias", "watchlistAlias"), nil
		}
		if t := v.bundle.Table(name); t != nil {
			return s.there(t.Doc, "name"), nil
		}
		return nil, nil
	}
	if l := letOf(q, name, v.at); l != nil {
		return here(l.Name.Span().Start, l.Name.Span().End), nil
	}
	var par *syntax.Name
	for _, st := range syntax.Parse(q).Statements {
		syntax.Walk(st, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.FunctionDeclaration:
				if sp := n.Span(); sp.Start <= v.at && v.at <= sp.End {
					for _, x := range n.Parameters {
						if x.Name != nil && x.Name.Text == name {
							par = x.Name
						}
					}
				}
			case *syntax.AsOperator:
				if n.Name != nil && n.Name.Text == name {
					par = n.Name
				}
			}
			return true
		})
	}
	if par != nil {
		return here(par.Span().Start, par.Span().End), nil
	}
	if f := v.bundle.Function(name); f != nil {
		return s.there(f.Doc, "alias", "functionAlias", "FunctionAlias", "FunctionName", "ParserName"), nil
	}
	if t := v.bundle.Table(name); t != nil {
		return s.there(t.Doc, "name"), nil
	}
	// A column: where the query made it last before this place.
	var made *syntax.Name
	for _, st := range syntax.Parse(q).Statements {
		syntax.Walk(st, func(n syntax.Node) bool {
			if e, ok := n.(*syntax.NamedExpr); ok {
				for _, x := range e.Names {
					if x.Text == name && x.Span().Start <= v.at && (made == nil || x.Span().Start > made.Span().Start) {
						made = x
					}
				}
			}
			return true
		})
	}
	if made != nil {
		return here(made.Span().Start, made.Span().End), nil
	}
	return nil, nil
}

// there is the place of the first of some keys of a document; nil of what is in the program and in no file.
func (s *Server) there(d *content.Document, keys ...any) any {
	if strings.HasPrefix(d.File(), "shipped/") {
		return nil
	}
	sp := content.Span{File: d.File(), Start: content.Position{Line: 1, Column: 1}}
	for _, k := range keys {
		if d.Has(k) {
			sp = d.Where(k)
			break
		}
	}
	b := newBuffer(string(d.Source.Bytes))
	from := d.Source.Offset(sp.Start)
	to := from
	if sp.End.Line > 0 {
		to = d.Source.Offset(sp.End)
	}
	return location{s.uriOf(d.File()), b.span(from, to)}
}

func (s *Server) definitionYAML(v *sight) any {
	b := v.doc.buffer
	at := yamlAt(b, v.offset)
	last := ""
	if n := len(at.path); n > 0 {
		last = at.path[n-1]
	}
	_, end := b.line(at.line)
	value, _, _ := strings.Cut(b.text[at.start:max(at.start, end)], ",")
	value = strings.Trim(strings.TrimSpace(value), `"'}] `)
	switch last {
	case "rule":
		file := path.Join(path.Dir(v.doc.file), value)
		if d := v.bundle.Document(file); d != nil {
			return s.there(d)
		}
	case "use":
		if t := v.bundle.Template(value); t != nil && !strings.HasPrefix(t.Doc.File(), "shipped/") {
			tb := newBuffer(string(t.Doc.Source.Bytes))
			from := t.Doc.Source.Offset(t.Position)
			return location{s.uriOf(t.Doc.File()), tb.span(from, from+len(t.Name))}
		}
	}
	return nil
}

func (s *Server) symbols(p closeParams) (any, error) {
	d := s.open[p.TextDocument.URI]
	if d == nil {
		return nil, nil
	}
	r := queryOf(d.buffer)
	if d.query() {
		r = wholeFile(d.buffer.text)
	}
	out := []documentSymbol{}
	if r == nil {
		return out, nil
	}
	for _, st := range syntax.Parse(r.text).Statements {
		if l, ok := st.(*syntax.LetStatement); ok && l.Name != nil && l.Name.Text != "" {
			kind := 13 // a variable
			if _, ok := l.Value.(*syntax.FunctionDeclaration); ok {
				kind = 12
			}
			sp, n := l.Span(), l.Name.Span()
			out = append(out, documentSymbol{l.Name.Text, "let", kind, d.buffer.span(r.document(sp.Start), r.document(sp.End)), d.buffer.span(r.document(n.Start), r.document(n.End))})
		}
	}
	return out, nil
}

func (s *Server) formatting(p closeParams) (any, error) {
	d := s.open[p.TextDocument.URI]
	if d == nil {
		return nil, nil
	}
	if s.dirty {
		if err := s.load(); err != nil {
			return nil, err
		}
	}
	c, err := s.content()
	if err != nil {
		return nil, err
	}
	next, err := s.backend.Format(c, d.file, d.buffer.text)
	if err != nil {
		return nil, err
	}
	return minimal(d.buffer, next), nil
}
