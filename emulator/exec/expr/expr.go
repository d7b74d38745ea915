// Package expr evaluates bound expressions over batches of columns. In comes an expression of package bind and the place
// of each column in the batches; out goes a Program, which any number of goroutines may run, each with its own Frame.
//
// What depends on one dictionary-encoded column only, however deep the expression (tostring(DeviceDetail.os) == "x"), is
// computed once for each value of the dictionary and then looked up by code. Parts shared by pointer are computed once a
// batch. iff, case, and, or compute their costly parts only for the rows that need them. The scalar functions themselves
// are package builtin's.
package expr

import (
	"fmt"
	"slices"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Source is what a program reads: rows with columns by number.
type Source interface {
	Rows() int
	Column(i int) vector.Column
}

// Kernel computes a function over n rows. Arguments have n rows each, or are constants of n rows. It serves one goroutine.
type Kernel func(args []vector.Column, n int) (vector.Column, error)

// Env is what expressions need from outside: kernels, and the results of relations within expressions.
type Env struct {
	// Kernel returns a maker of the call's implementation, one a goroutine; an error says that there is none.
	Kernel func(*bind.Call) (func() Kernel, error)
	// Scalar returns the value of toscalar(...), computed once a query.
	Scalar func(*bind.Subquery) (value.Value, error)
	// List returns what an `in (T)` searches, computed once a query.
	List func(*bind.InSubquery) (*List, error)
	// Memory keeps results over dictionaries beyond the query; nil keeps none.
	Memory *Memory
}

// Program is compiled expressions.
type Program struct {
	env   *Env
	nodes []*node
	roots []*node
}

type kind uint8

const (
	kindConst kind = iota
	kindColumn
	kindCall
	kindPath
	kindAnd
	kindOr
	kindChoose // iff and case
	kindScalar
	kindList
	kindWindow
)

type node struct {
	id     int
	kind   kind
	typ    value.Type
	expr   bind.Expr
	args   []*node
	kernel func() Kernel
	val    value.Value // kindConst
	column int         // kindColumn
	single int         // the one column that the node depends on, noColumn or manyColumns
	pure   bool
	cost   int
	luts   lutSet
	marked sync.Once
	mark   fingerprint
}

const (
	noColumn    = -1
	manyColumns = -2
)

// Compile prepares expressions over batches in which column c is number layout[c].
func Compile(env *Env, layout map[*bind.Column]int, exprs ...bind.Expr) (*Program, error) {
	p := &Program{env: env}
	c := &compiler{p: p, layout: layout, seen: map[bind.Expr]*node{}}
	for _, e := range exprs {
		n, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		p.roots = append(p.roots, n)
	}
	return p, nil
}

// Layout returns the numbers of columns that stand in the given order.
func Layout(cols []*bind.Column) map[*bind.Column]int {
	m := make(map[*bind.Column]int, len(cols))
	for i, c := range cols {
		if _, twice := m[c]; !twice {
			m[c] = i
		}
	}
	return m
}

type compiler struct {
	p      *Program
	layout map[*bind.Column]int
	seen   map[bind.Expr]*node
}

func (c *compiler) compile(e bind.Expr) (*node, error) {
	if n, ok := c.seen[e]; ok {
		return n, nil
	}
	n := &node{expr: e, typ: e.Type(), single: noColumn, pure: true, cost: 1}
	args := func(list ...bind.Expr) error {
		for _, a := range list {
			m, err := c.compile(a)
			if err != nil {
				return err
			}
			n.args = append(n.args, m)
		}
		return nil
	}
	var err error
	switch x := e.(type) {
	case *bind.Const:
		n.kind, n.val, n.cost = kindConst, x.Value, 0
	case *bind.ColumnRef:
		i, ok := c.layout[x.Column]
		if !ok {
			return nil, fmt.Errorf("column %q is not among the operator's input columns", x.Column.Name)
		}
		n.kind, n.column, n.single, n.cost = kindColumn, i, i, 0
	case *bind.Path:
		n.kind, n.cost = kindPath, 6
		err = args(x.Base, x.Key)
	case *bind.Subquery:
		n.kind = kindScalar
	case *bind.InSubquery:
		n.kind, n.cost = kindList, 4
		err = args(x.Arg)
	case *bind.Call:
		if err = args(x.Args...); err == nil {
			err = c.call(n, x)
		}
	default:
		err = fmt.Errorf("expression %T is not run by the engine", e)
	}
	if err != nil {
		return nil, err
	}
	for _, a := range n.args {
		n.cost += a.cost
		n.pure = n.pure && a.pure
		n.single = join(n.single, a.single)
	}
	n.id = len(c.p.nodes)
	c.p.nodes = append(c.p.nodes, n)
	if n.kind == kindCall && n.pure && n.single == noColumn && allConst(n.args) {
		if err := c.fold(n); err != nil {
			return nil, err
		}
	}
	c.seen[e] = n
	return n, nil
}

func join(a, b int) int {
	switch {
	case a == noColumn:
		return b
	case b == noColumn || a == b:
		return a
	}
	return manyColumns
}

func allConst(list []*node) bool {
	return !slices.ContainsFunc(list, func(n *node) bool { return n.kind != kindConst })
}

// fold makes a constant of a call over constants.
func (c *compiler) fold(n *node) error {
	args := make([]vector.Column, len(n.args))
	for i, a := range n.args {
		args[i] = &vector.Const{Val: a.val, N: 1}
	}
	out, err := n.kernel()(args, 1)
	if err != nil {
		return err
	}
	n.kind, n.val, n.cost, n.args = kindConst, out.Value(0), 0, nil
	return nil
}

func (c *compiler) call(n *node, x *bind.Call) error {
	n.cost = costOf(x.Name)
	switch x.Name {
	case "and":
		n.kind = kindAnd
		return nil
	case "or":
		n.kind = kindOr
		return nil
	case "iff", "iif":
		n.kind = kindChoose
		return nil
	case "case":
		n.kind = kindChoose
		return nil
	}
	n.kind = kindCall
	if plan.IsWindow(x.Name) {
		n.kind, n.pure = kindWindow, false
		return nil
	}
	n.pure = plan.Pure(bind.NewCall(x.Name, nil, x.Type(), x.Span()))
	kernel, err := c.p.env.Kernel(x)
	n.kernel = kernel
	return err
}

// costOf ranks functions by what a row costs, in units of a comparison of numbers. It orders filters and tells which
// branches are worth computing for some rows only.
func costOf(name string) int {
	switch name {
	case "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "not", "isnull", "isnotnull", "isempty", "isnotempty", "between", "!between", "unary-":
		return 1
	case "in", "!in", "=~", "!~", "startswith", "startswith_cs", "endswith", "endswith_cs", "tolong", "toint", "toreal", "tobool", "bin", "tostring":
		return 3
	case "has", "has_cs", "!has", "!has_cs", "contains", "contains_cs", "!contains", "!contains_cs", "in~", "!in~", "hasprefix", "hassuffix", "tolower", "toupper", "strcat":
		return 10
	case "has_any", "has_all":
		return 20
	case "matches regex", "extract", "extract_all", "replace_regex", "parse_json", "parse_url", "parse_xml", "parse_csv", "parse_user_agent", "geo_info_from_ip_address":
		return 100
	}
	return 8
}

// Cost returns the estimated cost of a row of root i, for ordering.
func (p *Program) Cost(i int) int { return p.roots[i].cost }

// Constant returns the value of root i when it is the same for all rows.
func (p *Program) Constant(i int) (value.Value, bool) {
	n := p.roots[i]
	return n.val, n.kind == kindConst
}

// ColumnOf returns the number of the column that root i merely passes on, -1 when it computes something.
func (p *Program) ColumnOf(i int) int {
	if n := p.roots[i]; n.kind == kindColumn {
		return n.column
	}
	return -1
}

// Forget lets go of results over dictionaries, before the program is run over other tables. No frame may be at work.
func (p *Program) Forget() {
	for _, n := range p.nodes {
		if n.luts.all != nil {
			clear(n.luts.all)
			n.luts.last.Store(nil)
		}
	}
}

// Type returns the type of root i.
func (p *Program) Type(i int) value.Type { return p.roots[i].typ }

// Len returns the number of roots.
func (p *Program) Len() int { return len(p.roots) }

// Pure reports whether the program's answer for a row depends on that row alone: it calls neither a random source nor a
// function over the order of rows.
func (p *Program) Pure() bool {
	for _, n := range p.roots {
		if !n.pure {
			return false
		}
	}
	return true
}
