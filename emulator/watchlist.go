package emulator

import (
	"fmt"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// WatchlistRows makes rows of a watchlist's items, with the columns that w lists first (w may be nil) and those that only
// items name behind them. The service keeps every cell as text, so every column is a string.
func WatchlistRows(w *content.Watchlist, items []content.Record) *store.Data {
	var names []string
	seen := map[string]bool{}
	add := func(n string) {
		if !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	}
	if w != nil {
		for _, c := range w.Columns {
			add(c.Name)
		}
	}
	for _, r := range items {
		for _, f := range r {
			add(f.Name)
		}
	}
	d := &store.Data{N: len(items)}
	for _, n := range names {
		b := vector.NewBuilder(value.String, len(items))
		for _, r := range items {
			v, _ := r.Get(n)
			b.AppendString(cellOf(v))
		}
		d.Columns = append(d.Columns, store.Column{Name: n, Type: value.String})
		d.Vectors = append(d.Vectors, b.Finish())
	}
	return d
}

func cellOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return string(content.AppendJSON(nil, v))
}

// AddWatchlists adds the watchlists of a content folder with their items.
func (w *Workspace) AddWatchlists(b *content.Bundle) error {
	for _, l := range b.Watchlists {
		if err := w.AddWatchlist(l.Alias, l.ItemsSearchKey, WatchlistRows(l, l.Items)); err != nil {
			return fmt.Errorf("watchlist %s: %w", l.Alias, err)
		}
	}
	return nil
}
