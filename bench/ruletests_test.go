package bench

import (
	"context"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/ruletest"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// The cases of the shipped rules, one after the other: what `blindspot test` does after it has read the content.
func BenchmarkRuleTests(b *testing.B) {
	pack, _ := content.Load(content.Embedded(), content.Options{Prefix: "shipped"})
	b.ReportAllocs()
	cases, rows := 0, 0
	for b.Loop() {
		cases, rows = 0, 0
		r := ruletest.New(pack, sentinel.DefaultOptions())
		for _, f := range pack.Tests {
			for _, t := range f.Tests {
				if res := r.Case(context.Background(), f.Rule, f, t); !res.Passed {
					b.Fatalf("%s: %s", t.Name, res.Message)
				}
				cases++
				for _, te := range t.Events {
					for _, e := range te.Events {
						rows += max(e.Repeat, 1)
					}
				}
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*cases), "us/case")
	b.ReportMetric(float64(rows)/float64(cases), "rows/case")
}

// Reading the shipped content: rules, tests, functions, workbooks.
func BenchmarkContentLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		content.Load(content.Embedded(), content.Options{Prefix: "shipped", Workers: 1})
	}
}
