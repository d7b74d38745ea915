package exec

import (
	"context"
	"fmt"
	"sort"

	"github.com/seed-caab1ad3/blindspot/emulator/keys"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// The plugins here count users or sessions along a time line. Each works once for every combination of its dimension
// columns, in the order of their first rows.

// timeline is the input of such a plugin.
type timeline struct {
	typ        value.Type
	at         []int64
	ids        []int32
	dimensions []vector.Column // one row a combination
	rows       [][]int32       // by combination: its rows
}

func (n *evaluateNode) timeline(in *Batch) (*timeline, error) {
	t := &timeline{}
	times, err := n.column(in, "TimelineColumn")
	if err != nil {
		return nil, err
	}
	users, err := n.column(in, "IdColumn")
	if err != nil {
		return nil, err
	}
	if t.typ = times.Type(); t.typ == value.Real || t.typ == value.Decimal {
		return nil, fmt.Errorf("a time line of reals is not supported by the emulator")
	}
	t.ids = keys.NewTable([]value.Type{users.Type()}).IDs([]vector.Column{users}, in.N, true, false, nil)
	v := vector.Int64s(times)
	t.at = make([]int64, in.N)
	for i := range t.at {
		t.at[i] = v.At(i)
		if v.IsNull(i) {
			t.ids[i] = -1
		}
	}
	var dims []vector.Column
	var types []value.Type
	for i, name := range n.rel.ArgNames {
		if name == "Dimension" && n.places[i] >= 0 {
			c := in.Column(n.places[i])
			dims, types = append(dims, c), append(types, c.Type())
		}
	}
	table := keys.NewTable(types)
	groups := table.IDs(dims, in.N, true, false, nil)
	t.dimensions = table.Columns()
	t.rows = make([][]int32, table.Len())
	for i, g := range groups {
		if t.ids[i] >= 0 {
			t.rows[g] = append(t.rows[g], int32(i))
		}
	}
	return t, nil
}

// ticks returns the constant argument of a name as a whole number.
func (n *evaluateNode) ticks(name string) (int64, error) {
	v, ok := n.constant(name)
	if !ok || v.Null {
		return 0, fmt.Errorf("%s must be a constant", name)
	}
	if v.Type == value.Real {
		return int64(v.F), nil
	}
	return v.I, nil
}

func (n *evaluateNode) window(names ...string) ([]int64, error) {
	out := make([]int64, len(names))
	for i, name := range names {
		v, err := n.ticks(name)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// series collects a plugin's rows: a time, the dimensions of a combination, numbers.
type seriesRows struct {
	t       *timeline
	times   []int64
	groups  []int32
	numbers [][]int64
}

func (s *seriesRows) add(at int64, group int, numbers ...int64) {
	s.times, s.groups = append(s.times, at), append(s.groups, int32(group))
	if s.numbers == nil {
		s.numbers = make([][]int64, len(numbers))
	}
	for i, v := range numbers {
		s.numbers[i] = append(s.numbers[i], v)
	}
}

func (s *seriesRows) batch(n *evaluateNode) *Batch {
	out := []vector.Column{&vector.Longs{Typ: s.t.typ, Data: s.times}}
	for _, d := range s.t.dimensions {
		out = append(out, d.Gather(s.groups))
	}
	for i := range len(n.columns) - len(out) {
		data := []int64{}
		if i < len(s.numbers) {
			data = s.numbers[i]
		}
		out = append(out, &vector.Longs{Typ: value.Long, Data: data})
	}
	return NewBatch(len(s.times), out)
}

// slidingWindowCounts counts rows and distinct users in a window that slides by bins.
//
// Source: Kusto documentation, "sliding_window_counts plugin".
func slidingWindowCounts(ctx context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	t, err := n.timeline(in)
	if err != nil {
		return nil, err
	}
	w, err := n.window("Start", "End", "LookBackWindow", "Step")
	if err != nil {
		return nil, err
	}
	start, end, back, step := w[0], w[1], w[2], w[3]
	if step <= 0 || (end-start)/step > seriesLimit {
		return nil, fmt.Errorf("the step does not fit the span")
	}
	out := &seriesRows{t: t}
	last := (end - start) / step
	for g, rows := range t.rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		bins := map[int32]int64{} // of the rows that any window sees
		var seen []int32
		for _, row := range rows {
			if t.at[row] >= start-back && t.at[row] <= end {
				bins[row] = floorTo(t.at[row]-start, step)
				seen = append(seen, row)
			}
		}
		sort.SliceStable(seen, func(i, j int) bool { return bins[seen[i]] < bins[seen[j]] })
		users, enter, leave := map[int32]int{}, 0, 0
		for k := int64(0); k <= last; k++ {
			if enter == leave { // no row in the window: on to where the next one comes in
				if enter == len(seen) {
					break
				}
				k = max(k, bins[seen[enter]]/step)
			}
			for ; enter < len(seen) && bins[seen[enter]] <= k*step; enter++ {
				users[t.ids[seen[enter]]]++
			}
			for ; leave < enter && bins[seen[leave]] <= k*step-back; leave++ {
				id := t.ids[seen[leave]]
				if users[id]--; users[id] == 0 {
					delete(users, id)
				}
			}
			if enter > leave {
				out.add(start+k*step, g, int64(enter-leave), int64(len(users)))
			}
		}
	}
	return out.batch(n), nil
}

// activeUsersCount counts the users who were seen in at least so many periods of the window that looks back from each bin.
//
// Source: Kusto documentation, "active_users_count plugin".
func activeUsersCount(ctx context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	t, err := n.timeline(in)
	if err != nil {
		return nil, err
	}
	w, err := n.window("Start", "End", "LookbackWindow", "Period", "ActivePeriods", "Step")
	if err != nil {
		return nil, err
	}
	start, end, back, period, active, step := w[0], w[1], w[2], w[3], w[4], w[5]
	if step <= 0 || period <= 0 || (end-start)/step > seriesLimit {
		return nil, fmt.Errorf("the step does not fit the span")
	}
	out := &seriesRows{t: t}
	for g, rows := range t.rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		sort.SliceStable(rows, func(i, j int) bool { return t.at[rows[i]] < t.at[rows[j]] })
		byUser := map[int32][]int64{}
		var order []int32
		for _, row := range rows {
			id := t.ids[row]
			if byUser[id] == nil {
				order = append(order, id)
			}
			byUser[id] = append(byUser[id], t.at[row])
		}
		users := map[int64]int64{} // by bin: how many were active
		for _, id := range order {
			times, first := byUser[id], 0
			periods, counted := map[int64]int{}, map[int64]bool{}
			for i, at := range times {
				periods[floorTo(at, period)]++
				// Rows of the same time after this one are not looked back at; they come next.
				for ; first < i && times[first] <= at-back; first++ {
					p := floorTo(times[first], period)
					if periods[p]--; periods[p] == 0 {
						delete(periods, p)
					}
				}
				if at >= start && at <= end && int64(len(periods)) >= active {
					if bin := start + floorTo(at-start, step); !counted[bin] {
						counted[bin] = true
						users[bin]++
					}
				}
			}
		}
		bins := make([]int64, 0, len(users))
		for bin := range users {
			bins = append(bins, bin)
		}
		sort.Slice(bins, func(i, j int) bool { return bins[i] < bins[j] })
		for _, bin := range bins {
			out.add(bin, g, users[bin])
		}
	}
	return out.batch(n), nil
}

// sessionCount counts sessions by bin: a user's activity opens one when none came in the window before it.
//
// Source: Kusto documentation, "session_count plugin".
func sessionCount(_ context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	t, err := n.timeline(in)
	if err != nil {
		return nil, err
	}
	w, err := n.window("Start", "End", "Bin", "LookBackWindow")
	if err != nil {
		return nil, err
	}
	start, end, bin, back := w[0], w[1], w[2], w[3]
	if bin <= 0 || (end-start)/bin > seriesLimit {
		return nil, fmt.Errorf("the bin does not fit the span")
	}
	out := &seriesRows{t: t}
	for g, rows := range t.rows {
		sort.SliceStable(rows, func(i, j int) bool { return t.at[rows[i]] < t.at[rows[j]] })
		last := map[int32]int64{}
		counts := map[int64]int64{}
		for _, row := range rows {
			at := t.at[row]
			before, seen := last[t.ids[row]]
			last[t.ids[row]] = at
			if at < start || at > end {
				continue
			}
			if !seen || at-before > back {
				counts[start+floorTo(at-start, bin)]++
			}
		}
		bins := make([]int64, 0, len(counts))
		for at := range counts {
			bins = append(bins, at)
		}
		sort.Slice(bins, func(i, j int) bool { return bins[i] < bins[j] })
		for _, at := range bins {
			out.add(at, g, counts[at])
		}
	}
	return out.batch(n), nil
}

// rollingPercentile gives the percentile of the values in a window of bins that ends with each bin.
//
// Source: Kusto documentation, "rolling_percentile plugin".
func rollingPercentile(_ context.Context, _ *run, n *evaluateNode, in, _ *Batch) (*Batch, error) {
	values, err := n.column(in, "ValueColumn")
	if err != nil {
		return nil, err
	}
	index, err := n.column(in, "IndexColumn")
	if err != nil {
		return nil, err
	}
	size, err := n.ticks("BinSize")
	if err != nil {
		return nil, err
	}
	bins, err := n.ticks("BinsPerWindow")
	if err != nil {
		return nil, err
	}
	rank, ok := n.constant("Percentile")
	if !ok || size <= 0 || bins <= 0 {
		return nil, fmt.Errorf("the percentile, the bin and the bins of a window must be constants above 0")
	}
	percent := value.Convert(rank, value.Real).F
	var dims []vector.Column
	var types []value.Type
	for i, name := range n.rel.ArgNames {
		if name == "Dimension" && n.places[i] >= 0 {
			c := in.Column(n.places[i])
			dims, types = append(dims, c), append(types, c.Type())
		}
	}
	table := keys.NewTable(types)
	groups := table.IDs(dims, in.N, true, false, nil)
	at := vector.Int64s(index)
	byBin := make([]map[int64][]value.Value, table.Len())
	for i := range in.N {
		v := values.Value(i)
		if at.IsNull(i) || v.Null {
			continue
		}
		g := groups[i]
		if byBin[g] == nil {
			byBin[g] = map[int64][]value.Value{}
		}
		bin := floorTo(at.At(i), size)
		byBin[g][bin] = append(byBin[g][bin], v)
	}
	out := vector.NewBuilder(values.Type(), 0)
	var times []int64
	var rows []int32
	for g, m := range byBin {
		keys := make([]int64, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
		for _, k := range keys {
			var list []value.Value
			for b := range bins {
				list = append(list, m[k-b*size]...)
			}
			sort.SliceStable(list, func(i, j int) bool { return value.Compare(list[i], list[j]) < 0 })
			place := int(percent/100*float64(len(list))+0.9999999) - 1
			out.Append(list[min(max(place, 0), len(list)-1)])
			times, rows = append(times, k), append(rows, int32(g))
		}
	}
	cols := []vector.Column{&vector.Longs{Typ: index.Type(), Data: times}}
	for _, d := range table.Columns() {
		cols = append(cols, d.Gather(rows))
	}
	return NewBatch(len(times), append(cols, out.Finish())), nil
}
