package ruletest

import (
	"slices"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// alwaysMatches reports whether every left row of an outer join finds a partner, so that an inner join gives the same: the
// left side's keys come from a row of a shared relation, and the right side has a row for all keys of that relation.
func (t *tree) alwaysMatches(at source.Span) bool {
	list := t.joins(at)
	k := t.knowledge(nil)
	for _, j := range list {
		if j.Kind != "leftouter" || len(j.LeftKeys) == 0 || len(j.LeftKeys) != len(j.RightKeys) {
			return false
		}
		var left, right []*bind.Column
		for i := range j.LeftKeys {
			a, ok := j.LeftKeys[i].(*bind.ColumnRef)
			b, ok2 := j.RightKeys[i].(*bind.ColumnRef)
			if !ok || !ok2 || a.Column.Type != value.String || b.Column.Type != value.String { // a null would match nothing
				return false
			}
			left, right = append(left, a.Column), append(right, b.Column)
		}
		from := k.rowOf(j.Left, left)
		if !slices.ContainsFunc(keysOf(j.Right, right), func(whole origin) bool {
			return slices.ContainsFunc(from, func(o origin) bool { return o.def == whole.def && slices.Equal(o.places, whole.places) })
		}) {
			return false
		}
	}
	return len(list) > 0
}

// origin is a shared relation with the places of columns in it.
type origin struct {
	def    *bind.SharedDef
	places []int
}

// below are the columns of a shared relation's own definition.
func (o origin) below() (bind.Rel, []*bind.Column) {
	have := o.def.Rel.Columns()
	out := make([]*bind.Column, len(o.places))
	for i, at := range o.places {
		if at >= len(have) {
			return nil, nil
		}
		out[i] = have[at]
	}
	return o.def.Rel, out
}

// rowOf lists the shared relations of which columns are handed on together, all from one row.
func (k *knowledge) rowOf(r bind.Rel, cols []*bind.Column) (out []origin) {
	for range maxClimb {
		var step func(*bind.Column) *bind.Column
		var in bind.Rel
		switch x := r.(type) {
		case *bind.Shared:
			places := placesOf(x, cols)
			if places == nil {
				return out
			}
			out = append(out, origin{x.Def, places})
			r, cols = out[len(out)-1].below()
			continue
		case *bind.Filter:
			r = x.Input
			continue
		case *bind.Sort:
			r = x.Input
			continue
		case *bind.Project:
			in, step = x.Input, func(c *bind.Column) *bind.Column { return assigned(x.Assign, c) }
		case *bind.MvExpand:
			in, step = x.Input, func(c *bind.Column) *bind.Column { return original(c, x.Passed) }
		case *bind.Join:
			switch x.Kind {
			case "inner", "leftouter", "leftsemi", "leftanti":
				in, step = x.Left, func(c *bind.Column) *bind.Column { return original(c, x.LeftOut) }
			default:
				return out
			}
		case *bind.Aggregate:
			in, step = x.Input, k.pickedBy(x)
		default:
			return out
		}
		next := make([]*bind.Column, len(cols))
		for i, c := range cols {
			if next[i] = step(c); next[i] == nil {
				return out
			}
		}
		r, cols = in, next
	}
	return out
}

// pickedBy says of a summarize which input column an output hands on, when all that it hands on come from one row of the
// group: its keys, and what one arg_max or arg_min takes along.
func (k *knowledge) pickedBy(x *bind.Aggregate) func(*bind.Column) *bind.Column {
	var picked *bind.AggregateCall
	return func(c *bind.Column) *bind.Column {
		if in := assigned(x.Keys, c); in != nil {
			return in
		}
		for i := range x.Aggregates {
			a := &x.Aggregates[i]
			at := slices.Index(a.Outputs, c)
			if at < 0 || a.Name != "arg_max" && a.Name != "arg_min" || len(a.Args) != len(a.Outputs) || len(x.Keys) == 0 {
				continue
			}
			if picked != nil && picked != a || a.Args[0].Type() == value.Dynamic || k.of(x.Input).factOf(a.Args[0])&full == 0 {
				return nil
			}
			picked = a
			if ref, ok := a.Args[at].(*bind.ColumnRef); ok {
				return ref.Column
			}
		}
		return nil
	}
}

// keysOf lists the shared relations of which a relation has a row for every value of columns together.
func keysOf(r bind.Rel, cols []*bind.Column) (out []origin) {
	grouped := false
	for range maxClimb {
		var list []bind.Assignment
		var in bind.Rel
		switch x := r.(type) {
		case *bind.Shared:
			places := placesOf(x, cols)
			if places == nil {
				return out
			}
			out = append(out, origin{x.Def, places})
			r, cols = out[len(out)-1].below()
			continue
		case *bind.Sort:
			r = x.Input
			continue
		case *bind.Project:
			list, in = x.Assign, x.Input
		case *bind.Aggregate:
			if grouped || len(x.Keys) == 0 {
				return out
			}
			grouped, list, in = true, x.Keys, x.Input
		default:
			return out
		}
		next := make([]*bind.Column, len(cols))
		for i, c := range cols {
			if next[i] = assigned(list, c); next[i] == nil {
				return out
			}
		}
		r, cols = in, next
	}
	return out
}

func placesOf(x *bind.Shared, cols []*bind.Column) []int {
	out := make([]int, len(cols))
	for i, c := range cols {
		if out[i] = slices.Index(x.Cols, c); out[i] < 0 {
			return nil
		}
	}
	return out
}
