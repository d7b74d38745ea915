// Package summary knows how a summary rule of a workspace runs: its bins, when each is due, and the columns of its
// destination table. In come a rule's numbers and what its query gave for a bin; out come bins and rows. Running the query
// and keeping the rows are left to the caller.
//
// Source: Azure Monitor documentation, "Aggregate data in a Log Analytics workspace by using summary rules".
package summary

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// Sizes are the bin sizes that the service takes, in minutes.
var Sizes = [...]int{20, 30, 60, 120, 180, 360, 720, 1440}

// MaxDelay is the longest binDelay, in minutes.
const MaxDelay = 1440

// DefaultDelay is how long a bin waits for late rows when the rule does not say. The service says between three and a half
// minutes and a tenth of the bin; its examples have four minutes for every size.
const DefaultDelay = 4 * time.Minute

// Schedule is when a rule's bins are. First is the start of the first one.
type Schedule struct {
	First time.Time
	Size  time.Duration
	Delay time.Duration
}

// Bin is the span [Start, End) of TimeGenerated and the moment at which it is summed up.
type Bin struct{ Start, End, Due time.Time }

// FirstOf is the start of the first bin of a rule that names none: the bin ends at the next whole hour after the rule was made.
func FirstOf(made time.Time, size time.Duration) time.Time { return NextHour(made).Add(-size) }

// NextHour is the first whole hour after a moment.
func NextHour(t time.Time) time.Time { return t.UTC().Truncate(time.Hour).Add(time.Hour) }

// Bin returns the bin that starts at a moment; false when none does.
func (s Schedule) Bin(start time.Time) (Bin, bool) {
	if s.Size <= 0 || start.Sub(s.First)%s.Size != 0 {
		return Bin{}, false
	}
	end := start.Add(s.Size)
	return Bin{start.UTC(), end.UTC(), end.Add(s.Delay).UTC()}, true
}

// Between returns the bins that start at or after a moment and are due by another, the latest of them when there are more
// than most.
func (s Schedule) Between(from, by time.Time, most int) []Bin {
	if s.Size <= 0 {
		return nil
	}
	start := s.First
	if from.After(start) {
		start = s.First.Add((from.Sub(s.First) + s.Size - 1) / s.Size * s.Size)
	}
	n := int(by.Sub(start.Add(s.Delay)) / s.Size)
	if by.Before(start.Add(s.Size + s.Delay)) {
		return nil
	}
	if n > most {
		start = start.Add(time.Duration(n-most) * s.Size)
		n = most
	}
	out := make([]Bin, n)
	for i := range out {
		out[i], _ = s.Bin(start.Add(time.Duration(i) * s.Size))
	}
	return out
}

// The columns that every row of a destination table has beside the query's.
const (
	RuleName         = "_RuleName"
	RuleLastModified = "_RuleLastModifiedTime"
	BinSize          = "_BinSize" // minutes
	BinStartTime     = "_BinStartTime"
)

var standard = [...]result.Column{{Name: RuleName, Type: value.String}, {Name: RuleLastModified, Type: value.DateTime}, {Name: BinSize, Type: value.Int}, {Name: BinStartTime, Type: value.DateTime}}

// Columns are the columns of the destination table for those of the query's result.
func Columns(query []result.Column) []result.Column {
	out := []result.Column{{Name: "TimeGenerated", Type: value.DateTime}}
	for _, c := range query {
		if c.Name = catalog.SummaryColumn(c.Name); !slices.ContainsFunc(standard[:], func(s result.Column) bool { return s.Name == c.Name }) {
			out = append(out, c)
		}
	}
	return append(out, standard[:]...)
}

// Of says which rule and bin rows come from.
type Of struct {
	Rule     string
	Modified time.Time
	Size     time.Duration
	Start    time.Time
}

// AppendRows writes the rows of a bin as JSON, one a line, without TimeGenerated: they get the time at which they arrive.
// Columns that the destination table lacks are left out, as the service drops them; nil keeps all.
func AppendRows(dst []byte, t *result.Table, of Of, has func(column string) bool) []byte {
	var tail []byte
	tail = append(tail, `,"`+RuleName+`":`...)
	tail = value.AppendQuoted(tail, of.Rule)
	tail = append(tail, `,"`+RuleLastModified+`":"`...)
	tail = value.AppendDateTime(tail, value.TicksOf(of.Modified))
	tail = append(tail, `","`+BinSize+`":`...)
	tail = result.AppendJSONValue(tail, value.NewLong(int64(of.Size/time.Minute)))
	tail = append(tail, `,"`+BinStartTime+`":"`...)
	tail = value.AppendDateTime(tail, value.TicksOf(of.Start))
	tail = append(tail, "\"}\n"...)
	var names []string
	for _, c := range t.Columns {
		name := catalog.SummaryColumn(c.Name)
		if has != nil && !has(name) || strings.HasPrefix(name, "_") && slices.ContainsFunc(standard[:], func(s result.Column) bool { return s.Name == name }) {
			name = ""
		}
		names = append(names, name)
	}
	for row := range t.Rows {
		dst = append(dst, '{')
		first := true
		for i, name := range names {
			if name == "" {
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = value.AppendQuoted(dst, name)
			dst = append(dst, ':')
			dst = result.AppendJSONValue(dst, t.Value(row, i))
		}
		if first {
			dst = append(dst, tail[1:]...)
		} else {
			dst = append(dst, tail...)
		}
	}
	return dst
}
