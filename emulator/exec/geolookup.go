package exec

import (
	"context"
	"fmt"

	"github.com/seed-caab1ad3/blindspot/emulator/builtin"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// geoLookup is geo_polygon_lookup and geo_line_lookup: each row meets the rows of the table whose polygon holds its point,
// or whose line or polygon is no further away than radius metres. Rows without a match are dropped unless return_unmatched
// is true.
//
// Source: Kusto documentation, "geo_polygon_lookup plugin", "geo_line_lookup plugin".
func geoLookup(ctx context.Context, r *run, n *evaluateNode, in, right *Batch) (*Batch, error) {
	places := map[string]int{}
	for i, name := range n.rel.ArgNames {
		places[name] = i
	}
	column := func(b *Batch, names ...string) (vector.Column, error) {
		for _, name := range names {
			if i, ok := places[name]; ok && n.places[i] >= 0 {
				return b.Column(n.places[i]), nil
			}
		}
		return nil, fmt.Errorf("%s must be a column", names[0])
	}
	shapes, err := column(right, "LookupPolygonKey", "LookupLineKey")
	if err != nil {
		return nil, err
	}
	longitude, err := column(in, "SourceLongitude")
	if err != nil {
		return nil, err
	}
	latitude, err := column(in, "SourceLatitude")
	if err != nil {
		return nil, err
	}
	unmatched := false
	if v, ok := n.constant("return_unmatched"); ok {
		unmatched = v.Bool()
	}
	name := "geo_distance_point_to_line"
	if n.rel.Plugin == "geo_polygon_lookup" {
		name = "geo_distance_point_to_polygon"
	}
	radius, near := n.constant("radius")
	radius = value.Convert(radius, value.Real)
	if !near || radius.Null {
		name, near = "geo_point_in_polygon", false
	}
	fn, ok := builtin.Lookup(name)
	if !ok {
		return nil, refuse(n.rel.At, "function %s()", name)
	}
	out := value.Bool
	if near {
		out = value.Real
	}
	call := builtin.NewCall(r.kernels, fn, out)
	matches := make([][]int32, in.N)
	for row := range right.N {
		if err := alive(ctx); err != nil {
			return nil, err
		}
		if in.N == 0 {
			break
		}
		shape := &vector.Const{Val: shapes.Value(row), N: in.N}
		hit, err := call.Apply([]vector.Column{longitude, latitude, shape}, in.N)
		if err != nil {
			return nil, err
		}
		for i := range in.N {
			v := hit.Value(i)
			if !v.Null && (near && v.F <= radius.F || !near && v.Bool()) {
				matches[i] = append(matches[i], int32(row))
			}
		}
	}
	var left, found []int32
	for i, list := range matches {
		for _, m := range list {
			left, found = append(left, int32(i)), append(found, m)
		}
		if len(list) == 0 && unmatched {
			left, found = append(left, int32(i)), append(found, -1)
		}
	}
	return n.beside(in, right, left, found), nil
}

// beside puts rows of the input and rows of the right side together under the plugin's columns; -1 stands for no row.
func (n *evaluateNode) beside(in, right *Batch, left, found []int32) *Batch {
	ins := map[*bind.Column]int{}
	for i, c := range n.inCols {
		ins[c] = i
	}
	fromRight := places(n.columns, n.rel.RightOut, n.rel.Right.Columns())
	l, r := in.Select(left), right.Select(found)
	out := make([]vector.Column, len(n.columns))
	for i, c := range n.columns {
		j, ok := ins[c]
		if !ok && i < len(n.inCols) {
			j, ok = i, true // the input's column under a name made distinct
		}
		switch {
		case fromRight[i] >= 0:
			out[i] = r.Column(fromRight[i])
		case ok:
			out[i] = l.Column(j)
		default:
			out[i] = &vector.Const{Val: value.Null(c.Type), N: len(left)}
		}
	}
	return NewBatch(len(left), out)
}
