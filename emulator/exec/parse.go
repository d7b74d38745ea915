package exec

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/exec/expr"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// parseNode is parse and parse-where: a pattern of texts, stars and columns cut out of a string, once a distinct string.
//
// The pattern becomes a regular expression, and where its texts are literal also a plainPattern, which is asked first. In the simple and relaxed kinds texts are literal, gaps are as short as can be,
// and a number column takes digits only; in simple every column must convert, in relaxed those that do not are null. In the
// regex kind texts are regular expressions and gaps are greedy.
//
// Source: Kusto documentation, "parse operator".
type parseNode struct {
	columns
	input  node
	source *expr.Program
	re     *regexp.Regexp
	plain  *plainPattern // nil: the regular expression alone
	groups []int         // by capture: its group in re
	types  []value.Type
	strict bool
	where  bool
	from   []int // by output column: the input's column, -1 for a capture
	take   []int // by output column: the capture
}

func (r *run) prepareParse(x *bind.Parse) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	in = r.whole(in, x.Input.Columns(), x.Source)
	n := &parseNode{columns: x.Cols, input: in, where: x.Where, strict: x.Kind != "relaxed"}
	if n.source, err = r.compile(x.Input.Columns(), x.Source); err != nil {
		return nil, err
	}
	n.plain = plain(x, n.strict)
	captures, err := n.pattern(x)
	if err != nil {
		return nil, err
	}
	n.from, n.take = places(x.Cols, x.Passed, x.Input.Columns()), make([]int, len(x.Cols))
	for i, c := range x.Cols {
		for k, capture := range captures {
			if c == capture {
				n.from[i], n.take[i] = -1, k
			}
		}
	}
	return n, nil
}

func (n *parseNode) pattern(x *bind.Parse) ([]*bind.Column, error) {
	regex := x.Kind == "regex"
	var b strings.Builder
	flags := ""
	ungreedy := false
	for _, f := range x.Flags {
		switch f {
		case 'i', 's', 'm':
			flags += string(f)
		case 'U':
			ungreedy = true
		}
	}
	if !regex {
		flags += "s"
	}
	if ungreedy {
		flags += "U"
	}
	if flags != "" {
		fmt.Fprintf(&b, "(?%s)", flags)
	}
	b.WriteString("^")
	gap := ".*?"
	if regex {
		gap = ".*"
	}
	var captures []*bind.Column
	var names []string
	for i, part := range x.Pattern {
		last := i == len(x.Pattern)-1
		switch {
		case part.Star:
			b.WriteString(gap)
		case part.IsText:
			if regex {
				b.WriteString(part.Text)
			} else {
				b.WriteString(regexp.QuoteMeta(part.Text))
			}
		case part.Column != nil:
			name := fmt.Sprintf("capture%d", len(captures))
			captures = append(captures, part.Column)
			n.types = append(n.types, part.Column.Type)
			names = append(names, name)
			body := gap
			if n.strict {
				switch part.Column.Type {
				case value.Int, value.Long:
					body = `\s*[-+]?\d+`
				case value.Real, value.Decimal:
					body = `\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`
				}
			}
			end := ""
			if last && !regex {
				end = "$"
			}
			fmt.Fprintf(&b, "(?P<%s>%s)%s", name, body, end)
		}
	}
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	n.re = re
	for _, name := range names {
		n.groups = append(n.groups, re.SubexpIndex(name))
	}
	return captures, nil
}

func (n *parseNode) open(r *run) Operator {
	return &parseOp{n: n, in: r.open(n.input), frame: n.source.NewFrame()}
}

type parseOp struct {
	n     *parseNode
	in    Operator
	frame *expr.Frame
}

func (o *parseOp) Next(ctx context.Context) (*Batch, error) {
	for {
		b, err := o.in.Next(ctx)
		if b == nil || err != nil {
			return nil, err
		}
		cols, err := o.frame.All(b)
		if err != nil {
			return nil, err
		}
		captured, matched := o.n.parse(cols[0], b.N)
		mapping := make([]int, len(o.n.columns))
		copy(mapping, o.n.from)
		out := b.Remap(mapping)
		for i, from := range o.n.from {
			if from < 0 {
				out.cols[i] = captured[o.n.take[i]]
			}
		}
		if !o.n.where {
			return out, nil
		}
		if rows, all := passing(matched, b.N); all {
			return out, nil
		} else if len(rows) > 0 {
			return out.Select(rows), nil
		}
	}
}

// parse cuts the captures out of a column.
func (n *parseNode) parse(col vector.Column, rows int) ([]vector.Column, vector.Column) {
	texts, places := distinctTexts(col, rows)
	builders := make([]*vector.Builder, len(n.types))
	lists := make([][]string, len(n.types))
	for k, t := range n.types {
		if t == value.String {
			lists[k] = make([]string, len(texts))
		} else {
			builders[k] = vector.NewBuilder(t, len(texts))
		}
	}
	matched := make([]bool, len(texts))
	values := make([]value.Value, len(n.types))
	at := make([]int, 2*len(n.types))
	for i, s := range texts {
		matched[i] = n.match(s, at, values)
		for k, b := range builders {
			switch {
			case b == nil && matched[i]:
				lists[k][i] = values[k].S
			case b == nil:
			case matched[i]:
				b.Append(values[k])
			default:
				b.AppendNull()
			}
		}
	}
	out := make([]vector.Column, len(builders))
	for k, b := range builders {
		if b == nil {
			out[k] = encoded(value.String, lists[k])
		} else {
			out[k] = b.Finish()
		}
		if places != nil {
			out[k] = out[k].Gather(places)
		}
	}
	var m vector.Column = &vector.Bools{Data: matched}
	if places != nil {
		m = m.Gather(places)
	}
	return out, m
}

// match fills values with the captures of s; false when s does not have the pattern. at is for its use.
func (n *parseNode) match(s string, at []int, values []value.Value) bool {
	matched, sure := false, false
	if n.plain != nil {
		matched, sure = n.plain.match(s, at)
	}
	if !sure {
		found := n.re.FindStringSubmatchIndex(s)
		if matched = found != nil; matched {
			for k, g := range n.groups {
				at[2*k], at[2*k+1] = found[2*g], found[2*g+1]
			}
		}
	}
	if !matched {
		return false
	}
	for k, t := range n.types {
		text := ""
		if at[2*k] >= 0 {
			text = s[at[2*k]:at[2*k+1]]
		}
		v := value.NewString(text)
		if t != value.String {
			v = value.Convert(value.NewString(strings.TrimSpace(text)), t)
			if v.Null && n.strict {
				return false
			}
		}
		values[k] = v
	}
	return true
}

// distinctTexts returns the distinct texts of a column as far as its dictionary tells, and each row's place among them;
// places is nil when there is one text a row.
func distinctTexts(col vector.Column, rows int) (texts []string, places []int32) {
	switch c := col.(type) {
	case *vector.Const:
		return []string{c.Val.Text()}, make([]int32, rows)
	case *vector.Strings:
		if c.Dict == nil {
			return c.Flat[:rows], nil
		}
		index := map[uint32]int32{}
		places = make([]int32, rows)
		for i, code := range c.Codes[:rows] {
			p, ok := index[code]
			if !ok {
				p = int32(len(texts))
				index[code] = p
				texts = append(texts, c.Dict.Values[code])
			}
			places[i] = p
		}
		return texts, places
	}
	texts = make([]string, rows)
	for i := range texts {
		texts[i] = col.Value(i).Text()
	}
	return texts, nil
}

func (o *parseOp) Close() { o.in.Close() }
