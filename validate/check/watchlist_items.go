package check

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// Limits of a watchlist that is uploaded as a file.
//
// Source: Microsoft Learn "Service limits for Microsoft Sentinel", watchlists.
const (
	maxWatchlist     = 3_800_000
	maxWatchlistLine = 10_240
)

var watchlistItems = Check{
	ID:      "watchlist-items",
	Summary: "A watchlist's rows have its columns, its search key among them, and fit the service's sizes",
	Why:     "Rows are matched by the search key; a column that is misspelt in one row is empty there. The service takes 3.8 MB and lines of 10,240 characters.",
	Level:   report.Error,
	Run: func(p *Pass) {
		for _, w := range p.Bundle.Watchlists {
			var names []string
			for _, c := range w.Columns {
				names = append(names, c.Name)
			}
			if len(names) > 0 && w.ItemsSearchKey != "" && !contains(names, w.ItemsSearchKey) {
				help := "it is one of " + strings.Join(names, ", ")
				if best := nearest.Of(w.ItemsSearchKey, names); best != "" {
					help = "write " + best
				}
				p.report(w.Doc.Where("itemsSearchKey"), help, "the search key %q is no column of the watchlist", w.ItemsSearchKey)
			}
			total := 0
			keys := map[string]content.Position{}
			for i, item := range w.Items {
				at := w.Doc.Where("items", i)
				if w.Body != "" {
					at = content.Span{File: w.Body}
					if len(item) > 0 {
						at.Start = item[0].Position
					}
				}
				line := 0
				for _, f := range item {
					text, _ := f.Value.(string)
					line += len(text) + 1
					if !contains(names, f.Name) {
						help := "add it to columns, or delete it"
						if best := nearest.Of(f.Name, names); best != "" {
							help = "write " + best
						}
						p.report(at, help, "the watchlist has no column %q", f.Name)
					}
				}
				total += line
				if line > maxWatchlistLine {
					p.report(at, fmt.Sprintf("the service takes %d", maxWatchlistLine), "the row is %d characters long", line)
				}
				if v, ok := item.Get(w.ItemsSearchKey); ok && v != "" {
					key := strings.ToLower(v.(string))
					if first, dup := keys[key]; dup {
						p.hint(at, "keep one of them, unless both are meant", "the search key %q has a second row; the first is at line %d", v, first.Line)
					} else {
						keys[key] = at.Start
					}
				}
			}
			if total > maxWatchlist {
				p.report(w.Doc.Where(), "split it, or upload it through a storage account", "the rows of the watchlist are %d bytes; the service takes %d in a file", total, maxWatchlist)
			}
		}
	},
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
