package check

import (
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

var compile = Check{
	ID:      "compile",
	Summary: "Every query compiles",
	Why:     "The service runs a rule's query when it is saved, and refuses one that does not compile; a function that does not compile breaks every rule that calls it.",
	Level:   report.Error,
	Compile: true,
	Run: func(p *Pass) {
		for _, it := range p.items() {
			p.diagnostics(it.query, it.compiled(p))
		}
		for _, f := range p.Bundle.Functions {
			if res, ok := p.compiledFunction(f); ok {
				p.diagnostics(f.Query, res)
			}
		}
	},
}

func (p *Pass) diagnostics(q content.Text, res CompileResult) {
	for _, d := range res.Diagnostics {
		level := p.level
		switch d.Severity {
		case source.Warning:
			level = max(level, report.Warning)
		case source.Suggestion:
			level = report.Info
		}
		f := report.Finding{Check: p.check.ID, Code: d.Code, Severity: level, Message: d.Message, Help: d.Help}
		*p.out = append(*p.out, f.At(q.Span(d.Span.Start, d.Span.End)))
	}
}
