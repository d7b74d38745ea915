package exec

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-caab1ad3/blindspot/emulator/builtin"
	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// graphPlan is a graph made ready to be built.
type graphPlan struct {
	g      *bind.Graph
	edges  node
	source int
	target int
	tables []graphTable
	steps  []*expr.Program // nil for a step without a condition
}

type graphTable struct {
	in   node
	key  int
	from []int // by node column: the table's column, -1 for none
	cols []*bind.Column
}

func (r *run) prepareGraph(g *bind.Graph) (*graphPlan, error) {
	p := &graphPlan{g: g}
	var err error
	if p.edges, err = r.prepare(g.Edges); err != nil {
		return nil, err
	}
	at := expr.Layout(g.Edges.Columns())
	var ok [2]bool
	p.source, ok[0] = at[g.Source]
	p.target, ok[1] = at[g.Target]
	if !ok[0] || !ok[1] {
		return nil, refuse(g.Edges.Span(), "make-graph over columns that its input lacks")
	}
	for _, t := range g.Tables {
		in, err := r.prepare(t.Rel)
		if err != nil {
			return nil, err
		}
		x := graphTable{in: in, key: -1, cols: t.Rel.Columns(), from: places(g.Nodes, t.Out, t.Rel.Columns())}
		for i, c := range x.cols {
			if c == t.Key {
				x.key = i
			}
		}
		if x.key < 0 {
			return nil, refuse(t.Rel.Span(), "make-graph without a key of its nodes")
		}
		p.tables = append(p.tables, x)
	}
	for _, s := range g.Steps {
		layout := g.NodeLayout()
		if s.Edges {
			layout = g.EdgeLayout()
		}
		var program *expr.Program
		if s.Where != nil {
			if program, err = r.compile(layout, s.Where); err != nil {
				return nil, err
			}
		}
		p.steps = append(p.steps, program)
	}
	return p, nil
}

// graphData is a graph: nodes by number in the order in which they first came, edges in the order of their rows.
type graphData struct {
	plan     *graphPlan
	nodes    []vector.Column // by the graph's node columns
	edges    []vector.Column
	keys     vector.Column // by node: its key
	src, dst []int32
	dead     []bool // edges that a step took away
	gone     []bool // nodes likewise
	out, in  [][]int32
	bags     [2]vector.Column // nodes and edges as bags
}

func (p *graphPlan) build(ctx context.Context, r *run) (*graphData, error) {
	read := func(n node) (*Batch, error) {
		op := r.open(n)
		defer op.Close()
		return r.collect(ctx, op, n, 0)
	}
	edges, err := read(p.edges)
	if err != nil {
		return nil, err
	}
	g := &graphData{plan: p}
	for i := range p.g.EdgeColumns {
		g.edges = append(g.edges, edges.Column(i))
	}
	keyType := p.g.Source.Type
	table := keys.NewTable([]value.Type{keyType})
	type place struct{ table, row int32 }
	var where []place
	var tables []*Batch
	for k, t := range p.tables {
		rows, err := read(t.in)
		if err != nil {
			return nil, err
		}
		tables = append(tables, rows)
		ids := table.IDs([]vector.Column{convert(rows.Column(t.key), keyType)}, rows.N, true, false, nil)
		for row, id := range ids {
			for int(id) >= len(where) {
				where = append(where, place{-1, -1})
			}
			if where[id].table < 0 {
				where[id] = place{int32(k), int32(row)}
			}
		}
	}
	g.src = table.IDs([]vector.Column{edges.Column(p.source)}, edges.N, true, false, nil)
	g.dst = table.IDs([]vector.Column{convert(edges.Column(p.target), keyType)}, edges.N, true, false, nil)
	n := table.Len()
	for len(where) < n {
		where = append(where, place{-1, -1})
	}
	g.keys = vector.NewBuilder(keyType, 0).Finish()
	if n > 0 {
		g.keys = table.Columns()[0]
	}
	for c, col := range p.g.Nodes {
		b := vector.NewBuilder(col.Type, n)
		isKey := col == p.g.ID
		for _, t := range p.tables {
			isKey = isKey || t.from[c] == t.key
		}
		for id, at := range where {
			switch {
			case at.table >= 0 && p.tables[at.table].from[c] >= 0:
				b.Append(tables[at.table].Column(p.tables[at.table].from[c]).Value(int(at.row)))
			case isKey && (at.table < 0 || col == p.g.ID):
				b.Append(value.Convert(g.keys.Value(id), col.Type))
			default:
				b.AppendNull()
			}
		}
		g.nodes = append(g.nodes, b.Finish())
	}
	g.dead, g.gone = make([]bool, len(g.src)), make([]bool, n)
	for i, s := range p.g.Steps {
		if s.Component != nil {
			g.markComponents(s)
			continue
		}
		base := g.layout(s.Edges)
		keep, err := g.mask(p.steps[i].NewFrame(), base, s.Edges)
		if err != nil {
			return nil, err
		}
		for k, ok := range keep {
			switch {
			case ok:
			case s.Edges:
				g.dead[k] = true
			default:
				g.gone[k] = true
			}
		}
	}
	for e := range g.src {
		g.dead[e] = g.dead[e] || g.gone[g.src[e]] || g.gone[g.dst[e]]
	}
	g.link()
	return g, nil
}

func (g *graphData) link() {
	g.out, g.in = make([][]int32, len(g.gone)), make([][]int32, len(g.gone))
	for e, s := range g.src {
		if !g.dead[e] && !g.gone[s] && !g.gone[g.dst[e]] {
			g.out[s] = append(g.out[s], int32(e))
			g.in[g.dst[e]] = append(g.in[g.dst[e]], int32(e))
		}
	}
}

// layout returns the columns that expressions over nodes or edges read, one row a node or edge.
func (g *graphData) layout(edges bool) []vector.Column {
	if edges {
		return append(g.edges[:len(g.edges):len(g.edges)], g.bag(1, g.plan.g.EdgeColumns, g.edges, len(g.src)))
	}
	g.link()
	in, out := make([]int64, len(g.gone)), make([]int64, len(g.gone))
	for i := range g.gone {
		in[i], out[i] = int64(len(g.in[i])), int64(len(g.out[i]))
	}
	return append(g.nodes[:len(g.nodes):len(g.nodes)], &vector.Longs{Typ: value.Long, Data: in}, &vector.Longs{Typ: value.Long, Data: out},
		g.bag(0, g.plan.g.Nodes[:len(g.nodes)], g.nodes, len(g.gone)))
}

func (g *graphData) bag(which int, names []*bind.Column, cols []vector.Column, n int) vector.Column {
	if g.bags[which] != nil && which == 1 {
		return g.bags[which]
	}
	var keys []string
	var shown []int
	for i, c := range names {
		if !c.Hidden {
			keys, shown = append(keys, c.Name), append(shown, i)
		}
	}
	b := vector.NewBuilder(value.Dynamic, n)
	for row := range n {
		elems := make([]*value.Node, len(shown))
		for k, i := range shown {
			elems[k] = cols[i].Value(row).Node()
		}
		b.AppendNode(value.NodeBag(keys, elems))
	}
	g.bags[which] = b.Finish()
	return g.bags[which]
}

// mask evaluates a condition for all nodes or edges that are left.
func (g *graphData) mask(f *expr.Frame, base []vector.Column, edges bool) ([]bool, error) {
	n := len(g.gone)
	if edges {
		n = len(g.src)
	}
	keep := make([]bool, n)
	if n == 0 {
		return keep, nil
	}
	cols, err := f.All(NewBatch(n, base))
	if err != nil {
		return nil, err
	}
	v := vector.Truths(cols[0])
	for i := range keep {
		keep[i] = v.At(i) && !v.IsNull(i)
		if edges {
			keep[i] = keep[i] && !g.dead[i]
		} else {
			keep[i] = keep[i] && !g.gone[i]
		}
	}
	return keep, nil
}

// markComponents numbers the components of what is left, in the order of their first nodes.
func (g *graphData) markComponents(s bind.GraphStep) {
	g.link()
	var root []int32
	if s.Strong {
		root = g.strong()
	} else {
		root = make([]int32, len(g.gone))
		for i := range root {
			root[i] = int32(i)
		}
		var find func(int32) int32
		find = func(x int32) int32 {
			for root[x] != x {
				root[x] = root[root[x]]
				x = root[x]
			}
			return x
		}
		for _, list := range g.out {
			for _, e := range list {
				if a, b := find(g.src[e]), find(g.dst[e]); a != b {
					root[max(a, b)] = min(a, b)
				}
			}
		}
		for i := range root {
			root[i] = find(int32(i))
		}
	}
	numbers := map[int32]int64{}
	data := make([]int64, len(g.gone))
	for i, c := range root {
		if g.gone[i] {
			continue
		}
		if _, ok := numbers[c]; !ok {
			numbers[c] = int64(len(numbers))
		}
		data[i] = numbers[c]
	}
	col := vector.Column(&vector.Longs{Typ: value.Long, Data: data})
	for i, c := range g.plan.g.Nodes {
		if c == s.Component {
			g.nodes = slices.Clone(g.nodes)
			g.nodes[i] = col
		}
	}
}

// strong returns a number for each node that those of one strongly connected component share: Kosaraju's two passes, with
// stacks of their own so that long chains do not nest calls.
func (g *graphData) strong() []int32 {
	n := len(g.gone)
	var order []int32
	seen := make([]bool, n)
	type frame struct {
		at   int32
		next int
	}
	for start := range n {
		if seen[start] {
			continue
		}
		seen[start] = true
		stack := []frame{{int32(start), 0}}
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next < len(g.out[f.at]) {
				to := g.dst[g.out[f.at][f.next]]
				f.next++
				if !seen[to] {
					seen[to] = true
					stack = append(stack, frame{to, 0})
				}
				continue
			}
			order = append(order, f.at)
			stack = stack[:len(stack)-1]
		}
	}
	root := make([]int32, n)
	for i := range root {
		root[i] = -1
	}
	for i := len(order) - 1; i >= 0; i-- {
		if root[order[i]] >= 0 {
			continue
		}
		root[order[i]] = order[i]
		stack := []int32{order[i]}
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, e := range g.in[at] {
				if from := g.src[e]; root[from] < 0 {
					root[from] = order[i]
					stack = append(stack, from)
				}
			}
		}
	}
	return root
}

// graphTableNode is graph-to-table.
type graphTableNode struct {
	columns
	rel  *bind.GraphTable
	plan *graphPlan
}

func (r *run) prepareGraphTable(x *bind.GraphTable) (node, error) {
	p, err := r.prepareGraph(x.Graph)
	if err != nil {
		return nil, err
	}
	return &graphTableNode{x.Cols, x, p}, nil
}

func (n *graphTableNode) open(r *run) Operator {
	return &lazily{size: r.o.BatchSize, make: func(ctx context.Context) (*Batch, error) {
		g, err := n.plan.build(ctx, r)
		if err != nil {
			return nil, err
		}
		return n.rows(r, g)
	}}
}

func (n *graphTableNode) rows(r *run, g *graphData) (*Batch, error) {
	var rows []int32
	gone, base, layout := g.gone, g.nodes, n.rel.Graph.Nodes
	if n.rel.Edges {
		gone, base, layout = g.dead, g.edges, n.rel.Graph.EdgeColumns
	}
	for i, dead := range gone {
		if !dead {
			rows = append(rows, int32(i))
		}
	}
	ids := make([]int64, len(g.gone))
	if n.rel.NodeID != nil || n.rel.SourceID != nil || n.rel.TargetID != nil {
		fn, ok := builtin.Lookup("hash")
		if !ok {
			return nil, fmt.Errorf("graph-to-table: no hash")
		}
		if len(ids) > 0 {
			col, err := builtin.NewCall(r.kernels, fn, value.Long).Apply([]vector.Column{g.keys}, len(ids))
			if err != nil {
				return nil, err
			}
			v := vector.Int64s(col)
			for i := range ids {
				ids[i] = v.At(i)
			}
		}
	}
	from := places(n.columns, n.rel.Out, layout)
	cols := make([]vector.Column, len(n.columns))
	for i, c := range n.columns {
		if from[i] >= 0 {
			cols[i] = base[from[i]].Gather(rows)
			continue
		}
		data := make([]int64, len(rows))
		for k, row := range rows {
			switch c {
			case n.rel.SourceID:
				data[k] = ids[g.src[row]]
			case n.rel.TargetID:
				data[k] = ids[g.dst[row]]
			default:
				data[k] = ids[row]
			}
		}
		cols[i] = &vector.Longs{Typ: value.Long, Data: data}
	}
	return NewBatch(len(rows), cols), nil
}
