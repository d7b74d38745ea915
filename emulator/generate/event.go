package generate

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// The tables, in the order they are written.
const (
	tableSignin     = "SigninLogs"
	tableBackground = "AADNonInteractiveUserSignInLogs"
	tablePrincipal  = "AADServicePrincipalSignInLogs"
	tableIdentity   = "AADManagedIdentitySignInLogs"
	tableAudit      = "AuditLogs"
)

// Tables lists the generated tables in the order they are written.
func Tables() []string {
	return []string{tableSignin, tableBackground, tablePrincipal, tableIdentity, tableAudit}
}

// event is the plan of one row: small, so that a day of a large company fits in memory. All that is random about
// the row itself comes from its own seed, so rows can be filled in any order by any worker.
type event struct {
	at       ticks
	seed     uint64
	group    uint64 // rows of one attempt share it: CorrelationId
	who      int32
	task     uint16
	flags    uint8
	device   uint8
	net      uint8
	client   uint8
	resource uint8
	code     uint8
	laid     *laid
	audit    *audit
}

const (
	flagBrowser    uint8 = 1 << iota
	flagMulti            // a second factor was given now, not by claim
	flagDeviceFlow       // device code
	flagNoise            // from somewhere on the internet: no device, no session
	flagLegacy
	flagDenied
)

// laid is one row that an attack put into the data.
type laid struct {
	table    string
	at       ticks
	signin   *signin
	workload *workload
	audit    *audit
}

// plan returns the rows of one table on one day (counted from 0), in time order.
func (w *world) plan(table string, d int, buf []event) []event {
	events := buf[:0]
	from := w.start + ticks(d)*day
	switch table {
	case tableSignin:
		events = w.planFront(events, d)
	case tableBackground:
		events = w.planBackground(events, d)
	case tablePrincipal:
		events = w.planWorkloads(events, w.principals, table, d)
	case tableIdentity:
		events = w.planWorkloads(events, w.identities, table, d)
	case tableAudit:
		events = w.planAudit(events, d)
	}
	for i := range w.extra {
		l := &w.extra[i]
		if l.table == table && l.at >= from && l.at < from+day {
			events = append(events, event{at: l.at, seed: mix(w.seed, hashText("laid"), uint64(i)), laid: l, audit: l.audit})
		}
	}
	events = slices.DeleteFunc(events, func(e event) bool {
		return e.laid == nil && w.stopped(table, e.at)
	})
	slices.SortFunc(events, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seed, b.seed))
	})
	return events
}

// Share of a day's activity by local hour, against domain figures: people at the door peak at 08-10 and 13, the
// background follows the working day above a floor that phones keep up at night.
var (
	frontHours      = hours{3, 2, 2, 2, 3, 8, 25, 70, 140, 150, 125, 80, 60, 120, 90, 70, 60, 40, 25, 20, 20, 16, 10, 6}
	backgroundHours = hours{12, 11, 10, 10, 11, 14, 25, 45, 70, 80, 80, 76, 68, 78, 78, 74, 68, 50, 32, 28, 26, 24, 20, 16}
	weekendHours    = hours{8, 6, 6, 6, 6, 8, 12, 20, 30, 40, 45, 45, 45, 45, 45, 45, 45, 45, 45, 45, 40, 35, 25, 15}
)

type hours [24]int

// at draws a moment of the day that starts at from, for people whose clocks run offset ahead of UTC.
func (h *hours) at(r *rand.Rand, from, offset ticks) (ticks, int) {
	total := 0
	for _, n := range h {
		total += n
	}
	left := r.IntN(total)
	local := 0
	for left -= h[0]; left >= 0; left -= h[local] {
		local++
	}
	t := ticks(local)*hour + ticks(r.Int64N(int64(hour))) - offset
	if t < 0 {
		t += day
	}
	return from + t, local
}

// zipf picks one of n with weights 1, 1/2, 1/3, ...
func zipf(r *rand.Rand, n int) int {
	total := 0.0
	for i := range n {
		total += 1 / float64(i+1)
	}
	left := r.Float64() * total
	for i := range n {
		if left -= 1 / float64(i+1); left < 0 {
			return i
		}
	}
	return n - 1
}

// number turns an expected count into a whole one, without bias and within 15 % of it.
func number(r *rand.Rand, mean float64) int {
	return int(mean*(0.85+0.3*r.Float64()) + r.Float64())
}

// atHome tells whether p works from home that day: two days of five, the same in every table.
func (w *world) atHome(p *person, d int) bool {
	return mix(w.seed, hashText("home"), uint64(p.index), uint64(d))%5 < 2
}

// whereabouts picks device and network as the hour suggests.
func (w *world) whereabouts(r *rand.Rand, p *person, d, local int, weekend bool) (device, net uint8) {
	working := !weekend && local >= 7 && local < 18
	phoneShare := 0.3
	if !working {
		phoneShare = 0.8
	}
	if len(p.devices) > 1 && chance(r, phoneShare) {
		device = uint8(1 + r.IntN(len(p.devices)-1))
	}
	switch {
	case device > 0 && chance(r, 0.3):
		net = netMobile
	case working && !w.atHome(p, d):
		net = netOffice
	default:
		net = netHome
	}
	return device, net
}

// reset is a password reset in the ordinary course of things: the person is back minutes later.
type reset struct {
	person   *person
	at, back ticks
}

// resets are rare: one a day for 250 people.
func (w *world) resets(d int) []reset {
	from := w.start + ticks(d)*day
	if from.weekday() >= 5 {
		return nil
	}
	r := newRand(w.seed, "resets", uint64(d))
	var out []reset
	for range number(r, float64(w.users)/250) {
		p := w.people[r.IntN(w.users)]
		at := from + 8*hour + ticks(r.Int64N(int64(6*hour)))
		back := at + 4*minute + ticks(r.Int64N(int64(10*minute)))
		if p.guest || p.stuck != 0 || p.victim {
			continue
		}
		out = append(out, reset{p, at, back})
	}
	return out
}
