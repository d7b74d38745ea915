package workbook

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// Limits of charts. Source: Azure Monitor documentation, "Workbooks limits".
const (
	maxSeries = 100
	maxPoints = 10_000
)

// lines are series over common times. A missing value is NaN.
type lines struct {
	times  []int64 // ticks, rising
	series []series
}

type series struct {
	name   string
	values []float64
}

// timeLines reads a result as series over time: lists that make-series made, or rows with a datetime, numbers, and texts that
// name the series. ok is false when it is neither.
func timeLines(t *result.Table, c *Chart) (*lines, bool) {
	if l, ok := listLines(t); ok {
		return l, true
	}
	return rowLines(t, c)
}

// listLines reads the lists of make-series.
func listLines(t *result.Table) (*lines, bool) {
	if t.Rows == 0 {
		return nil, false
	}
	axis := -1
	var times []int64
	var numbers, names []int
	for i, c := range t.Columns {
		switch {
		case c.Type == value.Dynamic:
			if ticks := datetimes(t.Value(0, i)); ticks != nil && axis < 0 {
				axis, times = i, ticks
			} else {
				numbers = append(numbers, i)
			}
		case c.Type == value.String:
			names = append(names, i)
		}
	}
	if axis < 0 || len(numbers) == 0 {
		return nil, false
	}
	l := &lines{times: times}
	for row := 0; row < t.Rows && len(l.series) < maxSeries; row++ {
		for _, n := range numbers {
			list := floats(t.Value(row, n).Node())
			if len(list) != len(times) {
				continue
			}
			l.series = append(l.series, series{seriesName(t, row, names, t.Columns[n].Name, len(numbers) > 1), list})
		}
	}
	return l, len(l.series) > 0
}

// datetimes reads a list of times, nil when it is none.
func datetimes(v value.Value) []int64 {
	n := v.Node()
	if n == nil || n.Kind != value.KindArray || len(n.Elems) == 0 || len(n.Elems) > maxPoints {
		return nil
	}
	list := make([]int64, len(n.Elems))
	for i, e := range n.Elems {
		switch {
		case e == nil:
			return nil
		case e.Kind == value.KindDateTime:
			list[i] = e.I
		case e.Kind == value.KindString && len(e.S) > 9 && e.S[4] == '-':
			ticks, ok := value.ParseDateTime(e.S)
			if !ok {
				return nil
			}
			list[i] = ticks
		default:
			return nil
		}
	}
	return list
}

func seriesName(t *result.Table, row int, names []int, column string, several bool) string {
	var parts []string
	for _, i := range names {
		parts = append(parts, t.Value(row, i).Text())
	}
	if several || len(parts) == 0 {
		parts = append(parts, column)
	}
	return strings.Join(parts, ", ")
}

// rowLines reads rows with a datetime.
func rowLines(t *result.Table, c *Chart) (*lines, bool) {
	axis := -1
	var numbers, names []int
	for i, col := range t.Columns {
		switch {
		case col.Type == value.DateTime && (axis < 0 || col.Name == c.X):
			axis = i
		case numeric(col.Type) && (len(c.Y) == 0 || slices.Contains(c.Y, col.Name)):
			numbers = append(numbers, i)
		case col.Type == value.String && (c.Series == "" || col.Name == c.Series):
			names = append(names, i)
		}
	}
	if axis < 0 || len(numbers) == 0 {
		return nil, false
	}
	at := map[int64]int{}
	var times []int64
	for row := 0; row < t.Rows; row++ {
		if v := t.Value(row, axis); !v.Null {
			if _, seen := at[v.I]; !seen {
				at[v.I] = 0
				times = append(times, v.I)
			}
		}
	}
	if len(times) == 0 || len(times) > maxPoints {
		return nil, false
	}
	slices.Sort(times)
	for i, x := range times {
		at[x] = i
	}
	l := &lines{times: times}
	place := map[string]int{}
	for row := 0; row < t.Rows; row++ {
		x := t.Value(row, axis)
		if x.Null {
			continue
		}
		for _, n := range numbers {
			name := seriesName(t, row, names, t.Columns[n].Name, len(numbers) > 1)
			i, known := place[name]
			if !known {
				if len(l.series) == maxSeries {
					continue
				}
				i = len(l.series)
				place[name] = i
				values := make([]float64, len(times))
				for k := range values {
					values[k] = math.NaN()
				}
				l.series = append(l.series, series{name, values})
			}
			if y, ok := number(t.Value(row, n)); ok {
				l.series[i].values[at[x.I]] = y
			}
		}
	}
	return l, len(l.series) > 0
}

// niceTicks are round numbers from 0 to past most.
func niceTicks(most float64, n int) []float64 {
	if most <= 0 {
		most = 1
	}
	raw := most / float64(n)
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * unit
	for _, m := range [...]float64{1, 2, 2.5, 5} {
		if m*unit >= raw {
			step = m * unit
			break
		}
	}
	var list []float64
	for v := 0.0; ; v += step {
		list = append(list, v)
		if v >= most || len(list) > 20 {
			return list
		}
	}
}

// timeTicks are round times between two ticks.
func timeTicks(from, to int64, n int) (list []int64, format string) {
	const second = int64(1e7)
	steps := [...]int64{60, 300, 900, 1800, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 90 * 86400, 365 * 86400}
	step := steps[len(steps)-1] * second
	for _, s := range steps {
		if (to-from)/(s*second) <= int64(n) {
			step = s * second
			break
		}
	}
	format = "15:04"
	switch {
	case step >= 86400*second:
		format = "2 Jan"
	case to-from > 86400*second:
		format = "2 Jan 15:04"
	}
	first := (from + step - 1) / step * step
	for x := first; x <= to && len(list) < 50; x += step {
		list = append(list, x)
	}
	return list, format
}

func (h *html) timeChart(l *lines, width, size int, area bool) {
	height := map[int]int{0: 260, 1: 200, 2: 340, 3: 420, 4: 140}[size]
	if height == 0 {
		height = 260
	}
	const left, right, top, bottom = 52, 14, 10, 26
	most := 0.0
	for _, s := range l.series {
		for _, v := range s.values {
			if !math.IsNaN(v) {
				most = max(most, v)
			}
		}
	}
	ys := niceTicks(most, 4)
	top1 := ys[len(ys)-1]
	from, to := l.times[0], l.times[len(l.times)-1]
	x := func(t int64) float64 {
		if to == from {
			return float64(left) + float64(width-left-right)/2
		}
		return float64(left) + float64(t-from)/float64(to-from)*float64(width-left-right)
	}
	y := func(v float64) float64 {
		return float64(height-bottom) - max(v, 0)/top1*float64(height-top-bottom)
	}
	h.f("<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%d series over time\">\n", width, height, len(l.series))
	for _, v := range ys {
		h.f("<line class=\"gridline\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", left, width-right, y(v), y(v), left-8, y(v)+4, esc(short(v)))
	}
	ticks, format := timeTicks(from, to, max(width/110, 2))
	for _, t := range ticks {
		h.f("<line class=\"gridline faint\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/><text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x(t), x(t), top, height-bottom, min(max(x(t), left+10), float64(width-30)), height-8, value.TimeOf(t).In(time.UTC).Format(format))
	}
	for i, s := range l.series {
		var line strings.Builder
		pen, dots := "M", 0
		for k, v := range s.values {
			if math.IsNaN(v) {
				pen = "M"
				continue
			}
			fmt.Fprintf(&line, "%s%.1f %.1f", pen, x(l.times[k]), y(v))
			pen = "L"
			dots++
		}
		if dots == 0 {
			continue
		}
		if dots == 1 {
			for k, v := range s.values {
				if !math.IsNaN(v) {
					h.f("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x(l.times[k]), y(v), seriesColour(i))
				}
			}
			continue
		}
		if area || len(l.series) == 1 {
			h.f("<path d=\"%sL%.1f %.1fL%.1f %.1fZ\" fill=\"%s\" fill-opacity=\".12\"/>\n", line.String(), x(to), y(0), x(from), y(0), seriesColour(i))
		}
		h.f("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" stroke-linejoin=\"round\"><title>%s</title></path>\n", line.String(), seriesColour(i), esc(s.name))
	}
	h.f("</svg>\n<ul class=\"legend\">\n")
	for i, s := range l.series {
		sum := 0.0
		for _, v := range s.values {
			sum += orZero(v)
		}
		h.f("<li><span style=\"background:%s\"></span>%s <b>%s</b></li>\n", seriesColour(i), esc(s.name), esc(short(sum)))
	}
	h.f("</ul>\n")
}

// bars are named values.
type bars struct {
	names  []string
	series []series
}

// barsOf reads rows as bars: the first text or time names them, numbers are their lengths.
func barsOf(t *result.Table, c *Chart) (*bars, bool) {
	name := t.Index(c.X)
	var numbers []int
	for i, col := range t.Columns {
		if numeric(col.Type) && i != name && (len(c.Y) == 0 || slices.Contains(c.Y, col.Name)) {
			numbers = append(numbers, i)
		} else if name < 0 && !numeric(col.Type) {
			name = i
		}
	}
	if name < 0 || len(numbers) == 0 {
		return nil, false
	}
	b := &bars{}
	for row := 0; row < min(t.Rows, maxSeries); row++ {
		v := t.Value(row, name)
		text := cellText(v)
		if v.Type == value.DateTime && !v.Null {
			text = strings.TrimSuffix(value.TimeOf(v.I).UTC().Format("2 Jan 15:04"), " 00:00")
		}
		if text == "" {
			text = "(empty)"
		}
		b.names = append(b.names, text)
	}
	for _, n := range numbers {
		s := series{name: t.Columns[n].Name}
		for row := range b.names {
			v, _ := number(t.Value(row, n))
			s.values = append(s.values, v)
		}
		b.series = append(b.series, s)
	}
	return b, true
}

// bars draws lying bars, a line a name.
func (h *html) bars(b *bars, width int) {
	most := 0.0
	longest := 0
	for i, n := range b.names {
		longest = max(longest, len([]rune(n)))
		for _, s := range b.series {
			most = max(most, s.values[i])
		}
	}
	if most == 0 {
		most = 1
	}
	left := min(max(longest*7+14, 60), width*45/100)
	const thick, right = 20, 64
	group := thick*len(b.series) + 8
	height := len(b.names)*group + 6
	h.f("<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%d bars\">\n", width, height, len(b.names))
	fits := max(left/7-1, 4)
	for i, n := range b.names {
		if r := []rune(n); len(r) > fits {
			n = string(r[:fits-1]) + "…"
		}
		h.f("<text class=\"name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", left-8, i*group+group/2+4, esc(n))
		for k, s := range b.series {
			y := i*group + 4 + k*thick
			w := max(s.values[i], 0) / most * float64(width-left-right)
			h.f("<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" fill=\"%s\"/><text class=\"tick\" x=\"%.1f\" y=\"%d\">%s</text>\n", left, y, w, thick-3, seriesColour(k), float64(left)+w+6, y+thick/2+3, esc(decimal(s.values[i], 1)))
		}
	}
	h.f("</svg>\n")
	if len(b.series) > 1 {
		names := make([]string, 0, len(b.series))
		for k, s := range b.series {
			names = append(names, fmt.Sprintf("<li><span style=\"background:%s\"></span>%s</li>", seriesColour(k), esc(s.name)))
		}
		h.f("<ul class=\"legend\">%s</ul>\n", strings.Join(names, ""))
	}
}
