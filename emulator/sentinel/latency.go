package sentinel

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Latency is how long after its TimeGenerated a row can be queried: a log-normal distribution, half of the rows within
// P50 and 95 of 100 within P95. The zero value is no delay.
type Latency struct{ P50, P95 time.Duration }

// z95 is the 95th percentile of the standard normal distribution.
const z95 = 1.6448536269514722

// maxLatency bounds what a draw can give.
const maxLatency = 31 * 24 * time.Hour

// At returns the delay at a share of the rows: At(0.5) is P50. p lies between 0 and 1, both exclusive; others are moved
// to the nearest that is allowed.
func (l Latency) At(p float64) time.Duration {
	if l.P50 <= 0 {
		return 0
	}
	p = min(max(p, 1e-9), 1-1e-9)
	sigma := 0.0
	if l.P95 > l.P50 {
		sigma = math.Log(float64(l.P95)/float64(l.P50)) / z95
	}
	d := float64(l.P50) * math.Exp(sigma*math.Sqrt2*math.Erfinv(2*p-1))
	return time.Duration(min(d, float64(maxLatency)))
}

// Draw returns the delay of a row that is known by a number; the same number gives the same delay.
func (l Latency) Draw(row uint64) time.Duration {
	if l.P50 <= 0 {
		return 0
	}
	// splitmix64, so that neighbours differ.
	row += 0x9e3779b97f4a7c15
	row = (row ^ row>>30) * 0xbf58476d1ce4e5b9
	row = (row ^ row>>27) * 0x94d049bb133111eb
	row ^= row >> 31
	return l.At((float64(row>>11) + 0.5) / (1 << 53))
}

// Latencies are the delays of tables.
type Latencies struct {
	Default Latency
	Tables  map[string]Latency
}

// Of returns a table's delay.
func (l Latencies) Of(table string) Latency {
	if t, ok := l.Tables[table]; ok {
		return t
	}
	return l.Default
}

// LatencyPresets are the names that ParseLatency knows. The spans follow
// https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time (agents mostly within a minute, resource logs 3
// to 10 minutes, the activity log 3 to 20; fact S137); entra is what other vendors measure of the sign-in streams.
func LatencyPresets() []string { return []string{"none", "agent", "resource", "activity", "entra"} }

// ParseLatency reads a preset's name, or tables with their own delays: "SigninLogs=5m/15m,AuditLogs=2m/10m", the median
// before the 95th percentile. A list may begin with a preset.
func ParseLatency(text string) (Latencies, error) {
	l := Latencies{Tables: map[string]Latency{}}
	for k, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		table, value, own := strings.Cut(part, "=")
		if !own {
			if k > 0 {
				return l, fmt.Errorf("delay %q: a preset stands first; after it TABLE=P50/P95", part)
			}
			if err := l.preset(part); err != nil {
				return l, err
			}
			continue
		}
		half, most, ok := strings.Cut(value, "/")
		a, err1 := time.ParseDuration(half)
		b, err2 := time.ParseDuration(most)
		if !ok || err1 != nil || err2 != nil || a <= 0 || b < a || b > maxLatency {
			return l, fmt.Errorf("delay %q: write the median and the 95th percentile, the smaller first, as in %s=5m/15m", part, table)
		}
		l.Tables[tableOfStream(table)] = Latency{a, b}
	}
	return l, nil
}

func tableOfStream(name string) string {
	switch strings.ToLower(name) {
	case "interactive":
		return "SigninLogs"
	case "noninteractive":
		return "AADNonInteractiveUserSignInLogs"
	case "serviceprincipal":
		return "AADServicePrincipalSignInLogs"
	case "managedidentity":
		return "AADManagedIdentitySignInLogs"
	case "audit":
		return "AuditLogs"
	}
	return name
}

func (l *Latencies) preset(name string) error {
	switch strings.ToLower(name) {
	case "", "none":
	case "agent":
		l.Default = Latency{45 * time.Second, 2 * time.Minute}
	case "resource":
		l.Default = Latency{5 * time.Minute, 10 * time.Minute}
	case "activity":
		l.Default = Latency{8 * time.Minute, 20 * time.Minute}
	case "entra":
		l.Default = Latency{5 * time.Minute, 15 * time.Minute}
		l.Tables["SigninLogs"] = Latency{7 * time.Minute, 15 * time.Minute}
		l.Tables["AADNonInteractiveUserSignInLogs"] = Latency{18 * time.Minute, 30 * time.Minute}
		l.Tables["AADServicePrincipalSignInLogs"] = Latency{9 * time.Minute, 20 * time.Minute}
		l.Tables["AADManagedIdentitySignInLogs"] = Latency{9 * time.Minute, 20 * time.Minute}
	default:
		return fmt.Errorf("delay %q is not known; it is %s, or TABLE=P50/P95", name, strings.Join(LatencyPresets(), ", "))
	}
	return nil
}

// Received returns the TimeGenerated that a row keeps: one that is too old on arrival, or too far ahead of it, is
// replaced by the arrival (fact S139).
func Received(at, ingested time.Time, o Options) time.Time {
	if o.ReplaceTimeGeneratedAfter > 0 && ingested.Sub(at) > o.ReplaceTimeGeneratedAfter ||
		o.ReplaceTimeGeneratedAhead > 0 && at.Sub(ingested) > o.ReplaceTimeGeneratedAhead {
		return ingested
	}
	return at
}
