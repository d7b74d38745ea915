package ruletest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// fact is what holds of a column in every row.
type fact uint8

const (
	// full: a text that is not empty, or a value that is not null.
	full fact = 1 << iota
	// inWindow: a time within the rule's window.
	inWindow
)

// known is what holds of all rows of a relation.
type known struct {
	nothing bool // there are no rows, so everything holds
	facts   map[*bind.Column]fact
	// values are the only ones that a text column has.
	values map[*bind.Column][]string
	// truths are conditions that hold, as print writes them.
	truths map[string]bool
}

func newKnown() *known {
	return &known{facts: map[*bind.Column]fact{}, values: map[*bind.Column][]string{}, truths: map[string]bool{}}
}

// knowledge finds what holds where. without are filters that it takes for not there, and inner joins that it takes for outer.
type knowledge struct {
	t       *tree
	without map[bind.Rel]bool
	memo    map[bind.Rel]*known
	depth   int
}

func (t *tree) knowledge(without map[bind.Rel]bool) *knowledge {
	return &knowledge{t: t, without: without, memo: map[bind.Rel]*known{}}
}

const maxKnowledgeDepth = 200

// of says what holds of a relation's rows.
func (k *knowledge) of(r bind.Rel) *known {
	if x, ok := k.memo[r]; ok {
		return x
	}
	k.memo[r] = newKnown() // of a relation that reads itself nothing is known
	if k.depth++; k.depth > maxKnowledgeDepth {
		k.depth--
		return k.memo[r]
	}
	x := k.find(r)
	k.depth--
	k.memo[r] = x
	return x
}

func (k *knowledge) find(r bind.Rel) *known {
	out := newKnown()
	switch r := r.(type) {
	case *bind.Scan:
		out.nothing = r.Missing
		for _, c := range r.Cols {
			if c.Name == "TimeGenerated" && c.Type == value.DateTime && k.t.period > 0 {
				out.facts[c] = full | inWindow
			}
		}
	case *bind.Datatable:
		out.nothing = len(r.Rows) == 0
	case *bind.Shared:
		if r.Def == nil || r.Def.Rel == nil {
			return out
		}
		in, cols := k.of(r.Def.Rel), r.Def.Rel.Columns()
		if len(cols) != len(r.Cols) {
			return out
		}
		pairs := make([]bind.ColumnPair, len(cols))
		for i := range cols {
			pairs[i] = bind.ColumnPair{Out: r.Cols[i], In: cols[i]}
		}
		out.take(in, pairs)
	case *bind.Filter:
		in := k.of(r.Input)
		out.take(in, identity(r.Input))
		for t := range in.truths {
			out.truths[t] = true
		}
		if !k.without[r] {
			for _, c := range parts(r.Predicate) {
				out.learn(c, k)
			}
		}
	case *bind.Sort:
		return k.of(r.Input)
	case *bind.Take:
		return k.of(r.Input)
	case *bind.Top:
		return k.of(r.Input)
	case *bind.Project:
		k.project(out, r)
	case *bind.Serialize:
		in := k.of(r.Input)
		out.take(in, identity(r.Input))
	case *bind.Aggregate:
		k.aggregate(out, r)
	case *bind.Union:
		k.union(out, r)
	case *bind.Join:
		kind := r.Kind
		if k.without[r] {
			kind = "leftouter"
		}
		k.join(out, kind, r.Left, r.Right, r.LeftKeys, r.RightKeys, r.LeftOut, r.RightOut)
	case *bind.Lookup:
		k.join(out, r.Kind, r.Left, r.Right, r.LeftKeys, r.RightKeys, r.LeftOut, r.RightOut)
	case *bind.MvExpand:
		out.take(k.of(r.Input), r.Passed)
	case *bind.MvApply:
		out.take(k.of(r.Input), r.Passed)
	case *bind.Parse:
		out.take(k.of(r.Input), r.Passed)
	case *bind.ParseKv:
		out.take(k.of(r.Input), r.Passed)
	}
	return out
}

func identity(r bind.Rel) []bind.ColumnPair {
	var out []bind.ColumnPair
	for _, c := range r.Columns() {
		out = append(out, bind.ColumnPair{Out: c, In: c})
	}
	return out
}

// take takes over what is known of columns that are handed on.
func (x *known) take(in *known, pairs []bind.ColumnPair) {
	x.nothing = x.nothing || in.nothing
	for _, p := range pairs {
		if f := in.facts[p.In]; f != 0 {
			x.facts[p.Out] |= f
		}
		if v, ok := in.values[p.In]; ok {
			x.values[p.Out] = v
		}
	}
}

func (k *knowledge) project(out *known, r *bind.Project) {
	in := k.of(r.Input)
	out.nothing = in.nothing
	same := map[*bind.Column]bool{}
	for _, a := range r.Assign {
		if ref, ok := a.Expr.(*bind.ColumnRef); ok && ref.Column == a.Column {
			same[a.Column] = true
		}
		if f := in.factOf(a.Expr); f != 0 {
			out.facts[a.Column] = f
		}
		if v, ok := in.valuesOf(a.Expr); ok {
			out.values[a.Column] = v
		}
	}
	for t := range in.truths { // those that speak of columns which are handed on as they are
		kept := true
		for _, c := range r.Input.Columns() {
			if !same[c] && strings.Contains(t, itself(c)) {
				kept = false
			}
		}
		if kept {
			out.truths[t] = true
		}
	}
}

func (k *knowledge) aggregate(out *known, r *bind.Aggregate) {
	in := k.of(r.Input)
	if len(r.Keys) == 0 { // one row, over no rows too
		return
	}
	out.nothing = in.nothing
	for _, a := range r.Keys {
		if f := in.factOf(a.Expr); f != 0 {
			out.facts[a.Column] = f
		}
		if v, ok := in.valuesOf(a.Expr); ok {
			out.values[a.Column] = v
		}
	}
	for _, a := range r.Aggregates {
		switch a.Name {
		case "count", "dcount", "countif", "dcountif":
			for _, o := range a.Outputs {
				out.facts[o] = full
			}
		case "min", "max":
			if len(a.Args) == 1 && len(a.Outputs) == 1 && a.Args[0].Type() != value.Dynamic {
				if f := in.factOf(a.Args[0]); f&full != 0 {
					out.facts[a.Outputs[0]] = f
				}
			}
		case "arg_min", "arg_max":
			if len(a.Args) != len(a.Outputs) || len(a.Args) == 0 || in.factOf(a.Args[0])&full == 0 || a.Args[0].Type() == value.Dynamic {
				continue // a group without any value has no row to take from
			}
			for i, o := range a.Outputs {
				if o == nil {
					continue
				}
				if f := in.factOf(a.Args[i]); f != 0 {
					out.facts[o] = f
				}
				if v, ok := in.valuesOf(a.Args[i]); ok {
					out.values[o] = v
				}
			}
		}
	}
}

func (k *knowledge) union(out *known, r *bind.Union) {
	out.nothing = true
	var legs []int
	for i, rel := range r.Rels {
		if !k.of(rel).nothing {
			out.nothing = false
			legs = append(legs, i)
		}
	}
	offset := len(r.Cols)
	if len(r.Map) > 0 {
		offset = len(r.Cols) - len(r.Map[0])
	}
	if out.nothing || offset != 0 {
		return
	}
	for j, c := range r.Cols {
		f, all := full|inWindow, true
		var values []string
		for _, i := range legs {
			in, col := k.of(r.Rels[i]), r.Map[i][j]
			if col == nil || col.Type != c.Type {
				f, all = 0, false
				break
			}
			f &= in.facts[col]
			v, ok := in.values[col]
			all = all && ok
			for _, s := range v {
				if !slices.Contains(values, s) {
					values = append(values, s)
				}
			}
		}
		if f != 0 {
			out.facts[c] = f
		}
		if all && len(legs) > 0 {
			out.values[c] = values
		}
	}
}

func (k *knowledge) join(out *known, kind string, left, right bind.Rel, leftKeys, rightKeys []bind.Expr, leftOut, rightOut []bind.ColumnPair) {
	l, r := k.of(left), k.of(right)
	switch kind {
	case "inner", "innerunique", "leftsemi", "rightsemi":
		out.nothing = l.nothing || r.nothing
		out.take(l, leftOut)
		out.take(r, rightOut)
		for i := range leftKeys {
			if i >= len(rightKeys) {
				break
			}
			a, ok := leftKeys[i].(*bind.ColumnRef)
			b, ok2 := rightKeys[i].(*bind.ColumnRef)
			if !ok || !ok2 || a.Column.Type != b.Column.Type {
				continue
			}
			f := l.facts[a.Column]&full | r.facts[b.Column]&full
			if f == 0 {
				continue
			}
			for _, p := range leftOut {
				if p.In == a.Column {
					out.facts[p.Out] |= f
				}
			}
			for _, p := range rightOut {
				if p.In == b.Column {
					out.facts[p.Out] |= f
				}
			}
		}
	case "leftouter", "leftanti":
		out.nothing = l.nothing
		out.take(l, leftOut)
	case "rightouter", "rightanti":
		out.nothing = r.nothing
		out.take(r, rightOut)
	}
}

// factOf is what holds of an expression's value.
func (x *known) factOf(e bind.Expr) fact {
	switch e := e.(type) {
	case *bind.ColumnRef:
		return x.facts[e.Column]
	case *bind.Const:
		if !e.Value.Null && (e.Value.Type != value.String || e.Value.S != "") && e.Value.Type != value.Dynamic {
			return full
		}
	case *bind.Call:
		switch e.Name {
		case "tolower", "toupper":
			if len(e.Args) == 1 && e.Args[0].Type() == value.String {
				return x.factOf(e.Args[0]) & full
			}
		case "now":
			return full
		}
	}
	return 0
}

const maxValues = 32

// valuesOf are the only values that a text expression has.
func (x *known) valuesOf(e bind.Expr) ([]string, bool) {
	switch e := e.(type) {
	case *bind.ColumnRef:
		v, ok := x.values[e.Column]
		return v, ok
	case *bind.Const:
		if e.Value.Type == value.String {
			return []string{e.Value.S}, true
		}
	case *bind.Call:
		var arms []bind.Expr
		switch {
		case e.Name == "iff" && len(e.Args) == 3:
			arms = e.Args[1:]
		case e.Name == "case" && len(e.Args)%2 == 1:
			for i := 1; i < len(e.Args); i += 2 {
				arms = append(arms, e.Args[i])
			}
			arms = append(arms, e.Args[len(e.Args)-1])
		default:
			return nil, false
		}
		var out []string
		for _, a := range arms {
			v, ok := x.valuesOf(a)
			if !ok || len(out)+len(v) > maxValues {
				return nil, false
			}
			out = append(out, v...)
		}
		return out, true
	}
	return nil, false
}

// learn adds what follows from a condition that holds.
func (x *known) learn(c bind.Expr, k *knowledge) {
	if deterministic(c) {
		x.truths[printed(c, nil)] = true
	}
	for _, col := range asksFull(c, k) {
		x.facts[col] |= full
	}
	if col, set, ok := membership(c); ok {
		x.values[col] = narrowed(x.values[col], set)
	}
}

func narrowed(have, set []string) []string {
	if have == nil {
		return set
	}
	var out []string
	for _, s := range have {
		if slices.Contains(set, s) {
			out = append(out, s)
		}
	}
	if out == nil {
		out = []string{}
	}
	return out
}

// asksFull lists the columns that are full wherever a condition holds.
func asksFull(c bind.Expr, k *knowledge) []*bind.Column {
	call, ok := c.(*bind.Call)
	if !ok {
		if in, ok := c.(*bind.InSubquery); ok && in.Op == "in" {
			if ref, ok := in.Arg.(*bind.ColumnRef); ok && k != nil && len(in.Rel.Columns()) > 0 {
				first := in.Rel.Columns()[0]
				if first.Type == ref.Column.Type && first.Type != value.Dynamic && k.of(in.Rel).facts[first]&full != 0 {
					return []*bind.Column{ref.Column}
				}
			}
		}
		return nil
	}
	column := func(i int) *bind.Column {
		if i < len(call.Args) {
			if ref, ok := call.Args[i].(*bind.ColumnRef); ok && ref.Column.Type != value.Dynamic && ref.Column.Type != value.Unknown {
				return ref.Column
			}
		}
		return nil
	}
	var out []*bind.Column
	switch call.Name {
	case "isnotempty":
		if col := column(0); col != nil {
			out = append(out, col)
		}
	case "isnotnull":
		if col := column(0); col != nil && col.Type != value.String {
			out = append(out, col)
		}
	case "<", "<=", ">", ">=", "between":
		for i := range call.Args {
			if col := column(i); col != nil && col.Type != value.String {
				out = append(out, col)
			}
		}
	case "==":
		if len(call.Args) != 2 {
			break
		}
		for i := range 2 {
			col := column(i)
			if col == nil {
				continue
			}
			other, constant := call.Args[1-i].(*bind.Const)
			if col.Type != value.String || constant && other.Value.S != "" {
				out = append(out, col)
			}
		}
	case "!=":
		if len(call.Args) == 2 {
			if other, ok := call.Args[1].(*bind.Const); ok && other.Value.Type == value.String && other.Value.S == "" {
				if col := column(0); col != nil {
					out = append(out, col)
				}
			}
		}
	case "=~", "has", "has_cs", "contains", "contains_cs", "startswith", "startswith_cs", "endswith", "endswith_cs":
		if len(call.Args) == 2 {
			if other, ok := call.Args[1].(*bind.Const); ok && other.Value.Type == value.String && other.Value.S != "" {
				if col := column(0); col != nil && col.Type == value.String {
					out = append(out, col)
				}
			}
		}
	case "in":
		if _, set, ok := membership(c); ok && !slices.Contains(set, "") {
			out = append(out, column(0))
		}
	case "or":
		if len(call.Args) == 0 {
			break
		}
		common := asksFull(call.Args[0], k)
		for _, a := range call.Args[1:] {
			mine := asksFull(a, k)
			common = slices.DeleteFunc(slices.Clone(common), func(c *bind.Column) bool { return !slices.Contains(mine, c) })
		}
		out = common
	case "and":
		for _, a := range call.Args {
			out = append(out, asksFull(a, k)...)
		}
	}
	return out
}

// membership reads `column == "a"` and `column in ("a", "b")` over a text column.
func membership(c bind.Expr) (*bind.Column, []string, bool) {
	call, ok := c.(*bind.Call)
	if !ok || call.Name != "==" && call.Name != "in" || len(call.Args) < 2 || call.Name == "==" && len(call.Args) != 2 {
		return nil, nil, false
	}
	ref, ok := call.Args[0].(*bind.ColumnRef)
	if !ok || ref.Column.Type != value.String {
		return nil, nil, false
	}
	var set []string
	for _, a := range call.Args[1:] {
		k, ok := a.(*bind.Const)
		if !ok || k.Value.Type != value.String || k.Value.Null {
			return nil, nil, false
		}
		set = append(set, k.Value.S)
	}
	return ref.Column, set, true
}

// implies reports whether a condition holds of all rows.
func (x *known) implies(c bind.Expr, period time.Duration) bool {
	if x.nothing || x.truths[printed(c, nil)] {
		return true
	}
	if col, set, ok := membership(c); ok {
		if have, closed := x.values[col]; closed {
			return !slices.ContainsFunc(have, func(s string) bool { return !slices.Contains(set, s) })
		}
		return false
	}
	call, ok := c.(*bind.Call)
	if !ok || len(call.Args) == 0 {
		return false
	}
	ref, ok := call.Args[0].(*bind.ColumnRef)
	if !ok || ref.Column.Type == value.Dynamic || ref.Column.Type == value.Unknown {
		return false
	}
	f := x.facts[ref.Column]
	switch call.Name {
	case "isnotempty":
		return f&full != 0
	case "isnotnull":
		return f&full != 0 && ref.Column.Type != value.String
	case "!=":
		other, ok := call.Args[1].(*bind.Const)
		return ok && f&full != 0 && other.Value.Type == value.String && other.Value.S == "" && ref.Column.Type == value.String
	case ">", ">=":
		_, span, _, ok := since(c)
		return ok && f&inWindow != 0 && span > period
	case "<=":
		now, ok := call.Args[1].(*bind.Call)
		return ok && now.Name == "now" && len(now.Args) == 0 && f&inWindow != 0
	}
	return false
}

func itself(c *bind.Column) string { return fmt.Sprintf("<%p>", c) }

// printed is an expression as text in which columns are themselves, as names maps them; "" when it cannot be told.
func printed(e bind.Expr, names map[*bind.Column]*bind.Column) string {
	var b strings.Builder
	if !write(&b, e, names) {
		return fmt.Sprintf("unlike %p", e)
	}
	return b.String()
}

func write(b *strings.Builder, e bind.Expr, names map[*bind.Column]*bind.Column) bool {
	switch e := e.(type) {
	case *bind.ColumnRef:
		c := e.Column
		if names != nil {
			if c = names[e.Column]; c == nil {
				return false
			}
		}
		b.WriteString(itself(c))
	case *bind.Const:
		fmt.Fprintf(b, "%d:%t:%q", e.Value.Type, e.Value.Null, e.Value.Text())
	case *bind.Call:
		b.WriteString(e.Name)
		b.WriteByte('(')
		for _, a := range e.Args {
			if !write(b, a, names) {
				return false
			}
			b.WriteByte(',')
		}
		b.WriteByte(')')
	case *bind.Path:
		b.WriteString("path(")
		if !write(b, e.Base, names) {
			return false
		}
		b.WriteByte(',')
		if !write(b, e.Key, names) {
			return false
		}
		b.WriteByte(')')
	default:
		return false
	}
	return true
}
