package plan

import (
	"slices"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
)

// prune drops the columns that nothing above reads, down to the tables. need holds the columns of rel that are wanted; it
// becomes prune's own.
// Relations that run for their own sake (shared ones, bodies, open plugins) keep all their columns.
func (o *optimizer) prune(rel bind.Rel, need columnSet) bind.Rel {
	o.alive()
	switch r := rel.(type) {
	case *bind.Scan:
		if cols := kept(r.Cols, need); len(cols) < len(r.Cols) {
			c := *r
			c.Cols = cols
			return &c
		}
	case *bind.Watchlist:
		if cols := kept(r.Cols, need); len(cols) < len(r.Cols) {
			c := *r
			c.Cols = cols
			return &c
		}
	case *bind.Shared:
		return o.rewriteDef(r, func(def bind.Rel) bind.Rel { return o.prune(def, all(def)) })
	case *bind.Filter:
		need.addExprs(r.Predicate)
		c := *r
		c.Input = o.prune(r.Input, need)
		c.Cols = c.Input.Columns()
		return &c
	case *bind.Project:
		return o.pruneProject(r, need)
	case *bind.Serialize:
		for _, a := range r.Assign {
			need.addExprs(a.Expr)
		}
		need.add(r.Input.Columns()...)
		c := *r
		c.Input = o.prune(r.Input, need)
		return &c
	case *bind.Aggregate:
		return o.pruneAggregate(r, need)
	case *bind.Sort:
		addKeys(need, r.Keys)
		c := *r
		c.Input = o.prune(r.Input, need)
		c.Cols = c.Input.Columns()
		return &c
	case *bind.Top:
		addKeys(need, r.Keys)
		c := *r
		c.Input = o.prune(r.Input, need)
		c.Cols = c.Input.Columns()
		return &c
	case *bind.Take:
		c := *r
		c.Input = o.prune(r.Input, need)
		c.Cols = c.Input.Columns()
		return &c
	case *bind.Count:
		c := *r
		c.Input = o.prune(r.Input, columnSet{})
		return &c
	case *bind.Union:
		return o.pruneUnion(r, need)
	case *bind.Join:
		c := *r
		c.LeftOut, c.RightOut = keptPairs(r.LeftOut, need), keptPairs(r.RightOut, need)
		c.Cols = kept(r.Cols, need)
		c.Left = o.prune(r.Left, sideNeed(c.LeftOut, r.LeftKeys))
		c.Right = o.prune(r.Right, sideNeed(c.RightOut, r.RightKeys))
		return &c
	case *bind.Lookup:
		c := *r
		c.LeftOut, c.RightOut = keptPairs(r.LeftOut, need), keptPairs(r.RightOut, need)
		c.Cols = kept(r.Cols, need)
		c.Left = o.prune(r.Left, sideNeed(c.LeftOut, r.LeftKeys))
		c.Right = o.prune(r.Right, sideNeed(c.RightOut, r.RightKeys))
		return &c
	case *bind.MvExpand:
		c := *r
		c.Passed = keptPairs(r.Passed, need)
		in := sideNeed(c.Passed, nil)
		for _, item := range r.Items {
			in.addExprs(item.Expr)
		}
		c.Cols = slices.DeleteFunc(slices.Clone(r.Cols), func(col *bind.Column) bool { return passes(r.Passed, col) && !need[col] })
		c.Input = o.prune(r.Input, in)
		return &c
	case *bind.Parse:
		c := *r
		c.Passed = keptPairs(r.Passed, need)
		in := sideNeed(c.Passed, []bind.Expr{r.Source})
		c.Cols = slices.DeleteFunc(slices.Clone(r.Cols), func(col *bind.Column) bool { return passes(r.Passed, col) && !need[col] })
		c.Input = o.prune(r.Input, in)
		return &c
	}
	return mapInputs(rel, func(in bind.Rel) bind.Rel { return o.prune(in, all(in)) })
}

func all(rel bind.Rel) columnSet {
	cols := rel.Columns()
	s := make(columnSet, len(cols))
	s.add(cols...)
	return s
}

func kept(cols []*bind.Column, need columnSet) []*bind.Column {
	out := make([]*bind.Column, 0, len(cols))
	for _, c := range cols {
		if need[c] {
			out = append(out, c)
		}
	}
	return out
}

func keptPairs(pairs []bind.ColumnPair, need columnSet) []bind.ColumnPair {
	out := make([]bind.ColumnPair, 0, len(pairs))
	for _, p := range pairs {
		if need[p.Out] {
			out = append(out, p)
		}
	}
	return out
}

func passes(pairs []bind.ColumnPair, out *bind.Column) bool {
	return slices.ContainsFunc(pairs, func(p bind.ColumnPair) bool { return p.Out == out })
}

func sideNeed(pairs []bind.ColumnPair, keys []bind.Expr) columnSet {
	s := make(columnSet, len(pairs))
	for _, p := range pairs {
		s.add(p.In)
	}
	s.addExprs(keys...)
	return s
}

func addKeys(s columnSet, keys []bind.SortKey) {
	for _, k := range keys {
		s.addExprs(k.Expr)
	}
}

func (o *optimizer) pruneProject(r *bind.Project, need columnSet) bind.Rel {
	c := *r
	c.Assign = nil
	c.Cols = make([]*bind.Column, 0, len(r.Cols))
	in := columnSet{}
	for _, a := range r.Assign {
		if need[a.Column] {
			c.Assign = append(c.Assign, a)
			c.Cols = append(c.Cols, a.Column)
			in.addExprs(a.Expr)
		}
	}
	c.Input = o.prune(r.Input, in)
	return &c
}

// pruneAggregate drops aggregates that nobody reads, and from arg_max, arg_min and take_any the columns nobody reads.
func (o *optimizer) pruneAggregate(r *bind.Aggregate, need columnSet) bind.Rel {
	c := *r
	c.Aggregates = nil
	out := columnSet{}
	in := columnSet{}
	for _, k := range r.Keys {
		out.add(k.Column)
		in.addExprs(k.Expr)
	}
	for i, a := range r.Aggregates {
		wanted := kept(a.Outputs, need)
		last := len(r.Keys) == 0 && len(c.Aggregates) == 0 && i == len(r.Aggregates)-1
		if len(wanted) == 0 && !last {
			continue
		}
		if paired(a) {
			a = pruneArguments(a, need)
		}
		c.Aggregates = append(c.Aggregates, a)
		out.add(a.Outputs...)
		in.addExprs(a.Args...)
	}
	c.Cols = kept(r.Cols, out)
	c.Input = o.prune(r.Input, in)
	return &c
}

// paired reports whether the aggregate's arguments and outputs pair up one to one.
func paired(a bind.AggregateCall) bool {
	switch a.Name {
	case "arg_max", "arg_min", "take_any":
		return len(a.Args) == len(a.Outputs)
	}
	return false
}

// pruneArguments keeps the pairs that are read; an extreme's own expression decides the row and always stays.
func pruneArguments(a bind.AggregateCall, need columnSet) bind.AggregateCall {
	args, outputs := []bind.Expr(nil), []*bind.Column(nil)
	for i, out := range a.Outputs {
		if need[out] || i == 0 && a.Name != "take_any" || i == len(a.Outputs)-1 && len(outputs) == 0 {
			args, outputs = append(args, a.Args[i]), append(outputs, out)
		}
	}
	a.Args, a.Outputs = args, outputs
	return a
}

func (o *optimizer) pruneUnion(r *bind.Union, need columnSet) bind.Rel {
	c := *r
	c.Cols = kept(r.Cols, need)
	if !need[r.Source] {
		c.Source = nil
	}
	c.Map = make([][]*bind.Column, len(r.Rels))
	c.Rels = make([]bind.Rel, len(r.Rels))
	for i, in := range r.Rels {
		want := columnSet{}
		for j, out := range r.Cols {
			if need[out] {
				c.Map[i] = append(c.Map[i], r.Map[i][j])
				want.add(r.Map[i][j])
			}
		}
		c.Rels[i] = o.prune(in, want)
	}
	return &c
}
