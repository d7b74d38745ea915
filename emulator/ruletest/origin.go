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

// climb goes down from a relation with columns of it, and lists the shared relations that it comes by with the places of
// those columns. through gives the input to go on in and, of a column, the input's that it is; a nil step says that the
// columns are the input's own, a nil input that the way ends.
func climb(r bind.Rel, cols []*bind.Column, through func(bind.Rel) (in bind.Rel, step func(*bind.Column) *bind.Column)) (out []origin) {
	for range maxClimb {
		if use, ok := r.(*bind.Shared); ok {
			places := placesOf(use, cols)
			if places == nil {
				return out
			}
			out = append(out, origin{use.Def, places})
			r, cols = out[len(out)-1].below()
			continue
		}
		in, step := through(r)
		if in == nil {
			return out
		}
		if step != nil {
			next := make([]*bind.Column, len(cols))
			for i, c := range cols {
				if next[i] = step(c); next[i] == nil {
					return out
				}
			}
			cols = next
		}
		r = in
	}
	return out
}

// rowOf lists the shared relations of which columns are handed on together, all from one row.
func (k *knowledge) rowOf(r bind.Rel, cols []*bind.Column) []origin {
	return climb(r, cols, func(r bind.Rel) (bind.Rel, func(*bind.Column) *bind.Column) {
		switch x := r.(type) {
		case *bind.Filter:
			return x.Input, nil
		case *bind.Sort:
			return x.Input, nil
		case *bind.Project:
			return x.Input, func(c *bind.Column) *bind.Column { return assigned(x.Assign, c) }
		case *bind.MvExpand:
			return x.Input, func(c *bind.Column) *bind.Column { return original(c, x.Passed) }
		case *bind.Join:
			switch x.Kind {
			case "inner", "leftouter", "leftsemi", "leftanti":
				return x.Left, func(c *bind.Column) *bind.Column { return original(c, x.LeftOut) }
			}
		case *bind.Aggregate:
			return x.Input, k.pickedBy(x)
		}
		return nil, nil
	})
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
func keysOf(r bind.Rel, cols []*bind.Column) []origin {
	grouped := false
	return climb(r, cols, func(r bind.Rel) (bind.Rel, func(*bind.Column) *bind.Column) {
		switch x := r.(type) {
		case *bind.Sort:
			return x.Input, nil
		case *bind.Project:
			return x.Input, func(c *bind.Column) *bind.Column { return assigned(x.Assign, c) }
		case *bind.Aggregate:
			if !grouped && len(x.Keys) > 0 {
				grouped = true
				return x.Input, func(c *bind.Column) *bind.Column { return assigned(x.Keys, c) }
			}
		}
		return nil, nil
	})
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
