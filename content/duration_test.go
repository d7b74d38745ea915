package content

import (
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		in              string
		want            time.Duration
		iso, short, net string
	}{
		{"5m", 5 * time.Minute, "PT5M", "5m", "00:05:00"},
		{"1h", time.Hour, "PT1H", "1h", "01:00:00"},
		{"14d", 14 * day, "P14D", "14d", "14.00:00:00"},
		{"90m", 90 * time.Minute, "PT1H30M", "90m", "01:30:00"},
		{"1d12h", 36 * time.Hour, "P1DT12H", "36h", "1.12:00:00"},
		{"500ms", 500 * time.Millisecond, "PT0.5S", "500ms", "00:00:00.5000000"},
		{"01:30:00", 90 * time.Minute, "PT1H30M", "90m", "01:30:00"},
		{"2.01:30:00", 49*time.Hour + 30*time.Minute, "P2DT1H30M", "2970m", "2.01:30:00"},
		{"00:00:01.5", 1500 * time.Millisecond, "PT1.5S", "1500ms", "00:00:01.5000000"},
		{"PT5M", 5 * time.Minute, "PT5M", "5m", "00:05:00"},
		{"P1D", day, "P1D", "1d", "1.00:00:00"},
		{"pt5m", 5 * time.Minute, "PT5M", "5m", "00:05:00"},
		{"P2DT1H30M", 49*time.Hour + 30*time.Minute, "P2DT1H30M", "2970m", "2.01:30:00"},
		{"P2W", 14 * day, "P14D", "14d", "14.00:00:00"},
		{"PT0S", 0, "PT0S", "0m", "00:00:00"},
	} {
		d, err := ParseDuration(c.in)
		if err != nil || d.Value != c.want || d.ISO() != c.iso || d.Short() != c.short || d.DotNet() != c.net {
			t.Errorf("%q: %v %v %s %s %s", c.in, d.Value, err, d.ISO(), d.Short(), d.DotNet())
		}
		for _, form := range []string{d.ISO(), d.Short(), d.DotNet()} {
			if back, err := ParseDuration(form); err != nil || back.Value != d.Value {
				t.Errorf("%q written as %q reads as %v, %v", c.in, form, back.Value, err)
			}
		}
	}
	for _, bad := range []string{"", "5", "5 minutes", "5x", "m", "-5m", "P", "PT", "P1M", "P1Y", "PT1M1H", "1:2:3:4", "25:00:00", "00:60:00", "99999999999d", "P99999999D", "1.2.3:00", "T5M", "PT5", "5m ", "٥m"} {
		if d, err := ParseDuration(bad); err == nil {
			t.Errorf("%q was read as %v", bad, d.Value)
		}
	}
}

func TestParseMoment(t *testing.T) {
	now := time.Date(2026, 1, 5, 11, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"-30m": "2026-01-05T10:30:00Z", "+4m": "2026-01-05T11:04:00Z", "-1d2h": "2026-01-04T09:00:00Z", "0": "2026-01-05T11:00:00Z", "now": "2026-01-05T11:00:00Z",
		"2026-01-05T10:00:00Z": "2026-01-05T10:00:00Z", "2026-01-05T10:00:00+02:00": "2026-01-05T08:00:00Z", "2026-01-05": "2026-01-05T00:00:00Z", "2026-01-05 10:00:00": "2026-01-05T10:00:00Z",
	} {
		m, err := ParseMoment(in)
		if got := m.At(now).Format(time.RFC3339); err != nil || got != want {
			t.Errorf("%q: %s, %v", in, got, err)
		}
	}
	for _, bad := range []string{"", "30m", "-", "yesterday", "2026-13-01"} {
		if m, err := ParseMoment(bad); err == nil {
			t.Errorf("%q was read as %+v", bad, m)
		}
	}
}

// FuzzDuration reads anything as a duration and as a moment: what is read is written in forms that read back to the same.
func FuzzDuration(f *testing.F) {
	for _, s := range []string{"5m", "1d12h", "P2DT1H30M", "-PT1.5S", "2.01:30:00", "P2W", "00:00:00.0000001", "99999999999d", "2026-01-05T10:00:00Z", "-1d2h", "+4m", "P", "-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDuration(s); err == nil {
			if back, err := ParseDuration(d.ISO()); err != nil || back.Value != d.Value {
				t.Errorf("%q is written %s, read as %v, %v", s, d.ISO(), back.Value, err)
			}
			if d.Value%100 == 0 {
				if back, err := ParseDuration(d.DotNet()); err != nil || back.Value != d.Value {
					t.Errorf("%q is written %s, read as %v, %v", s, d.DotNet(), back.Value, err)
				}
			}
			if d.Value%time.Millisecond == 0 {
				if back, err := ParseDuration(d.Short()); err != nil || back.Value != d.Value {
					t.Errorf("%q is written %s, read as %v, %v", s, d.Short(), back.Value, err)
				}
			}
		}
		if m, err := ParseMoment(s); err == nil {
			now := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
			if at := m.At(now); !m.IsSet() || !m.Relative && at != m.Time {
				t.Errorf("%q is %v", s, at)
			}
		}
	})
}
