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

// parseKvNode is parse-kv: named values out of a text of pairs, by delimiters, by a regular expression with the groups of
// key and value, or, with neither, by looking for the keys themselves. Of a key that comes twice the first counts.
//
// Source: Kusto documentation, "parse-kv operator".
type parseKvNode struct {
	columns
	input  node
	source *expr.Program
	keys   map[string]int
	types  []value.Type
	pair   string
	kv     string
	open1  string // opening quote
	close1 string // closing quote
	escape string
	greedy bool
	re     *regexp.Regexp
	from   []int
	take   []int
}

func (r *run) prepareParseKv(x *bind.ParseKv) (node, error) {
	in, err := r.prepare(x.Input)
	if err != nil {
		return nil, err
	}
	n := &parseKvNode{columns: x.Cols, input: in, keys: map[string]int{}}
	if n.source, err = r.compile(x.Input.Columns(), x.Source); err != nil {
		return nil, err
	}
	n.from, n.take = places(x.Cols, x.Passed, x.Input.Columns()), make([]int, len(x.Cols))
	for k, key := range x.Keys {
		n.keys[key.Column.Name] = k
		n.types = append(n.types, key.Column.Type)
		for i, c := range x.Cols {
			if c == key.Column {
				n.from[i], n.take[i] = -1, k
			}
		}
	}
	for _, p := range x.Properties {
		switch p.Name {
		case "pair_delimiter":
			n.pair = p.Value
		case "kv_delimiter":
			n.kv = p.Value
		case "quote":
			n.open1, n.close1 = p.Value, p.Value
			if q := []rune(p.Value); len(q) == 2 {
				n.open1, n.close1 = string(q[0]), string(q[1])
			}
		case "escape":
			n.escape = p.Value
		case "greedy":
			n.greedy = strings.EqualFold(p.Value, "true")
		case "regex":
			if n.re, err = regexp.Compile(p.Value); err != nil {
				return nil, fmt.Errorf("parse-kv: %w", err)
			}
			if n.re.NumSubexp() < 2 {
				return nil, fmt.Errorf("parse-kv: the regular expression %q has no groups for key and value", p.Value)
			}
		default:
			return nil, refuse(x.At, "parse-kv with %s", p.Name)
		}
	}
	return n, nil
}

func (n *parseKvNode) open(r *run) Operator {
	return &parseKvOp{n: n, in: r.open(n.input), frame: n.source.NewFrame()}
}

type parseKvOp struct {
	n     *parseKvNode
	in    Operator
	frame *expr.Frame
}

func (o *parseKvOp) Next(ctx context.Context) (*Batch, error) {
	b, err := o.in.Next(ctx)
	if b == nil || err != nil {
		return nil, err
	}
	cols, err := o.frame.All(b)
	if err != nil {
		return nil, err
	}
	texts, places := distinctTexts(cols[0], b.N)
	builders := make([]*vector.Builder, len(o.n.types))
	for k, t := range o.n.types {
		builders[k] = vector.NewBuilder(t, len(texts))
	}
	found := make([]string, len(builders))
	has := make([]bool, len(builders))
	for _, s := range texts {
		clear(has)
		o.n.pairs(s, func(key, val string) {
			if k, ok := o.n.keys[key]; ok && !has[k] {
				found[k], has[k] = val, true
			}
		})
		for k, x := range builders {
			switch {
			case !has[k]:
				x.AppendNull()
			case o.n.types[k] == value.String:
				x.AppendString(found[k])
			default:
				x.Append(value.Convert(value.NewString(strings.TrimSpace(found[k])), o.n.types[k]))
			}
		}
	}
	out := b.Remap(append([]int(nil), o.n.from...))
	done := make([]vector.Column, len(builders))
	for k, x := range builders {
		done[k] = x.Finish()
		if places != nil {
			done[k] = done[k].Gather(places)
		}
	}
	for i, from := range o.n.from {
		if from < 0 {
			out.cols[i] = done[o.n.take[i]]
		}
	}
	return out, nil
}

func (o *parseKvOp) Close() { o.in.Close() }

// pairs calls f for each pair of s, in order.
func (n *parseKvNode) pairs(s string, f func(key, val string)) {
	switch {
	case n.re != nil:
		for _, m := range n.re.FindAllStringSubmatch(s, -1) {
			f(m[1], m[2])
		}
	case n.kv == "" && n.pair == "":
		n.loose(s, f)
	case n.greedy:
		n.greedyPairs(s, f)
	default:
		for s != "" {
			var key, val string
			var ok bool
			key, s, ok = n.token(s, n.kv, n.pair)
			if !ok {
				continue
			}
			val, s, _ = n.token(s, n.pair, "")
			f(strings.TrimSpace(key), val)
		}
	}
}

// token cuts a key or value off s: quoted, or up to the delimiter. With stop set, ok is false when stop comes first or no
// delimiter is there: then the text was no key.
func (n *parseKvNode) token(s, delimiter, stop string) (text, rest string, ok bool) {
	if n.open1 != "" {
		lead := strings.TrimLeft(s, " \t")
		if n.pair != " " && n.kv != " " || strings.HasPrefix(s, n.open1) {
			if inner, after, found := n.quoted(lead); found {
				if after == "" {
					return inner, "", true
				}
				if i := strings.Index(after, delimiter); i >= 0 && strings.TrimSpace(after[:i]) == "" {
					return inner, after[i+len(delimiter):], true
				}
			}
		}
	}
	i := strings.Index(s, delimiter)
	if delimiter == "" {
		i = -1
	}
	if stop != "" {
		j := strings.Index(s, stop)
		switch {
		case i < 0 && j < 0:
			return "", "", false
		case i < 0 || j >= 0 && j < i:
			return "", s[j+len(stop):], false
		}
	}
	if i < 0 {
		return s, "", true
	}
	return s[:i], s[i+len(delimiter):], true
}

// quoted reads a quoted text at the start of s.
func (n *parseKvNode) quoted(s string) (inner, rest string, ok bool) {
	if n.open1 == "" || !strings.HasPrefix(s, n.open1) {
		return "", s, false
	}
	var b strings.Builder
	for i := len(n.open1); i < len(s); {
		if n.escape != "" && strings.HasPrefix(s[i:], n.escape) && i+len(n.escape) < len(s) {
			i += len(n.escape)
			b.WriteByte(s[i])
			i++
			continue
		}
		if strings.HasPrefix(s[i:], n.close1) {
			return b.String(), s[i+len(n.close1):], true
		}
		b.WriteByte(s[i])
		i++
	}
	return "", s, false
}

// greedyPairs lets a value run up to the next key: the last pair delimiter before the next key delimiter ends it.
func (n *parseKvNode) greedyPairs(s string, f func(key, val string)) {
	for s != "" {
		i := strings.Index(s, n.kv)
		if i < 0 {
			return
		}
		key := s[:i]
		s = s[i+len(n.kv):]
		val := s
		next := strings.Index(s, n.kv)
		if next >= 0 {
			if cut := strings.LastIndex(s[:next], n.pair); cut >= 0 {
				val, s = s[:cut], s[cut+len(n.pair):]
			} else {
				val, s = s[:next], ""
			}
		} else {
			s = ""
		}
		f(strings.TrimSpace(key), strings.TrimSpace(val))
	}
}

// loose looks for words followed by a sign that may part key and value, and for values up to the next space or comma.
func (n *parseKvNode) loose(s string, f func(key, val string)) {
	word := func(c byte) bool {
		return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
	}
	for i := 0; i < len(s); {
		if !word(s[i]) {
			i++
			continue
		}
		from := i
		for i < len(s) && word(s[i]) {
			i++
		}
		key := s[from:i]
		if _, wanted := n.keys[key]; !wanted {
			continue
		}
		j := i
		for j < len(s) && !word(s[j]) && (n.open1 == "" || !strings.HasPrefix(s[j:], n.open1)) {
			j++
		}
		if j == i {
			continue
		}
		if inner, after, ok := n.quoted(s[j:]); ok {
			f(key, inner)
			i = len(s) - len(after)
			continue
		}
		from = j
		for j < len(s) && (word(s[j]) || s[j] == '.' || s[j] == '-' || s[j] == ':' || s[j] == '/') {
			j++
		}
		f(key, s[from:j])
		i = j
	}
}
