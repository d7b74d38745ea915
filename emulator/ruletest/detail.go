package ruletest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// Bounds of what a failure shows.
const (
	shownEvents  = 20
	shownRows    = 10
	shownColumns = 8
)

// detail shows what a failing case looked at: the events in the window, those that were not seen and why, and the rows
// the query gave.
func (r *Runner) detail(rule *content.Rule, t *trial, res *Result) string {
	var b strings.Builder
	run := sentinel.Grid{Anchor: t.now, Frequency: rule.QueryFrequency.Value, Period: rule.QueryPeriod.Value}.At(0, r.Options)
	if rule.Kind == content.NRT {
		run = sentinel.NRTRun(t.now, time.Time{}, r.Options)
	}
	if !t.test.Until.IsSet() {
		fmt.Fprintf(&b, "window  %s to %s, rows ingested by %s\n", stamp(run.Window.From), stamp(run.Window.To), stamp(run.Executes))
	}
	n := 0
	for _, table := range t.set.Tables {
		for _, row := range table.Rows {
			n++
			if n > shownEvents {
				continue
			}
			note := ""
			switch {
			case t.test.Until.IsSet():
			case run.Window.ByIngestion && (row.Ingested.After(run.Window.To) || !row.Ingested.After(run.Window.From)):
				note = "  not seen: ingested outside the window"
			case run.Window.ByIngestion:
			case row.Time.Before(run.Window.From):
				note = "  not seen: before the window"
			case !row.Time.Before(run.Window.To):
				note = "  not seen: after the window"
			case row.Ingested.After(run.Executes):
				note = "  not seen: ingested " + stamp(row.Ingested)
			}
			fmt.Fprintf(&b, "event   %s  %s %s%s%s\n", stamp(row.Time), row.Table, useOf(row), summary(row), note)
		}
	}
	if n > shownEvents {
		fmt.Fprintf(&b, "event   and %d more\n", n-shownEvents)
	}
	if n == 0 {
		b.WriteString("event   none\n")
	}
	writeRows(&b, res.Rows)
	for _, a := range res.Alerts {
		var labels, texts []string
		for _, e := range a.Entities {
			labels, texts = append(labels, e.Type+" "+e.Label()), append(texts, e.Label())
		}
		fmt.Fprintf(&b, "alert   %s  %s  %q  %s\n", stamp(a.Run.Due), a.Severity, a.Name, list(labels))
		writeCause(&b, t.set, texts)
	}
	if rule.Kind != content.NRT && len(res.Alerts) == 0 {
		fmt.Fprintf(&b, "trigger wants %s, the query gave %d\n", sentinel.Trigger{Operator: rule.TriggerOperator, Threshold: rule.TriggerThreshold}.Words(), len(res.Rows.Rows))
	}
	return b.String()
}

// shownCause bounds the events that are shown of an alert.
const shownCause = 3

// writeCause names the events that an alert most likely comes from: those that hold the most of its entities.
func writeCause(b *strings.Builder, set *Set, labels []string) {
	most := 0
	var cause []Row
	for _, table := range set.Tables {
		for _, row := range table.Rows {
			switch n := holds(row, labels); {
			case n == 0 || n < most:
			case n > most:
				most, cause = n, append(cause[:0], row)
			default:
				cause = append(cause, row)
			}
		}
	}
	for from, shown := 0, 0; from < len(cause); shown++ {
		to := from + 1
		for to < len(cause) && cause[to].From == cause[from].From && cause[to].Table == cause[from].Table {
			to++
		}
		if shown == shownCause {
			fmt.Fprintf(b, "  from  and %d more rows like these\n", len(cause)-from)
			break
		}
		row := cause[from]
		fmt.Fprintf(b, "  from  %s  %s %s%s, line %d", stamp(row.Time), row.Table, useOf(row), summary(row), row.From.Line)
		if more := to - from - 1; more > 0 {
			fmt.Fprintf(b, ", and %d more to %s", more, stamp(cause[to-1].Time))
		}
		b.WriteByte('\n')
		from = to
	}
}

// holds counts the texts that stand in a row.
func holds(row Row, texts []string) int {
	n := 0
	rec := row.Record()
	for _, text := range texts {
		for _, f := range rec {
			s := plainText(f.Value)
			if _, whole := f.Value.(string); whole && strings.EqualFold(s, text) || !whole && strings.Contains(s, strconv.Quote(text)) {
				n++
				break
			}
		}
	}
	return n
}

func useOf(r Row) string {
	if r.Use == "" {
		return "(row)"
	}
	return r.Use
}

// summary names the few columns that tell sign-ins apart.
func summary(r Row) string {
	var b strings.Builder
	rec := r.Record()
	for _, c := range []string{"UserPrincipalName", "ServicePrincipalName", "IPAddress", "ResultType", "AppDisplayName", "OperationName"} {
		if v, ok := rec.Get(c); ok {
			if s := plainText(v); s != "" && s != "Sign-in activity" {
				b.WriteString("  ")
				b.WriteString(s)
			}
		}
	}
	return b.String()
}

func writeRows(b *strings.Builder, rows sentinel.Rows) {
	if len(rows.Rows) == 0 {
		b.WriteString("rows    none\n")
		return
	}
	for i := range rows.Rows {
		if i == shownRows {
			fmt.Fprintf(b, "row     and %d more\n", len(rows.Rows)-shownRows)
			break
		}
		b.WriteString("row    ")
		for c, col := range rows.Columns {
			if c == shownColumns {
				fmt.Fprintf(b, " (%d more columns)", len(rows.Columns)-shownColumns)
				break
			}
			text := rows.Text(i, c)
			if len(text) > 60 {
				text = cutText(text, 57) + "..."
			}
			fmt.Fprintf(b, " %s=%s", col.Name, text)
		}
		b.WriteByte('\n')
	}
}

func cutText(s string, n int) string {
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
