package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/backtest"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/ruletest"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// elsewhere runs the queries of cases in the workspace of --workspace: the rows that the rule may see go along as
// datatables, so nothing is written there and reading rights are enough.
func elsewhere(c *cli.Context, l *loaded) (ruletest.Elsewhere, error) {
	t, _, err := targetOf(c, c.Args().Slice())
	if err != nil {
		return nil, err
	}
	w, err := openWorkspace(c, t)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, local *emulator.Workspace, rule *content.Rule, r sentinel.Request) (sentinel.Rows, error) {
		text, err := carried(ctx, local, l.Bundle, r)
		if err != nil {
			return sentinel.Rows{}, err
		}
		res, err := w.Query(ctx, text, azure.QueryOptions{})
		if err != nil {
			return sentinel.Rows{}, err
		}
		return sentinel.RowsOf(res), nil
	}, nil
}

// carried is a query that brings its rows, functions, watchlists and clock with it.
func carried(ctx context.Context, local *emulator.Workspace, b *content.Bundle, r sentinel.Request) (string, error) {
	opts := sentinel.OnWorkspace{Workspace: local}.Options(r)
	for _, d := range local.Compile(r.Query, kql.Sentinel).Diagnostics {
		if d.Code == "KS205" {
			return "", &ruletest.Uncarried{Reason: "the case takes a table away, which cannot be done to a real workspace"}
		}
	}
	c := local.Compile(r.Query, kql.Sentinel)
	if !c.OK() {
		return "", &emulator.QueryError{Text: r.Query, Diagnostics: c.Diagnostics}
	}
	tables := map[string]*result.Table{}
	for _, name := range c.Query.Tables {
		res, err := local.Query(ctx, "['"+name+"'] | extend "+azure.IngestedColumn+" = ingestion_time()", opts)
		if err != nil {
			var q *emulator.QueryError
			if errors.As(err, &q) {
				return "", &ruletest.Uncarried{Reason: "the case takes " + name + " away, which cannot be done to a real workspace"}
			}
			return "", err
		}
		tables[name] = res.Primary()
	}
	watchlists := map[string]string{}
	for _, alias := range c.Query.Watchlists {
		res, err := local.Query(ctx, "_GetWatchlist('"+strings.ReplaceAll(alias, "'", "\\'")+"')", opts)
		if err != nil {
			return "", err
		}
		name := "_carried_" + strings.Map(func(c rune) rune {
			if c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
				return c
			}
			return '_'
		}, alias)
		tables[name] = res.Primary()
		watchlists[strings.ToLower(alias)] = name
	}
	prelude, err := azure.Prelude(tables)
	if err != nil {
		return "", &ruletest.Uncarried{Reason: err.Error()}
	}
	functions := make([]azure.Function, 0, len(c.Query.Functions))
	for _, f := range inOrder(b, c.Query.Functions) {
		functions = append(functions, azure.Function{Alias: f.Alias, Parameters: parametersOf(f), Query: withoutWatchlists(f.Query.String(), watchlists)})
	}
	return azure.WithPrelude(prelude, functions, withoutWatchlists(r.Query, watchlists), value.NewDateTime(value.TicksOf(r.Now))), nil
}

// withoutWatchlists names the carried table in place of each call that reads a watchlist.
func withoutWatchlists(text string, names map[string]string) string {
	if len(names) == 0 {
		return text
	}
	call := regexp.MustCompile(`_GetWatchlist\(\s*['"]([^'"]+)['"]\s*\)`)
	return call.ReplaceAllStringFunc(text, func(m string) string {
		if n, ok := names[strings.ToLower(call.FindStringSubmatch(m)[1])]; ok {
			return n
		}
		return m
	})
}

// inOrder lists functions so that each stands behind those it calls.
func inOrder(b *content.Bundle, names []string) []*content.Function {
	var left, out []*content.Function
	for _, n := range names {
		if f := b.Function(n); f != nil {
			left = append(left, f)
		}
	}
	sort.Slice(left, func(i, j int) bool { return left[i].Alias < left[j].Alias })
	for len(left) > 0 {
		var rest []*content.Function
		for _, f := range left {
			waits := false
			for _, g := range left {
				waits = waits || g != f && strings.Contains(f.Query.String(), g.Alias)
			}
			if waits {
				rest = append(rest, f)
			} else {
				out = append(out, f)
			}
		}
		if len(rest) == len(left) {
			return append(out, rest...) // they call each other; the service will say so
		}
		left = rest
	}
	return out
}

func parametersOf(f *content.Function) string {
	parts := make([]string, len(f.Parameters))
	for i, p := range f.Parameters {
		parts[i] = p.Name + ":" + p.Type
		if p.HasDefault {
			parts[i] += "=" + p.Default
		}
	}
	return strings.Join(parts, ", ")
}

// remoteEngine is the workspace of --workspace as an engine for backtests: each run's query goes there with its window as
// the request's timespan and its clock written into the text. What had been ingested by then cannot be asked for, so
// late rows are seen that the service did not see.
func remoteEngine(c *cli.Context, l *loaded) (*backtest.Loader, sentinel.Engine, error) {
	if len(c.StringSlice("data")) > 0 || c.String("generate") != "" {
		return nil, nil, fail(exitUsage, "--workspace has its own events; leave --data and --generate out")
	}
	if c.String("from") == "" || c.String("to") == "" {
		return nil, nil, fail(exitUsage, "--workspace wants the span of the runs; give --from and --to")
	}
	t, _, err := targetOf(c, nil)
	if err != nil {
		return nil, nil, err
	}
	w, err := openWorkspace(c, t)
	if err != nil {
		return nil, nil, err
	}
	cat := catalog.FromBundle(tables.Sentinel, l.Bundle)
	return &backtest.Loader{Workspace: emulator.New(emulator.Options{Catalog: cat})}, inWorkspace{w}, nil
}

// inWorkspace runs rules' queries in a real workspace.
type inWorkspace struct{ w *azure.Workspace }

func (e inWorkspace) Run(ctx context.Context, _ *content.Rule, r sentinel.Request) (sentinel.Rows, error) {
	from, to := r.Window.From, r.Window.To
	text := azure.WithPrelude("", nil, r.Query, value.NewDateTime(value.TicksOf(r.Now)))
	if r.Window.ByIngestion {
		return sentinel.Rows{}, errors.New("near-real-time rules run by ingestion time, which a workspace cannot be asked for afterwards")
	}
	res, err := e.w.Query(ctx, text, azure.QueryOptions{From: from, To: to})
	if err != nil {
		return sentinel.Rows{}, err
	}
	return sentinel.RowsOf(res), nil
}

// queryRemote runs a query in the workspace of --workspace.
func queryRemote(c *cli.Context, text string, o emulator.QueryOptions) error {
	t, _, err := targetOf(c, nil)
	if err != nil {
		return err
	}
	w, err := openWorkspace(c, t)
	if err != nil {
		return err
	}
	res, err := w.Query(c.Context, text, azure.QueryOptions{From: o.From, To: o.To, Partial: func(m string) { fmt.Fprintln(c.App.ErrWriter, "partial answer: "+m) }})
	if err != nil {
		return remoteError(err)
	}
	return writeResult(c, res)
}
