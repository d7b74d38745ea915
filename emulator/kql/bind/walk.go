package bind

// Visitor is called for the parts of a bound tree. Nil functions are left out.
type Visitor struct {
	Rel       func(Rel)
	Expr      func(Expr)
	Aggregate func(*AggregateCall)
}

// Walk visits a query's relations and expressions, each relation that is shared once, operators before their inputs.
func Walk(q *Query, v Visitor) {
	w := walker{v: v, seen: map[*SharedDef]bool{}}
	for _, r := range q.Results {
		w.rel(r.Rel)
	}
}

type walker struct {
	v    Visitor
	seen map[*SharedDef]bool
	skip map[Expr]bool // not visited, but told of by becoming false
}

func (w *walker) exprs(list ...Expr) {
	for _, e := range list {
		w.expr(e)
	}
}

func (w *walker) expr(e Expr) {
	if e == nil {
		return
	}
	if _, ok := w.skip[e]; ok {
		w.skip[e] = false
		return
	}
	if w.v.Expr != nil {
		w.v.Expr(e)
	}
	switch e := e.(type) {
	case *Call:
		w.exprs(e.Args...)
	case *Path:
		w.exprs(e.Base, e.Key)
	case *Subquery:
		w.rel(e.Rel)
	case *InSubquery:
		w.expr(e.Arg)
		w.rel(e.Rel)
	case *SummaryCall:
		w.exprs(e.Args...)
	}
}

func (w *walker) assign(list []Assignment) {
	for _, a := range list {
		w.expr(a.Expr)
	}
}

func (w *walker) aggregate(a *AggregateCall) {
	if a == nil {
		return
	}
	if w.v.Aggregate != nil {
		w.v.Aggregate(a)
	}
	w.exprs(a.Args...)
}

func (w *walker) sortKeys(keys []SortKey) {
	for _, k := range keys {
		w.expr(k.Expr)
	}
}

func (w *walker) rel(r Rel) {
	if r == nil {
		return
	}
	if s, ok := r.(*Shared); ok {
		if s.Def == nil || w.seen[s.Def] {
			return
		}
		w.seen[s.Def] = true
	}
	if w.v.Rel != nil {
		w.v.Rel(r)
	}
	switch r := r.(type) {
	case *Watchlist:
		w.expr(r.Alias)
	case *Summary:
		w.exprs(r.Args...)
	case *Range:
		w.exprs(r.From, r.To, r.Step)
	case *Filter:
		w.expr(r.Predicate)
	case *Project:
		w.assign(r.Assign)
	case *Aggregate:
		w.assign(r.Keys)
		for i := range r.Aggregates {
			w.aggregate(&r.Aggregates[i])
		}
	case *MakeSeries:
		w.assign(r.Keys)
		for i := range r.Aggregates {
			w.aggregate(&r.Aggregates[i])
		}
		w.exprs(r.Defaults...)
		w.exprs(r.Axis.Expr, r.From, r.To, r.Step)
	case *Sort:
		w.sortKeys(r.Keys)
	case *Top:
		w.expr(r.Count)
		w.sortKeys(r.Keys)
	case *Take:
		w.expr(r.Count)
	case *Sample:
		w.expr(r.Count)
	case *SampleDistinct:
		w.exprs(r.Count, r.Expr)
	case *Serialize:
		w.assign(r.Assign)
	case *Join:
		w.exprs(r.LeftKeys...)
		w.exprs(r.RightKeys...)
	case *Lookup:
		w.exprs(r.LeftKeys...)
		w.exprs(r.RightKeys...)
	case *MvExpand:
		for _, it := range r.Items {
			w.expr(it.Expr)
		}
		w.expr(r.Limit)
	case *MvApply:
		for _, it := range r.Items {
			w.expr(it.Expr)
		}
		w.expr(r.Limit)
		w.rel(r.Body)
	case *Parse:
		w.expr(r.Source)
	case *ParseKv:
		w.expr(r.Source)
	case *Evaluate:
		w.exprs(r.Args...)
		w.aggregate(r.Aggregate)
	case *Partition:
		w.rel(r.Body)
	case *TopNested:
		for i := range r.Levels {
			w.exprs(r.Levels[i].Count, r.Levels[i].Of.Expr, r.Levels[i].Others)
			w.aggregate(&r.Levels[i].By)
		}
	case *Scanner:
		w.assign(r.Declare)
		w.exprs(r.Partition...)
		w.sortKeys(r.Order)
		for _, s := range r.Steps {
			w.expr(s.Condition)
			w.assign(s.Assign)
		}
	case *GraphMatch:
		w.graph(r.Graph)
		w.expr(r.Where)
		w.assign(r.Assign)
		for _, v := range r.Values {
			w.expr(v.Body)
		}
	case *GraphTable:
		w.graph(r.Graph)
	case *Reduce:
		w.exprs(r.Expr, r.Threshold, r.Chars)
	}
	for _, in := range r.Inputs() {
		w.rel(in)
	}
}

func (w *walker) graph(g *Graph) {
	for _, s := range g.Steps {
		w.expr(s.Where)
	}
}
