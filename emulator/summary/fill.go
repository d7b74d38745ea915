package summary

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// maxBins bounds what one Fill runs.
const maxBins = 10_000

// ScheduleOf is when a rule of content has its bins. Without binStartTime they begin where whole bins do from midnight UTC
// on; in a workspace that goes by the hour at which the rule was made.
func ScheduleOf(r *content.SummaryRule) Schedule {
	s := Schedule{First: time.Unix(0, 0).UTC(), Size: r.BinSize.Value, Delay: DefaultDelay}
	if r.BinDelay.IsSet() {
		s.Delay = r.BinDelay.Value
	}
	if at, err := time.Parse(time.RFC3339, r.BinStartTime); err == nil && s.Size > 0 {
		every := max(s.Size, time.Hour)
		s.First = time.Unix(0, 0).UTC().Add(time.Duration(at.Unix()) * time.Second % every)
	}
	return s
}

// Fill runs the bins of rules over the rows of a workspace, from the one that holds the first moment to the last that is due by
// the other, in the order in which they are due, so that a rule over another's table finds its rows. A bin sees the rows that
// had come in when it was due, and its own rows came in then. Rules that are off are left out.
func Fill(ctx context.Context, ws *emulator.Workspace, rules []*content.SummaryRule, from, by time.Time) error {
	type due struct {
		rule *content.SummaryRule
		bin  Bin
	}
	var all []due
	for _, r := range rules {
		if !r.Enabled || r.BinSize.Value < time.Minute {
			continue
		}
		s := ScheduleOf(r)
		for _, b := range s.Between(from.Add(-s.Size+1), by, maxBins+1) {
			all = append(all, due{r, b})
		}
		if len(all) > maxBins {
			return fmt.Errorf("summary rule %s: from %s to %s there are more than %d bins", r.ID, from.Format(time.RFC3339), by.Format(time.RFC3339), maxBins)
		}
	}
	slices.SortStableFunc(all, func(a, b due) int { return a.bin.Due.Compare(b.bin.Due) })
	for _, d := range all {
		res, err := ws.Query(ctx, d.rule.Query.String(), emulator.QueryOptions{Now: d.bin.Due, From: d.bin.Start, To: d.bin.End, VisibleUntil: d.bin.Due, Profile: kql.Sentinel})
		if err != nil {
			return fmt.Errorf("summary rule %s: %w", d.rule.ID, err)
		}
		if t := res.Primary(); t != nil && t.Rows > 0 {
			if err := ws.Ingest(rows(d.rule, d.bin, t)); err != nil {
				return fmt.Errorf("summary rule %s: %w", d.rule.ID, err)
			}
		}
	}
	return nil
}

// rows are the rows of a bin as they come to the destination table.
func rows(r *content.SummaryRule, b Bin, t *result.Table) *store.Data {
	d := &store.Data{Table: r.DestinationTable, N: t.Rows, Ingested: vector.ConstOf(value.NewDateTime(value.TicksOf(b.Due)), t.Rows)}
	add := func(name string, typ value.Type, v vector.Column) {
		d.Columns, d.Vectors = append(d.Columns, store.Column{Name: name, Type: typ}), append(d.Vectors, v)
	}
	add(store.TimeColumn, value.DateTime, vector.ConstOf(value.NewDateTime(value.TicksOf(b.Due)), t.Rows))
	for i, c := range t.Columns {
		name := catalog.SummaryColumn(c.Name)
		if !slices.ContainsFunc(standard[:], func(s result.Column) bool { return s.Name == name }) {
			add(name, c.Type, t.Vectors[i])
		}
	}
	add(RuleName, value.String, vector.ConstOf(value.NewString(r.ID), t.Rows))
	add(RuleLastModified, value.DateTime, vector.ConstOf(value.NewDateTime(value.TicksOf(b.Start)), t.Rows))
	add(BinSize, value.Int, vector.ConstOf(value.NewInt(int64(b.End.Sub(b.Start)/time.Minute)), t.Rows))
	add(BinStartTime, value.DateTime, vector.ConstOf(value.NewDateTime(value.TicksOf(b.Start)), t.Rows))
	return d
}
