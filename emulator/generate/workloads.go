package generate

// planWorkloads plans the sign-ins of service principals or managed identities: flat over the day, with the spikes
// of schedulers at the full hour and five past.
func (w *world) planWorkloads(events []event, list []*principal, table string, d int) []event {
	from := w.start + ticks(d)*day
	r := newRand(w.seed, table, uint64(d))
	transient, typo := w.results.byCode["90033"], w.results.byCode["7000215"]
	for _, p := range list {
		if p.dormant {
			continue
		}
		for i, t := range p.tasks {
			for at := t.base; at < day; at += t.every {
				slack := min(t.every, 20*second)
				e := event{at: from + min(at+ticks(r.Int64N(int64(slack))), day-second), seed: r.Uint64(), group: r.Uint64(),
					who: int32(p.index), task: uint16(i)}
				if chance(r, 0.003) {
					e.code = transient
				}
				events = append(events, e)
			}
		}
		// Once in a long while somebody deploys with the wrong secret; one try, then it is mended.
		if table == tablePrincipal && p.credential == secret && mix(w.seed, uint64(p.index), uint64(d))%15 == 0 {
			at := from + 9*hour + ticks(r.Int64N(int64(6*hour)))
			events = append(events, event{at: at, seed: r.Uint64(), group: r.Uint64(), who: int32(p.index), code: typo})
		}
	}
	return events
}
