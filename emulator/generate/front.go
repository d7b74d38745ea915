package generate

import (
	"fmt"
	"math/rand/v2"
)

// frontMean is how many interactive attempts a person makes on an average day of the week.
const (
	frontWeekday = 5.6
	frontWeekend = 1.1
	frontMean    = (5*frontWeekday + 2*frontWeekend) / 7
)

// frontMix are the codes people meet at the door. Most of the failures are interrupts that the user goes through.
type frontMix struct{ interrupt, wrong, blocked, unassigned mixed }

func (w *world) frontMix() frontMix {
	return frontMix{
		interrupt: w.results.mix("50140", 26, "50074", 22, "50058", 13, "50076", 9, "16000", 5, "16001", 4, "50097", 5,
			"50125", 3, "50072", 2, "50079", 2, "50129", 4, "50199", 4, "50055", 1),
		wrong:      w.results.mix("50126", 97, "81010", 3),
		blocked:    w.results.mix("53003", 60, "53000", 40),
		unassigned: w.results.mix("50105", 70, "50011", 30),
	}
}

// planFront plans SigninLogs.
func (w *world) planFront(events []event, d int) []event {
	from := w.start + ticks(d)*day
	r := newRand(w.seed, tableSignin, uint64(d))
	weekend := from.weekday() >= 5
	codes := w.frontMix()
	for _, p := range w.people[:w.users] {
		mean := frontWeekday
		shape := &frontHours
		if weekend {
			mean, shape = frontWeekend, &weekendHours
		}
		mean *= p.rate
		apps := webApps
		if p.guest {
			mean, apps = mean*0.4, guestApps
		}
		if p.engineer {
			mean *= 1.1
		}
		n := number(r, mean)
		sweep := 0
		if d == 0 { // everything a person ever uses is seen on the first day
			sweep = max(3, len(apps), len(p.devices))
			if p.engineer {
				sweep++
			}
			n = max(n, sweep)
		}
		for k := range n {
			at, local := shape.at(r, from, p.place.offset)
			device, net := w.whereabouts(r, p, d, local, weekend)
			e := event{at: at, who: int32(p.index), device: device, net: net, flags: flagBrowser, group: r.Uint64()}
			switch {
			case k < sweep && !(p.engineer && k == sweep-1):
				e.client, e.net = apps[k%len(apps)], uint8(k%3)
				e.device = uint8(k % len(p.devices))
			case p.engineer && (k < sweep || chance(r, 0.1)):
				e.client, e.device = appAzurePortal, 0
			default:
				e.client = apps[zipf(r, len(apps))]
			}
			e.resource = clientResources[e.client][0]
			if k < sweep {
				if e.seed = r.Uint64(); !p.silent(e.at) {
					events = append(events, e)
				}
				continue
			}
			events = w.attempt(events, r, e, &codes, p, from+day)
		}
		if p.deviceFlow && !weekend {
			at := w.deviceFlowAt(p, d)
			e := event{at: at, who: int32(p.index), client: appCLI, resource: resARM, net: netOffice, flags: flagDeviceFlow | flagMulti,
				group: mix(w.seed, uint64(p.index), uint64(d)), seed: r.Uint64()}
			if !p.silent(at) {
				events = append(events, e)
			}
		}
	}
	for _, x := range w.resets(d) {
		events = append(events, event{at: x.back, seed: r.Uint64(), group: r.Uint64(), who: int32(x.person.index), net: netOffice,
			client: appOfficeHome, resource: resGraph, flags: flagBrowser | flagMulti})
	}
	// The internet tries its luck now and then, never often enough to mean anything.
	wrong := w.results.mix("50126", 70, "50053", 30)
	for range number(r, float64(w.users)*0.012) {
		at := from + ticks(r.Int64N(int64(day)))
		p := w.people[r.IntN(w.users)]
		if p.silent(at) || p.victim { // a scanner from an attacker's country would blur the truth
			continue
		}
		events = append(events, event{at: at, seed: r.Uint64(), group: r.Uint64(), who: int32(p.index),
			client: appOfficeHome, resource: resGraph, code: wrong.pick(r.Uint64()), flags: flagBrowser | flagNoise})
	}
	return events
}

// deviceFlowAt is when an engineer who works on machines without a browser uses the device code that day.
func (w *world) deviceFlowAt(p *person, d int) ticks {
	h := mix(w.seed, hashText("deviceflow"), uint64(p.index), uint64(d))
	return w.start + ticks(d)*day + 8*hour + ticks(h%uint64(2*hour))
}

// attempt adds the rows of one sign-in attempt: usually one success, sometimes steps before it, rarely no success.
func (w *world) attempt(events []event, r *rand.Rand, e event, codes *frontMix, p *person, end ticks) []event {
	if p.silent(e.at) {
		return events
	}
	step := func(code uint8, flags uint8) {
		s := e
		s.code, s.seed = code, r.Uint64()
		s.flags |= flags
		s.at = min(s.at, end-second)
		events = append(events, s)
		e.at += 6*second + ticks(r.Int64N(int64(40*second)))
	}
	var success uint8
	switch roll := r.Float64(); {
	case roll < 0.108:
		step(codes.interrupt.pick(r.Uint64()), 0)
		success = flagMulti
	case roll < 0.126:
		for range 1 + r.IntN(10)/8 {
			step(codes.wrong.pick(r.Uint64()), 0)
		}
	case roll < 0.129:
		step(w.results.byCode["500121"], flagMulti|flagDenied)
		success = flagMulti
	case roll < 0.133 && !p.guest:
		e.client, e.resource = appPeople, resPeople
		step(codes.blocked.pick(r.Uint64()), 0)
		return events
	case roll < 0.135 && !p.guest:
		e.client, e.resource = appExpenses, resExpenses
		step(codes.unassigned.pick(r.Uint64()), 0)
		return events
	case roll < 0.4:
		success = flagMulti
	}
	step(0, success)
	return events
}

// noiseNetwork is one of the internet's everyday scanners: the upper halves of the two documentation ranges.
func (w *world) noiseNetwork(h uint64) *network {
	block := [...]string{"203.0.113", "198.51.100"}[h&1]
	host := 128 + h>>1%120
	return newNetwork(&w.fars[host%uint64(len(w.fars))], fmt.Sprintf("%s.%d", block, host), asnAttack+int(host), w.noNames)
}
