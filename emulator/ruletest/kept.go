package ruletest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
)

// Kept keeps the rows that cases were made of from one runner to the next, for a program that tests one folder again and
// again: where neither a case nor the templates and tables have changed, its rows are those of the last time. The bundles of
// the runners must come from one content.Cache. The zero value is ready; it is safe for concurrent use.
type Kept struct {
	mu        sync.Mutex
	templates []*content.EventTemplate
	tables    []*content.TableSchema
	cases     map[*content.TestCase]*keptCase
}

// keptCase is a case's rows, with what they depend on besides the case and the templates.
type keptCase struct {
	now     time.Time
	columns string // what the rule reads
	set     *Set
	data    []*store.Data
}

// of tells the store which bundle comes now.
func (k *Kept) of(b *content.Bundle) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Equal(k.templates, b.Templates) || !slices.Equal(k.tables, b.Tables) {
		k.templates, k.tables, k.cases = slices.Clone(b.Templates), slices.Clone(b.Tables), nil
	}
	known := map[*content.TestCase]bool{}
	for _, f := range b.Tests {
		for _, t := range f.Tests {
			known[t] = true
		}
	}
	for t := range k.cases {
		if !known[t] {
			delete(k.cases, t)
		}
	}
}

func (k *Kept) get(t *content.TestCase, now time.Time, columns string) *keptCase {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if c := k.cases[t]; c != nil && c.columns == columns && c.now.Equal(now) {
		return c
	}
	return nil
}

func (k *Kept) put(t *content.TestCase, c *keptCase) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cases == nil {
		k.cases = map[*content.TestCase]*keptCase{}
	}
	k.cases[t] = c
}

// readOf describes which columns of a case's tables a rule reads.
func readOf(test *content.TestCase, reads map[string][]string) string {
	var b strings.Builder
	for _, e := range test.Events {
		columns, ok := reads[e.Table]
		fmt.Fprintf(&b, "%q %t %t", e.Table, ok, columns == nil)
		for _, c := range columns {
			b.WriteByte(' ')
			b.WriteString(c)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// ingest loads rows into a workspace.
func ingest(ws *emulator.Workspace, list []*store.Data) error {
	for _, d := range list {
		if err := ws.Ingest(d); err != nil {
			return fmt.Errorf("table %s: %w", d.Table, err)
		}
	}
	return nil
}
