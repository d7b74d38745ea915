package deploy

import (
	"encoding/json"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// words are the names in a query, and the texts of its string literals: what it may read, without compiling it.
func words(query string) (names, literals map[string]bool) {
	names, literals = map[string]bool{}, map[string]bool{}
	l := syntax.NewLexer(query)
	for n := 0; n < 1<<20; n++ {
		t := l.Next()
		if t.End <= t.Start {
			break
		}
		text := query[t.Start:t.End]
		switch c := text[0]; {
		case c == '_' || c == '$' || 'a' <= c|0x20 && c|0x20 <= 'z':
			if i := strings.IndexAny(text, "\"'"); i >= 0 {
				literals[strings.Trim(text[i:], `"'`)] = true
				continue
			}
			names[text] = true
		case c == '"' || c == '\'':
			literals[strings.Trim(text, `"'`)] = true
		case c == '@' && len(text) > 1:
			literals[strings.Trim(text[1:], `"'`)] = true
		}
	}
	return names, literals
}

// queriesOf are the queries that a resource holds.
func (r *Resource) queriesOf() []string {
	switch r.Kind {
	case Rule, HuntingQuery, SavedSearch, Function:
		if q := r.text("query"); q != "" {
			return []string{q}
		}
	case SummaryRule:
		d, _ := r.props()["ruleDefinition"].(map[string]any)
		if q, _ := d["query"].(string); q != "" {
			return []string{q}
		}
	case Workbook:
		var doc any
		if json.Unmarshal([]byte(r.text("serializedData")), &doc) == nil {
			return findQueries(doc, nil)
		}
	}
	return nil
}

// findQueries collects every text under a key named query.
func findQueries(v any, out []string) []string {
	switch v := v.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			if q, ok := v[k].(string); ok && k == "query" {
				out = append(out, q)
				continue
			}
			out = findQueries(v[k], out)
		}
	case []any:
		for _, x := range v {
			out = findQueries(x, out)
		}
	}
	return out
}

// reads is what resources read: tables, functions and watchlists by name, functions of functions too.
type reads struct {
	functions map[string]*Resource // by alias
	cache     map[*Resource]*readSet
}

type readSet struct {
	tables, functions, watchlists map[string]bool
	custom                        map[string]bool // tables whose names end in _CL
}

// needs says whether what reads the set must come after a resource.
func (s *readSet) needs(d *Resource) bool {
	return d.Kind == Function && s.functions[d.text("functionAlias")] || d.Kind == Watchlist && s.watchlists[strings.ToLower(d.ID)] || d.Kind == SummaryRule && s.custom[destination(d)]
}

func newReads(all []*Resource) *reads {
	x := &reads{functions: map[string]*Resource{}, cache: map[*Resource]*readSet{}}
	for _, r := range all {
		if r.Kind == Function {
			x.functions[r.text("functionAlias")] = r
		}
	}
	return x
}

func (x *reads) of(r *Resource) *readSet {
	if s := x.cache[r]; s != nil {
		return s
	}
	s := &readSet{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	x.cache[r] = s // before the walk: functions may call in circles
	for _, q := range r.queriesOf() {
		names, literals := words(q)
		for n := range names {
			if f := x.functions[n]; f != nil && f != r {
				s.functions[n] = true
				inner := x.of(f)
				union(s.tables, inner.tables)
				union(s.functions, inner.functions)
				union(s.watchlists, inner.watchlists)
				union(s.custom, inner.custom)
				continue
			}
			if _, ok := tables.Lookup(tables.Sentinel, n); ok {
				s.tables[n] = true
			}
			if strings.HasSuffix(n, "_CL") {
				s.custom[n] = true
			}
		}
		for l := range literals {
			if names["table"] {
				if _, ok := tables.Lookup(tables.Sentinel, l); ok {
					s.tables[l] = true
				}
			}
			if names["_GetWatchlist"] {
				s.watchlists[strings.ToLower(l)] = true
			}
		}
	}
	return s
}

func union(to, from map[string]bool) {
	for k := range from {
		to[k] = true
	}
}

func sorted(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
