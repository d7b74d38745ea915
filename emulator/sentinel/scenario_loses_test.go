package sentinel_test

import (
	"context"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// checkLoses runs the rules for a day under each preset of delay, with an event every 20 seconds, and says whether the
// pairs of frequency and period lose any: "all" for every rule, "none", or the names of those that do.
func (x *stage) checkLoses(want map[string]string) {
	for _, preset := range sortedKeys(want) {
		l, err := sentinel.ParseLatency(preset)
		if err != nil {
			x.t.Fatal(err)
		}
		a := sentinel.Arrivals{Table: "Logons"}
		for i := range 24 * 60 * 3 {
			at := x.start.Add(time.Duration(i) * 20 * time.Second)
			a.Time = append(a.Time, value.TicksOf(at))
			a.Ingested = append(a.Ingested, value.TicksOf(at.Add(l.Of("Logons").Draw(uint64(i)))))
		}
		s := x.scheduler()
		s.Engine = silent{}
		log, err := s.Span(context.Background(), x.start, x.start.Add(24*time.Hour))
		if err != nil {
			x.t.Fatal(err)
		}
		var losing []string
		for _, r := range x.rules {
			if n := len(sentinel.Missed(r, log.Outcomes, a, x.options)); n > 0 {
				losing = append(losing, r.Name)
			}
		}
		got := strings.Join(losing, ", ")
		if got == "" {
			got = "none"
		}
		if got != want[preset] {
			x.t.Errorf("delay %s: %s lose events; want %s", preset, got, want[preset])
		}
	}
}

// silent is an engine whose queries give nothing.
type silent struct{}

func (silent) Run(context.Context, *content.Rule, sentinel.Request) (sentinel.Rows, error) {
	return sentinel.Rows{}, nil
}
