package builtin

import (
	"encoding/base64"
	"math"
	"sort"

	"github.com/axiomhq/hyperloglog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// A saved hll is an array: the accuracy, then either the hashes (one an element) or one text, the sketch in base64. A saved
// tdigest is an array of two arrays: values in order and their weights. Both are this engine's own forms: Kusto's cannot be read here.

func sketchAggregates() []Aggregate {
	return []Aggregate{
		{Name: "hll", New: newHLL(1)},
		only("hll_if", 1, newHLL(1)),
		{Name: "hll_merge", New: newHLL(-1)},
		{Name: "tdigest", New: func([]value.Type, []value.Value, value.Type) Accumulator { return &digests{} }},
		{Name: "tdigest_merge", New: func([]value.Type, []value.Value, value.Type) Accumulator { return &digests{merging: true} }},
	}
}

func sketchKernels() []Scalar {
	return []Scalar{
		{Name: "dcount_hll", Kernel: rows(dcountHLL)},
		{Name: "hll_merge", Kernel: rows(mergeHLLs)},
		{Name: "tdigest_merge", Kernel: rows(mergeDigests)},
		{Name: "percentile_tdigest", Kernel: rows(percentileDigest)},
		{Name: "percentiles_array_tdigest", Kernel: rows(percentilesDigest)},
		{Name: "percentrank_tdigest", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return rankDigest(a, true) })},
		{Name: "rank_tdigest", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return rankDigest(a, false) })},
	}
}

// savedHashes is how many hashes a saved hll holds at most before it holds a sketch.
const savedHashes = 4096

type hlls struct {
	accuracy int64
	merging  bool
	groups   []counter
	seen     []bool
	hashes   []uint64
}

// newHLL makes hll, whose accuracy is argument `at`, or hll_merge with at -1.
func newHLL(at int) func([]value.Type, []value.Value, value.Type) Accumulator {
	return func(_ []value.Type, consts []value.Value, _ value.Type) Accumulator {
		a := &hlls{accuracy: 1, merging: at < 0}
		if v, ok := constAt(consts, at); ok {
			a.accuracy = v.I
		}
		return a
	}
}

func (a *hlls) Resize(groups int) {
	a.groups, a.seen = grown(a.groups, groups), grown(a.seen, groups)
}

func (a *hlls) Update(args []vector.Column, group []int32, n int) {
	group = groupsOf(group, n)
	if a.merging {
		v := trees(args[0])
		for i, g := range group[:n] {
			if c, accuracy, ok := loadHLL(v.At(i)); ok {
				a.accuracy = accuracy
				a.groups[g].merge(c, savedHashes, precisionOf(accuracy))
				a.seen[g] = true
			}
		}
		return
	}
	a.hashes = grown(a.hashes, n)
	clear(a.hashes[:n])
	vector.Hash(args[0], a.hashes[:n])
	for i, g := range group[:n] {
		a.seen[g] = true
		if !args[0].IsNull(i) {
			a.groups[g].add(a.hashes[i], savedHashes, precisionOf(a.accuracy))
		}
	}
}

func (a *hlls) Merge(other Accumulator, remap []int32) {
	o := other.(*hlls)
	for g := range o.groups {
		if o.seen[g] {
			a.accuracy = o.accuracy
			a.seen[remap[g]] = true
			a.groups[remap[g]].merge(&o.groups[g], savedHashes, precisionOf(a.accuracy))
		}
	}
}

func (a *hlls) Finish() vector.Column {
	out := make([]*value.Node, len(a.groups))
	for g := range a.groups {
		if a.seen[g] {
			out[g] = saveHLL(&a.groups[g], a.accuracy)
		}
	}
	return &vector.Dynamics{Nodes: out}
}

func saveHLL(c *counter, accuracy int64) *value.Node {
	elems := []*value.Node{value.NodeLong(accuracy)}
	if c.sketch != nil {
		b, err := c.sketch.MarshalBinary()
		if err != nil {
			return nil
		}
		return value.NodeArray(append(elems, value.NodeString(base64.StdEncoding.EncodeToString(b)))...)
	}
	var hashes []uint64
	c.set.each(func(h uint64) { hashes = append(hashes, h) })
	sort.Slice(hashes, func(i, j int) bool { return hashes[i] < hashes[j] })
	for _, h := range hashes {
		elems = append(elems, value.NodeLong(int64(h)))
	}
	return value.NodeArray(elems...)
}

func loadHLL(n *value.Node) (*counter, int64, bool) {
	if n.IsNull() || n.Kind != value.KindArray || len(n.Elems) == 0 || n.Elems[0].Kind != value.KindLong {
		return nil, 0, false
	}
	c := &counter{}
	accuracy := n.Elems[0].I
	if len(n.Elems) == 2 && n.Elems[1].Kind == value.KindString {
		b, err := base64.StdEncoding.DecodeString(n.Elems[1].S)
		if err != nil {
			return nil, 0, false
		}
		c.sketch = &hyperloglog.Sketch{}
		if c.sketch.UnmarshalBinary(b) != nil {
			return nil, 0, false
		}
		return c, accuracy, true
	}
	for _, e := range n.Elems[1:] {
		if e.Kind != value.KindLong {
			return nil, 0, false
		}
		c.set.add(uint64(e.I))
	}
	return c, accuracy, true
}

func dcountHLL(_ *Call, a []value.Value) value.Value {
	c, _, ok := loadHLL(a[0].Node())
	if !ok {
		return value.Null(value.Long)
	}
	return value.NewLong(c.count())
}

func mergeHLLs(_ *Call, a []value.Value) value.Value {
	total := &counter{}
	last := int64(1)
	for _, v := range a {
		if c, accuracy, ok := loadHLL(v.Node()); ok {
			last = accuracy
			total.merge(c, savedHashes, precisionOf(accuracy))
		}
	}
	return value.NewDynamic(saveHLL(total, last))
}

// digest holds values in order with weights; beyond digestSize neighbours are joined.
type digest struct {
	values, weights []float64
}

const digestSize = 2048

func (d *digest) Len() int           { return len(d.values) }
func (d *digest) Less(i, j int) bool { return d.values[i] < d.values[j] }
func (d *digest) Swap(i, j int) {
	d.values[i], d.values[j] = d.values[j], d.values[i]
	d.weights[i], d.weights[j] = d.weights[j], d.weights[i]
}

func (d *digest) add(v, w float64) {
	d.values = append(d.values, v)
	d.weights = append(d.weights, w)
	if len(d.values) >= 2*digestSize {
		d.compact()
	}
}

func (d *digest) compact() {
	sort.Stable(d)
	if len(d.values) <= digestSize {
		return
	}
	total := 0.0
	for _, w := range d.weights {
		total += w
	}
	share := total / digestSize * 2
	n := 0
	for i := 1; i < len(d.values); i++ {
		if w := d.weights[n] + d.weights[i]; w <= share {
			d.values[n] += (d.values[i] - d.values[n]) * d.weights[i] / w
			d.weights[n] = w
			continue
		}
		n++
		d.values[n], d.weights[n] = d.values[i], d.weights[i]
	}
	d.values, d.weights = d.values[:n+1], d.weights[:n+1]
}

// node is null for a digest of nothing.
func (d *digest) node() *value.Node {
	if len(d.values) == 0 {
		return nil
	}
	d.compact()
	v, w := make([]*value.Node, len(d.values)), make([]*value.Node, len(d.values))
	for i := range v {
		v[i], w[i] = value.NodeReal(d.values[i]), value.NodeReal(d.weights[i])
	}
	return value.NodeArray(value.NodeArray(v...), value.NodeArray(w...))
}

func loadDigest(n *value.Node) (*digest, bool) {
	v, w := n.At(0), n.At(1)
	if v.IsNull() || w.IsNull() || v.Kind != value.KindArray || w.Kind != value.KindArray || len(v.Elems) != len(w.Elems) {
		return nil, false
	}
	d := &digest{}
	for i := range v.Elems {
		x, y := v.Elems[i].Float(), w.Elems[i].Float()
		if math.IsNaN(x) || math.IsNaN(y) {
			return nil, false
		}
		d.add(x, y)
	}
	d.compact()
	return d, true
}

// at returns the value of nearest rank.
func (d *digest) at(p float64) float64 {
	total := 0.0
	for _, w := range d.weights {
		total += w
	}
	sum := 0.0
	for i, w := range d.weights {
		if sum += w; sum >= p/100*total {
			return d.values[i]
		}
	}
	return d.values[len(d.values)-1]
}

func (d *digest) rank(v float64) (rank, total float64) {
	for i, w := range d.weights {
		if d.values[i] <= v {
			rank += w
		}
		total += w
	}
	return rank, total
}

type digests struct {
	merging bool
	groups  []digest
}

func (a *digests) Resize(groups int) { a.groups = grown(a.groups, groups) }

func (a *digests) Update(args []vector.Column, group []int32, n int) {
	group = groupsOf(group, n)
	if a.merging {
		v := trees(args[0])
		for i, g := range group[:n] {
			if d, ok := loadDigest(v.At(i)); ok {
				a.groups[g].addAll(d)
			}
		}
		return
	}
	v := floats(ticksAsReal(args[0]))
	weight := vector.View[float64]{Data: []float64{1}}
	if len(args) > 1 {
		weight = floats(args[1])
	}
	for i, g := range group[:n] {
		if !v.IsNull(i) && !weight.IsNull(i) && weight.At(i) > 0 {
			a.groups[g].add(v.At(i), weight.At(i))
		}
	}
}

func (d *digest) addAll(o *digest) {
	for i, v := range o.values {
		d.add(v, o.weights[i])
	}
}

func (a *digests) Merge(other Accumulator, remap []int32) {
	o := other.(*digests)
	for g := range o.groups {
		a.groups[remap[g]].addAll(&o.groups[g])
	}
}

func (a *digests) Finish() vector.Column {
	out := make([]*value.Node, len(a.groups))
	for g := range a.groups {
		out[g] = a.groups[g].node()
	}
	return &vector.Dynamics{Nodes: out}
}

func mergeDigests(_ *Call, a []value.Value) value.Value {
	total := &digest{}
	for _, v := range a {
		if d, ok := loadDigest(v.Node()); ok {
			total.addAll(d)
		}
	}
	return value.NewDynamic(total.node())
}

// percentileDigest converts to the type that the third argument names, long or real otherwise as the call says.
func percentileDigest(c *Call, a []value.Value) value.Value {
	d, ok := loadDigest(a[0].Node())
	if !ok || len(d.values) == 0 {
		return value.Null(c.Out)
	}
	return value.Convert(value.NewReal(d.at(realOr(a, 1, 50))), c.Out)
}

func percentilesDigest(_ *Call, a []value.Value) value.Value {
	d, ok := loadDigest(a[0].Node())
	if !ok || len(d.values) == 0 {
		return value.Null(value.Dynamic)
	}
	var out []*value.Node
	for _, p := range a[1:] {
		for _, m := range appendMembers(nil, p) {
			out = append(out, value.NodeReal(d.at(value.Convert(m, value.Real).F)))
		}
	}
	return value.NewDynamic(value.NodeArray(out...))
}

func rankDigest(a []value.Value, percent bool) value.Value {
	d, ok := loadDigest(a[0].Node())
	v := value.Convert(a[1], value.Real)
	if a[1].Type == value.DateTime || a[1].Type == value.Timespan {
		v = value.NewReal(float64(a[1].I))
	}
	if !ok || v.Null || len(d.values) == 0 {
		return value.Null(value.Real)
	}
	rank, total := d.rank(v.F)
	if percent {
		return value.NewReal(rank / total * 100)
	}
	return value.NewReal(rank)
}
