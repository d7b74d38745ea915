package deploy

import "sort"

// A row of a watchlist is a mapping of columns to texts. What the service keeps beside the columns of an item, its
// entityMapping, stands in the row under a key that no column can have; in files it is under arm.itemMappings.

const (
	mappingKey  = "\x00entityMapping"
	mappingsKey = "itemMappings"
)

// cells is a row without its mapping.
func cells(row map[string]any) map[string]any {
	if row[mappingKey] == nil {
		return row
	}
	out := cloneMap(row)
	delete(out, mappingKey)
	return out
}

// itemOf reads a row from an item as the service answers it. gone says that the item is deleted.
func itemOf(m map[string]any) (row map[string]any, id string, gone bool) {
	p, _ := m["properties"].(map[string]any)
	values, _ := p["itemsKeyValue"].(map[string]any)
	row = map[string]any{}
	for k, v := range values {
		if s, ok := v.(string); ok {
			row[k] = s
		} else if v == nil {
			row[k] = ""
		} else {
			row[k] = string(compact(v))
		}
	}
	if em := dropNulls(p["entityMapping"]); !isEmpty(em) {
		row[mappingKey] = em
	}
	id, _ = m["name"].(string)
	return row, id, p["isDeleted"] == true
}

// itemBody is a row as the service takes it.
func itemBody(row map[string]any) map[string]any {
	p := map[string]any{"itemsKeyValue": cells(row)}
	if m := row[mappingKey]; m != nil {
		p["entityMapping"] = m
	}
	return map[string]any{"properties": p}
}

func hasMappings(rows []map[string]any) bool {
	for _, r := range rows {
		if r[mappingKey] != nil {
			return true
		}
	}
	return false
}

// mappingsOf lists the mappings of rows for a file.
func mappingsOf(rows []map[string]any) []any {
	var out []any
	for _, r := range rows {
		if m := r[mappingKey]; m != nil {
			out = append(out, map[string]any{"item": cells(r), "entityMapping": m})
		}
	}
	// Equal rows cannot be told apart, so the order must not depend on which of them has it.
	sort.SliceStable(out, func(i, j int) bool { return string(compact(out[i])) < string(compact(out[j])) })
	return out
}

// takeMappings moves arm.itemMappings from a watchlist's properties to its rows.
func takeMappings(body map[string]any, rows []map[string]any) {
	p, _ := body["properties"].(map[string]any)
	list, ok := p[mappingsKey].([]any)
	if !ok {
		return
	}
	p = cloneMap(p)
	delete(p, mappingsKey)
	body["properties"] = p
	for _, x := range list {
		m, _ := x.(map[string]any)
		item, _ := m["item"].(map[string]any)
		want := string(compact(item))
		for _, r := range rows {
			if r[mappingKey] == nil && string(compact(r)) == want {
				if v := m["entityMapping"]; !isEmpty(v) {
					r[mappingKey] = v
				}
				break
			}
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// without is a list with the first of one text left out.
func without(list []string, s string) []string {
	for i, x := range list {
		if x == s {
			return append(list[:i:i], list[i+1:]...)
		}
	}
	return list
}
