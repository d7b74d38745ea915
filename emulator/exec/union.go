package exec

import (
	"context"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// unionNode concatenates its inputs, in their order.
type unionNode struct {
	columns
	inputs  []node
	mapping [][]int // by input: the input's column for each output column, -1 for none
	source  int     // the output column that names the input, -1 for none
	names   []string
}

func (r *run) prepareUnion(x *bind.Union) (node, error) {
	n := &unionNode{columns: x.Cols, source: -1, names: x.Names}
	for j, c := range x.Cols {
		if x.Source != nil && c == x.Source {
			n.source = j
		}
	}
	for i, rel := range x.Rels {
		in, err := r.prepare(rel)
		if err != nil {
			return nil, err
		}
		at := map[*bind.Column]int{}
		for k, c := range rel.Columns() {
			at[c] = k
		}
		mapping := make([]int, len(x.Cols))
		for j := range x.Cols {
			mapping[j] = -1
			if j < len(x.Map[i]) && x.Map[i][j] != nil {
				if k, ok := at[x.Map[i][j]]; ok {
					mapping[j] = k
				}
			}
		}
		n.inputs = append(n.inputs, in)
		n.mapping = append(n.mapping, mapping)
	}
	return n, nil
}

// extra columns of the first input are handed on: a union over an open plugin is rare enough.
func (n *unionNode) extra() []*bind.Column {
	if len(n.inputs) == 1 {
		return carried{n.inputs[0]}.extra()
	}
	return nil
}

func (n *unionNode) open(r *run) Operator { return &unionOp{n: n, r: r} }

type unionOp struct {
	n    *unionNode
	r    *run
	at   int
	part *unionPart
}

func (o *unionOp) Next(ctx context.Context) (*Batch, error) {
	for o.at < len(o.n.inputs) {
		if o.part == nil {
			o.part = &unionPart{n: o.n, input: o.at, in: o.r.open(o.n.inputs[o.at])}
		}
		b, err := o.part.Next(ctx)
		if b != nil || err != nil {
			return b, err
		}
		o.part.Close()
		o.part = nil
		o.at++
	}
	return nil, nil
}

func (o *unionOp) Close() {
	if o.part != nil {
		o.part.Close()
	}
}

// unionPart gives an input's batches the union's columns.
type unionPart struct {
	n     *unionNode
	input int
	in    Operator
}

func (o *unionPart) Next(ctx context.Context) (*Batch, error) {
	b, err := o.in.Next(ctx)
	if b == nil || err != nil {
		return nil, err
	}
	out := b.Remap(o.n.mapping[o.input])
	for j, from := range o.n.mapping[o.input] {
		want := o.n.columns[j].Type
		switch {
		case j == o.n.source:
			out.cols[j] = &vector.Const{Val: value.NewString(o.n.names[o.input]), N: b.N}
		case from < 0:
			out.cols[j] = &vector.Const{Val: value.Null(want), N: b.N}
		default:
			if have := o.n.inputType(o.input, from); have != want && want != value.Unknown && have != value.Unknown {
				out.cols[j] = convert(b.Column(from), want)
			}
		}
	}
	return out, nil
}

func (n *unionNode) inputType(input, column int) value.Type {
	if c, ok := n.inputs[input].(interface{ at(int) *bind.Column }); ok {
		return c.at(column).Type
	}
	return value.Unknown
}

func (c columns) at(i int) *bind.Column { return c[i] }

func (o *unionPart) Close() { o.in.Close() }
