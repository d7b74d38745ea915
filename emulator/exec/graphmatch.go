package exec

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// graphMatchNode is graph-match and graph-shortest-paths. Patterns are followed from their first node to their last, depth
// first, edges in the order of their rows. A condition on one node or edge alone, and what all() asks of the edges or inner
// nodes of a variable edge, is computed for all nodes or edges beforehand and cuts the search; the whole condition is then
// computed for the matches, a batch of them at a time.
type graphMatchNode struct {
	columns
	rel    *bind.GraphMatch
	plan   *graphPlan
	slots  []graphSlot
	layout []*bind.Column // of the condition and the projection: elements' columns that are read, then the values
	reads  []slotColumn   // by column of layout before the values
	values []graphValue
	where  *expr.Program
	assign *expr.Program
	masks  []graphMask
}

type graphSlot struct {
	edge, variable bool
}

type slotColumn struct{ slot, column int }

type graphValue struct {
	bind.GraphValue
	program *expr.Program
	reads   []int // columns of the element that the body reads
	outer   []int // columns of layout that it reads
}

// graphMask is a condition on single nodes or edges.
type graphMask struct {
	slot    int
	inner   bool
	edge    bool
	program *expr.Program
}

// graphSteps bounds the partial matches that one search tries, as a guard against explosions.
const graphSteps = 50_000_000

func columnsRead(e bind.Expr, f func(*bind.Column)) {
	switch x := e.(type) {
	case *bind.ColumnRef:
		f(x.Column)
	case *bind.Call:
		for _, a := range x.Args {
			columnsRead(a, f)
		}
	case *bind.Path:
		columnsRead(x.Base, f)
		columnsRead(x.Key, f)
	case *bind.InSubquery:
		columnsRead(x.Arg, f)
	}
}

func (r *run) prepareGraphMatch(x *bind.GraphMatch) (node, error) {
	p, err := r.prepareGraph(x.Graph)
	if err != nil {
		return nil, err
	}
	n := &graphMatchNode{columns: x.Cols, rel: x, plan: p}
	owner := map[*bind.Column]slotColumn{}
	for _, list := range x.Patterns {
		for _, e := range list {
			for len(n.slots) <= e.Slot {
				n.slots = append(n.slots, graphSlot{})
			}
			n.slots[e.Slot] = graphSlot{e.Edge, e.Variable}
			for i, c := range e.Columns {
				owner[c] = slotColumn{e.Slot, i}
			}
		}
	}
	used := map[*bind.Column]bool{}
	note := func(e bind.Expr) {
		if e != nil {
			columnsRead(e, func(c *bind.Column) {
				if at, ok := owner[c]; ok && !used[c] {
					used[c] = true
					n.layout = append(n.layout, c)
					n.reads = append(n.reads, at)
				}
			})
		}
	}
	note(x.Where)
	for _, v := range x.Values {
		note(v.Body)
	}
	exprs := make([]bind.Expr, len(x.Assign))
	for i, a := range x.Assign {
		note(a.Expr)
		exprs[i] = a.Expr
	}
	outer := expr.Layout(n.layout)
	byColumn := map[*bind.Column]*bind.GraphValue{}
	for i := range x.Values {
		v := graphValue{GraphValue: x.Values[i]}
		byColumn[v.Column] = &x.Values[i]
		inner := expr.Layout(v.Columns)
		var layout []*bind.Column
		seen := map[*bind.Column]bool{}
		columnsRead(v.Body, func(c *bind.Column) {
			if k, ok := inner[c]; ok && !seen[c] {
				seen[c] = true
				layout = append(layout, c)
				v.reads = append(v.reads, k)
			}
		})
		columnsRead(v.Body, func(c *bind.Column) {
			if k, ok := outer[c]; ok && !seen[c] {
				seen[c] = true
				layout = append(layout, c)
				v.outer = append(v.outer, k)
			} else if !seen[c] {
				err = refuse(x.At, "%s() within another", v.Kind)
			}
		})
		if err != nil {
			return nil, err
		}
		if v.program, err = r.compile(layout, v.Body); err != nil {
			return nil, err
		}
		n.values = append(n.values, v)
	}
	for _, v := range x.Values {
		n.layout = append(n.layout, v.Column)
	}
	if n.assign, err = r.compile(n.layout, exprs...); err != nil {
		return nil, err
	}
	if x.Where == nil {
		return n, nil
	}
	if n.where, err = r.compile(n.layout, x.Where); err != nil {
		return nil, err
	}
	for _, c := range plan.Conjuncts(x.Where) {
		if err := r.prepareMask(n, c, owner, byColumn); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// prepareMask keeps a conjunct that speaks of one element alone.
func (r *run) prepareMask(n *graphMatchNode, c bind.Expr, owner map[*bind.Column]slotColumn, values map[*bind.Column]*bind.GraphValue) error {
	if !plan.Pure(c) {
		return nil
	}
	m := graphMask{slot: -1}
	layout := n.rel.Graph.NodeLayout()
	if ref, ok := c.(*bind.ColumnRef); ok && values[ref.Column] != nil && values[ref.Column].Kind == "all" {
		v := values[ref.Column]
		own := expr.Layout(v.Columns)
		alone := true
		columnsRead(v.Body, func(c *bind.Column) {
			if _, ok := own[c]; !ok {
				alone = false
			}
		})
		if !alone || !n.slots[v.Slot].variable {
			return nil
		}
		m = graphMask{slot: v.Slot, inner: v.Inner, edge: !v.Inner}
		layout, c = v.Columns, v.Body
	} else {
		alone := true
		columnsRead(c, func(col *bind.Column) {
			at, ok := owner[col]
			if !ok || m.slot >= 0 && m.slot != at.slot {
				alone = false
				return
			}
			m.slot = at.slot
		})
		if !alone || m.slot < 0 {
			return nil
		}
		for _, list := range n.rel.Patterns {
			for _, e := range list {
				if e.Slot == m.slot {
					layout, m.edge = e.Columns, e.Edge
				}
			}
		}
	}
	var err error
	m.program, err = r.compile(layout, c)
	n.masks = append(n.masks, m)
	return err
}

func (n *graphMatchNode) open(r *run) Operator {
	return &lazily{size: r.o.BatchSize, make: func(ctx context.Context) (*Batch, error) {
		g, err := n.plan.build(ctx, r)
		if err != nil {
			return nil, err
		}
		s := &graphSearch{n: n, g: g, ctx: ctx, limit: r.o.Limits.Cells}
		if err := s.prepare(); err != nil {
			return nil, err
		}
		if n.rel.Shortest {
			err = s.shortest()
		} else {
			err = s.pattern(0)
		}
		if err == nil {
			err = s.flush()
		}
		if err != nil {
			return nil, err
		}
		return s.result(), nil
	}}
}

// graphSearch is one search.
type graphSearch struct {
	n     *graphMatchNode
	g     *graphData
	ctx   context.Context
	limit int

	base       [2][]vector.Column // columns of nodes and of edges
	masks      [][]bool           // by slot: nodes or edges that may stand there, nil for all
	inner      [][]bool           // by slot of a variable edge: nodes that may be inside it
	bound      []int32            // by slot: the node or edge that stands there, -1 for none
	paths      []graphPath        // by slot of a variable edge
	usedEdges  []bool
	usedNodes  []int16
	steps      int
	noCycles   bool
	anyEdges   bool
	frames     []*expr.Frame // by value
	where      *expr.Frame
	assign     *expr.Frame
	pending    graphMatches
	out        []*Batch
	rows       int
	tags       []graphTag // of the rows of out, for shortest paths that only a search finds
	keepsTags  bool
	directHits bool
}

type graphPath struct{ edges, nodes []int32 }

type graphTag struct{ start, end, length int32 }

// graphMatches are matches whose condition is not computed yet.
type graphMatches struct {
	n     int
	bound [][]int32  // by slot
	paths [][]int32  // by slot: the edges of all matches
	nodes [][]int32  // by slot: the inner nodes
	ends  [][][2]int // by slot and match: where its edges and inner nodes end
	tags  []graphTag
}

func (s *graphSearch) prepare() error {
	n, g := s.n, s.g
	s.base = [2][]vector.Column{g.layout(false), g.layout(true)}
	s.masks, s.inner = make([][]bool, len(n.slots)), make([][]bool, len(n.slots))
	for _, m := range n.masks {
		base := s.base[0]
		if m.edge {
			base = s.base[1]
		}
		keep, err := g.mask(m.program.NewFrame(), base, m.edge)
		if err != nil {
			return err
		}
		to := &s.masks[m.slot]
		if m.inner {
			to = &s.inner[m.slot]
		}
		if *to == nil {
			*to = keep
		} else {
			for i := range keep {
				(*to)[i] = (*to)[i] && keep[i]
			}
		}
	}
	s.bound = make([]int32, len(n.slots))
	for i := range s.bound {
		s.bound[i] = -1
	}
	s.paths = make([]graphPath, len(n.slots))
	s.usedEdges, s.usedNodes = make([]bool, len(g.src)), make([]int16, len(g.gone))
	s.noCycles, s.anyEdges = n.rel.Cycles == "none", n.rel.Cycles == "all"
	for _, v := range n.values {
		s.frames = append(s.frames, v.program.NewFrame())
	}
	if n.where != nil {
		s.where = n.where.NewFrame()
	}
	s.assign = n.assign.NewFrame()
	s.reset()
	return nil
}

func (s *graphSearch) reset() {
	k := len(s.n.slots)
	s.pending = graphMatches{bound: make([][]int32, k), paths: make([][]int32, k), nodes: make([][]int32, k), ends: make([][][2]int, k)}
}

func (s *graphSearch) step() error {
	if s.steps++; s.steps&0xfff == 0 {
		if err := alive(s.ctx); err != nil {
			return err
		}
		if s.steps > graphSteps {
			return fmt.Errorf("%w: graph-match tried more than %d partial matches", ErrLimit, graphSteps)
		}
	}
	return nil
}

// pattern matches pattern p and those after it.
func (s *graphSearch) pattern(p int) error {
	patterns := s.n.rel.Patterns
	if p == len(patterns) {
		return s.found()
	}
	if len(patterns[p]) == 0 {
		return s.pattern(p + 1)
	}
	first := patterns[p][0]
	if at := s.bound[first.Slot]; at >= 0 {
		return s.after(p, 0, at)
	}
	for node := range s.g.gone {
		if err := s.node(p, 0, int32(node)); err != nil {
			return err
		}
	}
	return nil
}

// node puts a node where element i of pattern p stands.
func (s *graphSearch) node(p, i int, node int32) error {
	if err := s.step(); err != nil {
		return err
	}
	e := s.n.rel.Patterns[p][i]
	if at := s.bound[e.Slot]; at >= 0 {
		if at != node || s.noCycles && p == 0 {
			return nil
		}
		return s.after(p, i, node)
	}
	if s.g.gone[node] || s.masks[e.Slot] != nil && !s.masks[e.Slot][node] || s.noCycles && s.usedNodes[node] > 0 {
		return nil
	}
	s.bound[e.Slot] = node
	s.usedNodes[node]++
	err := s.after(p, i, node)
	s.usedNodes[node]--
	s.bound[e.Slot] = -1
	return err
}

// after goes on from the node at element i.
func (s *graphSearch) after(p, i int, node int32) error {
	list := s.n.rel.Patterns[p]
	if i+1 >= len(list) {
		return s.pattern(p + 1)
	}
	e := list[i+1]
	if !e.Variable {
		return s.edges(node, e.Direction, func(edge, to int32) error {
			if s.masks[e.Slot] != nil && !s.masks[e.Slot][edge] {
				return nil
			}
			if at := s.bound[e.Slot]; at >= 0 {
				if at != edge {
					return nil
				}
				return s.node(p, i+2, to)
			}
			if s.usedEdges[edge] && !s.anyEdges {
				return nil
			}
			before := s.usedEdges[edge]
			s.usedEdges[edge], s.bound[e.Slot] = true, edge
			err := s.node(p, i+2, to)
			s.usedEdges[edge], s.bound[e.Slot] = before, -1
			return err
		})
	}
	s.paths[e.Slot] = graphPath{s.paths[e.Slot].edges[:0], s.paths[e.Slot].nodes[:0]}
	return s.extend(p, i, node, 0)
}

// extend makes the variable edge after element i one edge longer.
func (s *graphSearch) extend(p, i int, at int32, depth int) error {
	e := s.n.rel.Patterns[p][i+1]
	if depth >= e.Low {
		if err := s.node(p, i+2, at); err != nil {
			return err
		}
	}
	if depth >= e.High {
		return nil
	}
	path := &s.paths[e.Slot]
	if depth > 0 {
		// at is inside the path from now on
		if s.inner[e.Slot] != nil && !s.inner[e.Slot][at] || s.noCycles && s.usedNodes[at] > 0 {
			return nil
		}
		path.nodes = append(path.nodes, at)
		s.usedNodes[at]++
		defer func() {
			s.usedNodes[at]--
			path.nodes = path.nodes[:len(path.nodes)-1]
		}()
	}
	return s.edges(at, e.Direction, func(edge, to int32) error {
		if s.masks[e.Slot] != nil && !s.masks[e.Slot][edge] || s.usedEdges[edge] && !s.anyEdges {
			return nil
		}
		if err := s.step(); err != nil {
			return err
		}
		before := s.usedEdges[edge]
		s.usedEdges[edge] = true
		path.edges = append(path.edges, edge)
		err := s.extend(p, i, to, depth+1)
		path.edges = path.edges[:len(path.edges)-1]
		s.usedEdges[edge] = before
		return err
	})
}

// edges calls f for the edges of a node in a direction, with the node at the other end.
func (s *graphSearch) edges(node int32, direction int, f func(edge, to int32) error) error {
	if direction >= 0 {
		for _, e := range s.g.out[node] {
			if err := f(e, s.g.dst[e]); err != nil {
				return err
			}
		}
	}
	if direction <= 0 {
		for _, e := range s.g.in[node] {
			if direction == 0 && s.g.src[e] == node && s.g.dst[e] == node {
				continue
			}
			if err := f(e, s.g.src[e]); err != nil {
				return err
			}
		}
	}
	return nil
}

// found notes the match at hand.
func (s *graphSearch) found() error {
	m := &s.pending
	length := 0
	for k := range s.n.slots {
		m.bound[k] = append(m.bound[k], s.bound[k])
		if s.n.slots[k].variable {
			m.paths[k] = append(m.paths[k], s.paths[k].edges...)
			m.nodes[k] = append(m.nodes[k], s.paths[k].nodes...)
			m.ends[k] = append(m.ends[k], [2]int{len(m.paths[k]), len(m.nodes[k])})
			length += len(s.paths[k].edges)
		}
	}
	if s.keepsTags {
		list := s.n.rel.Patterns[0]
		m.tags = append(m.tags, graphTag{s.bound[list[0].Slot], s.bound[list[len(list)-1].Slot], int32(length)})
	}
	if m.n++; m.n >= vector.BatchSize {
		return s.flush()
	}
	return nil
}

// flush computes the condition and the projection of the matches noted.
func (s *graphSearch) flush() error {
	m := s.pending
	if m.n == 0 {
		return nil
	}
	s.reset()
	cols := make([]vector.Column, 0, len(s.n.layout))
	for _, at := range s.n.reads {
		base := s.base[0]
		if s.n.slots[at.slot].edge {
			base = s.base[1]
		}
		cols = append(cols, base[at.column].Gather(m.bound[at.slot]))
	}
	outer := cols
	for k := range s.n.values {
		c, err := s.value(k, &m, outer)
		if err != nil {
			return err
		}
		cols = append(cols, c)
	}
	all := NewBatch(m.n, cols)
	if s.where != nil {
		kept, err := s.where.All(all)
		if err != nil {
			return err
		}
		v := vector.Truths(kept[0])
		var rows []int32
		for i := range m.n {
			if v.At(i) && !v.IsNull(i) {
				rows = append(rows, int32(i))
			}
		}
		if len(rows) == 0 {
			return nil
		}
		if len(rows) < m.n {
			all = all.Select(rows)
			if s.keepsTags {
				tags := make([]graphTag, len(rows))
				for i, row := range rows {
					tags[i] = m.tags[row]
				}
				m.tags = tags
			}
		}
	}
	out, err := s.assign.All(all)
	if err != nil {
		return err
	}
	s.tags = append(s.tags, m.tags...)
	s.out = append(s.out, NewBatch(all.N, slices.Clone(out)))
	if s.rows += all.N; s.limit > 0 && s.rows > s.limit {
		return fmt.Errorf("%w: graph-match yields more than %d rows", ErrLimit, s.limit)
	}
	return nil
}

// value computes a column of all, any or map.
func (s *graphSearch) value(k int, m *graphMatches, outer []vector.Column) (vector.Column, error) {
	v := &s.n.values[k]
	slot := s.n.slots[v.Slot]
	var items, rows []int32
	ends := make([]int, m.n)
	base := s.base[1]
	switch {
	case !slot.variable:
		items = m.bound[v.Slot]
		if !slot.edge {
			base = s.base[0]
		}
	case v.Inner:
		items, base = m.nodes[v.Slot], s.base[0]
	default:
		items = m.paths[v.Slot]
	}
	from := 0
	for i := range m.n {
		to := i + 1
		if slot.variable {
			to = m.ends[v.Slot][i][0]
			if v.Inner {
				to = m.ends[v.Slot][i][1]
			}
		}
		for ; from < to; from++ {
			rows = append(rows, int32(i))
		}
		ends[i] = to
	}
	var got vector.Column
	if len(items) > 0 {
		var cols []vector.Column
		for _, c := range v.reads {
			cols = append(cols, base[c].Gather(items))
		}
		for _, c := range v.outer {
			cols = append(cols, outer[c].Gather(rows))
		}
		list, err := s.frames[k].All(NewBatch(len(items), cols))
		if err != nil {
			return nil, err
		}
		got = list[0]
	}
	if v.Kind == "map" {
		b := vector.NewBuilder(value.Dynamic, m.n)
		at := 0
		for _, to := range ends {
			elems := make([]*value.Node, 0, to-at)
			for ; at < to; at++ {
				elems = append(elems, got.Value(at).Node())
			}
			b.AppendNode(value.NodeArray(elems...))
		}
		return b.Finish(), nil
	}
	b := vector.NewBuilder(value.Bool, m.n)
	at := 0
	for _, to := range ends {
		yes := v.Kind == "all"
		for ; at < to; at++ {
			x := got.Value(at)
			if truth := !x.Null && x.I != 0; truth != (v.Kind == "all") {
				yes = truth
			}
		}
		b.AppendBool(yes)
	}
	return b.Finish(), nil
}

func (s *graphSearch) result() *Batch {
	rows := concat(s.out, len(s.n.columns))
	if len(s.out) == 0 {
		return filled(rows, graphColumns{s.n.columns})
	}
	if !s.keepsTags {
		return rows
	}
	best := map[[2]int32]int32{}
	for _, t := range s.tags {
		key := [2]int32{t.start, t.end}
		if l, ok := best[key]; !ok || t.length < l {
			best[key] = t.length
		}
	}
	var keep []int32
	for i, t := range s.tags {
		key := [2]int32{t.start, t.end}
		if best[key] == t.length {
			keep = append(keep, int32(i))
			if !s.n.rel.All {
				best[key] = -1
			}
		}
	}
	return rows.Select(keep)
}

type graphColumns struct{ columns }

func (graphColumns) open(*run) Operator      { return nil }
func (c graphColumns) at(i int) *bind.Column { return c.columns[i] }

// shortest finds shortest paths. Where the condition asks nothing of the path as a whole, a breadth-first search from each
// start finds them; otherwise all paths without a cycle are searched and the shortest of those that pass are kept.
func (s *graphSearch) shortest() error {
	list := s.n.rel.Patterns
	if len(list) != 1 || len(list[0]) != 3 || !list[0][1].Variable || list[0][1].Low > 1 || s.readsPath() {
		s.keepsTags = true
		return s.pattern(0)
	}
	first, e, last := list[0][0], list[0][1], list[0][2]
	if first.Slot == last.Slot {
		return nil
	}
	n := len(s.g.gone)
	depth := make([]int32, n)
	before := make([][]int32, n) // the edges that reach a node on a shortest path, the first one only unless all are wanted
	for start := range n {
		if s.g.gone[start] || s.masks[first.Slot] != nil && !s.masks[first.Slot][start] {
			continue
		}
		clear(depth)
		depth[start] = 1
		reached := []int32{int32(start)}
		for at := 0; at < len(reached); at++ {
			from := reached[at]
			if err := s.step(); err != nil {
				return err
			}
			d := depth[from]
			if int(d) > e.High || at > 0 && s.inner[e.Slot] != nil && !s.inner[e.Slot][from] {
				continue
			}
			err := s.edges(from, e.Direction, func(edge, to int32) error {
				if s.masks[e.Slot] != nil && !s.masks[e.Slot][edge] {
					return nil
				}
				switch {
				case depth[to] == 0:
					depth[to] = d + 1
					before[to] = append(before[to][:0], edge)
					reached = append(reached, to)
				case depth[to] == d+1 && s.n.rel.All:
					before[to] = append(before[to], edge)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		for _, end := range reached[1:] {
			if s.masks[last.Slot] != nil && !s.masks[last.Slot][end] {
				continue
			}
			s.bound[first.Slot], s.bound[last.Slot] = int32(start), end
			if err := s.backtrack(e, before, int32(start), end, nil); err != nil {
				return err
			}
		}
		s.bound[first.Slot], s.bound[last.Slot] = -1, -1
	}
	return nil
}

// backtrack notes the paths that lead from start to at; tail are the edges after it, last first.
func (s *graphSearch) backtrack(e bind.GraphElement, before [][]int32, start, at int32, tail []int32) error {
	if at == start {
		p := graphPath{}
		from := start
		for i := len(tail) - 1; i >= 0; i-- {
			p.edges = append(p.edges, tail[i])
			from = s.other(tail[i], from, e.Direction)
			if i > 0 {
				p.nodes = append(p.nodes, from)
			}
		}
		s.paths[e.Slot] = p
		return s.found()
	}
	for _, edge := range before[at] {
		if err := s.step(); err != nil {
			return err
		}
		if err := s.backtrack(e, before, start, s.other(edge, at, -e.Direction), append(tail, edge)); err != nil {
			return err
		}
	}
	return nil
}

// other is the node that an edge leads to from a node.
func (s *graphSearch) other(edge, from int32, direction int) int32 {
	switch {
	case direction > 0:
		return s.g.dst[edge]
	case direction < 0:
		return s.g.src[edge]
	case s.g.src[edge] == from:
		return s.g.dst[edge]
	}
	return s.g.src[edge]
}

// readsPath reports whether the condition asks something of a path that is not asked of each of its parts.
func (s *graphSearch) readsPath() bool {
	if s.n.rel.Where == nil {
		return false
	}
	values := map[*bind.Column]bool{}
	for _, v := range s.n.values {
		if s.n.slots[v.Slot].variable {
			values[v.Column] = true
		}
	}
	masked := 0
	for _, m := range s.n.masks {
		if s.n.slots[m.slot].variable {
			masked++
		}
	}
	reads := false
	for _, c := range plan.Conjuncts(s.n.rel.Where) {
		if ref, ok := c.(*bind.ColumnRef); ok && values[ref.Column] && masked > 0 {
			masked--
			continue
		}
		columnsRead(c, func(col *bind.Column) { reads = reads || values[col] })
	}
	return reads
}
