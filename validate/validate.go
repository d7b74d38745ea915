// Package validate inspects content: the problems of reading it, the schemas of its kinds, and the checks of package check.
// A bundle comes in, a report goes out. Whether rules find what they should is asked by their tests, in package ruletest.
package validate

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/check"
	"github.com/seed-caab1ad3/blindspot/validate/explain"
	"github.com/seed-caab1ad3/blindspot/validate/report"
	"github.com/seed-caab1ad3/blindspot/validate/schema"
)

// The types of the compiler that checks ask; see package check.
type (
	Compiler         = check.Compiler
	FunctionCompiler = check.FunctionCompiler
	CompileResult    = check.CompileResult
	Column           = check.Column
)

// SchemaCheck is the id under which violations of schemas are reported.
const SchemaCheck = "schema"

// Options say what is checked.
type Options struct {
	Compiler Compiler // nil: checks that need one do not run
	Checks   []string // ids of the checks to run; none means all
	// Levels gives checks another level: "error", "warning", "info" or "off", by id. The name "all" stands for every check
	// that is not named.
	Levels map[string]string
	// LevelOf gives a check another level in a file; it comes after Levels. nil, or false, leaves the level as it is.
	LevelOf func(file, id string) (report.Severity, bool)
	// Only limits the findings to these files, for instance those that changed; nil means all. The whole bundle is still
	// looked at, because a change in one file can break another.
	Only map[string]bool
}

// Rules describes everything that can be reported, sorted by id: the checks, the schemas, and the problems of reading.
func Rules() []report.Rule {
	rules := []report.Rule{
		{ID: SchemaCheck, Summary: "A file has the shape of its kind", Why: "The service refuses content with missing fields or values of the wrong kind, often with a message that names neither.", Level: report.Error},
		{ID: content.CodeSyntax, Summary: "A file is well-formed YAML or JSON", Why: "A file that cannot be read is content that nobody deploys.", Level: report.Error},
		{ID: content.CodeDuplicateKey, Summary: "A key stands once in a mapping, a name once in its folder", Why: "Of two values one wins silently, and readers differ in which.", Level: report.Error},
		{ID: content.CodeUnknownKey, Summary: "Every key is one that is read", Why: "A misspelt key is a setting that does not take effect.", Level: report.Warning},
		{ID: content.CodeType, Summary: "Values are of the kind that their key takes", Why: "A list where a text belongs is refused by the service, or read as something else.", Level: report.Error},
		{ID: content.CodeMissing, Summary: "A file has what its kind cannot do without", Why: "A rule without a query detects nothing.", Level: report.Error},
		{ID: content.CodeReference, Summary: "Files that are named exist", Why: "A test whose rule is missing tests nothing.", Level: report.Error},
		{ID: content.CodeUnreadable, Summary: "Files can be read", Why: "What cannot be read is not checked and not deployed.", Level: report.Error},
		{ID: content.CodeTooLarge, Summary: "Files are of the size of content", Why: "Content files are small; a large one is a mistake, or an attack on the reader.", Level: report.Error},
		{ID: content.CodeBinary, Summary: "Files are UTF-8 text", Why: "Other encodings and binary files are read differently by every tool.", Level: report.Error},
		{ID: content.CodeSymlink, Summary: "Links stay inside the folder", Why: "A link that leaves the repository reads what the reviewer never saw.", Level: report.Error},
		{ID: content.CodeKind, Summary: "Every file of content is of a known kind", Why: "A file that nothing reads is neither checked nor deployed.", Level: report.Warning},
		{ID: IgnoreCheck, Summary: "An ignore comment is used and has a reason", Why: "A comment that outlives its finding hides the next one; one without a reason is asked about in every review.", Level: report.Warning},
		{ID: content.CodeNoContent, Summary: "There is content", Why: "A check of nothing passes always.", Level: report.Error},
	}
	for _, c := range check.All() {
		rules = append(rules, report.Rule{ID: c.ID, Summary: c.Summary, Why: c.Why, Level: c.Level})
	}
	slices.SortFunc(rules, func(a, b report.Rule) int { return strings.Compare(a.ID, b.ID) })
	return rules
}

// levels answers which level a check has, and says what is wrong with the settings.
type levels struct {
	only  map[string]bool
	set   map[string]report.Severity
	rest  *report.Severity
	own   map[string]report.Severity
	names []string
	kql   bool // there is a compiler
}

func (l *levels) known(id string) bool {
	_, ok := l.own[id]
	return ok
}

// ran reports whether a check, or the check that a code belongs to, has looked.
func (l *levels) ran(id string) bool {
	if isCode(id) {
		return l.kql && l.of("compile", report.Error) != report.Off
	}
	c, ok := check.Lookup(id)
	return l.of(id, l.own[id]) != report.Off && !(ok && c.Compile && !l.kql)
}

func newLevels(opts Options) (levels, error) {
	own := map[string]report.Severity{}
	var names []string
	for _, r := range Rules() {
		own[r.ID] = r.Level
		names = append(names, r.ID)
	}
	known := func(id string) bool { _, ok := own[id]; return ok }
	unknown := func(id string) error {
		if best := nearest.Of(id, names); best != "" && !isCode(id) {
			return fmt.Errorf("there is no check %q; did you mean %q?", id, best)
		}
		return fmt.Errorf("there is no check %q", id)
	}
	l := levels{set: map[string]report.Severity{}, own: own, names: names, kql: opts.Compiler != nil}
	for _, id := range opts.Checks {
		if !known(id) {
			return l, unknown(id)
		}
		if l.only == nil {
			l.only = map[string]bool{}
		}
		l.only[id] = true
	}
	ids := make([]string, 0, len(opts.Levels))
	for id := range opts.Levels {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		s, err := report.ParseSeverity(opts.Levels[id])
		switch {
		case id != "all" && !known(id) && !explained(id):
			return l, unknown(id)
		case err != nil:
			return l, fmt.Errorf("the level of %s: %w", id, err)
		case id == "all":
			l.rest = &s
		default:
			l.set[id] = s
		}
	}
	return l, nil
}

// levelIn asks for the level of a finding by its code first, then by its check.
func levelIn(levelOf func(file, id string) (report.Severity, bool), f report.Finding) (report.Severity, bool) {
	if f.Code != "" {
		if level, ok := levelOf(f.File, f.Code); ok {
			return level, true
		}
	}
	return levelOf(f.File, f.Check)
}

// explained reports whether an id is a code of the compiler; it may be given a level like a check.
func explained(id string) bool {
	if !isCode(id) {
		return false
	}
	_, ok := explain.Lookup(id)
	return ok
}

// of returns the level of a check whose own level is given.
func (l *levels) of(id string, own report.Severity) report.Severity {
	if l.only != nil && !l.only[id] {
		return report.Off
	}
	if s, ok := l.set[id]; ok {
		return s
	}
	if l.rest != nil {
		return *l.rest
	}
	return own
}

// manyDocuments is the number of files from which on they are looked at by all processors.
const manyDocuments = 16

// schemasAtOnce checks all documents by their schemas and returns a function that says what came of each.
func schemasAtOnce(ctx context.Context, documents []*content.Document, workers int) func(*content.Document) ([]schema.Violation, error) {
	type outcome struct {
		violations []schema.Violation
		err        error
		done       bool
	}
	all := make([]outcome, len(documents))
	check.InParallel(ctx, len(documents), workers, func(i int) {
		all[i].violations, all[i].err = schema.Check(documents[i])
		all[i].done = true
	})
	at := make(map[*content.Document]int, len(documents))
	for i, d := range documents {
		at[d] = i
	}
	return func(d *content.Document) ([]schema.Violation, error) {
		if o := all[at[d]]; o.done {
			return o.violations, o.err
		}
		return schema.Check(d)
	}
}

// Run checks a bundle and the problems of loading it. The report's findings are sorted; the same content gives the same
// report. An error means that the options are wrong, that ctx ended, or a fault of this program; bad content is never one.
func Run(ctx context.Context, b *content.Bundle, problems []content.Problem, opts Options) (*report.Report, error) {
	l, err := newLevels(opts)
	if err != nil {
		return nil, err
	}
	r := &report.Report{Line: b.Line, Explain: explain.Markdown, Codes: explain.Rule}
	for _, d := range Rules() {
		if d.Level = l.of(d.ID, d.Level); d.Level != report.Off {
			r.Rules = append(r.Rules, d)
		}
	}
	files := map[string]bool{}
	said := map[string]bool{} // file and path of a problem, so that the schema does not repeat it
	for _, p := range problems {
		files[p.Span.File] = true
		if p.Path != "" {
			said[p.Span.File+"\x00"+p.Path] = true
		}
		if level := l.of(p.Code, report.Severity(p.Severity)); level != report.Off {
			r.Findings = append(r.Findings, report.Finding{Check: p.Code, Severity: level, Message: p.Message, Help: p.Help}.At(p.Span))
		}
	}
	checkSchema := schema.Check
	if k, ok := opts.Compiler.(*Incremental); ok {
		k.begin()
		checkSchema = k.schema
	}
	level := l.of(SchemaCheck, report.Error)
	workers := runtime.GOMAXPROCS(0)
	_, kept := opts.Compiler.(*Incremental)
	if !kept && level != report.Off && workers > 1 && len(b.Documents) >= manyDocuments {
		checkSchema = schemasAtOnce(ctx, b.Documents, workers)
	}
	for _, d := range b.Documents {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		files[d.File()] = true
		if level == report.Off {
			continue
		}
		violations, err := checkSchema(d)
		if err != nil {
			// Aliases that expand without end: the reader of content has said so, or nothing read the part that does.
			r.Findings = append(r.Findings, report.Finding{Check: SchemaCheck, Severity: level, File: d.File(), Line: 1, Column: 1, Message: "the file cannot be checked: " + err.Error()})
			continue
		}
		for _, v := range violations {
			if !said[d.File()+"\x00"+v.Path] {
				r.Findings = append(r.Findings, report.Finding{Check: SchemaCheck, Severity: level, Message: v.Message, Help: v.Help}.At(v.Span))
			}
		}
	}
	s := check.NewSession(b, opts.Compiler)
	if _, own := opts.Compiler.(*KQL); own && workers > 1 && len(b.Documents) >= manyDocuments && l.of("compile", report.Error) != report.Off {
		s.Compile(ctx, workers)
	}
	if kept || len(b.Documents) < manyDocuments {
		workers = 1
	}
	s.RunAll(ctx, workers, func(c check.Check) report.Severity { return l.of(c.ID, c.Level) })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.Findings = append(r.Findings, s.Findings...)
	ignore(r, b.Documents, &l) // before levels: a comment is of use also where the level is off
	for i := range r.Findings {
		if level, ok := l.set[r.Findings[i].Code]; ok && r.Findings[i].Code != "" {
			r.Findings[i].Severity = level
		}
		if opts.LevelOf != nil {
			if level, ok := levelIn(opts.LevelOf, r.Findings[i]); ok {
				r.Findings[i].Severity = level
			}
		}
	}
	r.Findings = slices.DeleteFunc(r.Findings, func(f report.Finding) bool { return f.Severity == report.Off })
	if opts.Only != nil {
		r.Findings = slices.DeleteFunc(r.Findings, func(f report.Finding) bool { return !opts.Only[f.File] })
		r.Ignored = slices.DeleteFunc(r.Ignored, func(f report.Ignored) bool { return !opts.Only[f.File] })
	}
	for f := range files {
		if opts.Only == nil || opts.Only[f] {
			r.Files = append(r.Files, f)
		}
	}
	sort.Strings(r.Files)
	r.Sort()
	return r, nil
}
