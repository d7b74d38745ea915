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
func checkWatchlist(s *Server, r, old *resource, _ string) *armError {
	if e := missing(r, "displayName", "provider", "itemsSearchKey"); e != nil {
		return e
	}
	r.Properties = clone(r.Properties)
	raw := r.text("rawContent")
	delete(r.Properties, "rawContent")
	now := s.opts.Now().UTC().Format("2006-01-02T15:04:05.0000000Z")
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
	return s.readItems(r, raw, skip)
}

func (s *Server) readItems(r *resource, raw string, skip int) *armError {
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
	prefix := strings.ToLower(r.ID + "/watchlistItems/")
	for k := range s.store.items { // the caller holds the lock
		if strings.HasPrefix(k, prefix) {
			delete(s.store.items, k)
		}
	}
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
		id := stableID("item", r.ID, strconv.Itoa(n), strings.Join(row, "\x00"))
		s.store.sequence++
		item := &resource{ID: r.ID + "/watchlistItems/" + id, Name: id, Type: "Microsoft.SecurityInsights/watchlists/watchlistItems", Sequence: s.store.sequence,
			Properties: map[string]any{"watchlistItemType": "watchlist-item", "watchlistItemId": id, "tenantId": s.opts.Tenant, "isDeleted": false,
				"created": now, "updated": now, "itemsKeyValue": values, "entityMapping": map[string]any{}}}
		item.Etag = s.etag(item, nil)
		s.store.items[strings.ToLower(item.ID)] = item
	}
	return nil
}

func showWatchlist(_ *Server, _ *resource, out map[string]any, _ string) {
	p := out["properties"].(map[string]any)
	delete(p, "numberOfLinesToSkip")
	delete(p, "contentType")
}

func checkWatchlistItem(s *Server, r, old *resource, _ string) *armError {
	values, ok := r.Properties["itemsKeyValue"].(map[string]any)
	if !ok || len(values) == 0 {
		return bad("Invalid data model. [itemsKeyValue: The itemsKeyValue field is required.]")
	}
	if b, _ := json.Marshal(values); len(b) > maxWatchlistRow {
		return bad("The item is %d bytes; it may have %d.", len(b), maxWatchlistRow)
	}
	r.Properties = clone(r.Properties)
	now := s.opts.Now().UTC().Format("2006-01-02T15:04:05.0000000Z")
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
