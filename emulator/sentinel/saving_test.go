package sentinel_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql"
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
