package plan

import (
	"slices"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// IngestionColumn is the name under which tables give each row's ingestion time. No query can write it.
const IngestionColumn = "$ingestion_time"

// Ingestion makes ingestion_time() a column: tables yield it hidden, operators that hand on rows hand it on, and calls
// read it. Where rows are made of several (summarize, the right side of a join) it is lost and the call gives null. A
// relation without such a call is returned as it is.
func Ingestion(rel bind.Rel) bind.Rel {
	found := false
	seen := map[*bind.SharedDef]bool{}
	var look func(bind.Rel) bind.Rel
	look = func(r bind.Rel) bind.Rel {
		if found {
			return r
		}
		for _, e := range exprsOf(r) {
			found = found || asksIngestion(e)
		}
		if use, ok := r.(*bind.Shared); ok && !seen[use.Def] {
			seen[use.Def] = true
			look(use.Def.Rel)
		}
		return mapInputs(r, look)
	}
	look(rel)
	if !found {
		return rel
	}
	l := &lifter{defs: map[*bind.SharedDef]*bind.SharedDef{}, defCols: map[*bind.SharedDef]*bind.Column{}}
	out, _ := l.lift(rel)
	return out
}

// asksIngestion reports whether an expression calls ingestion_time().
func asksIngestion(e bind.Expr) bool {
	return contains(e, func(e bind.Expr) bool {
		c, ok := e.(*bind.Call)
		return ok && c.Name == "ingestion_time"
	})
}

// exprsOf lists the expressions that an operator itself computes, where ingestion_time() may stand.
func exprsOf(rel bind.Rel) []bind.Expr {
	var out []bind.Expr
	assigned := func(list []bind.Assignment) {
		for _, a := range list {
			out = append(out, a.Expr)
		}
	}
	switch r := rel.(type) {
	case *bind.Filter:
		out = append(out, r.Predicate)
	case *bind.Project:
		assigned(r.Assign)
	case *bind.Serialize:
		assigned(r.Assign)
	case *bind.Aggregate:
		assigned(r.Keys)
		for _, a := range r.Aggregates {
			out = append(out, a.Args...)
		}
	case *bind.MakeSeries:
		assigned(r.Keys)
		out = append(out, r.Axis.Expr)
		for _, a := range r.Aggregates {
			out = append(out, a.Args...)
		}
	case *bind.Sort:
		for _, k := range r.Keys {
			out = append(out, k.Expr)
		}
	case *bind.Top:
		for _, k := range r.Keys {
			out = append(out, k.Expr)
		}
	}
	return slices.DeleteFunc(out, func(e bind.Expr) bool { return e == nil })
}

type lifter struct {
	defs    map[*bind.SharedDef]*bind.SharedDef
	defCols map[*bind.SharedDef]*bind.Column
}

func hidden() *bind.Column {
	return &bind.Column{Name: IngestionColumn, Type: value.DateTime, Hidden: true}
}

func withColumn(cols []*bind.Column, c *bind.Column) []*bind.Column {
	if c == nil {
		return cols
	}
	return append(cols[:len(cols):len(cols)], c)
}

// read replaces calls of ingestion_time() by the column, or by null where there is none.
func read(e bind.Expr, c *bind.Column) bind.Expr {
	if e == nil || !asksIngestion(e) {
		return e
	}
	return callReplacer{c, map[bind.Expr]bind.Expr{}}.expr(e)
}

type callReplacer struct {
	col  *bind.Column
	done map[bind.Expr]bind.Expr
}

func (r callReplacer) expr(e bind.Expr) bind.Expr {
	if out, ok := r.done[e]; ok {
		return out
	}
	out := e
	switch x := e.(type) {
	case *bind.Call:
		if x.Name == "ingestion_time" {
			if r.col != nil {
				out = bind.NewColumnRef(r.col, x.Span())
			} else {
				out = bind.NewConst(value.Null(value.DateTime), x.Span())
			}
			break
		}
		args := make([]bind.Expr, len(x.Args))
		changed := false
		for i, a := range x.Args {
			args[i] = r.expr(a)
			changed = changed || args[i] != a
		}
		if changed {
			c := *x
			c.Args = args
			out = &c
		}
	case *bind.Path:
		if base, key := r.expr(x.Base), r.expr(x.Key); base != x.Base || key != x.Key {
			c := *x
			c.Base, c.Key = base, key
			out = &c
		}
	case *bind.InSubquery:
		if arg := r.expr(x.Arg); arg != x.Arg {
			c := *x
			c.Arg = arg
			out = &c
		}
	}
	r.done[e] = out
	return out
}

func readAssigned(list []bind.Assignment, c *bind.Column) []bind.Assignment {
	out := slices.Clone(list)
	for i := range out {
		out[i].Expr = read(out[i].Expr, c)
	}
	return out
}

func readKeys(list []bind.SortKey, c *bind.Column) []bind.SortKey {
	out := slices.Clone(list)
	for i := range out {
		out[i].Expr = read(out[i].Expr, c)
	}
	return out
}

func readAggregates(list []bind.AggregateCall, c *bind.Column) []bind.AggregateCall {
	out := slices.Clone(list)
	for i := range out {
		args := make([]bind.Expr, len(out[i].Args))
		for k, a := range out[i].Args {
			args[k] = read(a, c)
		}
		out[i].Args = args
	}
	return out
}

// lift returns rel with the column added, and the column; nil when its rows have none.
func (l *lifter) lift(rel bind.Rel) (bind.Rel, *bind.Column) {
	switch r := rel.(type) {
	case *bind.Scan:
		col := hidden()
		c := *r
		c.Cols = withColumn(r.Cols, col)
		return &c, col
	case *bind.Shared:
		return l.shared(r)
	case *bind.Filter:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Cols, c.Predicate = in, withColumn(r.Cols, col), read(r.Predicate, col)
		return &c, col
	case *bind.Sort:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Cols, c.Keys = in, withColumn(r.Cols, col), readKeys(r.Keys, col)
		return &c, col
	case *bind.Top:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Cols, c.Keys = in, withColumn(r.Cols, col), readKeys(r.Keys, col)
		return &c, col
	case *bind.Take:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Cols = in, withColumn(r.Cols, col)
		return &c, col
	case *bind.Sample:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Cols = in, withColumn(r.Cols, col)
		return &c, col
	case *bind.Serialize:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Cols, c.Assign = in, withColumn(r.Cols, col), readAssigned(r.Assign, col)
		return &c, col
	case *bind.Project:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Cols, c.Assign = in, withColumn(r.Cols, col), readAssigned(r.Assign, col)
		if col != nil {
			c.Assign = append(c.Assign, bind.Assignment{Column: col, Expr: bind.NewColumnRef(col, r.At)})
		}
		return &c, col
	case *bind.Parse:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Cols, c.Passed = in, withColumn(r.Cols, col), passed(r.Passed, col)
		return &c, col
	case *bind.ParseKv:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Cols, c.Passed = in, withColumn(r.Cols, col), passed(r.Passed, col)
		return &c, col
	case *bind.MvExpand:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Cols, c.Passed = in, withColumn(r.Cols, col), passed(r.Passed, col)
		return &c, col
	case *bind.MvApply:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Cols, c.Passed = in, withColumn(r.Cols, col), passed(r.Passed, col)
		return &c, col
	case *bind.Aggregate:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Keys, c.Aggregates = in, readAssigned(r.Keys, col), readAggregates(r.Aggregates, col)
		return &c, nil
	case *bind.MakeSeries:
		c := *r
		in, col := l.lift(r.Input)
		c.Input, c.Keys, c.Aggregates = in, readAssigned(r.Keys, col), readAggregates(r.Aggregates, col)
		c.Axis.Expr = read(r.Axis.Expr, col)
		return &c, nil
	case *bind.Union:
		return l.union(r)
	case *bind.Join:
		c := *r
		left, col := l.lift(r.Left)
		right, _ := l.lift(r.Right)
		c.Left, c.Right = left, right
		if col == nil || r.Kind == "rightsemi" || r.Kind == "rightanti" {
			return &c, nil
		}
		out := hidden()
		c.LeftOut = append(r.LeftOut[:len(r.LeftOut):len(r.LeftOut)], bind.ColumnPair{Out: out, In: col})
		c.Cols = withColumn(r.Cols, out)
		return &c, out
	case *bind.Lookup:
		c := *r
		left, col := l.lift(r.Left)
		right, _ := l.lift(r.Right)
		c.Left, c.Right = left, right
		if col == nil {
			return &c, nil
		}
		out := hidden()
		c.LeftOut = append(r.LeftOut[:len(r.LeftOut):len(r.LeftOut)], bind.ColumnPair{Out: out, In: col})
		c.Cols = withColumn(r.Cols, out)
		return &c, out
	}
	return mapInputs(rel, func(in bind.Rel) bind.Rel {
		out, _ := l.lift(in)
		return out
	}), nil
}

func passed(list []bind.ColumnPair, c *bind.Column) []bind.ColumnPair {
	if c == nil {
		return list
	}
	return append(list[:len(list):len(list)], bind.ColumnPair{Out: c, In: c})
}

func (l *lifter) shared(r *bind.Shared) (bind.Rel, *bind.Column) {
	def, ok := l.defs[r.Def]
	if !ok {
		rel, col := l.lift(r.Def.Rel)
		copied := *r.Def
		copied.Rel = rel
		def = &copied
		l.defs[r.Def], l.defCols[r.Def] = def, col
	}
	c := *r
	c.Def = def
	if l.defCols[r.Def] == nil {
		return &c, nil
	}
	col := hidden()
	c.Cols = withColumn(r.Cols, col)
	return &c, col
}

func (l *lifter) union(r *bind.Union) (bind.Rel, *bind.Column) {
	c := *r
	c.Rels = make([]bind.Rel, len(r.Rels))
	c.Map = make([][]*bind.Column, len(r.Rels))
	col := hidden()
	any := false
	for i, in := range r.Rels {
		rel, from := l.lift(in)
		c.Rels[i] = rel
		c.Map[i] = append(r.Map[i][:len(r.Map[i]):len(r.Map[i])], from)
		any = any || from != nil
	}
	if !any {
		for i := range c.Map {
			c.Map[i] = r.Map[i]
		}
		return &c, nil
	}
	c.Cols = withColumn(r.Cols, col)
	return &c, col
}
