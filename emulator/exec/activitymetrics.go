package exec

import (
	"context"
	"fmt"
	"math"
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/builtin"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// windows parts a plugin's rows into the windows of its time line, counted from Start. Rows outside of Start to End, which
// belongs to it, are in none. It returns, for a combination of dimensions, the numbers of the windows that have rows, in
// order, and each one's rows.
func (t *timeline) windows(group int, start, end, step int64) ([]int64, map[int64][]int32) {
	byWindow := map[int64][]int32{}
	var order []int64
	for _, row := range t.rows[group] {
		at := t.at[row]
		if at < start || at > end {
			continue
		}
		w := (at - start) / step
		if byWindow[w] == nil {
			order = append(order, w)
		}
		byWindow[w] = append(byWindow[w], row)
	}
	sort.Slice(order, func(i, j int) bool { return order[i] < order[j] })
	return order, byWindow
}

// span reads Start, End and Step.
func (n *evaluateNode) span() (start, end, step int64, err error) {
	w, err := n.window("Start", "End", "Step")
	if err != nil {
		return 0, 0, 0, err
	}
	if w[2] <= 0 || w[1] < w[0] {
		return 0, 0, 0, fmt.Errorf("Step must be above 0, and End not before Start")
	}
	return w[0], w[1], w[2], nil
}

// activityCounts counts, for each window that has rows, the rows, the distinct users, those whom no earlier window has, and
// all users so far.
//
// Source: Kusto documentation, "activity_counts_metrics plugin".
func activityCounts(_ context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	t, err := n.timeline(in)
	if err != nil {
		return nil, err
	}
	start, end, step, err := n.span()
	if err != nil {
		return nil, err
	}
	out := &seriesRows{t: t}
	for g := range t.rows {
		order, byWindow := t.windows(g, start, end, step)
		seen := map[int32]bool{}
		for _, w := range order {
			before, here := len(seen), map[int32]bool{}
			for _, row := range byWindow[w] {
				here[t.ids[row]] = true
				seen[t.ids[row]] = true
			}
			out.add(start+w*step, g, int64(len(byWindow[w])), int64(len(here)), int64(len(seen)-before), int64(len(seen)))
		}
	}
	return out.batch(n), nil
}

// activityMetrics compares the users of each window that has rows with those of the window before it: how many there are, how
// many the one before had not, and which parts of the one before came again or stayed away. The parts are NaN where the one
// before has no users.
//
// Source: Kusto documentation, "activity_metrics plugin".
func activityMetrics(_ context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	if n.argument("Step") < 0 {
		return nil, fmt.Errorf("the form without Start and End is not supported by the emulator; give both")
	}
	t, err := n.timeline(in)
	if err != nil {
		return nil, err
	}
	start, end, step, err := n.span()
	if err != nil {
		return nil, err
	}
	out := &seriesRows{t: t}
	var kept, lost []float64
	for g := range t.rows {
		order, byWindow := t.windows(g, start, end, step)
		before, at := map[int32]bool{}, int64(-2)
		for _, w := range order {
			if w != at+1 {
				before = map[int32]bool{}
			}
			here, returned := map[int32]bool{}, 0
			for _, row := range byWindow[w] {
				id := t.ids[row]
				if !here[id] && before[id] {
					returned++
				}
				here[id] = true
			}
			part := math.NaN()
			if len(before) > 0 {
				part = float64(returned) / float64(len(before))
			}
			out.add(start+w*step, g, int64(len(here)), int64(len(here)-returned))
			kept, lost = append(kept, part), append(lost, 1-part)
			before, at = here, w
		}
	}
	batch := out.batch(n)
	columns := make([]vector.Column, 0, len(n.columns))
	for i := range len(n.columns) - 2 {
		columns = append(columns, batch.Column(i))
	}
	return NewBatch(batch.N, append(columns, &vector.Reals{Data: kept}, &vector.Reals{Data: lost})), nil
}

// rowsNear hands on the rows that lie at most so many rows before or after one for which the condition is true.
//
// Source: Kusto documentation, "rows_near plugin".
func rowsNear(_ context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	before, err := n.ticks("NumRows")
	if err != nil {
		return nil, err
	}
	after := before
	if n.argument("NumRowsAfter") >= 0 {
		if after, err = n.ticks("NumRowsAfter"); err != nil {
			return nil, err
		}
	}
	if before < 0 || after < 0 {
		return nil, fmt.Errorf("the numbers of rows must not be negative")
	}
	args, err := n.args.NewFrame().All(in)
	if err != nil {
		return nil, err
	}
	hits := vector.Truths(args[n.argument("Condition")])
	var rows []int32
	next := 0 // the first row that is not taken yet
	for i := range in.N {
		if hits.IsNull(i) || !hits.At(i) {
			continue
		}
		last := int(min(int64(in.N-1), int64(i)+min(after, int64(in.N))))
		for j := max(next, int(max(0, int64(i)-min(before, int64(in.N))))); j <= last; j++ {
			rows = append(rows, int32(j))
		}
		next = max(next, last+1)
	}
	return in.Select(rows), nil
}

// dcountIntersect adds, for hll values s0, s1, ... of a row, how many values s0 has, s0 and s1 share, s0, s1 and s2 share, and
// so on.
//
// Source: Kusto documentation, "dcount_intersect plugin".
func dcountIntersect(_ context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	args, err := n.args.NewFrame().All(in)
	if err != nil {
		return nil, err
	}
	counts := make([][]int64, len(args))
	saved := make([]vector.Trees, len(args))
	for k, a := range args {
		saved[k] = vector.TreesOf(a)
	}
	row := make([]*value.Node, len(args))
	for i := range in.N {
		for k := range saved {
			row[k] = saved[k].At(i)
		}
		shared, ok := builtin.Intersections(row)
		if !ok {
			return nil, fmt.Errorf("the intersection of so many large sets is not supported by the emulator")
		}
		for k, v := range shared {
			counts[k] = append(counts[k], v)
		}
	}
	columns := append([]vector.Column(nil), in.Columns()...)
	for _, c := range counts {
		columns = append(columns, &vector.Longs{Typ: value.Long, Data: c})
	}
	return NewBatch(in.N, columns), nil
}
