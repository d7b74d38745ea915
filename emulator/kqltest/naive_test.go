package kqltest

import (
	"fmt"
	"math"
	"regexp"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// naive runs bound trees a row at a time, with none of the engine's plans, vectors, dictionaries or kernels: the other opinion
// in TestRelations. It does what the generator there writes, and says so of the rest.
type naive struct {
	tables map[string]naiveTable
	shared map[*bind.SharedDef][]naiveRow
	apply  map[*bind.ApplyInput][]naiveRow
}

type naiveTable struct {
	names []string
	rows  [][]value.Value
}

// naiveRow has the value of each column at hand.
type naiveRow map[*bind.Column]value.Value

// place is where an expression stands: a row, and its neighbours for functions over the order of rows.
type place struct {
	rows []naiveRow
	at   int
}

func (p place) row() naiveRow {
	if p.at < 0 || p.at >= len(p.rows) {
		return nil
	}
	return p.rows[p.at]
}

type unknownToNaive string

func (u unknownToNaive) Error() string { return "the plain evaluator does not know " + string(u) }

func dontKnow(format string, args ...any) { panic(unknownToNaive(fmt.Sprintf(format, args...))) }

// run returns the rows of a relation, as values in the order of its columns.
func (n *naive) run(r bind.Rel) (out [][]value.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			u, ok := p.(unknownToNaive)
			if !ok {
				panic(p)
			}
			err = u
		}
	}()
	n.shared, n.apply = map[*bind.SharedDef][]naiveRow{}, map[*bind.ApplyInput][]naiveRow{}
	for _, row := range n.rel(r) {
		var values []value.Value
		for _, c := range r.Columns() {
			if !c.Hidden {
				values = append(values, row[c])
			}
		}
		out = append(out, values)
	}
	return out, nil
}

func pick(row naiveRow, cols []*bind.Column) naiveRow {
	out := make(naiveRow, len(cols))
	for _, c := range cols {
		out[c] = row[c]
	}
	return out
}

func (n *naive) rel(r bind.Rel) []naiveRow {
	switch r := r.(type) {
	case *bind.Scan:
		t, ok := n.tables[r.Table]
		if !ok {
			dontKnow("table %s", r.Table)
		}
		out := make([]naiveRow, len(t.rows))
		for i, values := range t.rows {
			out[i] = naiveRow{}
			for _, c := range r.Cols {
				out[i][c] = value.Null(c.Type)
				for k, name := range t.names {
					if name == c.Name {
						out[i][c] = values[k]
					}
				}
			}
		}
		return out
	case *bind.Datatable:
		out := make([]naiveRow, len(r.Rows))
		for i, values := range r.Rows {
			out[i] = naiveRow{}
			for k, c := range r.Cols {
				out[i][c] = values[k]
			}
		}
		return out
	case *bind.Shared:
		rows, ok := n.shared[r.Def]
		if !ok {
			rows = n.rel(r.Def.Rel)
			n.shared[r.Def] = rows
		}
		from := r.Def.Rel.Columns()
		out := make([]naiveRow, len(rows))
		for i, row := range rows {
			out[i] = naiveRow{}
			for k, c := range r.Cols {
				out[i][c] = row[from[k]]
			}
		}
		return out
	case *bind.Filter:
		in := n.rel(r.Input)
		var out []naiveRow
		for i := range in {
			if n.expr(r.Predicate, place{in, i}).Bool() {
				out = append(out, pick(in[i], r.Cols))
			}
		}
		return out
	case *bind.Project:
		return n.assign(n.rel(r.Input), r.Assign, nil)
	case *bind.Serialize:
		return n.assign(n.rel(r.Input), r.Assign, r.Cols)
	case *bind.Sort:
		return n.sorted(n.rel(r.Input), r.Keys)
	case *bind.Top:
		return first(n.sorted(n.rel(r.Input), r.Keys), n.expr(r.Count, place{}).I)
	case *bind.Take:
		return first(n.rel(r.Input), n.expr(r.Count, place{}).I)
	case *bind.Count:
		return []naiveRow{{r.Cols[0]: value.NewLong(int64(len(n.rel(r.Input))))}}
	case *bind.Union:
		var out []naiveRow
		for i, in := range r.Rels {
			for _, row := range n.rel(in) {
				made := naiveRow{}
				for j, c := range r.Cols {
					switch {
					case c == r.Source:
						made[c] = value.NewString(r.Names[i])
					case r.Map[i][j] == nil:
						made[c] = value.Null(c.Type)
					default:
						made[c] = row[r.Map[i][j]]
					}
				}
				out = append(out, made)
			}
		}
		return out
	case *bind.Join:
		return n.join(r.Kind, r.Left, r.Right, r.LeftKeys, r.RightKeys, r.LeftOut, r.RightOut)
	case *bind.Lookup:
		return n.join(r.Kind, r.Left, r.Right, r.LeftKeys, r.RightKeys, r.LeftOut, r.RightOut)
	case *bind.Aggregate:
		return n.aggregate(r)
	case *bind.MvExpand:
		return n.expand(r)
	case *bind.ApplyInput:
		return n.apply[r]
	case *bind.MvApply:
		return n.mvApply(r)
	case *bind.Partition:
		return n.partition(r)
	case *bind.MakeSeries:
		return n.makeSeries(r)
	case *bind.Parse:
		return n.parse(r)
	}
	dontKnow("%T", r)
	return nil
}

func first(rows []naiveRow, count int64) []naiveRow {
	return rows[:min(int64(len(rows)), max(count, 0))]
}

func (n *naive) assign(in []naiveRow, list []bind.Assignment, passed []*bind.Column) []naiveRow {
	out := make([]naiveRow, len(in))
	for i := range in {
		out[i] = pick(in[i], passed)
	}
	for i := range in {
		for _, a := range list {
			out[i][a.Column] = n.expr(a.Expr, place{in, i})
		}
	}
	return out
}

func (n *naive) sorted(in []naiveRow, keys []bind.SortKey) []naiveRow {
	type pair struct {
		row  naiveRow
		keys []value.Value
	}
	pairs := make([]pair, len(in))
	for i := range in {
		pairs[i].row = in[i]
		for _, k := range keys {
			pairs[i].keys = append(pairs[i].keys, n.expr(k.Expr, place{in, i}))
		}
	}
	sort.SliceStable(pairs, func(i, j int) bool {
		for k, key := range keys {
			a, b := pairs[i].keys[k], pairs[j].keys[k]
			switch {
			case a.Null && b.Null:
			case a.Null:
				return key.NullsFirst
			case b.Null:
				return !key.NullsFirst
			default:
				if c := size(a, b); c != 0 {
					return c < 0 != key.Descending
				}
			}
		}
		return false
	})
	out := make([]naiveRow, len(in))
	for i, p := range pairs {
		out[i] = p.row
	}
	return out
}

// size compares two values of one type that are not null.
func size(a, b value.Value) int {
	less := func(x, y bool) int {
		switch {
		case x:
			return -1
		case y:
			return 1
		}
		return 0
	}
	switch a.Type {
	case value.String, value.GUID:
		return less(a.S < b.S, b.S < a.S)
	case value.Real:
		if math.IsNaN(a.F) || math.IsNaN(b.F) { // NaN is before all others
			return less(!math.IsNaN(b.F), !math.IsNaN(a.F))
		}
		return less(a.F < b.F, b.F < a.F)
	case value.Decimal:
		return a.Dec.Cmp(b.Dec)
	case value.Dynamic:
		return less(a.Dyn.JSON() < b.Dyn.JSON(), b.Dyn.JSON() < a.Dyn.JSON())
	}
	return less(a.I < b.I, b.I < a.I)
}

// keyText is a text that equal values of a key share. Nulls share one.
func keyText(values []value.Value) string {
	var b strings.Builder
	for _, v := range values {
		switch {
		case v.Null:
			b.WriteString("null")
		case v.Type == value.Real:
			fmt.Fprintf(&b, "%v", v.F+0)
		case v.Type == value.Dynamic:
			b.WriteString(v.Dyn.JSON())
		default:
			fmt.Fprintf(&b, "%q", v.Text())
		}
		b.WriteByte(0)
	}
	return b.String()
}

func (n *naive) keysOf(in []naiveRow, exprs []bind.Expr) (keys []string, null []bool) {
	for i := range in {
		var values []value.Value
		none := false
		for _, e := range exprs {
			v := n.expr(e, place{in, i})
			values = append(values, v)
			none = none || v.Null
		}
		keys, null = append(keys, keyText(values)), append(null, none)
	}
	return keys, null
}

// join pairs rows whose keys are equal; null equals nothing.
func (n *naive) join(kind string, leftRel, rightRel bind.Rel, leftKeys, rightKeys []bind.Expr, leftOut, rightOut []bind.ColumnPair) []naiveRow {
	left, right := n.rel(leftRel), n.rel(rightRel)
	lk, lnull := n.keysOf(left, leftKeys)
	rk, rnull := n.keysOf(right, rightKeys)
	var out []naiveRow
	emit := func(l, r int) {
		row := naiveRow{}
		for _, p := range leftOut {
			if row[p.Out] = value.Null(p.Out.Type); l >= 0 {
				row[p.Out] = left[l][p.In]
			}
		}
		for _, p := range rightOut {
			if row[p.Out] = value.Null(p.Out.Type); r >= 0 {
				row[p.Out] = right[r][p.In]
			}
		}
		out = append(out, row)
	}
	equal := func(l, r int) bool { return !lnull[l] && !rnull[r] && lk[l] == rk[r] }
	has := func(l, r int) bool {
		if l >= 0 {
			for r := range right {
				if equal(l, r) {
					return true
				}
			}
			return false
		}
		for l := range left {
			if equal(l, r) {
				return true
			}
		}
		return false
	}
	firsts := map[string]bool{}
	switch kind {
	case "leftsemi", "leftanti":
		for l := range left {
			if has(l, -1) == (kind == "leftsemi") {
				emit(l, -1)
			}
		}
		return out
	case "rightsemi", "rightanti":
		for r := range right {
			if has(-1, r) == (kind == "rightsemi") {
				emit(-1, r)
			}
		}
		return out
	}
	for l := range left {
		if kind == "innerunique" {
			if firsts[lk[l]] {
				continue
			}
			firsts[lk[l]] = true
		}
		met := false
		for r := range right {
			if kind == "cross" || equal(l, r) {
				emit(l, r)
				met = true
			}
		}
		if !met && (kind == "leftouter" || kind == "fullouter") {
			emit(l, -1)
		}
	}
	if kind == "rightouter" || kind == "fullouter" {
		for r := range right {
			if !has(-1, r) {
				emit(-1, r)
			}
		}
	}
	return out
}

func (n *naive) expand(r *bind.MvExpand) []naiveRow {
	return n.expanded(n.rel(r.Input), r)
}

// mvApply runs the body over the rows of each row's elements.
func (n *naive) mvApply(r *bind.MvApply) []naiveRow {
	in := n.rel(r.Input)
	var out []naiveRow
	for i := range in {
		each := &bind.MvExpand{Items: r.Items, ItemIndex: r.ItemIndex, Limit: r.Limit}
		for _, c := range r.Input.Columns() {
			each.Passed = append(each.Passed, bind.ColumnPair{Out: c, In: c})
		}
		n.apply[r.Source] = n.expanded(in[i:i+1], each)
		for _, b := range n.rel(r.Body) {
			row := naiveRow{}
			for _, p := range r.Passed {
				row[p.Out] = in[i][p.In]
			}
			for _, p := range r.BodyOut {
				row[p.Out] = b[p.In]
			}
			out = append(out, row)
		}
	}
	return out
}

func (n *naive) partition(r *bind.Partition) []naiveRow {
	in := n.rel(r.Input)
	groups := map[string][]naiveRow{}
	var order []string
	for _, row := range in {
		k := keyText([]value.Value{row[r.Key]})
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], row)
	}
	var out []naiveRow
	for _, k := range order {
		n.apply[r.Source] = groups[k]
		for _, b := range n.rel(r.Body) {
			row := naiveRow{}
			for i, c := range r.Cols {
				row[c] = b[r.Body.Columns()[i]]
			}
			out = append(out, row)
		}
	}
	return out
}

// makeSeries lays aggregates out over an axis that begins at from and ends before to.
func (n *naive) makeSeries(r *bind.MakeSeries) []naiveRow {
	if r.From == nil || r.To == nil || r.InRange || r.NonEmpty {
		dontKnow("make-series without from and to")
	}
	in := n.rel(r.Input)
	from, to, step := n.expr(r.From, place{}).I, n.expr(r.To, place{}).I, n.expr(r.Step, place{}).I
	var exprs []bind.Expr
	for _, k := range r.Keys {
		exprs = append(exprs, k.Expr)
	}
	var used []naiveRow
	var bins []int64
	for i := range in {
		if v := n.expr(r.Axis.Expr, place{in, i}); !v.Null && v.I >= from && v.I < to {
			used, bins = append(used, in[i]), append(bins, (v.I-from)/step)
		}
	}
	keys, _ := n.keysOf(used, exprs)
	groups := map[string][]int{}
	var order []string
	for i, k := range keys {
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], i)
	}
	var out []naiveRow
	for _, k := range order {
		row := naiveRow{}
		for _, a := range r.Keys {
			row[a.Column] = n.expr(a.Expr, place{used, groups[k][0]})
		}
		var axis []*value.Node
		lists := make([][]*value.Node, len(r.Aggregates))
		for bin := int64(0); from+bin*step < to; bin++ {
			axis = append(axis, value.NodeDateTime(from+bin*step))
			var here []int
			for _, i := range groups[k] {
				if bins[i] == bin {
					here = append(here, i)
				}
			}
			for j, a := range r.Aggregates {
				v := value.Null(value.Long)
				if len(here) > 0 {
					v = n.call(a, used, here)[0]
				}
				if v.Null {
					if v = value.NewLong(0); r.Defaults[j] != nil {
						v = n.expr(r.Defaults[j], place{})
					}
					v = value.Convert(v, elementType(a))
				}
				lists[j] = append(lists[j], v.Node())
			}
		}
		row[r.Axis.Column] = value.NewDynamic(value.NodeArray(axis...))
		for j, a := range r.Aggregates {
			row[a.Outputs[0]] = value.NewDynamic(value.NodeArray(lists[j]...))
		}
		out = append(out, row)
	}
	return out
}

// elementType is the type of an aggregate's values in a series.
func elementType(a bind.AggregateCall) value.Type {
	if a.Name == "avg" {
		return value.Real
	}
	return value.Long
}

// parse matches a pattern from the text's first character to its last.
func (n *naive) parse(r *bind.Parse) []naiveRow {
	if r.Kind != "simple" && r.Kind != "" {
		dontKnow("parse kind=%s", r.Kind)
	}
	pattern := "(?s)^"
	var captures []*bind.Column
	for _, p := range r.Pattern {
		switch {
		case p.Column != nil:
			pattern += "(.*?)"
			captures = append(captures, p.Column)
		case p.Star:
			pattern += ".*?"
		default:
			pattern += regexp.QuoteMeta(p.Text)
		}
	}
	re := regexp.MustCompile(pattern + "$")
	in := n.rel(r.Input)
	var out []naiveRow
	for i := range in {
		row := naiveRow{}
		for _, p := range r.Passed {
			row[p.Out] = in[i][p.In]
		}
		m := re.FindStringSubmatch(n.expr(r.Source, place{in, i}).Text())
		ok := m != nil
		for k, c := range captures {
			row[c] = value.Null(c.Type)
			if m != nil {
				if row[c] = value.Convert(value.NewString(m[k+1]), c.Type); row[c].Null {
					ok = false
				}
			}
		}
		if !ok {
			if r.Where {
				continue
			}
			for _, c := range captures {
				row[c] = value.Null(c.Type)
			}
		}
		out = append(out, row)
	}
	return out
}

func (n *naive) expanded(in []naiveRow, r *bind.MvExpand) []naiveRow {
	limit := int64(math.MaxInt64)
	if r.Limit != nil {
		limit = n.expr(r.Limit, place{}).I
	}
	var out []naiveRow
	for i := range in {
		var lists [][]value.Value
		longest := 0
		for _, item := range r.Items {
			v := n.expr(item.Expr, place{in, i})
			list := []value.Value{v}
			if v.Type == value.Dynamic && v.Dyn != nil {
				switch v.Dyn.Kind {
				case value.KindArray:
					list = nil
					for _, e := range v.Dyn.Elems {
						list = append(list, value.NewDynamic(e))
					}
				case value.KindBag:
					list = nil
					for k, e := range v.Dyn.Elems {
						if r.BagArray {
							list = append(list, value.NewDynamic(value.NodeArray(value.NodeString(v.Dyn.Keys[k]), e)))
						} else {
							list = append(list, value.NewDynamic(value.NodeBag(v.Dyn.Keys[k:k+1], []*value.Node{e})))
						}
					}
				}
			}
			lists = append(lists, list)
			longest = max(longest, len(list))
		}
		for k := range max(longest, 1) {
			if int64(k) >= limit {
				break
			}
			row := naiveRow{}
			for _, p := range r.Passed {
				row[p.Out] = in[i][p.In]
			}
			for j, item := range r.Items {
				v := value.Null(value.Dynamic)
				if k < len(lists[j]) {
					v = lists[j][k]
				}
				if item.Column.Type != value.Dynamic {
					v = value.Convert(v, item.Column.Type)
				}
				row[item.Column] = v
			}
			if r.ItemIndex != nil {
				row[r.ItemIndex] = value.NewLong(int64(k))
			}
			out = append(out, row)
		}
	}
	return out
}
