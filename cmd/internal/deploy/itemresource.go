package deploy

import (
	"strconv"
	"strings"
)

// watchlistItem is a row that leaves in a template as a resource of its own. The CSV that makes a watchlist has no place for
// the entityMapping of a row, the resource of an item has.
const watchlistItem Kind = "row"

var itemInfo = kindInfo{kind: watchlistItem, folder: "watchlists", armType: "Microsoft.SecurityInsights/watchlists/watchlistItems"}

// parent is the kind that a kind's resources lie in; their ids are parent/child.
func (k Kind) parent() (Kind, bool) {
	switch k {
	case RuleAction:
		return Rule, true
	case watchlistItem:
		return Watchlist, true
	}
	return "", false
}

// withItemResources takes rows with an entityMapping out of watchlists and puts a resource for each behind them. The
// resource's name goes by the row, so that a second deployment writes the same ones.
func withItemResources(list []*Resource) []*Resource {
	var out, items []*Resource
	for _, r := range list {
		if r.Kind != Watchlist || !hasMappings(r.Items) {
			out = append(out, r)
			continue
		}
		c := *r
		c.Items = []map[string]any{}
		seen := map[string]int{}
		for _, row := range r.Items {
			if row[mappingKey] == nil {
				c.Items = append(c.Items, row)
				continue
			}
			body := itemBody(row)
			text := string(compact(body))
			seen[text]++
			items = append(items, &Resource{Kind: watchlistItem, ID: r.ID + "/" + stableGUID("item", r.ID, text, strconv.Itoa(seen[text])), Body: body, File: r.File})
		}
		out = append(out, &c)
	}
	return append(out, items...)
}

// takeItemResources puts items that an import read as resources into their watchlists. Those of a watchlist that is not
// there are returned.
func takeItemResources(list []*Resource) (kept, homeless []*Resource) {
	lists := map[string]*Resource{}
	for _, r := range list {
		if r.Kind == Watchlist {
			lists[r.Key()] = r
		}
	}
	for _, r := range list {
		if r.Kind != watchlistItem {
			kept = append(kept, r)
			continue
		}
		alias, _, _ := strings.Cut(r.ID, "/")
		home := lists[string(Watchlist)+"/"+strings.ToLower(alias)]
		row, _, gone := itemOf(r.Body)
		switch {
		case home == nil:
			homeless = append(homeless, r)
		case !gone:
			home.Items = append(home.Items, row)
		}
	}
	return kept, homeless
}
