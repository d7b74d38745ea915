package generate

import "math/rand/v2"

const (
	backgroundWeekday = 1.2 // of the mean over the week
	backgroundWeekend = 0.5
	stuckPerDay       = 260
	mailboxPerDay     = 40
)

// frontRows is how many interactive rows a person makes a day on average, the base of Config.Ratio.
const frontRows = frontMean * 1.17

// planBackground plans AADNonInteractiveUserSignInLogs.
func (w *world) planBackground(events []event, d int) []event {
	from := w.start + ticks(d)*day
	r := newRand(w.seed, tableBackground, uint64(d))
	weekend := from.weekday() >= 5
	failing := w.results.mix("70043", 32, "70044", 24, "50173", 7, "50133", 6, "50058", 11, "65001", 8, "700082", 2,
		"70046", 5, "90033", 5)
	resets := map[int32]reset{}
	for _, x := range w.resets(d) {
		resets[int32(x.person.index)] = x
	}
	for _, p := range w.people[:w.users] {
		mean, shape := w.ratio*frontRows*p.rate*backgroundWeekday, &backgroundHours
		if weekend {
			mean, shape = w.ratio*frontRows*p.rate*backgroundWeekend, &weekendHours
		}
		if p.guest {
			mean *= 0.2
		}
		x, wasReset := resets[int32(p.index)]
		n := number(r, mean)
		var first []habit
		if d == 0 {
			first = p.habits()
			n = max(n, len(first))
		}
		sweep := len(first)
		for k := 0; k < n; k++ {
			at, local := shape.at(r, from, p.place.offset)
			e := event{at: at, seed: r.Uint64(), group: r.Uint64(), who: int32(p.index)}
			e.device, e.net = w.whereabouts(r, p, d, local, weekend)
			apps := p.devices[e.device].apps
			if k < sweep { // everything a person ever uses is seen on the first day
				h := first[k]
				e.device, e.client, e.flags, e.net = h.device, h.client, h.flags, uint8(k%3)
			} else if e.device == 0 && !p.guest && chance(r, 0.25) {
				e.client, e.flags = backgroundWeb[zipf(r, 3)], flagBrowser
			} else {
				e.client = apps[zipf(r, len(apps))]
			}
			wants := clientResources[e.client]
			want := zipf(r, len(wants))
			e.resource = wants[want]
			switch {
			case wasReset && at >= x.at && at < x.back:
				e.code = w.results.byCode["50173"]
			case k >= sweep && chance(r, 0.024):
				e.code = failing.pick(r.Uint64())
			}
			if p.silent(at) {
				continue
			}
			events = append(events, e)
			// A client that wakes up asks for all it needs at once: same attempt, next resource.
			if k >= sweep && e.code == 0 && len(wants) > 1 && chance(r, 0.2) {
				k++
				e.resource, e.seed = wants[(want+1)%len(wants)], r.Uint64()
				e.at = min(e.at+second+ticks(r.Int64N(int64(3*second))), from+day-second)
				events = append(events, e)
			}
		}
		if p.deviceFlow && !weekend {
			at := w.deviceFlowAt(p, d) + 2*minute
			if !p.silent(at) {
				events = append(events, event{at: at, seed: r.Uint64(), group: r.Uint64(), who: int32(p.index), client: appCLI,
					resource: resARM, net: netOffice, flags: flagDeviceFlow})
			}
		}
		if p.stuck != 0 {
			events = w.planStuck(events, r, p, from)
		}
	}
	for _, p := range w.people[w.users:] {
		for range mailboxPerDay {
			at := from + ticks(r.Int64N(int64(day)))
			events = append(events, event{at: at, seed: r.Uint64(), group: r.Uint64(), who: int32(p.index), client: appLegacyMail,
				resource: resExchange, flags: flagLegacy})
		}
	}
	wrong := w.results.mix("50126", 80, "50053", 20)
	for range number(r, float64(w.users)*0.006) {
		at := from + ticks(r.Int64N(int64(day)))
		p := w.people[r.IntN(w.users)]
		if p.silent(at) || p.victim {
			continue
		}
		events = append(events, event{at: at, seed: r.Uint64(), group: r.Uint64(), who: int32(p.index), client: appLegacyMail,
			resource: resExchange, code: wrong.pick(r.Uint64()), flags: flagNoise | flagLegacy})
	}
	return events
}

// habit is a client that a person uses on a device in the background.
type habit struct{ device, client, flags uint8 }

// habits are all of a person's, at least three so that each network gets its turn.
func (p *person) habits() []habit {
	var out []habit
	for i, d := range p.devices {
		for _, c := range d.apps {
			out = append(out, habit{uint8(i), c, 0})
		}
	}
	if !p.guest && !p.mailbox {
		for _, c := range backgroundWeb {
			out = append(out, habit{0, c, flagBrowser})
		}
	}
	for len(out) < 3 {
		out = append(out, out[0])
	}
	return out
}

// backgroundWeb are the web applications whose pages refresh tokens by themselves.
var backgroundWeb = webApps[:3]

// planStuck adds the rows of a client that never stops failing: every few minutes, day and night, one device.
func (w *world) planStuck(events []event, r *rand.Rand, p *person, from ticks) []event {
	last := uint8(len(p.devices) - 1)
	client := p.devices[last].apps[0]
	for k := range stuckPerDay {
		at := from + ticks(k)*day/stuckPerDay + ticks(r.Int64N(int64(day/stuckPerDay)))
		if p.silent(at) {
			continue
		}
		events = append(events, event{at: at, seed: r.Uint64(), group: r.Uint64(), who: int32(p.index), device: last, net: netHome,
			client: client, resource: clientResources[client][0], code: p.stuck})
	}
	return events
}
