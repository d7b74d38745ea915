package lsp

import (
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
)

// maxItems bounds an answer: what is typed next makes it shorter.
const maxItems = 400

// proposals collects what can stand at a place. Groups order them: what belongs most comes first.
type proposals struct {
	prefix string
	items  []completionItem
	insert map[string]string // what is written for a label, where that is not the label
	seen   map[string]bool
	more   bool
}

func newProposals(prefix string) *proposals {
	return &proposals{prefix: strings.ToLower(prefix), seen: map[string]bool{}}
}

// add proposes a label when what is typed could become it: it begins so, or its letters come in that order within it.
func (p *proposals) add(group int, kind int, label, detail, doc string) {
	rank, ok := fits(p.prefix, label)
	if !ok || p.seen[label] {
		return
	}
	if len(p.items) >= maxItems {
		p.more = true
		return
	}
	p.seen[label] = true
	item := completionItem{Label: label, Kind: kind, Detail: detail, SortText: fmt.Sprintf("%d%d%s", rank, group, strings.ToLower(label))}
	if doc != "" {
		item.Documentation = markdown(doc)
	}
	p.items = append(p.items, item)
}

// fits ranks a label for what was typed: 0 it begins so, 1 it holds it, 2 its letters come in that order.
func fits(typed, label string) (int, bool) {
	if typed == "" {
		return 0, true
	}
	low := strings.ToLower(label)
	switch {
	case strings.HasPrefix(low, typed):
		return 0, true
	case strings.Contains(low, typed):
		return 1, true
	}
	i := 0
	for k := 0; k < len(low) && i < len(typed); k++ {
		if low[k] == typed[i] {
			i++
		}
	}
	return 2, i == len(typed) && len(typed) > 2 && low[0] == typed[0]
}

func (p *proposals) list(edit span) completionList {
	sort.SliceStable(p.items, func(i, j int) bool { return p.items[i].SortText < p.items[j].SortText })
	for i := range p.items {
		text := p.items[i].Label
		if t, ok := p.insert[text]; ok {
			text = t
		}
		p.items[i].TextEdit = &textEdit{edit, text}
	}
	if p.items == nil {
		p.items = []completionItem{}
	}
	return completionList{IsIncomplete: p.more || p.prefix == "", Items: p.items}
}

// columnsOf returns the columns of a pipe. While an operator is being written, the pipe before it stays what it was, so
// the last answers are kept.
func columnsOf(lets, pipe string, cat *catalog.Catalog) []*bind.Column {
	if strings.TrimSpace(pipe) == "" {
		return nil
	}
	key := columnsKey{lets, pipe, cat}
	lastColumns.Lock()
	cols, ok := lastColumns.known[key]
	lastColumns.Unlock()
	if ok {
		return cols
	}
	c := kql.Compile(lets+"\n"+pipe, kql.Options{Catalog: cat, Profile: kql.Sentinel})
	if n := len(c.Query.Results); n > 0 && c.Query.Results[n-1].Rel != nil {
		cols = c.Query.Results[n-1].Rel.Columns()
	}
	lastColumns.Lock()
	defer lastColumns.Unlock()
	if len(lastColumns.known) >= 16 || lastColumns.known == nil {
		lastColumns.known = map[columnsKey][]*bind.Column{}
	}
	lastColumns.known[key] = cols
	return cols
}

type columnsKey struct {
	lets, pipe string
	catalog    *catalog.Catalog
}

var lastColumns struct {
	sync.Mutex
	known map[columnsKey][]*bind.Column
}

// names are the tables, functions and watchlists that a query can use.
type names struct {
	cat    *catalog.Catalog
	bundle *content.Bundle
}

// completeQuery proposes what can stand at an offset of a query.
func completeQuery(text string, offset int, lets string, n names) (*proposals, int) {
	p := placeAt(text, offset)
	out := newProposals(p.prefix)
	switch {
	case p.comment:
	case p.text:
		n.inText(out, p)
	default:
		p.lets = lets + p.lets
		n.inQuery(out, p)
	}
	return out, p.start
}

// inText proposes names that are written as texts: watchlists and tables.
func (n names) inText(out *proposals, p *place) {
	switch p.call {
	case "_GetWatchlist", "_GetWatchlistAlias":
		for _, w := range n.bundle.Watchlists {
			out.add(0, kindValue, w.Alias, w.Name, w.Description)
		}
	case "table":
		n.tables(out, 0)
	}
}

func (n names) tables(out *proposals, group int) {
	for _, name := range n.cat.TableNames("**") { // "*" alone stands for those that hold data
		g := group
		if name == "SigninLogs" || name == "AuditLogs" || strings.HasPrefix(name, "AAD") && strings.HasSuffix(name, "SignInLogs") {
			g = max(0, group-1) // what this program is about comes first
		}
		out.add(g, kindStruct, name, "table", "")
	}
}

func (n names) stored(out *proposals, group int) {
	for _, f := range n.bundle.Functions {
		if s, ok := n.cat.Function(f.Alias); ok {
			out.add(group, kindFunction, f.Alias, storedSignature(s).Label, f.Description)
		}
	}
	out.add(group, kindFunction, "_GetWatchlist", "_GetWatchlist(alias: string)", word("fn", "_GetWatchlist"))
}

func builtins(out *proposals, group int, kind symbol.FunctionKind) {
	for _, name := range symbol.Names(kind) {
		if _, ok := fits(out.prefix, name); !ok {
			continue
		}
		var f *symbol.Function
		switch kind {
		case symbol.Aggregate:
			f = symbol.LookupAggregate(name)
		case symbol.Plugin:
			f = symbol.LookupPlugin(name)
		default:
			f = symbol.LookupFunction(name)
		}
		if f == nil || f.Hidden || f.Deprecated != "" {
			continue
		}
		detail := ""
		if s := signatures(f); len(s) > 0 {
			detail = s[0].Label
		}
		out.add(group, kindFunction, name, detail, word(kindWord(kind), name))
	}
}

func (n names) columns(out *proposals, group int, lets, pipe string) {
	cols := columnsOf(lets, pipe, n.cat)
	for _, c := range cols {
		g := group
		if c.Hidden {
			g = 8
		}
		if c.Name != "" {
			out.add(g, kindField, columnText(c.Name), c.Type.String(), "")
		}
	}
}

// columnText writes a column's name as a query does.
func columnText(name string) string {
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return "['" + strings.ReplaceAll(name, "'", "\\'") + "']"
		}
	}
	return name
}

func (n names) inQuery(out *proposals, p *place) {
	words := p.words
	last := ""
	if len(words) > 0 {
		last = words[len(words)-1]
	}
	add := func(group, kind int, wordKind string, list []string) {
		for _, w := range list {
			out.add(group, kind, w, "", word(wordKind, strings.TrimSuffix(w, " by")))
		}
	}
	switch {
	case p.path == "$left":
		n.columns(out, 0, p.lets, p.source)
	case p.path == "$right":
		n.columns(out, 0, p.lets, p.right)
	case p.path != "":
		// members of dynamic values are in the data, not in the schema
	case p.begin && last == "":
		n.locals(out, p)
		n.stored(out, 1)
		if p.top {
			add(2, kindKeyword, "op", starters)
		}
		n.tables(out, 3)
	case p.piped && len(words) == 0:
		add(0, kindKeyword, "op", pipeOperators)
	case p.operator == "render":
		add(0, kindValue, "", charts)
	case p.assigned && len(words) > 1 && words[len(words)-2] == "kind":
		add(0, kindValue, "", joinKinds)
	case p.operator == "evaluate" && p.call == "":
		builtins(out, 0, symbol.Plugin)
	case p.call == "typeof":
		add(0, kindValue, "", scalarTypes)
	case p.operator == "union" || p.operator == "find" && last == "(":
		n.locals(out, p)
		n.stored(out, 1)
		n.tables(out, 3)
	case (p.operator == "join" || p.operator == "lookup") && !p.on:
		n.locals(out, p)
		n.tables(out, 3)
		add(1, kindKeyword, "", []string{"kind", "on", "hint.strategy"})
	case p.on:
		n.columns(out, 0, p.lets, p.source)
		n.columns(out, 0, p.lets, p.right)
		add(1, kindKeyword, "", []string{"$left", "$right"})
	default:
		if operandBefore(last) {
			add(3, kindOperator, "sign", signs)
			switch p.operator {
			case "summarize", "top", "sort", "order", "make-series", "reduce", "top-hitters":
				add(2, kindKeyword, "", []string{"by"})
			}
			if p.operator == "sort" || p.operator == "order" || p.operator == "top" {
				add(2, kindKeyword, "", []string{"asc", "desc", "nulls first", "nulls last"})
			}
		}
		n.columns(out, 0, p.lets, p.source)
		n.locals(out, p)
		if !p.by && (p.operator == "summarize" || p.operator == "make-series" || p.operator == "top-nested") {
			builtins(out, 1, symbol.Aggregate)
		}
		builtins(out, 4, symbol.Scalar)
		n.stored(out, 5)
	}
}

// operandBefore reports whether a word can be followed by a sign between operands.
func operandBefore(last string) bool {
	if last == "" {
		return false
	}
	c := last[len(last)-1]
	return c == ')' || c == ']' || c == '"' || c == '\'' || c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

func (n names) locals(out *proposals, p *place) {
	for _, name := range p.locals {
		out.add(0, kindVariable, name, "let", "")
	}
}
