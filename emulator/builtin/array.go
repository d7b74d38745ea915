package builtin

import (
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func arrayKernels() []Scalar {
	return []Scalar{
		{Name: "array_length", Kernel: arrayLength},
		{Name: "array_concat", Kernel: rows(arrayConcat)},
		{Name: "array_iff", Kernel: rows(arrayIff)},
		{Name: "array_index_of", Kernel: rows(arrayIndexOf)},
		{Name: "array_reverse", Kernel: nodeToNode(arrayReverse)},
		{Name: "array_rotate_left", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return rotate(a, 1) })},
		{Name: "array_rotate_right", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return rotate(a, -1) })},
		{Name: "array_shift_left", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return shift(a, 1) })},
		{Name: "array_shift_right", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return shift(a, -1) })},
		{Name: "array_slice", Kernel: rows(arraySlice)},
		{Name: "array_sort_asc", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return arraySort(a, 1) })},
		{Name: "array_sort_desc", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return arraySort(a, -1) })},
		{Name: "array_split", Kernel: rows(arraySplit)},
		{Name: "pack_array", Kernel: packArray},
		{Name: "repeat", Kernel: rows(repeatValue)},
		{Name: "range", Kernel: rows(rangeArray)},
		{Name: "zip", Kernel: rows(zip)},
		{Name: "set_difference", Kernel: rows(setDifference)},
		{Name: "set_equals", Kernel: rows(setEquals)},
		{Name: "set_has_element", Kernel: rows(setHasElement)},
		{Name: "set_intersect", Kernel: rows(setIntersect)},
		{Name: "set_union", Kernel: rows(setUnion)},
		{Name: "jaccard_index", Kernel: rows(jaccard)},
	}
}

// elements returns the elements of an array value; false when it is none.
func elements(v value.Value) ([]*value.Node, bool) {
	if v.Type != value.Dynamic || v.Dyn == nil || v.Dyn.Kind != value.KindArray {
		return nil, false
	}
	return v.Dyn.Elems, true
}

func arrayValue(elems []*value.Node) value.Value {
	return value.NewDynamic(value.NodeArray(elems...))
}

// element returns a value as an array's element: null has a node of its own there.
func element(v value.Value) *value.Node {
	if n := v.Node(); n != nil {
		return n
	}
	return nullElement
}

func arrayLength(c *Call, args []vector.Column, n int) (vector.Column, error) {
	out := newLongs(c.Out, n)
	if d, ok := args[0].(*vector.Dynamics); ok && d.Lists != nil {
		for i, code := range d.Codes[:n] {
			from, to := d.Lists.Range(code)
			out.put(i, int64(to-from), code != vector.NoList)
		}
		return out.column(), nil
	}
	in := trees(args[0])
	for i := 0; i < n; i++ {
		if node := in.At(i); node != nil && node.Kind == value.KindArray {
			out.data[i] = int64(len(node.Elems))
			continue
		}
		out.null(i)
	}
	return out.column(), nil
}

// arrayConcat joins arrays; null arguments are left out.
func arrayConcat(c *Call, a []value.Value) value.Value {
	var out []*value.Node
	found := false
	for _, v := range a {
		if elems, ok := elements(v); ok {
			if !c.places(len(out) + len(elems)) {
				return value.Null(value.Dynamic)
			}
			out = append(out, elems...)
			found = true
		}
	}
	if !found {
		return value.Null(value.Dynamic)
	}
	return arrayValue(out)
}

// arrayIff takes elements of the second or third argument by the first; plain values serve for all places.
func arrayIff(_ *Call, a []value.Value) value.Value {
	conds, ok := elements(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	out := make([]*value.Node, len(conds))
	for i, c := range conds {
		from := a[2]
		switch b := value.Convert(value.NewDynamic(c), value.Bool); {
		case b.Null:
			out[i] = nullElement
			continue
		case b.I != 0:
			from = a[1]
		}
		out[i] = element(from)
		if elems, ok := elements(from); ok {
			out[i] = nullElement
			if i < len(elems) {
				out[i] = elems[i]
			}
		}
	}
	return arrayValue(out)
}

// arrayIndexOf gives the place of a value, -1 when it is not there; null when the first argument is no array.
func arrayIndexOf(_ *Call, a []value.Value) value.Value {
	elems, ok := elements(a[0])
	nth := occurrence(a)
	if !ok || nth == 0 {
		return value.Null(value.Long)
	}
	want := a[1].Node()
	size := int64(len(elems))
	start, length := longOr(a, 2, 0), longOr(a, 3, -1)
	if start < 0 {
		start = max(0, start+size)
	}
	end := size
	if length >= 0 && length < size-start {
		end = start + length
	}
	for i := start; i < end; i++ {
		if value.EqualNodes(elems[i], want) {
			if nth--; nth == 0 {
				return value.NewLong(i)
			}
		}
	}
	return value.NewLong(-1)
}

func arrayReverse(n *value.Node) *value.Node {
	if n.IsNull() || n.Kind != value.KindArray {
		return n
	}
	out := make([]*value.Node, len(n.Elems))
	for i, e := range n.Elems {
		out[len(out)-1-i] = e
	}
	return value.NodeArray(out...)
}

func rotate(a []value.Value, sign int64) value.Value {
	elems, ok := elements(a[0])
	if !ok || a[1].Null {
		return value.Null(value.Dynamic)
	}
	size := int64(len(elems))
	if size == 0 {
		return a[0]
	}
	by := ((sign*longOr(a, 1, 0))%size + size) % size
	out := make([]*value.Node, 0, size)
	out = append(out, elems[by:]...)
	return arrayValue(append(out, elems[:by]...))
}

func shift(a []value.Value, sign int64) value.Value {
	elems, ok := elements(a[0])
	if !ok || a[1].Null {
		return value.Null(value.Dynamic)
	}
	fill := nullElement
	if len(a) > 2 {
		fill = element(a[2])
	}
	by := sign * longOr(a, 1, 0)
	out := make([]*value.Node, len(elems))
	for i := range out {
		out[i] = fill
		if from := int64(i) + by; from >= 0 && from < int64(len(elems)) {
			out[i] = elems[from]
		}
	}
	return arrayValue(out)
}

// arraySlice holds both ends; negative places count from the end.
func arraySlice(_ *Call, a []value.Value) value.Value {
	elems, ok := elements(a[0])
	if !ok || a[1].Null || a[2].Null {
		return value.Null(value.Dynamic)
	}
	size := int64(len(elems))
	from, to := longOr(a, 1, 0), longOr(a, 2, -1)
	if from < 0 {
		from = max(0, from+size)
	}
	if to < 0 {
		to += size
	}
	to = min(to, size-1)
	if from > to {
		return arrayValue(nil)
	}
	return arrayValue(elems[from : to+1])
}

// arraySort sorts the first array and puts the others in its order; with several arrays the result is an array of them.
// Nulls come last unless the last argument is false. What has the wrong length becomes null.
func arraySort(a []value.Value, sign int) value.Value {
	nullsLast := true
	if last := a[len(a)-1]; len(a) > 1 && last.Type == value.Bool {
		nullsLast = boolOr(a, len(a)-1, true)
		a = a[:len(a)-1]
	}
	key, ok := elements(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	order := make([]int, len(key))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(x, y int) bool {
		p, q := key[order[x]], key[order[y]]
		if p.IsNull() || q.IsNull() {
			return p.IsNull() != q.IsNull() && q.IsNull() == nullsLast
		}
		return sign*value.CompareNodes(p, q) < 0
	})
	sorted := make([]*value.Node, len(a))
	for k, v := range a {
		elems, ok := elements(v)
		if !ok || len(elems) != len(order) {
			sorted[k] = nullElement
			continue
		}
		out := make([]*value.Node, len(order))
		for i, from := range order {
			out[i] = elems[from]
		}
		sorted[k] = value.NodeArray(out...)
	}
	if len(sorted) == 1 {
		return value.NewDynamic(sorted[0])
	}
	return arrayValue(sorted)
}

// arraySplit cuts an array before the given places; negative ones count from the end.
func arraySplit(_ *Call, a []value.Value) value.Value {
	elems, ok := elements(a[0])
	if !ok || a[1].Null {
		return value.Null(value.Dynamic)
	}
	var cuts []int64
	for _, v := range appendMembers(nil, a[1]) {
		if l := value.Convert(v, value.Long); !l.Null {
			if l.I < 0 {
				l.I = max(0, l.I+int64(len(elems)))
			}
			cuts = append(cuts, min(l.I, int64(len(elems))))
		}
	}
	var out []*value.Node
	from := int64(0)
	for _, cut := range cuts {
		cut = max(cut, from)
		out = append(out, value.NodeArray(elems[from:cut]...))
		from = cut
	}
	return arrayValue(append(out, value.NodeArray(elems[from:]...)))
}

func packArray(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	out := make([]*value.Node, n)
	for i := range out {
		elems := make([]*value.Node, len(args))
		for k, col := range args {
			elems[k] = element(col.Value(i))
		}
		out[i] = value.NodeArray(elems...)
	}
	return &vector.Dynamics{Nodes: out}, nil
}

func repeatValue(_ *Call, a []value.Value) value.Value {
	count := longOr(a, 1, -1)
	if count < 0 || count > maxRepeat {
		return value.Null(value.Dynamic)
	}
	out := make([]*value.Node, count)
	e := element(a[0])
	for i := range out {
		out[i] = e
	}
	return arrayValue(out)
}

// rangeArray counts from start to stop, which belongs to it; the step is 1, or an hour for datetime and timespan.
func rangeArray(_ *Call, a []value.Value) value.Value {
	for _, v := range a {
		if v.Null {
			return value.Null(value.Dynamic)
		}
	}
	start, stop := a[0], a[1]
	if start.Type == value.Real || stop.Type == value.Real || len(a) > 2 && a[2].Type == value.Real {
		return rangeReals(realOr(a, 0, 0), realOr(a, 1, 0), realOr(a, 2, 1))
	}
	step := int64(1)
	if start.Type == value.DateTime || start.Type == value.Timespan {
		step = value.TicksPerHour
	}
	if len(a) > 2 {
		step = a[2].I
	}
	var out []*value.Node
	if step == 0 {
		return value.Null(value.Dynamic)
	}
	for x := start.I; (step > 0 && x <= stop.I || step < 0 && x >= stop.I) && len(out) < maxRepeat; x += step {
		out = append(out, value.Value{Type: start.Type, I: x}.Node())
	}
	return arrayValue(out)
}

func rangeReals(start, stop, step float64) value.Value {
	var out []*value.Node
	if step == 0 || step != step {
		return value.Null(value.Dynamic)
	}
	for i := 0; i < maxRepeat; i++ {
		x := start + float64(i)*step
		if step > 0 && x > stop || step < 0 && x < stop || x != x {
			break
		}
		out = append(out, value.NodeReal(x))
	}
	return arrayValue(out)
}

// zip makes an array of tuples, as long as the longest array; a plain value counts as an array of one.
func zip(_ *Call, a []value.Value) value.Value {
	size := 0
	columns := make([][]*value.Node, len(a))
	for k, v := range a {
		elems, ok := elements(v)
		if !ok {
			if v.Null {
				return value.Null(value.Dynamic)
			}
			elems = []*value.Node{v.Node()}
		}
		columns[k] = elems
		size = max(size, len(elems))
	}
	out := make([]*value.Node, size)
	for i := range out {
		tuple := make([]*value.Node, len(columns))
		for k, elems := range columns {
			tuple[k] = nullElement
			if i < len(elems) {
				tuple[k] = elems[i]
			}
		}
		out[i] = value.NodeArray(tuple...)
	}
	return arrayValue(out)
}

// nodeSet is a set of nodes by hash, compared where hashes agree. It keeps the order of coming.
type nodeSet struct {
	list  []*value.Node
	index map[uint64][]int32
}

func newNodeSet(elems []*value.Node) *nodeSet {
	s := &nodeSet{index: make(map[uint64][]int32, len(elems))}
	for _, e := range elems {
		s.add(e)
	}
	return s
}

func (s *nodeSet) hash(n *value.Node) uint64 { return vector.HashValue(value.NewDynamic(n)) }

func (s *nodeSet) has(n *value.Node) bool {
	for _, i := range s.index[s.hash(n)] {
		if value.EqualNodes(s.list[i], n) {
			return true
		}
	}
	return false
}

func (s *nodeSet) add(n *value.Node) bool {
	if s.has(n) {
		return false
	}
	h := s.hash(n)
	s.index[h] = append(s.index[h], int32(len(s.list)))
	s.list = append(s.list, n)
	return true
}

// sets reads all arguments as arrays, false when one is none.
func sets(a []value.Value) ([]*nodeSet, bool) {
	out := make([]*nodeSet, len(a))
	for i, v := range a {
		elems, ok := elements(v)
		if !ok {
			return nil, false
		}
		out[i] = newNodeSet(elems)
	}
	return out, true
}

func setDifference(_ *Call, a []value.Value) value.Value {
	s, ok := sets(a)
	if !ok {
		return value.Null(value.Dynamic)
	}
	var out []*value.Node
next:
	for _, n := range s[0].list {
		for _, other := range s[1:] {
			if other.has(n) {
				continue next
			}
		}
		out = append(out, n)
	}
	return arrayValue(out)
}

func setIntersect(_ *Call, a []value.Value) value.Value {
	s, ok := sets(a)
	if !ok {
		return value.Null(value.Dynamic)
	}
	var out []*value.Node
next:
	for _, n := range s[0].list {
		for _, other := range s[1:] {
			if !other.has(n) {
				continue next
			}
		}
		out = append(out, n)
	}
	return arrayValue(out)
}

func setUnion(_ *Call, a []value.Value) value.Value {
	s, ok := sets(a)
	if !ok {
		return value.Null(value.Dynamic)
	}
	for _, other := range s[1:] {
		for _, n := range other.list {
			s[0].add(n)
		}
	}
	return arrayValue(s[0].list)
}

func setEquals(_ *Call, a []value.Value) value.Value {
	s, ok := sets(a)
	if !ok || len(s) < 2 {
		return value.Null(value.Bool)
	}
	same := len(s[0].list) == len(s[1].list)
	for _, n := range s[0].list {
		same = same && s[1].has(n)
	}
	return value.NewBool(same)
}

func setHasElement(_ *Call, a []value.Value) value.Value {
	elems, ok := elements(a[0])
	if !ok {
		return value.Null(value.Bool)
	}
	want := a[1].Node()
	for _, e := range elems {
		if value.EqualNodes(e, want) {
			return value.NewBool(true)
		}
	}
	return value.NewBool(false)
}

// jaccard is the size of the intersection over that of the union.
func jaccard(_ *Call, a []value.Value) value.Value {
	s, ok := sets(a)
	if !ok {
		return value.Null(value.Real)
	}
	both := 0
	for _, n := range s[0].list {
		if s[1].has(n) {
			both++
		}
	}
	all := len(s[0].list) + len(s[1].list) - both
	return value.NewReal(float64(both) / float64(all))
}
