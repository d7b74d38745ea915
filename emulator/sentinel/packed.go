package sentinel

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// maxPackedQuery bounds the query that holds an alert's row (fact S46).
const maxPackedQuery = 10 << 10

// packedQuery is a query that gives an alert's one row again: its values as a compressed bag (facts S46, S47). It is ""
// when the text would be over the limit.
func packedQuery(r Rows) string {
	if len(r.Rows) != 1 {
		return ""
	}
	var bag []byte
	bag = append(bag, '{')
	for i, c := range r.Columns {
		if i > 0 {
			bag = append(bag, ',')
		}
		bag = append(bag, quoteJSON(c.Name)...)
		bag = append(bag, ':')
		v := r.Rows[0][i]
		switch {
		case v.Null:
			bag = append(bag, "null"...)
		case v.Type == value.Bool, v.Type == value.Int, v.Type == value.Long, v.Type == value.Dynamic:
			bag = append(bag, v.Text()...)
		default:
			bag = append(bag, quoteJSON(v.Text())...)
		}
	}
	bag = append(bag, '}')
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := w.Write(bag); err != nil {
		return ""
	}
	if err := w.Close(); err != nil {
		return ""
	}
	q := "let alertedEvent = datatable(packed: string) ['" + base64.StdEncoding.EncodeToString(z.Bytes()) +
		"'] | project row = todynamic(zlib_decompress_from_base64_string(packed)) | evaluate bag_unpack(row); alertedEvent"
	if len(q) > maxPackedQuery {
		return ""
	}
	return q
}

// queriesOf are the Query and OriginalQuery of an alert's properties; original is "" when there is only one.
func queriesOf(a Alert) (query, original string) {
	text := a.Rule.Query.String()
	if perResult(a.Rule) && !a.Summary {
		if q := packedQuery(a.Rows); q != "" {
			return q, text
		}
	}
	return text, ""
}

func perResult(r *content.Rule) bool { return r.EventGrouping == "AlertPerResult" }
