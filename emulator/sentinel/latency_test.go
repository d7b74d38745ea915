package sentinel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

func TestLatencyHasItsPercentiles(t *testing.T) {
	l := sentinel.Latency{P50: 2 * time.Minute, P95: 20 * time.Minute}
	var all []time.Duration
	for i := range uint64(20_000) {
		all = append(all, l.Draw(i))
	}
	slices.Sort(all)
	for p, want := range map[float64]time.Duration{0.5: l.P50, 0.95: l.P95} {
		got := all[int(p*float64(len(all)))]
		if d := float64(got) / float64(want); d < 0.93 || d > 1.07 {
			t.Errorf("%v of the rows are within %s; want %s", p, got, want)
		}
	}
	if l.Draw(7) != l.Draw(7) || (sentinel.Latency{}).Draw(7) != 0 {
		t.Error("a delay is not the row's own")
	}
}

func TestParseLatency(t *testing.T) {
	l, err := sentinel.ParseLatency("entra, audit=2m/10m")
	if err != nil || l.Of("AuditLogs") != (sentinel.Latency{P50: 2 * time.Minute, P95: 10 * time.Minute}) || l.Of("AADNonInteractiveUserSignInLogs").P50 != 18*time.Minute {
		t.Errorf("%+v, %v", l, err)
	}
	for text, want := range map[string]string{"slow": "is not known", "A=5m": "write the median", "A=5m/1m": "the smaller first", "A=1m/2m,agent": "a preset stands first"} {
		if _, err := sentinel.ParseLatency(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
}

func TestAutomationRulesAreChecked(t *testing.T) {
	action := []sentinel.AutomationAction{{Label: "x"}}
	for want, r := range map[string]sentinel.AutomationRule{
		"has no action":         {Trigger: sentinel.OnIncidentCreated},
		"has 21 actions":        {Trigger: sentinel.OnIncidentCreated, Actions: slices.Repeat(action, 21)},
		"has 51 conditions":     {Trigger: sentinel.OnIncidentCreated, Actions: action, Conditions: make([]sentinel.Condition, 51)},
		"and has conditions":    {Trigger: sentinel.OnAlertCreated, Actions: action, Conditions: make([]sentinel.Condition, 1)},
		`has the trigger "now"`: {Trigger: "now", Actions: action},
	} {
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}
