package sentinel_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

var scenarioWorkspace = sentinel.Workspace{ID: "11111111-1111-4111-8111-111111111111", Name: "contoso-soc"}

func (x *stage) checkRecords() {
	t, e := x.t, x.s.Expect
	for _, w := range e.Health {
		i := w.Run
		if i < 0 {
			i += len(x.log.Outcomes)
		}
		r := sentinel.SentinelHealth(x.log.Outcomes[i], scenarioWorkspace)
		what := fmt.Sprintf("health of run %d ", w.Run)
		word(t, what+"status", w.Status, field(r, "Status"))
		part(t, what+"description", w.Description, field(r, "Description"))
		part(t, what+"reason", w.Reason, field(r, "Reason"))
		p, _ := r.Get("ExtendedProperties")
		for name, want := range w.Properties {
			part(t, what+name, want, field(p.(content.Record), name))
		}
	}
	number(t, "rows of SentinelHealth", e.HealthRows, len(x.log.Health(x.options, scenarioWorkspace)))
	if e.Golden != "" {
		x.checkGolden(e.Golden)
	}
	if e.Incident != nil {
		if len(x.log.History) == 0 {
			t.Fatal("no incident, no row")
		}
		row := sentinel.SecurityIncident(x.log.History[len(x.log.History)-1], x.options, scenarioWorkspace)
		for name, want := range e.Incident {
			v, _ := row.Get(name)
			part(t, name, want, strings.Trim(string(content.AppendJSON(nil, v)), `"`))
		}
	}
	if e.AlertRow == nil && e.Properties == nil && e.Longest == nil {
		return
	}
	alerts := x.log.Alerts()
	if len(alerts) == 0 {
		t.Fatal("no alert, no row")
	}
	row := sentinel.SecurityAlert(alerts[0], scenarioWorkspace)
	for name, want := range e.AlertRow {
		part(t, name, want, field(row, name))
	}
	for name, want := range e.Longest {
		if got := len(field(row, name)); got != want {
			t.Errorf("%s has %d bytes; want %d", name, got, want)
		}
	}
	var p map[string]string
	if err := json.Unmarshal([]byte(field(row, "ExtendedProperties")), &p); err != nil {
		t.Fatal(err)
	}
	for name, want := range e.Properties {
		part(t, name, want, p[name])
	}
}

func field(r content.Record, name string) string {
	v, _ := r.Get(name)
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return string(v)
	}
	return fmt.Sprint(v)
}
