package ruletest

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// Elsewhere runs a query of a case in another engine, a real workspace for instance: local holds the case's rows, names
// and clock.
type Elsewhere func(ctx context.Context, local *emulator.Workspace, rule *content.Rule, r sentinel.Request) (sentinel.Rows, error)

// Uncarried says why a case cannot run elsewhere: it takes a table away, or brings more rows than a query can carry. Such a
// case is skipped there, not failed.
type Uncarried struct{ Reason string }

func (u *Uncarried) Error() string { return u.Reason }

// dual is an engine that asks both and wants the same rows.
type dual struct {
	local sentinel.OnWorkspace
	other Elsewhere
}

// Run returns the local rows when the other engine gives the same, in any order.
func (d dual) Run(ctx context.Context, rule *content.Rule, r sentinel.Request) (sentinel.Rows, error) {
	here, err := d.local.Run(ctx, rule, r)
	if err != nil {
		return here, err
	}
	there, err := d.other(ctx, d.local.Workspace, rule, r)
	if err != nil {
		return sentinel.Rows{}, fmt.Errorf("in the workspace: %w", err)
	}
	if diff := rowsDiff(here, there); diff != "" {
		return sentinel.Rows{}, fmt.Errorf("the workspace answers otherwise than the emulator: %s", diff)
	}
	return here, nil
}

// rowsDiff says the first difference between two results, "" when they hold the same rows. Arrays made of sets compare in
// any order, reals to six digits.
func rowsDiff(here, there sentinel.Rows) string {
	a, b := columnsOf(here), columnsOf(there)
	if strings.Join(a, "\x00") != strings.Join(b, "\x00") {
		return fmt.Sprintf("columns %s here, %s there", list(a), list(b))
	}
	if len(here.Rows) != len(there.Rows) {
		return fmt.Sprintf("%d rows here, %d there", len(here.Rows), len(there.Rows))
	}
	x, y := rowKeys(here), rowKeys(there)
	for i := range x {
		if x[i] != y[i] {
			return fmt.Sprintf("a row here: %s; there: %s", x[i], y[i])
		}
	}
	return ""
}

func rowKeys(r sentinel.Rows) []string {
	out := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		cells := make([]string, len(row))
		for c, v := range row {
			cells[c] = r.Columns[c].Name + "=" + comparable(v)
		}
		out[i] = strings.Join(cells, " ")
	}
	sort.Strings(out)
	return out
}

// comparable is a cell as two engines would both write it.
func comparable(v value.Value) string {
	switch {
	case v.Null:
		return "null"
	case v.Type == value.Real:
		return fmt.Sprintf("%.6g", v.F)
	case v.Type == value.Dynamic:
		return sortedNode(v.Dyn)
	}
	return v.Text()
}

func sortedNode(n *value.Node) string {
	if n == nil {
		return "null"
	}
	switch n.Kind {
	case value.KindArray:
		parts := make([]string, len(n.Elems))
		for i, e := range n.Elems {
			parts[i] = sortedNode(e)
		}
		sort.Strings(parts)
		return "[" + strings.Join(parts, ",") + "]"
	case value.KindBag:
		parts := make([]string, len(n.Elems))
		for i, e := range n.Elems {
			parts[i] = n.Keys[i] + ":" + sortedNode(e)
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, ",") + "}"
	}
	return n.Text()
}
