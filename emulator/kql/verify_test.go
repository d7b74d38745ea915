package kql_test

import (
	"fmt"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// verify checks what an engine may rely on in a bound tree: every column that an operator reads is one of its input's, every
// output has its source, and types fit. It returns the first thing that does not hold.
func verify(q *bind.Query) error {
	v := &verifier{done: map[bind.Rel]bool{}, defs: map[*bind.SharedDef]bool{}}
	for _, r := range q.Results {
		v.rel(r.Rel)
	}
	return v.err
}

type verifier struct {
	err  error
	done map[bind.Rel]bool
	defs map[*bind.SharedDef]bool
}

func (v *verifier) fail(format string, args ...any) {
	if v.err == nil {
		v.err = fmt.Errorf(format, args...)
	}
}

type set map[*bind.Column]bool

func setOf(lists ...[]*bind.Column) set {
	s := set{}
	for _, l := range lists {
		for _, c := range l {
			s[c] = true
		}
	}
	return s
}

func (v *verifier) expr(what string, e bind.Expr, in set) {
	if e == nil {
		v.fail("%s: no expression", what)
		return
	}
	switch e := e.(type) {
	case *bind.ColumnRef:
		if !in[e.Column] {
			v.fail("%s: column %q is not in the input", what, e.Column.Name)
		}
		if e.Type() != e.Column.Type {
			v.fail("%s: column %q has type %s, its reference %s", what, e.Column.Name, e.Column.Type, e.Type())
		}
	case *bind.Call:
		if e.Name == "" {
			v.fail("%s: call without a name", what)
		}
		for i, a := range e.Args {
			v.expr(fmt.Sprintf("%s: %s argument %d", what, e.Name, i), a, in)
		}
		switch e.Name {
		case "==", "!=", "<", "<=", ">", ">=":
			if len(e.Args) == 2 && e.Args[0] != nil && e.Args[1] != nil {
				l, r := e.Args[0].Type(), e.Args[1].Type()
				if l != r && l != value.Unknown && r != value.Unknown {
					v.fail("%s: %s over %s and %s", what, e.Name, l, r)
				}
			}
		}
	case *bind.Path:
		v.expr(what+": path", e.Base, in)
		v.expr(what+": key", e.Key, in)
	case *bind.Subquery:
		v.rel(e.Rel)
	case *bind.InSubquery:
		v.expr(what+": in", e.Arg, in)
		v.rel(e.Rel)
		if e.Rel != nil && len(e.Rel.Columns()) == 0 {
			v.fail("%s: in over a relation without columns", what)
		}
	case *bind.Const:
	default:
		v.fail("%s: unknown expression %T", what, e)
	}
}

func (v *verifier) assign(what string, list []bind.Assignment, in set) {
	for _, a := range list {
		if a.Column == nil {
			v.fail("%s: assignment without a column", what)
			return
		}
		v.expr(what+" "+a.Column.Name, a.Expr, in)
		if a.Expr != nil && a.Expr.Type() != a.Column.Type && a.Column.Type != value.Unknown && a.Expr.Type() != value.Unknown {
			v.fail("%s: column %q of type %s is given %s", what, a.Column.Name, a.Column.Type, a.Expr.Type())
		}
	}
}

func (v *verifier) keys(what string, list []bind.SortKey, in set) {
	for _, k := range list {
		v.expr(what, k.Expr, in)
	}
}

func (v *verifier) same(what string, got []*bind.Column, want ...[]*bind.Column) {
	var all []*bind.Column
	for _, w := range want {
		all = append(all, w...)
	}
	if len(got) != len(all) {
		v.fail("%s: has %d columns, its parts %d", what, len(got), len(all))
		return
	}
	for i := range got {
		if got[i] != all[i] {
			v.fail("%s: column %d is %q, its part %q", what, i, got[i].Name, all[i].Name)
			return
		}
	}
}

func (v *verifier) covered(what string, cols []*bind.Column, from set) {
	for _, c := range cols {
		if !from[c] {
			v.fail("%s: column %q comes from nowhere", what, c.Name)
		}
	}
}

func outs(pairs []bind.ColumnPair) (out, in []*bind.Column) {
	for _, p := range pairs {
		out = append(out, p.Out)
		in = append(in, p.In)
	}
	return out, in
}

func (v *verifier) aggregates(what string, calls []bind.AggregateCall, in set) (outputs []*bind.Column) {
	for _, a := range calls {
		for _, e := range a.Args {
			v.expr(what+" "+a.Name, e, in)
		}
		if len(a.Outputs) == 0 && a.Name != "take_any" {
			v.fail("%s: aggregate %s gives nothing", what, a.Name)
		}
		outputs = append(outputs, a.Outputs...)
	}
	return outputs
}

func (v *verifier) rel(r bind.Rel) {
	if r == nil {
		v.fail("no relation")
		return
	}
	if v.done[r] || v.err != nil {
		return
	}
	v.done[r] = true
	if s, ok := r.(*bind.Shared); ok {
		def := s.Def.Rel.Columns()
		if len(s.Cols) > len(def) {
			v.fail("shared %q: %d columns of %d", s.Def.Name, len(s.Cols), len(def))
			return
		}
		for i, c := range s.Cols {
			if c.Name != def[i].Name || c.Type != def[i].Type {
				v.fail("shared %q: column %d is %q %s, defined as %q %s", s.Def.Name, i, c.Name, c.Type, def[i].Name, def[i].Type)
			}
		}
	}
	for _, in := range r.Inputs() {
		v.rel(in)
	}
	if v.err != nil {
		return
	}
	what := fmt.Sprintf("%T", r)
	in := set{}
	if ins := r.Inputs(); len(ins) > 0 && ins[0] != nil {
		in = setOf(ins[0].Columns())
	}
	switch r := r.(type) {
	case *bind.Filter:
		v.expr(what, r.Predicate, in)
		if r.Predicate != nil && r.Predicate.Type() != value.Bool {
			v.fail("filter by %s", r.Predicate.Type())
		}
		v.same(what, r.Cols, r.Input.Columns())
	case *bind.Project:
		v.assign(what, r.Assign, in)
		var cols []*bind.Column
		for _, a := range r.Assign {
			cols = append(cols, a.Column)
		}
		v.same(what, r.Cols, cols)
	case *bind.Aggregate:
		v.assign(what, r.Keys, in)
		var cols []*bind.Column
		for _, a := range r.Keys {
			cols = append(cols, a.Column)
		}
		v.same(what, r.Cols, cols, v.aggregates(what, r.Aggregates, in))
	case *bind.MakeSeries:
		v.assign(what, r.Keys, in)
		v.expr(what, r.Axis.Expr, in)
		v.aggregates(what, r.Aggregates, in)
	case *bind.Sort:
		v.keys(what, r.Keys, in)
		v.same(what, r.Cols, r.Input.Columns())
	case *bind.Top:
		v.keys(what, r.Keys, in)
		v.expr(what, r.Count, set{})
		v.same(what, r.Cols, r.Input.Columns())
	case *bind.Take:
		v.expr(what, r.Count, set{})
		v.same(what, r.Cols, r.Input.Columns())
	case *bind.Union:
		if len(r.Map) != len(r.Rels) || len(r.Names) != len(r.Rels) {
			v.fail("union of %d: %d maps, %d names", len(r.Rels), len(r.Map), len(r.Names))
			return
		}
		for i, m := range r.Map {
			if len(m) != len(r.Cols) {
				v.fail("union: map %d has %d of %d", i, len(m), len(r.Cols))
				return
			}
			from := setOf(r.Rels[i].Columns())
			for j, c := range m {
				if c != nil && !from[c] {
					v.fail("union: %q is not in input %d", c.Name, i)
				}
				if c != nil && c.Type != r.Cols[j].Type && r.Cols[j].Type != value.Unknown && c.Type != value.Unknown {
					v.fail("union: %q is %s and %s", c.Name, c.Type, r.Cols[j].Type)
				}
			}
		}
	case *bind.Join:
		v.sides(what, r.Left, r.Right, r.LeftKeys, r.RightKeys, r.LeftOut, r.RightOut, r.Cols)
	case *bind.Lookup:
		v.sides(what, r.Left, r.Right, r.LeftKeys, r.RightKeys, r.LeftOut, r.RightOut, r.Cols)
	case *bind.MvExpand:
		out, from := outs(r.Passed)
		v.covered(what, from, in)
		for _, it := range r.Items {
			v.expr(what, it.Expr, in)
			out = append(out, it.Column)
		}
		if r.ItemIndex != nil {
			out = append(out, r.ItemIndex)
		}
		v.covered(what, r.Cols, setOf(out))
		if len(out) != len(r.Cols) {
			v.fail("mv-expand: %d columns from %d", len(r.Cols), len(out))
		}
	case *bind.MvApply:
		out, from := outs(r.Passed)
		v.covered(what, from, in)
		for _, it := range r.Items {
			v.expr(what, it.Expr, in)
			in[it.Column] = true
		}
		if r.ItemIndex != nil {
			in[r.ItemIndex] = true
		}
		v.covered(what+" body", r.Source.Cols, in)
		v.rel(r.Body)
		bodyOut, body := outs(r.BodyOut)
		v.covered(what, body, setOf(r.Body.Columns()))
		v.covered(what, r.Cols, setOf(out, bodyOut))
	case *bind.Parse:
		v.expr(what, r.Source, in)
		out, from := outs(r.Passed)
		v.covered(what, from, in)
		for _, p := range r.Pattern {
			if p.Column != nil {
				out = append(out, p.Column)
			}
		}
		v.covered(what, r.Cols, setOf(out))
	case *bind.ParseKv:
		v.expr(what, r.Source, in)
		out, _ := outs(r.Passed)
		for _, k := range r.Keys {
			out = append(out, k.Column)
		}
		v.covered(what, r.Cols, setOf(out))
	case *bind.Partition:
		v.rel(r.Body)
		v.same(what, r.Cols, r.Body.Columns())
	case *bind.Evaluate:
		if r.Right != nil {
			in = setOf(r.Right.Columns())
			if r.Input != nil {
				in = setOf(r.Right.Columns(), r.Input.Columns())
			}
		}
		for _, a := range r.Args {
			v.expr(what, a, in)
		}
		if r.Aggregate != nil {
			v.aggregates(what, []bind.AggregateCall{*r.Aggregate}, in)
		}
		if len(r.ArgNames) != len(r.Args) {
			v.fail("plugin %s: %d names for %d arguments", r.Plugin, len(r.ArgNames), len(r.Args))
		}
	case *bind.Range:
		v.expr(what, r.From, set{})
		v.expr(what, r.To, set{})
		v.expr(what, r.Step, set{})
	case *bind.TopNested:
		for _, l := range r.Levels {
			v.assign(what, []bind.Assignment{l.Of}, in)
			v.aggregates(what, []bind.AggregateCall{l.By}, in)
		}
	case *bind.Datatable:
		for _, row := range r.Rows {
			if len(row) != len(r.Cols) {
				v.fail("datatable: a row of %d values", len(row))
				return
			}
			for i, x := range row {
				if x.Type != r.Cols[i].Type {
					v.fail("datatable: %s in a column of %s", x.Type, r.Cols[i].Type)
				}
			}
		}
	case *bind.Unsupportable:
		v.same(what, r.Cols, r.Input.Columns())
	}
}

func (v *verifier) sides(what string, left, right bind.Rel, lk, rk []bind.Expr, lo, ro []bind.ColumnPair, cols []*bind.Column) {
	l, r := setOf(left.Columns()), setOf(right.Columns())
	if len(lk) != len(rk) || len(lk) == 0 {
		v.fail("%s: %d and %d keys", what, len(lk), len(rk))
		return
	}
	for i := range lk {
		v.expr(what, lk[i], l)
		v.expr(what, rk[i], r)
		if lk[i].Type() != rk[i].Type() && lk[i].Type() != value.Unknown && rk[i].Type() != value.Unknown {
			v.fail("%s: keys of %s and %s", what, lk[i].Type(), rk[i].Type())
		}
	}
	leftOut, leftIn := outs(lo)
	rightOut, rightIn := outs(ro)
	v.covered(what, leftIn, l)
	v.covered(what, rightIn, r)
	v.same(what, cols, leftOut, rightOut)
}
