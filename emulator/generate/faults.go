package generate

import (
	"math"
	"math/rand/v2"
)

// faultPlan is what happens to a finished row of one table: lost content, ingestion time, a second copy.
type faultPlan struct {
	emptied    []int // columns emptied throughout
	ingested   bool
	delay      lateness
	late       float64
	duplicates float64
	mutes      []mute
	lossy      []int // column of each mute that empties one
	rows       int64
}

// mute is an attack on a stream itself.
type mute struct {
	kind     string // silent, late, emptied
	table    string
	column   string
	from, to ticks
}

func (w *world) stopped(table string, at ticks) bool {
	for _, m := range w.muted {
		if m.kind == "silent" && m.table == table && at >= m.from && at < m.to {
			return true
		}
	}
	return false
}

func newFaultPlan(w *world, o options, table string, columns []Column) *faultPlan {
	p := &faultPlan{ingested: o.delays != nil, delay: o.delays[table], late: o.faults.late, duplicates: o.faults.duplicates}
	for i, c := range columns {
		if o.faults.emptied[c.Name] {
			p.emptied = append(p.emptied, i)
		}
	}
	for _, m := range w.muted {
		if m.table != table || m.kind == "silent" {
			continue
		}
		p.mutes = append(p.mutes, m)
		at := -1
		for i, c := range columns {
			if c.Name == m.column {
				at = i
			}
		}
		p.lossy = append(p.lossy, at)
	}
	return p
}

// apply changes the filled row and appends it, once or twice.
func (p *faultPlan) apply(f *filler, e *event, out Chunk) {
	row := &f.row
	for _, i := range p.emptied {
		row.clear(i)
	}
	var late ticks
	for k, m := range p.mutes {
		if e.laid != nil || e.at < m.from || e.at >= m.to {
			continue
		}
		switch m.kind {
		case "late":
			late = 66*minute + ticks(f.rand.Int64N(int64(30*minute)))
		case "emptied":
			if p.lossy[k] >= 0 && chance(f.rand, 0.95) {
				row.clear(p.lossy[k])
			}
		}
	}
	if p.ingested {
		if late == 0 {
			late = p.delay.draw(f.rand)
		}
		if p.late > 0 && e.laid == nil && chance(f.rand, p.late) {
			late += hour + ticks(f.rand.Int64N(int64(35*hour)))
		}
		row.datetime(e.at + late)
	}
	out.Append(row)
	if p.duplicates > 0 && chance(f.rand, p.duplicates) {
		if p.ingested {
			row.values[len(row.values)-1].Number += int64(second + ticks(f.rand.Int64N(int64(5*minute))))
		}
		out.Append(row)
	}
}

// draw is a log-normal with the given median and 95th percentile (1.6449 standard deviations above it).
func (l lateness) draw(r *rand.Rand) ticks {
	if l.p50 == 0 {
		return 0
	}
	sigma := math.Log(float64(l.p95)/float64(l.p50)) / 1.6449
	t := float64(l.p50) * math.Exp(r.NormFloat64()*sigma)
	return ticks(math.Min(t, float64(72*hour)))
}
