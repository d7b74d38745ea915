package workbook

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

const (
	// gridRows is what a grid shows unless rowLimit says otherwise. Source: Azure Monitor documentation, "Workbooks limits".
	gridRows    = 250
	maxGridRows = 10_000
	maxCell     = 400 // characters of a cell
)

// gridColumn is a column with its formatter.
type gridColumn struct {
	index  int
	label  string
	format *Formatter
	number bool
	low    float64
	high   float64
}

func (h *html) grid(g *Grid, t *result.Table) {
	columns := gridColumns(g, t)
	rows := sorted(g, t)
	limit := g.RowLimit
	if limit <= 0 {
		limit = gridRows
	}
	limit = min(limit, maxGridRows)
	depth := map[int]int{}
	if g.Hierarchy != nil {
		rows, depth = tree(g.Hierarchy, t, rows)
	}
	shown := rows[:min(limit, len(rows))]
	h.f("<div class=\"scroll\"><table>\n<thead><tr>")
	for _, c := range columns {
		class := ""
		if c.number {
			class = " class=\"n\""
		}
		h.f("<th%s>%s</th>", class, esc(c.label))
	}
	h.f("</tr></thead>\n<tbody>\n")
	for _, row := range shown {
		class := ""
		if d, ok := depth[row]; ok {
			class = fmt.Sprintf(" class=\"d%d\"", min(d, 6))
		}
		h.f("<tr%s>", class)
		for _, c := range columns {
			h.cell(g, t, row, &c, depth)
		}
		h.f("</tr>\n")
	}
	h.f("</tbody>\n</table></div>\n")
	if len(shown) < len(rows) {
		h.f("<p class=\"more\">%s of %s rows</p>\n", group(fmt.Sprint(len(shown))), group(fmt.Sprint(len(rows))))
	}
}

// gridColumns are the columns that are shown: in a tree the expander first, hidden ones not at all.
func gridColumns(g *Grid, t *result.Table) []gridColumn {
	var list []gridColumn
	for i, c := range t.Columns {
		col := gridColumn{index: i, label: c.Name, number: numeric(c.Type) || c.Type == value.Timespan}
		if l := g.Labels[c.Name]; l != "" {
			col.label = l
		}
		for k := range g.Formatters {
			if matcher(g.Formatters[k].Match)(c.Name) {
				col.format = &g.Formatters[k]
				break
			}
		}
		if col.format != nil && col.format.Kind == 5 {
			continue
		}
		if col.format != nil && (col.format.Kind == 4 || col.format.Kind == 3 || col.format.Kind == 8 || col.format.Kind == 9) {
			col.low, col.high = common(t, col.format)
			if col.format.Min != nil {
				col.low = *col.format.Min
			} else if col.format.Kind != 8 {
				col.low = 0
			}
			if col.format.Max != nil {
				col.high = *col.format.Max
			}
		}
		if g.Hierarchy != nil && c.Name == g.Hierarchy.Expander {
			list = slices.Insert(list, 0, col)
			continue
		}
		list = append(list, col)
	}
	return list
}

// common is the extent of all columns that a formatter matches: a heat map over several columns has one scale.
func common(t *result.Table, f *Formatter) (low, high float64) {
	first := true
	for i, c := range t.Columns {
		if !matcher(f.Match)(c.Name) || !numeric(c.Type) {
			continue
		}
		a, b := extent(t, i)
		if first {
			low, high, first = a, b, false
		}
		low, high = min(low, a), max(high, b)
	}
	return low, high
}

// sorted is the order of the rows.
func sorted(g *Grid, t *result.Table) []int {
	rows := make([]int, t.Rows)
	for i := range rows {
		rows[i] = i
	}
	if len(g.SortBy) == 0 {
		return rows
	}
	s := g.SortBy[0]
	at := t.Index(s.Column)
	if at < 0 {
		return rows
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		x, y := t.Value(a, at), t.Value(b, at)
		c := value.Compare(x, y)
		switch {
		case x.Null && y.Null:
			return 0
		case x.Null != y.Null:
			return cmp.Compare(btoi(x.Null), btoi(y.Null)) // nulls last
		case s.Descending:
			return -c
		}
		return c
	})
	return rows
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// tree orders rows so that each follows its parent, and says how deep each lies. A row whose parent is missing is a root; rows
// of a circle are left where they are.
func tree(h *Hierarchy, t *result.Table, rows []int) ([]int, map[int]int) {
	depth := map[int]int{}
	id, parent := t.Index(h.ID), t.Index(h.Parent)
	if h.Type != 0 || id < 0 || parent < 0 {
		for _, r := range rows {
			depth[r] = 0
		}
		return rows, depth
	}
	exists := map[string]bool{}
	for _, r := range rows {
		exists[t.Value(r, id).Text()] = true
	}
	children := map[string][]int{}
	var roots []int
	for _, r := range rows {
		p := t.Value(r, parent).Text()
		if p == "" || !exists[p] || p == t.Value(r, id).Text() {
			roots = append(roots, r)
		} else {
			children[p] = append(children[p], r)
		}
	}
	var out []int
	var put func(r, d int)
	put = func(r, d int) {
		if _, seen := depth[r]; seen || d > 50 {
			return
		}
		depth[r] = d
		out = append(out, r)
		for _, c := range children[t.Value(r, id).Text()] {
			put(c, d+1)
		}
	}
	for _, r := range roots {
		put(r, 0)
	}
	for _, r := range rows {
		put(r, 0)
	}
	return out, depth
}

func (h *html) cell(g *Grid, t *result.Table, row int, c *gridColumn, depth map[int]int) {
	v := t.Value(row, c.index)
	text := cellText(v)
	if c.format != nil {
		text = c.format.format(v)
	}
	full := text
	if r := []rune(text); len(r) > maxCell {
		text = string(r[:maxCell]) + "…"
	}
	if g.Hierarchy != nil && t.Columns[c.index].Name == g.Hierarchy.Expander {
		h.f("<td><span class=\"node\" style=\"--d:%d\">%s</span></td>", depth[row], esc(text))
		return
	}
	class := ""
	if c.number {
		class = " class=\"n\""
	}
	if c.format == nil {
		h.f("<td%s>%s</td>", class, wrap(text, full))
		return
	}
	n, isNumber := number(v)
	switch c.format.Kind {
	case 3, 4:
		if !isNumber {
			break
		}
		_, colour := palette(c.format.Palette)
		h.f("<td class=\"n bar\"><span style=\"--v:%s%%;--c:%s\">%s</span></td>", decimal(100*portion(n, c.low, c.high), 1), colour, esc(text))
		return
	case 8:
		if !isNumber {
			break
		}
		stops, _ := palette(c.format.Palette)
		back, ink := shade(stops, portion(n, c.low, c.high))
		if n == 0 && c.low == 0 {
			h.f("<td class=\"n zero\">%s</td>", esc(text))
			return
		}
		if ink != "" {
			back += ";color:" + ink
		}
		h.f("<td class=\"n\" style=\"background:%s\">%s</td>", back, esc(text))
		return
	case 9, 10, 21:
		if list := floats(v.Node()); len(list) > 0 && v.Type == value.Dynamic {
			_, colour := palette(c.format.Palette)
			h.f("<td>%s</td>", sparkline(list, colour, 120, 24))
			return
		}
	case 11, 18:
		icon, label := c.format.threshold(v, text)
		h.f("<td><span class=\"icon %s\" aria-hidden=\"true\"></span>%s</td>", icon, esc(label))
		return
	case 12:
		h.f("<td class=\"n\"><strong>%s</strong></td>", esc(text))
		return
	}
	h.f("<td%s>%s</td>", class, wrap(text, full))
}

// wrap keeps long texts in bounds; what is cut shows on pointing.
func wrap(text, full string) string {
	if len(text) <= 48 {
		return esc(text)
	}
	return fmt.Sprintf("<span class=\"long\" title=\"%s\">%s</span>", esc(full), esc(text))
}

func portion(n, low, high float64) float64 {
	if high <= low || math.IsNaN(n) {
		if n > 0 && low == 0 {
			return 1
		}
		return 0.3 // all rows are equal: none stands out
	}
	return min(max((n-low)/(high-low), 0), 1)
}

// threshold finds the first limit that a value meets: the class of its icon, and its text.
func (f *Formatter) threshold(v value.Value, text string) (icon, label string) {
	for _, l := range f.Limits {
		if !l.meets(v, text) {
			continue
		}
		label = strings.NewReplacer("{0}", text, "{1}", "").Replace(l.Text)
		if l.Text == "" {
			label = text
		}
		return iconOf(l.Representation), label
	}
	return "none", text
}

func (l *Threshold) meets(v value.Value, text string) bool {
	n, isNumber := number(v)
	limit, limitIsNumber := value.ParseReal(l.Value)
	switch l.Operator {
	case "Default", "default":
		return true
	case "==":
		return text == l.Value || isNumber && limitIsNumber && n == limit
	case "!=":
		return text != l.Value
	case ">":
		return isNumber && limitIsNumber && n > limit
	case ">=":
		return isNumber && limitIsNumber && n >= limit
	case "<":
		return isNumber && limitIsNumber && n < limit
	case "<=":
		return isNumber && limitIsNumber && n <= limit
	case "contains":
		return strings.Contains(strings.ToLower(text), strings.ToLower(l.Value))
	case "startsWith":
		return strings.HasPrefix(text, l.Value)
	case "is Empty":
		return text == ""
	}
	return false
}

// iconOf names an icon's look: the portal's icons carry numbers and names, its colours names.
func iconOf(representation string) string {
	switch representation {
	case "success", "Available", "green", "greenDark":
		return "good"
	case "1", "2", "3", "warning", "yellow", "orange", "yellowOrange":
		return "warn"
	case "4", "error", "failed", "critical", "Sev0", "Sev1", "red", "redBright", "redDark":
		return "bad"
	}
	return "none"
}
