package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestRuleLimits fills a workspace with rules up to the service's limits (facts S58, S86).
func TestRuleLimits(t *testing.T) {
	s := open(t, t.TempDir())
	s.opts.Engine = nil // the limits do not look at the query
	save := func(kind string, n int, enabled bool) string {
		timing := ""
		if kind == "Scheduled" {
			timing = `"queryFrequency":"PT1H","queryPeriod":"PT1H","triggerOperator":"GreaterThan","triggerThreshold":0,`
		}
		body := fmt.Sprintf(`{"kind":%q,"properties":{"displayName":"%s %d","enabled":%t,"severity":"Low","query":"T",%s"suppressionEnabled":false,"suppressionDuration":"PT5H"}}`, kind, kind, n, enabled, timing)
		w := send(s, http.MethodPut, fmt.Sprintf("%s/providers/Microsoft.SecurityInsights/alertRules/%s%d?api-version=2025-07-01-preview", s.WorkspaceResource(), kind, n), body)
		if w.Code == http.StatusCreated {
			return ""
		}
		return w.Body.String()
	}
	for _, c := range []struct {
		kind        string
		on, total   int
		onMessage   string
		allMessages string
	}{
		{"NRT", 50, 100, "50 enabled NRT rules", "100 NRT rules"},
		{"Scheduled", 512, 1024, "512 enabled Scheduled rules", "1024 Scheduled rules"},
	} {
		for i := range c.total {
			if i == c.on {
				if got := save(c.kind, i, true); !strings.Contains(got, c.onMessage) {
					t.Errorf("%s rule %d, enabled: %q; want %q", c.kind, i+1, got, c.onMessage)
				}
			}
			if got := save(c.kind, i, i < c.on); got != "" {
				t.Fatalf("%s rule %d: %s", c.kind, i+1, got)
			}
		}
		if got := save(c.kind, c.total, false); !strings.Contains(got, c.allMessages) {
			t.Errorf("%s rule %d: %q; want %q", c.kind, c.total+1, got, c.allMessages)
		}
	}
}
