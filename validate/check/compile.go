package check

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

const compileID = "compile"

var compile = Check{
	ID:      compileID,
	Summary: "Every query compiles",
	Why:     "The service runs a rule's query when it is saved, and refuses one that does not compile; a function that does not compile breaks every rule that calls it.",
	Level:   report.Error,
	Compile: true,
	Run: func(p *Pass) {
		for _, it := range p.items() {
			p.diagnostics(it.query, it.compiled(p))
		}
		for _, s := range p.Bundle.Summaries {
			p.diagnostics(s.Query, p.ask(s.Query))
		}
		for _, f := range p.Bundle.Functions {
			if res, ok := p.compiledFunction(f); ok {
				p.diagnostics(f.Query, res)
			}
		}
	},
}

func (p *Pass) diagnostics(q content.Text, res CompileResult) {
	*p.out = append(*p.out, Diagnosed(q, res, p.level)...)
}

// Diagnosed turns what the compiler said of a query into findings at their places in the query's file. Errors have the level.
func Diagnosed(q content.Text, res CompileResult, errors report.Severity) []report.Finding {
	var out []report.Finding
	for _, d := range res.Diagnostics {
		level := errors
		switch d.Severity {
		case source.Warning:
			level = max(level, report.Warning)
		case source.Suggestion:
			level = report.Info
		}
		f := report.Finding{Check: compileID, Code: d.Code, Severity: level, Message: d.Message, Help: d.Help}
		f.Fix = rename(q, d)
		out = append(out, f.At(q.Span(d.Span.Start, d.Span.End)))
	}
	return out
}

// rename is the fix of a diagnostic that names one other word for the one it points at. It is unsafe: the compiler knows
// what is near, not what was meant, and an old spelling may name its result otherwise.
func rename(q content.Text, d source.Diagnostic) *report.Fix {
	name, ok := strings.CutPrefix(d.Help, `did you mean "`)
	if ok {
		name, ok = strings.CutSuffix(name, `"?`)
	} else if d.Code == "BS112" {
		if name, ok = strings.CutPrefix(d.Help, "use "); ok {
			name, ok = strings.CutSuffix(name, "()")
		}
	}
	if !ok || name == "" || !q.Exact() || q.Source() == nil || strings.ContainsAny(name, "\"'\\\n") {
		return nil
	}
	from, to := q.SourceOffset(d.Span.Start), q.SourceOffset(d.Span.End)
	if to > len(q.Source().Bytes) || from >= to || string(q.Source().Bytes[from:to]) != d.Span.Text(q.String()) || !columnName(d.Span.Text(q.String())) || !columnName(name) {
		return nil
	}
	return &report.Fix{Title: "write " + name, Unsafe: true, Edits: []content.Edit{{Start: from, End: to, Text: name}}}
}
