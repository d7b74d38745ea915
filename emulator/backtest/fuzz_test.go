package backtest

import (
	"testing"
)

// FuzzExpectations reads anything as a file of expectations: what is taken asks for numbers that can be.
func FuzzExpectations(f *testing.F) {
	for _, s := range []string{
		"unexpected: fail\nrules:\n  - rule: spray\n    at_least: 1\n    at_most: 3\n    alerts:\n      - {name: a, from: 2026-01-05T00:00:00Z, to: 2026-01-06T00:00:00Z, entities: {IP: [192.0.2.1]}}\n",
		"rules: [{rule: a, exactly: 2}]", "rules: [{rule: a, exactly: -1}]", "rules: [{rule: a, alerts: [{from: -1h, to: +1h}]}]", "rules: &a [*a]", "a: b", "- x", "",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<14 {
			return
		}
		e, err := ReadExpectations("e.yaml", b)
		if err != nil {
			return
		}
		for _, r := range e.Rules {
			if r.Rule == "" || r.Exactly >= 0 && (r.AtLeast >= 0 || r.AtMost >= 0) || r.AtMost >= 0 && r.AtLeast > r.AtMost {
				t.Errorf("%q is taken as %+v", b, r)
			}
			for _, m := range r.Marks {
				if !m.From.IsSet() && !m.To.IsSet() && len(m.Entities) == 0 {
					t.Errorf("%q: an alert that fits any", b)
				}
			}
		}
	})
}
