package server

import (
	"encoding/csv"
	"strconv"
	"strings"

	"encoding/json"
)

func number(s string) json.Number { return json.Number(s) }

// Limits of watchlists.
const (
	maxWatchlistBytes = 3_800_000
	maxWatchlistLine  = 10_240
	maxWatchlistRow   = 10 << 10
)

// checkWatchlist reads the raw content of a local file into items and forgets it, as the service does: an answer never
// carries the content back.
func checkWatchlist(c *checking) *armError {
	r := c.r
	if e := missing(r, "displayName", "provider", "itemsSearchKey"); e != nil {
		return e
	}
	r.Properties = clone(r.Properties)
	raw := r.text("rawContent")
	delete(r.Properties, "rawContent")
	s, old := c.server, c.old
	now := stamp(s.opts.Now())
	created := any(now)
	if old != nil {
		created = old.Properties["created"]
		for _, k := range []string{"watchlistId"} {
			r.Properties[k] = old.Properties[k]
		}
	} else {
		r.Properties["watchlistId"] = stableID("watchlist", r.ID)
	}
	r.Properties["watchlistAlias"] = r.Name
	r.Properties["watchlistType"] = "watchlist"
	r.Properties["isDeleted"] = false
	r.Properties["created"] = created
	r.Properties["updated"] = now
	r.Properties["provisioningState"] = "Succeeded"
	r.setDefault("labels", []any{})
	if raw == "" {
		return nil
	}
	if len(raw) > maxWatchlistBytes {
		return bad("The content is %d bytes; a local file may have %d.", len(raw), maxWatchlistBytes)
	}
	skip := 0
	if n, ok := r.Properties["numberOfLinesToSkip"].(json.Number); ok {
		v, err := n.Int64()
		if err != nil || v < 0 || v > 100_000 {
			return bad("Invalid data model. [numberOfLinesToSkip: The value is not a line number.]")
		}
		skip = int(v)
	}
	return c.readItems(raw, skip)
}

func (c *checking) readItems(raw string, skip int) *armError {
	r, s := c.r, c.server
	for ; skip > 0; skip-- {
		_, rest, found := strings.Cut(raw, "\n")
		if !found {
			return bad("The content has fewer lines than numberOfLinesToSkip.")
		}
		raw = rest
	}
	for i, line := range strings.Split(raw, "\n") {
		if len(line) > maxWatchlistLine {
			return bad("Line %d has %d characters; a line may have %d.", i+1, len(line), maxWatchlistLine)
		}
	}
	in := csv.NewReader(strings.NewReader(raw))
	if strings.Contains(r.text("contentType"), "tsv") {
		in.Comma = '\t'
	}
	in.FieldsPerRecord = -1
	rows, err := in.ReadAll()
	if err != nil || len(rows) == 0 {
		return bad("The content is no CSV: %v", err)
	}
	head := rows[0]
	key := -1
	for i, h := range head {
		head[i] = strings.TrimPrefix(strings.TrimSpace(h), "\ufeff")
		if head[i] == r.text("itemsSearchKey") {
			key = i
		}
	}
	if key < 0 {
		return bad("The search key '%s' is not a column of the content; it has %s.", r.text("itemsSearchKey"), strings.Join(head, ", "))
	}
	c.removeBelow(r.ID)
	now := r.text("updated")
	for n, row := range rows[1:] {
		values := map[string]any{}
		for i, h := range head {
			if i < len(row) {
				values[h] = row[i]
			} else {
				values[h] = ""
			}
		}
		if size(values) > maxWatchlistRow {
			return bad("Row %d is over %d bytes.", n+1, maxWatchlistRow)
		}
		id := stableID("item", r.ID, strconv.Itoa(n), strings.Join(row, "\x00"))
		item := &resource{ID: r.ID + "/watchlistItems/" + id, Name: id, Type: "Microsoft.SecurityInsights/watchlists/watchlistItems",
			Properties: map[string]any{"watchlistItemType": "watchlist-item", "watchlistItemId": id, "tenantId": s.opts.Tenant, "isDeleted": false,
				"created": now, "updated": now, "itemsKeyValue": values, "entityMapping": map[string]any{}}}
		item.Etag = s.etag(item, nil)
		c.put(item)
	}
	return nil
}

func showWatchlist(_ *Server, _ *resource, out map[string]any, _ string) {
	p := out["properties"].(map[string]any)
	delete(p, "numberOfLinesToSkip")
	delete(p, "contentType")
}

// size is the length of cells and their names.
func size(values map[string]any) (n int) {
	for k, v := range values {
		n += len(k)
		if t, ok := v.(string); ok {
			n += len(t)
		}
	}
	return n
}

func checkWatchlistItem(c *checking) *armError {
	r := c.r
	values, ok := r.Properties["itemsKeyValue"].(map[string]any)
	if !ok || len(values) == 0 {
		return bad("Invalid data model. [itemsKeyValue: The itemsKeyValue field is required.]")
	}
	if n := size(values); n > maxWatchlistRow {
		return bad("The item is %d bytes; it may have %d.", n, maxWatchlistRow)
	}
	r.Properties = clone(r.Properties)
	s, old := c.server, c.old
	now := stamp(s.opts.Now())
	r.Properties["created"] = now
	if old != nil {
		r.Properties["created"] = old.Properties["created"]
	}
	r.Properties["updated"] = now
	r.Properties["watchlistItemType"] = "watchlist-item"
	r.Properties["watchlistItemId"] = r.Name
	r.Properties["tenantId"] = s.opts.Tenant
	r.Properties["isDeleted"] = false
	r.setDefault("entityMapping", map[string]any{})
	return nil
}
