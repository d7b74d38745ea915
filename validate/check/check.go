// Package check holds the checks of content beyond its shape: the service's limits, names that must agree with each other and
// with the query's result, and mistakes that real rules have made. A Bundle comes in, Findings go out. One file holds one
// check; testdata/<check>.txtar beside it holds a good and a bad example with the findings it gives.
//
// Checks that need to understand a query ask a Compiler, which the caller brings; without one they do not run.
package check

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// Check is one check.
type Check struct {
	ID      string // lower case with dashes; also the name of its file (with underscores) and of its testdata
	Summary string // what holds when the check is content, one sentence without a full stop
	Why     string // why it matters in Sentinel
	Fix     string // what its fix does, where that needs saying; "" says it is safe
	Level   report.Severity
	Compile bool // needs a Compiler
	Run     func(*Pass)
}

// All returns every check, sorted by id.
func All() []Check { return all() }

var all = sync.OnceValue(func() []Check {
	checks := []Check{
		alertDetails, alertDetailColumns, compile, connectorTypes, customDetailColumns, customDetails, duplicate, entityColumns, entityDynamicColumn, entityMapping,
		guid, incidentGrouping, lookback, missingTests, overlap, queryLength, resultDescription, ruleKind, schedule, searchUnion, siblingStream, streamTypeClash,
		summaryRule, suppression, tableDeclared, tactics, techniques, testReferences, thresholdInsideHelper, unboundedSet, version, watchlistItems,
	}
	slices.SortFunc(checks, func(a, b Check) int { return strings.Compare(a.ID, b.ID) })
	return checks
})

// Lookup returns the check with an id.
func Lookup(id string) (Check, bool) {
	for _, c := range All() {
		if c.ID == id {
			return c, true
		}
	}
	return Check{}, false
}

// Compiler understands queries. Offsets in diagnostics are bytes of the query's text.
type Compiler interface {
	// Check compiles a query for a profile ("sentinel", "hunting", "adx"), with the bundle's functions, watchlists and tables
	// in scope.
	Check(query content.Text, profile string, bundle *content.Bundle) CompileResult
}

// FunctionCompiler is a Compiler that also compiles the body of a function, its parameters in scope.
type FunctionCompiler interface {
	CheckFunction(f *content.Function, profile string, bundle *content.Bundle) CompileResult
}

// CompileResult is what the compiler says of one query.
type CompileResult struct {
	Diagnostics []source.Diagnostic
	Columns     []Column // of the result; nil when the query has errors
	Open        bool     // the result may have more columns than Columns (evaluate bag_unpack, tables without a schema)
	Tables      []string // the tables of the workspace that are read, functions followed, sorted
}

// Column is a column of a query's result.
type Column struct {
	Name string
	Type string // a Kusto type's name
}

// Pass is one run of one check over a bundle.
type Pass struct {
	Bundle   *content.Bundle
	compiler Compiler
	results  *results
	check    *Check
	level    report.Severity
	out      *[]report.Finding
}

// results keeps what the compiler said, so that several checks ask it once a query.
type results struct {
	mu        sync.Mutex
	masks     map[string]string
	items     []item
	rules     map[*content.Rule]CompileResult
	hunting   map[*content.HuntingQuery]CompileResult
	functions map[*content.Function]CompileResult
}

// Session runs checks over one bundle; the compiler's answers are shared between them.
type Session struct {
	bundle   *content.Bundle
	compiler Compiler
	results  results
	Findings []report.Finding
}

// NewSession starts a session. The compiler may be nil: then checks that need one find nothing.
func NewSession(b *content.Bundle, c Compiler) *Session {
	return &Session{bundle: b, compiler: c, results: results{
		masks: map[string]string{}, rules: map[*content.Rule]CompileResult{}, hunting: map[*content.HuntingQuery]CompileResult{}, functions: map[*content.Function]CompileResult{},
	}}
}

// Compile asks the compiler about all queries at once, workers at a time, so that checks find the answers there. The compiler
// must be safe for concurrent use.
func (s *Session) Compile(ctx context.Context, workers int) {
	p := &Pass{Bundle: s.bundle, compiler: s.compiler}
	var ask []func() func()
	for _, r := range s.bundle.Rules {
		ask = append(ask, func() func() { res := p.ask(r.Query); return func() { s.results.rules[r] = res } })
	}
	for _, h := range s.bundle.Hunting {
		ask = append(ask, func() func() { res := p.ask(h.Query); return func() { s.results.hunting[h] = res } })
	}
	keep := make([]func(), len(ask))
	InParallel(ctx, len(ask), workers, func(i int) { keep[i] = ask[i]() })
	for _, k := range keep {
		if k != nil {
			k()
		}
	}
}

// InParallel calls do for 0 to n-1, some at once. What panics is left undone: whoever needs it later does it again, and
// fails where the fault can be seen.
func InParallel(ctx context.Context, n, workers int, do func(i int)) {
	one := func(i int) {
		defer func() { _ = recover() }()
		do(i)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers, n) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				one(i)
			}
		}()
	}
	wg.Wait()
}

// ask compiles the query of a rule or hunting query.
func (p *Pass) ask(q content.Text) CompileResult {
	if strings.TrimSpace(q.String()) == "" {
		return CompileResult{}
	}
	return p.compiler.Check(q, "sentinel", p.Bundle)
}

// Run runs one check at a level and adds its findings to the session's.
func (s *Session) Run(c Check, level report.Severity) { s.run(c, level, &s.results) }

func (s *Session) run(c Check, level report.Severity, shared *results) {
	if level == report.Off || c.Compile && s.compiler == nil {
		return
	}
	c.Run(&Pass{Bundle: s.bundle, compiler: s.compiler, results: shared, check: &c, level: level, out: &s.Findings})
}

// RunAll runs every check at the level that it is given, workers at a time; findings come in the order of the checks.
func (s *Session) RunAll(ctx context.Context, workers int, level func(Check) report.Severity) {
	all := All()
	parts := make([][]report.Finding, len(all))
	done := make([]bool, len(all))
	run := func(i int) {
		part := &Session{bundle: s.bundle, compiler: s.compiler}
		part.run(all[i], level(all[i]), &s.results)
		parts[i], done[i] = part.Findings, true
	}
	if workers > 1 {
		InParallel(ctx, len(all), workers, run)
	}
	for i := range all {
		if !done[i] && ctx.Err() == nil {
			run(i)
		}
		s.Findings = append(s.Findings, parts[i]...)
	}
}

// report adds a finding at the check's level.
func (p *Pass) report(at content.Span, help, format string, args ...any) {
	p.add(at, p.level, help, format, args...)
}

// hint adds a finding that is no graver than a warning, for what the check cannot be sure of.
func (p *Pass) hint(at content.Span, help, format string, args ...any) {
	p.add(at, max(p.level, report.Warning), help, format, args...)
}

func (p *Pass) add(at content.Span, level report.Severity, help, format string, args ...any) {
	f := report.Finding{Check: p.check.ID, Severity: level, Message: fmt.Sprintf(format, args...), Help: help}
	*p.out = append(*p.out, f.At(at))
}

// fix attaches an edit to the finding added last.
func (p *Pass) fix(fix *report.Fix) { (*p.out)[len(*p.out)-1].Fix = fix }

// replace makes a fix that gives the scalar at a path a new value; nil when it cannot be edited in place.
func replace(doc *content.Document, title, value string, path ...any) *report.Fix {
	e, err := doc.ReplaceScalar(value, path...)
	if err != nil {
		return nil
	}
	return &report.Fix{Title: title, Edits: []content.Edit{e}}
}

func (p *Pass) compiledRule(r *content.Rule) CompileResult {
	p.results.mu.Lock()
	defer p.results.mu.Unlock()
	res, ok := p.results.rules[r]
	if !ok {
		res = p.ask(r.Query)
		p.results.rules[r] = res
	}
	return res
}

func (p *Pass) compiledHunting(h *content.HuntingQuery) CompileResult {
	p.results.mu.Lock()
	defer p.results.mu.Unlock()
	res, ok := p.results.hunting[h]
	if !ok {
		res = p.ask(h.Query)
		p.results.hunting[h] = res
	}
	return res
}

func (p *Pass) compiledFunction(f *content.Function) (CompileResult, bool) {
	c, ok := p.compiler.(FunctionCompiler)
	if !ok {
		return CompileResult{}, false
	}
	p.results.mu.Lock()
	defer p.results.mu.Unlock()
	res, ok := p.results.functions[f]
	if !ok {
		if strings.TrimSpace(f.Query.String()) != "" {
			res = c.CheckFunction(f, "sentinel", p.Bundle)
		}
		p.results.functions[f] = res
	}
	return res, true
}

// item is what rules and hunting queries have in common.
type item struct {
	kind       string
	doc        *content.Document
	query      content.Text
	connectors []content.Connector
	tactics    []string
	techniques []string
	mappings   []content.EntityMapping
	details    []content.CustomDetail
	blindspots []content.Blindspot
	rule       *content.Rule // nil for a hunting query
	compiled   func(*Pass) CompileResult
}

// items lists them once for all checks.
func (p *Pass) items() []item {
	p.results.mu.Lock()
	defer p.results.mu.Unlock()
	if p.results.items != nil {
		return p.results.items
	}
	out := make([]item, 0, len(p.Bundle.Rules)+len(p.Bundle.Hunting))
	for _, r := range p.Bundle.Rules {
		out = append(out, item{"rule", r.Doc, r.Query, r.Connectors, r.Tactics, r.Techniques, r.EntityMappings, r.CustomDetails, r.Blindspots, r,
			func(p *Pass) CompileResult { return p.compiledRule(r) }})
	}
	for _, h := range p.Bundle.Hunting {
		out = append(out, item{"hunting query", h.Doc, h.Query, h.Connectors, h.Tactics, h.Techniques, h.EntityMappings, h.CustomDetails, h.Blindspots, nil,
			func(p *Pass) CompileResult { return p.compiledHunting(h) }})
	}
	p.results.items = out
	return out
}

// columnName says whether a text can be a column that the service takes in mappings and details.
func columnName(s string) bool {
	if s == "" || len(s) > 500 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}
