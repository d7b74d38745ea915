package server

import (
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// shelf keeps the library of the store as it last was, so that a query costs no walk over the content.
type shelf struct {
	mu   sync.Mutex
	last *Library
}

// library returns the functions and watchlists that queries see.
func (s *Server) library() *Library {
	s.store.mu.RLock()
	defer s.store.mu.RUnlock()
	return s.shelf.of(s.store)
}

// library returns the same while a change is being decided on.
func (c *checking) library() *Library { return c.server.shelf.of(c.s) }

// of reads the store, whose lock the caller holds.
func (f *shelf) of(st *state) *Library {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last != nil && f.last.Version == st.library {
		return f.last
	}
	l := &Library{Version: st.library}
	at := map[string]int{}
	var items, summaries []*resource
	st.visit(func(r *resource) {
		switch strings.ToLower(r.Type) {
		case "microsoft.operationalinsights/workspaces/savedsearches":
			if a := r.text("functionAlias"); a != "" {
				l.Functions = append(l.Functions, Function{a, r.text("functionParameters"), r.text("query")})
			}
		case "microsoft.operationalinsights/workspaces/tables":
			l.Tables = append(l.Tables, tableInfo(r))
		case "microsoft.securityinsights/watchlists":
			updated, _ := time.Parse(time.RFC3339Nano, r.text("updated"))
			at[strings.ToLower(r.ID)] = len(l.Watchlists)
			l.Watchlists = append(l.Watchlists, Watchlist{Alias: r.Name, SearchKey: r.text("itemsSearchKey"), Updated: updated})
		case "microsoft.operationalinsights/workspaces/summarylogs":
			summaries = append(summaries, r)
		case "microsoft.securityinsights/watchlists/watchlistitems":
			items = append(items, r)
		}
	})
	for _, r := range summaries {
		if x, ok := summaryRule(r, l.Tables); ok {
			l.Summaries = append(l.Summaries, x)
		}
	}
	sort.SliceStable(items, func(i, j int) bool { return items[i].Sequence < items[j].Sequence })
	for _, r := range items {
		parent := strings.ToLower(r.ID[:strings.LastIndex(strings.ToLower(r.ID), "/watchlistitems/")])
		if i, ok := at[parent]; ok {
			l.Watchlists[i].add(r)
		}
	}
	f.last = l
	return l
}

// tableInfo reads a table's columns; TimeGenerated is always one.
func tableInfo(r *resource) TableInfo {
	t := TableInfo{Name: r.Name}
	schema, _ := r.Properties["schema"].(map[string]any)
	columns, _ := schema["columns"].([]any)
	timed := false
	for _, x := range columns {
		m, _ := x.(map[string]any)
		name, _ := m["name"].(string)
		typeName, _ := m["type"].(string)
		typ, ok := value.ParseType(typeName)
		if !ok || name == "" {
			continue
		}
		timed = timed || name == "TimeGenerated"
		t.Columns = append(t.Columns, result.Column{Name: name, Type: typ})
	}
	if !timed {
		t.Columns = append([]result.Column{{Name: "TimeGenerated", Type: value.DateTime}}, t.Columns...)
	}
	return t
}

// add puts an item's cells under their columns, which are in the order of their names within an item, and in that of
// the items as they bring new ones.
func (w *Watchlist) add(r *resource) {
	cells, _ := r.Properties["itemsKeyValue"].(map[string]any)
	row := make([]string, len(w.Columns), len(cells))
	known := map[string]int{}
	for i, c := range w.Columns {
		known[c] = i
	}
	for _, k := range sortedKeys(cells) {
		v, _ := cells[k].(string)
		if i, ok := known[k]; ok {
			row[i] = v
			continue
		}
		w.Columns = append(w.Columns, k)
		row = append(row, v)
	}
	w.Items = append(w.Items, row)
}

// searchSchema answers the oldest way to ask for columns: those of all tables, without saying of which.
//
// Source: Azure REST reference, "Schema: Get" of Log Analytics, 2020-08-01.
func (s *Server) searchSchema(w http.ResponseWriter) {
	types := map[string]any{}
	if s.opts.Engine != nil {
		for _, t := range s.opts.Engine.Tables() {
			for _, c := range t.Columns {
				types[c.Name] = c.Type.String()
			}
		}
	}
	value := []any{}
	for _, name := range sortedKeys(types) {
		value = append(value, map[string]any{"name": name, "displayName": name, "type": types[name], "indexed": true, "stored": true, "facet": true, "ownerType": []any{}})
	}
	writeJSON(w, http.StatusOK, map[string]any{"metadata": map[string]any{"resultType": "schema", "total": len(value), "schema": map[string]any{"name": "schema", "version": 2}}, "value": value})
}
