package ruletest

import (
	"context"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// A row that is three days old on arrival gets its arrival as TimeGenerated, and is then found.
func TestRowsThatComeDaysLate(t *testing.T) {
	r, files := folder(t, "testdata/five")
	f := files["hour-by-hour"]
	for _, c := range []struct {
		at, late time.Duration
		rows     int
	}{{-72*time.Hour - 30*time.Minute, 72 * time.Hour, 1}, {-24*time.Hour - 30*time.Minute, 24 * time.Hour, 0}} {
		one := content.TestCase{Name: "late", Alerts: []content.ExpectedAlert{}, Events: []content.TableEvents{{Table: "SigninLogs", Events: []content.Event{{
			Use: "signin.failure", Repeat: 1, At: content.Moment{Text: "x", Relative: true, Offset: c.at}, Ingested: content.Moment{Text: "x", Relative: true, Offset: c.late}}}}}}
		if res := r.Case(context.Background(), f.Rule, f, &one); len(res.Alerts) != c.rows {
			t.Errorf("%s late: %d alerts; want %d (%s)", c.late, len(res.Alerts), c.rows, res.Message)
		}
	}
}
