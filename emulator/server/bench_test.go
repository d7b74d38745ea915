package server

import (
	"fmt"
	"net/http"
	"testing"
)

// BenchmarkRules writes a rule, its query compiled, into a workspace that has 500; and lists them, page by page.
func BenchmarkRules(b *testing.B) {
	for name, dir := range map[string]string{"memory": "", "state": b.TempDir()} {
		s, err := New(Options{Now: clock, Engine: testEngine(b), State: dir})
		if err != nil {
			b.Fatal(err)
		}
		path := s.WorkspaceResource() + "/providers/Microsoft.SecurityInsights/alertRules"
		put := func(i int) {
			body := fmt.Sprintf(`{"kind":"Scheduled","properties":{"displayName":"Rule %d","enabled":true,"severity":"Medium","query":"SigninLogs | where ResultType == '%d' | summarize count() by IPAddress","queryFrequency":"PT1H","queryPeriod":"PT1H","triggerOperator":"GreaterThan","triggerThreshold":0,"suppressionEnabled":false,"suppressionDuration":"PT5H"}}`, i, i)
			if w := send(s, http.MethodPut, fmt.Sprintf("%s/r%d?api-version=2025-09-01", path, i), body); w.Code/100 != 2 {
				b.Fatal(w.Body)
			}
		}
		for i := range 500 {
			put(i)
		}
		b.Run("put/"+name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				put(i % 500)
			}
		})
		b.Run("list/"+name, func(b *testing.B) {
			for b.Loop() {
				if w := send(s, http.MethodGet, path+"?api-version=2025-09-01", ""); w.Code != 200 {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
