package sentinel_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
	"github.com/seed-caab1ad3/blindspot/validate"
)

// checkFindings is what the service says when a rule is saved, as the checks of package validate and the compiler word it
// before: every finding wanted is there, and no error when none is wanted.
func (x *stage) checkFindings(want []string) {
	t := x.t
	rep, err := validate.Run(context.Background(), x.bundle, x.problem, validate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range rep.Findings {
		if f.Severity.String() == "error" {
			got = append(got, fmt.Sprintf("%s: %s", f.Check, f.Message))
		}
	}
	for _, r := range x.rules {
		c := x.ws.Compile(r.Query.String(), kql.Sentinel)
		for _, d := range c.Diagnostics {
			if d.Severity.String() == "error" {
				got = append(got, "query: "+d.Code+" "+d.Message)
			}
		}
		if !c.OK() {
			continue
		}
		for _, m := range r.EntityMappings {
			for _, f := range m.FieldMappings {
				found := false
				for _, col := range c.Columns {
					found = found || col.Name == f.ColumnName
				}
				if !found {
					got = append(got, "entityMappings: the query gives no column "+f.ColumnName)
				}
			}
		}
	}
	text := strings.Join(got, "\n")
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("findings\n%s\nwant one with %q", text, w)
		}
	}
	if len(want) == 0 && len(got) > 0 {
		t.Errorf("findings\n%s\nwant none", text)
	}
}

func (x *stage) checkExport(want *wantExport) {
	t := x.t
	for _, r := range x.rules {
		d, err := sentinel.CustomDetectionOf(r)
		if want.Refused != "" {
			if err == nil || !strings.Contains(err.Error(), want.Refused) {
				t.Errorf("error %v; want %q", err, want.Refused)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		body := string(content.AppendJSON(nil, d.Body))
		if want.Frequency != "" && !strings.Contains(body, `"frequency":"`+want.Frequency+`"`) {
			t.Errorf("body %s; want the frequency %s", body, want.Frequency)
		}
		if want.Lookback != "" && !strings.Contains(body, `"lookback":"`+want.Lookback+`"`) {
			t.Errorf("body %s; want the lookback %s", body, want.Lookback)
		}
		lost := strings.Join(d.Lost, "\n")
		for _, w := range want.Lost {
			if !strings.Contains(lost, w) {
				t.Errorf("lost\n%s\nwant %q", lost, w)
			}
		}
		if len(d.Lost) != len(want.Lost) {
			t.Errorf("lost\n%s\nwant %d entries", lost, len(want.Lost))
		}
	}
}
