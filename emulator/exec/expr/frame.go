package expr

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Frame is the state of one goroutine that runs a program.
type Frame struct {
	p       *Program
	src     Source
	n       int
	memo    []vector.Column
	kernels []Kernel
}

// NewFrame returns a frame of the program.
func (p *Program) NewFrame() *Frame {
	return &Frame{p: p, memo: make([]vector.Column, len(p.nodes)), kernels: make([]Kernel, len(p.nodes))}
}

// below returns a frame for another source of the same goroutine, which shares the kernels.
func (f *Frame) below(src Source) *Frame {
	sub := &Frame{p: f.p, memo: make([]vector.Column, len(f.memo)), kernels: f.kernels}
	sub.Reset(src)
	return sub
}

func (f *Frame) apply(n *node, args []vector.Column, rows int) (vector.Column, error) {
	k := f.kernels[n.id]
	if k == nil {
		k = n.kernel()
		f.kernels[n.id] = k
	}
	return k(args, rows)
}

// Reset makes src what the frame reads. What was computed of the previous source is forgotten.
func (f *Frame) Reset(src Source) {
	f.src, f.n = src, src.Rows()
	clear(f.memo)
}

// Eval returns the column of root i over the source.
func (f *Frame) Eval(i int) (vector.Column, error) { return f.eval(f.p.roots[i]) }

// All returns the columns of all roots over src.
func (f *Frame) All(src Source) ([]vector.Column, error) {
	f.Reset(src)
	out := make([]vector.Column, len(f.p.roots))
	for i := range out {
		c, err := f.Eval(i)
		if err != nil {
			return nil, err
		}
		out[i] = c
	}
	return out, nil
}

func (f *Frame) eval(n *node) (vector.Column, error) {
	if c := f.memo[n.id]; c != nil {
		return c, nil
	}
	c, err := f.compute(n)
	if err == nil {
		f.memo[n.id] = c
	}
	return c, err
}

func (f *Frame) compute(n *node) (vector.Column, error) {
	switch n.kind {
	case kindConst:
		return &vector.Const{Val: n.val, N: f.n}, nil
	case kindColumn:
		return f.src.Column(n.column), nil
	}
	if n.single >= 0 && n.pure && f.n > 0 {
		if c, ok, err := f.byDictionary(n); ok || err != nil {
			return c, err
		}
	}
	switch n.kind {
	case kindAnd, kindOr:
		return f.logical(n)
	case kindChoose:
		return f.choose(n)
	case kindScalar:
		v, err := f.p.env.Scalar(n.expr.(*bind.Subquery))
		if err != nil {
			return nil, err
		}
		return &vector.Const{Val: v, N: f.n}, nil
	case kindList:
		return f.inList(n)
	case kindWindow:
		return f.window(n)
	}
	args := make([]vector.Column, len(n.args))
	constant := len(args) > 0 && n.pure
	for i, a := range n.args {
		c, err := f.eval(a)
		if err != nil {
			return nil, err
		}
		args[i] = c
		if _, ok := c.(*vector.Const); !ok {
			constant = false
		}
	}
	if n.kind == kindPath {
		return path(args[0], args[1], f.n), nil
	}
	if constant && f.n > 0 {
		for i, c := range args {
			args[i] = &vector.Const{Val: c.(*vector.Const).Val, N: 1}
		}
		out, err := f.apply(n, args, 1)
		if err != nil {
			return nil, err
		}
		return &vector.Const{Val: out.Value(0), N: f.n}, nil
	}
	return f.apply(n, args, f.n)
}

// subset is some rows of a source.
type subset struct {
	src  Source
	rows []int32
	cols map[int]vector.Column
}

func (s *subset) Rows() int { return len(s.rows) }

func (s *subset) Column(i int) vector.Column {
	c, ok := s.cols[i]
	if !ok {
		c = s.src.Column(i).Gather(s.rows)
		if s.cols == nil {
			s.cols = map[int]vector.Column{}
		}
		s.cols[i] = c
	}
	return c
}

// evalOn returns n's column over the named rows only.
func (f *Frame) evalOn(n *node, rows []int32) (vector.Column, error) {
	if c := f.memo[n.id]; c != nil {
		return c.Gather(rows), nil
	}
	return f.below(&subset{src: f.src, rows: rows}).eval(n)
}

// costly is the cost from which on a part is computed for the rows alone that need it.
const costly = 8

// sequential reports whether n must see all rows in order.
func sequential(n *node) bool { return !n.pure }

// logical computes and / or with three truth values: an operand that decides the row makes the others unneeded.
func (f *Frame) logical(n *node) (vector.Column, error) {
	decides := n.kind == kindOr
	data := make([]bool, f.n)
	var nulls vector.Nulls
	for i := range data {
		data[i] = !decides
	}
	open := f.n // rows not decided yet
	for _, a := range n.args {
		if open == 0 {
			break
		}
		if a.cost >= costly && open <= f.n/2 && !sequential(a) && f.memo[a.id] == nil {
			rows := make([]int32, 0, open)
			for i, d := range data {
				if d != decides {
					rows = append(rows, int32(i))
				}
			}
			c, err := f.evalOn(a, rows)
			if err != nil {
				return nil, err
			}
			v := vector.Truths(c)
			for k, r := range rows {
				nulls = f.merge(data, nulls, int(r), &v, k, decides, &open)
			}
			continue
		}
		c, err := f.eval(a)
		if err != nil {
			return nil, err
		}
		v := vector.Truths(c)
		if nulls == nil && !v.MayBeNull() && !v.IsConst() {
			if decides {
				for i, t := range v.Data[:f.n] {
					data[i] = data[i] || t
				}
			} else {
				for i, t := range v.Data[:f.n] {
					data[i] = data[i] && t
				}
			}
			open = 0
			for _, d := range data {
				if d != decides {
					open++
				}
			}
			continue
		}
		for i := range data {
			if data[i] != decides {
				nulls = f.merge(data, nulls, i, &v, i, decides, &open)
			}
		}
	}
	if !nulls.Any() {
		nulls = nil
	}
	return &vector.Bools{Data: data, Nulls: nulls}, nil
}

// merge folds row k of v into row i.
func (f *Frame) merge(data []bool, nulls vector.Nulls, i int, v *vector.View[bool], k int, decides bool, open *int) vector.Nulls {
	switch {
	case v.IsNull(k):
		if nulls == nil {
			nulls = vector.NewNulls(f.n)
		}
		nulls.Set(i)
	case v.At(k) == decides:
		data[i] = decides
		*open--
		if nulls != nil {
			nulls[i>>6] &^= 1 << (uint(i) & 63)
		}
	}
	return nulls
}

// choose computes iff and case: conditions in order, the value of the first that is true, else the last argument.
func (f *Frame) choose(n *node) (vector.Column, error) {
	var branch []int32 // 1-based; 0 while open; nil while no row has a branch
	open := f.n
	last := len(n.args) - 1
	branches := 0
	for k := 0; k < last; k += 2 {
		if open == 0 {
			break
		}
		branches++
		cond := n.args[k]
		if cond.cost >= costly && open <= f.n/2 && !sequential(cond) && f.memo[cond.id] == nil {
			rows := rowsOf(branch, 0, open)
			c, err := f.evalOn(cond, rows)
			if err != nil {
				return nil, err
			}
			v := vector.Truths(c)
			for j, r := range rows {
				if !v.IsNull(j) && v.At(j) {
					branch[r] = int32(branches)
					open--
				}
			}
			continue
		}
		c, err := f.eval(cond)
		if err != nil {
			return nil, err
		}
		v := vector.Truths(c)
		if branch == nil {
			switch trues(&v, f.n) {
			case 0:
				continue
			case f.n:
				return f.eval(n.args[k+1])
			}
			branch = make([]int32, f.n)
		}
		for i, b := range branch {
			if b == 0 && !v.IsNull(i) && v.At(i) {
				branch[i] = int32(branches)
				open--
			}
		}
	}
	if branch == nil {
		return f.eval(n.args[last])
	}
	counts := make([]int, branches+1)
	for _, b := range branch {
		counts[b]++
	}
	parts := make([]vector.Column, branches+1)
	partial := make([]bool, branches+1)
	for b := range parts {
		if counts[b] == 0 {
			continue
		}
		arg := n.args[last]
		if b > 0 {
			arg = n.args[2*b-1]
		}
		var err error
		if counts[b] == f.n {
			return f.eval(arg)
		}
		if arg.cost >= costly && counts[b] <= f.n/2 && !sequential(arg) && f.memo[arg.id] == nil {
			partial[b] = true
			parts[b], err = f.evalOn(arg, rowsOf(branch, int32(b), counts[b]))
		} else {
			parts[b], err = f.eval(arg)
		}
		if err != nil {
			return nil, err
		}
	}
	if n.typ == value.String {
		if c := f.blendTexts(branch, parts, partial); c != nil {
			return c, nil
		}
	}
	return blend(n.typ, branch, parts, partial), nil
}

// trues counts the rows, of n, that are true.
func trues(v *vector.View[bool], n int) int {
	if v.IsConst() && n != 1 {
		if v.Null || !v.Data[0] {
			return 0
		}
		return n
	}
	if v.Null {
		return 0
	}
	count := 0
	for i, t := range v.Data[:n] {
		if t && !v.Nulls.Has(i) {
			count++
		}
	}
	return count
}

func rowsOf(branch []int32, want int32, count int) []int32 {
	rows := make([]int32, 0, count)
	for i, b := range branch {
		if b == want {
			rows = append(rows, int32(i))
		}
	}
	return rows
}

// blend returns the column whose row i comes from parts[branch[i]]: from its row i, or from its next row when that part
// is partial, holding only its own rows.
func blend(t value.Type, branch []int32, parts []vector.Column, partial []bool) vector.Column {
	next := make([]int, len(parts))
	at := func(i int) (vector.Column, int) {
		b := branch[i]
		if partial[b] {
			next[b]++
			return parts[b], next[b] - 1
		}
		return parts[b], i
	}
	switch t {
	case value.Int, value.Long, value.DateTime, value.Timespan:
		views := make([]vector.View[int64], len(parts))
		for k, c := range parts {
			if c != nil {
				views[k] = vector.Int64s(c)
			}
		}
		data := make([]int64, len(branch))
		var nulls vector.Nulls
		for i, b := range branch {
			k := i
			if partial[b] {
				k = next[b]
				next[b]++
			}
			if views[b].IsNull(k) {
				if nulls == nil {
					nulls = vector.NewNulls(len(branch))
				}
				nulls.Set(i)
			} else {
				data[i] = views[b].At(k)
			}
		}
		return &vector.Longs{Typ: t, Data: data, Nulls: nulls}
	case value.String:
		if c := blendConstText(branch, parts); c != nil {
			return c
		}
		texts := make([]vector.Texts, len(parts))
		for k, c := range parts {
			if c != nil {
				texts[k] = vector.TextsOf(c)
			}
		}
		flat := make([]string, len(branch))
		for i, b := range branch {
			k := i
			if partial[b] {
				k = next[b]
				next[b]++
			}
			flat[i] = texts[b].At(k)
		}
		return &vector.Strings{Typ: t, Flat: flat}
	}
	out := vector.NewBuilder(t, len(branch))
	for i := range branch {
		c, k := at(i)
		v := c.Value(k)
		if v.Type != t && t != value.Unknown {
			v = value.Convert(v, t)
		}
		out.Append(v)
	}
	return out.Finish()
}

// blendConstText makes a dictionary of constant branches: the usual iff(x, "a", "b").
func blendConstText(branch []int32, parts []vector.Column) vector.Column {
	values := make([]string, len(parts))
	for k, c := range parts {
		switch c := c.(type) {
		case nil:
		case *vector.Const:
			values[k] = c.Val.S
		default:
			return nil
		}
	}
	dict, codeOf := vector.DictOf(values)
	codes := make([]uint32, len(branch))
	for i, b := range branch {
		codes[i] = codeOf[b]
	}
	return &vector.Strings{Typ: value.String, Dict: dict, Codes: codes}
}
