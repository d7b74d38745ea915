package bind

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Open relations have columns that nobody listed. When a query names one, it is asked for all the way down: each operator
// below passes it on, and the leaf (a table, a watchlist, a plugin) is made to read it.

// infer gives an open relation a column of a name; its type is not known.
func (b *binder) infer(t *table, name string) *Column {
	rel, c := b.demand(t.rel, name, 0)
	t.rel = rel
	t.add(c)
	return c
}

// settle makes a relation's own columns be the schema, in its order, by a Project where they are not.
func (b *binder) settle(t *table) {
	cols := t.rel.Columns()
	if len(cols) == len(t.cols) {
		same := true
		for i := range cols {
			if cols[i] != t.cols[i] {
				same = false
				break
			}
		}
		if same {
			return
		}
	}
	p := &Project{}
	p.Input = t.rel
	p.At = t.rel.Span()
	p.Cols = t.cols
	for _, c := range t.cols {
		p.Assign = append(p.Assign, Assignment{Column: c, Expr: NewColumnRef(c, p.At)})
	}
	t.rel = p
}

// demand makes a relation have a column. It returns the relation, which is another one when it could not be made to, and
// the column.
func (b *binder) demand(r Rel, name string, depth int) (Rel, *Column) {
	for _, c := range r.Columns() {
		if c.Name == name {
			return r, c
		}
	}
	if depth > maxDepth {
		return nullColumn(r, name)
	}
	depth++
	// an operator that hands on its input's columns as they are has them in the input's order
	pass := func(u *Unary) *Column {
		in, c := b.demand(u.Input, name, depth)
		u.Input, u.Cols = in, in.Columns()
		return c
	}
	// one with columns of its own has the new one at the end
	extend := func(u *Unary) *Column {
		in, c := b.demand(u.Input, name, depth)
		u.Input, u.Cols = in, appendColumn(u.Cols, c)
		return c
	}
	switch r := r.(type) {
	case *Scan:
		c := &Column{Name: name}
		if r.Missing && r.Table == "*" {
			c.Type = standardType(name)
		}
		r.Cols = appendColumn(r.Cols, c)
		if !r.Missing {
			if b.opened == nil {
				b.opened = map[string][]string{}
			}
			b.opened[r.Table] = addOnce(b.opened[r.Table], name)
		}
		return r, c
	case *Watchlist:
		c := &Column{Name: name}
		r.Cols = appendColumn(r.Cols, c)
		return r, c
	case *Evaluate:
		if r.Open {
			c := &Column{Name: name}
			r.Cols = appendColumn(r.Cols, c)
			r.Wanted = append(r.Wanted, c)
			return r, c
		}
	case *Shared:
		before := r.Def.Rel.Columns()
		rel, _ := b.demand(r.Def.Rel, name, depth)
		r.Def.Rel = keepOrder(rel, before)
		cols := r.Def.Rel.Columns()
		for i := len(r.Cols); i < len(cols); i++ {
			r.Cols = appendColumn(r.Cols, b.copyColumn(cols[i]))
		}
		for _, c := range r.Cols {
			if c.Name == name {
				return r, c
			}
		}
	case *Project:
		in, c := b.demand(r.Input, name, depth)
		r.Input = in
		r.Cols = appendColumn(r.Cols, c)
		r.Assign = append(r.Assign, Assignment{Column: c, Expr: NewColumnRef(c, r.At)})
		return r, c
	case *Filter:
		return r, pass(&r.Unary)
	case *Sort:
		return r, pass(&r.Unary)
	case *Top:
		return r, pass(&r.Unary)
	case *Take:
		return r, pass(&r.Unary)
	case *Sample:
		return r, pass(&r.Unary)
	case *Serialize:
		return r, pass(&r.Unary)
	case *Unsupportable:
		return r, pass(&r.Unary)
	case *Parse:
		c := extend(&r.Unary)
		r.Passed = append(r.Passed, ColumnPair{c, c})
		return r, c
	case *ParseKv:
		c := extend(&r.Unary)
		r.Passed = append(r.Passed, ColumnPair{c, c})
		return r, c
	case *Scanner:
		c := extend(&r.Unary)
		r.Passed = append(r.Passed, ColumnPair{c, c})
		return r, c
	case *MvExpand:
		c := extend(&r.Unary)
		r.Passed = append(r.Passed, ColumnPair{c, c})
		return r, c
	case *MvApply:
		in, c := b.demand(r.Input, name, depth)
		r.Input = in
		out := b.copyColumn(c)
		r.Passed = append(r.Passed, ColumnPair{out, c})
		r.Cols = appendColumn(r.Cols, out)
		return r, out
	case *ApplyInput:
		if t := b.outer[r]; t != nil {
			c := b.infer(t, name)
			r.Cols = appendColumn(r.Cols, c)
			return r, c
		}
	case *Partition:
		body, c := b.demand(r.Body, name, depth)
		r.Body, r.Cols = body, body.Columns()
		return r, c
	case *Union:
		out := &Column{Name: name}
		legs := 0
		for i, in := range r.Rels {
			var c *Column
			if b.isOpen(in, 0) {
				r.Rels[i], c = b.demand(in, name, depth)
				if legs++; legs == 1 {
					out.Type = c.Type
				} else if c.Type != out.Type {
					out.Type = value.Unknown
				}
			}
			r.Map[i] = append(r.Map[i], c)
		}
		r.Cols = appendColumn(r.Cols, out)
		return r, out
	case *Join:
		if r.LeftOut != nil && (b.isOpen(r.Left, 0) || r.RightOut == nil) {
			left, c := b.demand(r.Left, name, depth)
			r.Left = left
			out := b.copyColumn(c)
			r.LeftOut = append(r.LeftOut, ColumnPair{out, c})
			r.Cols = pairColumns(r.LeftOut, r.RightOut)
			return r, out
		}
		right, c := b.demand(r.Right, name, depth)
		r.Right = right
		out := b.copyColumn(c)
		r.RightOut = append(r.RightOut, ColumnPair{out, c})
		r.Cols = pairColumns(r.LeftOut, r.RightOut)
		return r, out
	case *Lookup:
		if b.isOpen(r.Left, 0) {
			left, c := b.demand(r.Left, name, depth)
			r.Left = left
			out := b.copyColumn(c)
			r.LeftOut = append(r.LeftOut, ColumnPair{out, c})
			r.Cols = pairColumns(r.LeftOut, r.RightOut)
			return r, out
		}
		right, c := b.demand(r.Right, name, depth)
		r.Right = right
		out := b.copyColumn(c)
		r.RightOut = append(r.RightOut, ColumnPair{out, c})
		r.Cols = pairColumns(r.LeftOut, r.RightOut)
		return r, out
	}
	return nullColumn(r, name)
}

// standardType is the type of the columns that every table has.
//
// Source: https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns; Timestamp is what Defender's tables have.
func standardType(name string) value.Type {
	switch name {
	case "TimeGenerated", "Timestamp":
		return value.DateTime
	case "Type":
		return value.String
	}
	return value.Unknown
}

// keepOrder makes a relation begin with the columns that it had before: uses of a shared relation pair by position.
func keepOrder(r Rel, before []*Column) Rel {
	cols := r.Columns()
	same := len(cols) >= len(before)
	for i := 0; same && i < len(before); i++ {
		same = cols[i] == before[i]
	}
	if same {
		return r
	}
	had := make(map[*Column]bool, len(before))
	order := append([]*Column(nil), before...)
	for _, c := range before {
		had[c] = true
	}
	for _, c := range cols {
		if !had[c] {
			order = append(order, c)
		}
	}
	p := &Project{}
	p.Input, p.At, p.Cols = r, r.Span(), order
	for _, c := range order {
		p.Assign = append(p.Assign, Assignment{Column: c, Expr: NewColumnRef(c, p.At)})
	}
	return p
}

// nullColumn adds a column without values: an aggregate keeps nothing of an open relation's other columns.
func nullColumn(r Rel, name string) (Rel, *Column) {
	c := &Column{Name: name}
	p := &Project{}
	p.Input = r
	p.At = r.Span()
	p.Cols = appendColumn(r.Columns(), c)
	for _, in := range r.Columns() {
		p.Assign = append(p.Assign, Assignment{Column: in, Expr: NewColumnRef(in, p.At)})
	}
	p.Assign = append(p.Assign, Assignment{Column: c, Expr: NewConst(value.Null(value.Dynamic), p.At)})
	return p, c
}

func appendColumn(cols []*Column, c *Column) []*Column {
	return append(cols[:len(cols):len(cols)], c)
}

func pairColumns(left, right []ColumnPair) []*Column {
	out := make([]*Column, 0, len(left)+len(right))
	for _, p := range left {
		out = append(out, p.Out)
	}
	for _, p := range right {
		out = append(out, p.Out)
	}
	return out
}

// isOpen reports whether a relation can supply columns that nobody listed.
func (b *binder) isOpen(r Rel, depth int) bool {
	if depth > maxDepth {
		return false
	}
	switch r := r.(type) {
	case *Scan:
		return r.Missing || r.Open
	case *Watchlist:
		return true
	case *Evaluate:
		return r.Open || r.Input != nil && b.isOpen(r.Input, depth+1)
	case *Shared:
		return b.isOpen(r.Def.Rel, depth+1)
	case *ApplyInput:
		t := b.outer[r]
		return t != nil && t.open
	case *Aggregate, *MakeSeries, *Datatable, *Range, *ExternalData, *Count:
		return false
	}
	for _, in := range r.Inputs() {
		if in != nil && b.isOpen(in, depth+1) {
			return true
		}
	}
	return false
}
