// Package kql compiles KQL: a query's text and a catalog come in, a bound tree, its columns and all that is wrong with it
// come out. It holds the language and no execution; plan and exec run what it gives.
package kql

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// Profile says for which service a query is written.
type Profile string

// The profiles. The zero Profile refuses nothing.
const (
	Sentinel Profile = "sentinel" // a Log Analytics workspace with Microsoft Sentinel
	Hunting  Profile = "hunting"  // advanced hunting in Microsoft Defender
	ADX      Profile = "adx"      // Azure Data Explorer
)

// Options are what a query is compiled against.
type Options struct {
	// Catalog knows the tables, functions and watchlists; without one every table is unknown.
	Catalog symbol.Catalog
	// Profile refuses what a service does not offer.
	Profile Profile
	// HasKernel tells whether the engine runs a function; nil stands for all. Names are canonical. Functions without a kernel
	// are listed in Compiled.Query.Unsupported.
	HasKernel func(kind symbol.FunctionKind, name string) bool
	// Summaries, when not nil, save binding the body of a stored function at each call: the query can be looked at, and not
	// be run. They belong to Catalog.
	Summaries *bind.Summaries
}

// Compiled is a compiled query.
type Compiled struct {
	Text   string
	Syntax *syntax.Query
	Query  *bind.Query
	// Diagnostics of spelling, meaning and profile, in the order of the text.
	Diagnostics []source.Diagnostic
	// Columns of the first result, hidden ones left out.
	Columns []symbol.Column
}

// OK reports whether the query has no errors. It may still hold what the engine cannot run: see Query.Unsupported.
func (c *Compiled) OK() bool { return !source.HasErrors(c.Diagnostics) }

// Compile compiles a query. It never fails and never panics; what is wrong is in Diagnostics.
func Compile(text string, opts Options) *Compiled {
	c := &Compiled{Text: text}
	c.Syntax = syntax.Parse(text)
	c.Query = bind.Check(c.Syntax, opts.Catalog, opts.Summaries)
	c.Diagnostics = append(append(c.Diagnostics, c.Syntax.Diagnostics...), c.Query.Diagnostics...)
	c.Diagnostics = append(c.Diagnostics, refusals(c.Syntax, opts.Profile)...)
	c.Diagnostics = append(c.Diagnostics, tooManyWorkspaces(c.Query, opts.Profile)...)
	source.Sort(c.Diagnostics)
	c.Diagnostics = causes(text, c.Diagnostics)
	c.Columns = c.Query.Columns()
	if opts.HasKernel != nil {
		withoutKernel(c.Query, opts.HasKernel)
	}
	return c
}

// withoutKernel lists the functions that the engine does not run.
func withoutKernel(q *bind.Query, has func(symbol.FunctionKind, string) bool) {
	seen := map[bind.Use]bool{}
	bind.WalkUses(q, func(u bind.Use, at source.Span) {
		if seen[u] {
			return
		}
		seen[u] = true
		if has(u.Kind, u.Name) {
			return
		}
		what := fmt.Sprintf("%s %s()", u.Kind, u.Name)
		if u.Kind == symbol.Operator {
			what = fmt.Sprintf("operator %s", u.Name)
		}
		q.Unsupported = append(q.Unsupported, bind.Unsupported{What: what, Span: at})
	})
}

// refused lists what a Log Analytics workspace does not offer and Azure Data Explorer does.
//
// Source: Azure Monitor documentation, "Log queries in Azure Monitor", differences to Azure Data Explorer.
func refused(name string) bool {
	switch name {
	case "cluster", "database", "cursor_after", "cursor_before_or_at", "cursor_current", "current_cursor", "current_principal",
		"extent_id", "extentid", "extent_tags", "python", "sql_request":
		return true
	}
	return false
}

// onlyAzureMonitor lists what Azure Data Explorer does not have.
func onlyAzureMonitor(name string) bool {
	switch name {
	case "workspace", "app", "resource", "adx", "arg":
		return true
	}
	return strings.HasPrefix(name, "_GetWatchlist")
}

// maxWorkspaces is how many workspaces a rule's query may read.
//
// Source: Microsoft Sentinel documentation, "Service limits": cross-workspace queries of analytics rules.
const maxWorkspaces = 20

// tooManyWorkspaces reports a rule that reads more workspaces than the service allows; its own counts when it is read.
func tooManyWorkspaces(q *bind.Query, profile Profile) []source.Diagnostic {
	if profile != Sentinel {
		return nil
	}
	read := map[string]bool{}
	for _, name := range q.Tables {
		workspace, _ := symbol.SplitWorkspace(name)
		read[strings.ToLower(workspace)] = true
	}
	if len(read) <= maxWorkspaces {
		return nil
	}
	return []source.Diagnostic{{Code: "BS206", Kind: source.Semantic, Severity: source.Error,
		Message: fmt.Sprintf("the query reads %d workspaces, and a rule's query may read %d", len(read), maxWorkspaces), Help: "split the rule"}}
}

// refusals reports what the profile's service does not offer.
func refusals(q *syntax.Query, profile Profile) []source.Diagnostic {
	if profile == "" {
		return nil
	}
	var out []source.Diagnostic
	add := func(code string, at source.Span, help, format string, args ...any) {
		out = append(out, source.Diagnostic{Code: code, Kind: source.Semantic, Span: at, Message: fmt.Sprintf(format, args...), Help: help})
	}
	where := "a Log Analytics workspace"
	if profile == Hunting {
		where = "advanced hunting"
	}
	for _, s := range q.Statements {
		switch s := s.(type) {
		case *syntax.AliasStatement:
			if profile != ADX {
				add("BS201", s.Span(), "", "alias statements are not offered by %s", where)
			}
		case *syntax.QueryParametersStatement:
			if profile != ADX {
				add("BS201", s.Span(), "", "declare query_parameters is not offered by %s", where)
			}
		case *syntax.CommandStatement:
			add("BS202", s.Span(), "", "management commands are not queries")
		}
	}
	visit := func(n syntax.Node) bool {
		call, ok := n.(*syntax.CallExpr)
		if !ok {
			return true
		}
		name := call.Name.Text
		switch {
		case profile != ADX && refused(name):
			add("BS203", call.Name.Span(), "", "%s() is not offered by %s", name, where)
		case profile == ADX && onlyAzureMonitor(name):
			add("BS203", call.Name.Span(), "", "%s() is offered by Log Analytics only", name)
		case profile == Sentinel && (name == "adx" || name == "arg"):
			add("BS204", call.Name.Span(), "", "%s() cannot be used in an analytics rule", name)
		}
		return true
	}
	for _, s := range q.Statements {
		syntax.Walk(s, visit)
	}
	return out
}
