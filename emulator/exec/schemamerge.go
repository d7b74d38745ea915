package exec

import (
	"context"
	"fmt"
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// schemaMerge merges schemas as getschema writes them. A column's place is the last of those that it has in the schemas; with
// PreserveOrder, the default, a column whose places differ is marked.
//
// Source: Kusto documentation, "schema_merge plugin".
func schemaMerge(_ context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	at := map[string]int{}
	for i, c := range n.inCols {
		at[c.Name] = i
	}
	for _, name := range []string{"ColumnName", "ColumnOrdinal", "DataType", "ColumnType"} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("the input has no column %s; schemas come from getschema", name)
		}
	}
	preserve := true
	if v, ok := n.constant("PreserveOrder"); ok && !v.Null {
		preserve = v.I != 0
	}
	type column struct {
		name, data, kind string
		place, first     int64
		moved            bool
	}
	var list []*column
	byName := map[string]*column{}
	for row := range in.N {
		cell := func(name string) value.Value { return in.Column(at[name]).Value(row) }
		name, place := cell("ColumnName").S, value.Convert(cell("ColumnOrdinal"), value.Long).I
		c := byName[name]
		if c == nil {
			c = &column{name: name, data: cell("DataType").S, kind: cell("ColumnType").S, place: place, first: int64(len(list))}
			byName[name] = c
			list = append(list, c)
			continue
		}
		c.moved = c.moved || c.place != place
		c.place = max(c.place, place)
		if kind := cell("ColumnType").S; kind != c.kind {
			return nil, fmt.Errorf("column %s is %s and %s; merging types is not supported by the emulator", name, c.kind, kind)
		}
	}
	for _, c := range list {
		c.moved = c.moved && preserve
	}
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		switch {
		case a.moved != b.moved:
			return b.moved
		case a.place != b.place:
			return a.place < b.place
		}
		return a.first < b.first
	})
	names, places := vector.NewBuilder(value.String, len(list)), vector.NewBuilder(value.Long, len(list))
	data, kinds := vector.NewBuilder(value.String, len(list)), vector.NewBuilder(value.String, len(list))
	for i, c := range list {
		place := int64(i)
		if c.moved {
			place = -1
			c.kind = "ERROR(columns are out of order)"
			c.data = "ERROR(unknown CSL type:" + c.kind + ")"
		}
		names.AppendString(c.name)
		places.AppendLong(place)
		data.AppendString(c.data)
		kinds.AppendString(c.kind)
	}
	return NewBatch(len(list), []vector.Column{names.Finish(), places.Finish(), data.Finish(), kinds.Finish()}), nil
}
