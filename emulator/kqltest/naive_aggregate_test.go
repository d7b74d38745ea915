package kqltest

import (
	"math"
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func (n *naive) aggregate(r *bind.Aggregate) []naiveRow {
	in := n.rel(r.Input)
	var exprs []bind.Expr
	for _, k := range r.Keys {
		exprs = append(exprs, k.Expr)
	}
	keys, _ := n.keysOf(in, exprs)
	groups := map[string][]int{}
	var order []string
	for i, k := range keys {
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], i)
	}
	if len(r.Keys) == 0 && len(order) == 0 {
		order = []string{""}
	}
	var out []naiveRow
	for _, k := range order {
		row := naiveRow{}
		for _, a := range r.Keys {
			row[a.Column] = n.expr(a.Expr, place{in, groups[k][0]})
		}
		for _, a := range r.Aggregates {
			for j, v := range n.call(a, in, groups[k]) {
				if a.Outputs[j] != nil {
					row[a.Outputs[j]] = v
				}
			}
		}
		out = append(out, row)
	}
	return out
}

// call computes an aggregate over some rows, one value an output.
func (n *naive) call(a bind.AggregateCall, in []naiveRow, rows []int) []value.Value {
	at := func(arg, row int) value.Value { return n.expr(a.Args[arg], place{in, row}) }
	name, condition := a.Name, -1
	if base := strings.TrimSuffix(name, "if"); base != name && len(a.Args) > 0 {
		name, condition = strings.TrimSuffix(base, "_"), len(a.Args)-1
		if base == "make_set_" || base == "make_list_" {
			condition = 1
		}
	}
	var used []int
	for _, i := range rows {
		if condition < 0 || at(condition, i).Bool() {
			used = append(used, i)
		}
	}
	var list []value.Value // the first argument where it is not null
	if len(a.Args) > 0 && name != "count" {
		for _, i := range used {
			if v := at(0, i); !v.Null {
				list = append(list, v)
			}
		}
	}
	out := value.Null(a.Outputs[0].Type)
	typ := out.Type
	if len(a.Args) > 0 && typ == value.Dynamic && (name == "sum" || name == "avg") { // in make-series, whose column is a list of them
		if typ = a.Args[0].Type(); name == "avg" {
			typ = value.Real
		}
	}
	switch name {
	case "count":
		out = value.NewLong(int64(len(used)))
	case "sum":
		switch typ {
		case value.Real:
			sum := 0.0
			for _, v := range list {
				sum += v.F
			}
			out = value.NewReal(sum)
		case value.Long, value.Timespan:
			sum := int64(0)
			for _, v := range list {
				sum += v.I
			}
			out = value.Value{Type: typ, I: sum}
		default:
			dontKnow("sum of %s", typ)
		}
	case "avg":
		if typ != value.Real {
			dontKnow("avg of %s", typ)
		}
		sum := 0.0
		for _, v := range list {
			sum += value.Convert(v, value.Real).F
		}
		out = value.NewReal(sum / float64(len(list)))
	case "min", "max":
		out = outermost(list, name == "max", out)
	case "stdev", "stdevp", "variance", "variancep":
		out = value.NewReal(spread(name, list))
	case "percentile":
		if len(list) > 0 {
			slices.SortStableFunc(list, size)
			rank := value.Convert(at(1, 0), value.Real).F / 100 * float64(len(list))
			out = list[min(max(int(math.Ceil(rank-1e-9)), 1), len(list))-1]
		}
	case "dcount", "count_distinct":
		seen := map[string]bool{}
		for _, v := range list {
			seen[keyText([]value.Value{v})] = true
		}
		out = value.NewLong(int64(len(seen)))
	case "make_set", "make_list":
		seen := map[string]bool{}
		var elems []*value.Node
		for _, v := range list {
			nodes := []*value.Node{v.Node()}
			if v.Type == value.Dynamic && v.Dyn.Kind == value.KindArray {
				nodes = v.Dyn.Elems
			}
			for _, e := range nodes {
				if name == "make_list" || !seen[e.JSON()] {
					elems = append(elems, e)
					seen[e.JSON()] = true
				}
			}
		}
		out = value.NewDynamic(value.NodeArray(elems...))
	case "take_any":
		outs := make([]value.Value, len(a.Outputs))
		for j := range outs {
			outs[j] = value.Null(a.Outputs[j].Type)
			for _, i := range used {
				if v := at(j, i); len(outs) > 1 || !v.Null && !(v.Type == value.String && v.S == "") {
					outs[j] = v
					break
				}
			}
		}
		return outs
	case "arg_max", "arg_min":
		best := -1
		for _, i := range used {
			v := at(0, i)
			if v.Null {
				continue
			}
			if best < 0 || (size(v, at(0, best)) > 0) == (name == "arg_max") && size(v, at(0, best)) != 0 {
				best = i
			}
		}
		if best < 0 && len(used) > 0 {
			best = used[0]
		}
		outs := make([]value.Value, len(a.Outputs))
		for j := range outs {
			if outs[j] = value.Null(a.Args[j].Type()); best >= 0 {
				outs[j] = at(j, best)
			}
		}
		return outs
	default:
		dontKnow("aggregate %s", a.Name)
	}
	return []value.Value{out}
}

// spread is the variance or the standard deviation of a sample or, with p, of all values.
func spread(name string, list []value.Value) float64 {
	count := float64(len(list))
	mean, sum := 0.0, 0.0
	for _, v := range list {
		mean += value.Convert(v, value.Real).F
	}
	mean /= count
	for _, v := range list {
		d := value.Convert(v, value.Real).F - mean
		sum += d * d
	}
	if !strings.HasSuffix(name, "p") {
		count--
	}
	if count <= 0 {
		return 0
	}
	if strings.HasPrefix(name, "stdev") {
		return math.Sqrt(sum / count)
	}
	return sum / count
}

// outermost is the largest or the smallest value, the first of equal ones; NaN is one only where there is nothing else.
func outermost(list []value.Value, largest bool, none value.Value) value.Value {
	numbers := slices.DeleteFunc(slices.Clone(list), func(v value.Value) bool { return v.Type == value.Real && math.IsNaN(v.F) })
	if len(numbers) > 0 {
		list = numbers
	}
	for i, v := range list {
		if i == 0 || size(v, none) > 0 == largest && size(v, none) != 0 {
			none = v
		}
	}
	return none
}
