package workbook

import (
	"math"
	"strconv"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// cellText is a value as a grid shows it when nothing else is said. Null is nothing.
func cellText(v value.Value) string {
	if v.Null {
		return ""
	}
	switch v.Type {
	case value.Long, value.Int:
		return group(strconv.FormatInt(v.I, 10))
	case value.Real:
		return decimal(v.F, 3)
	case value.DateTime:
		return value.TimeOf(v.I).UTC().Format("2006-01-02 15:04:05")
	case value.Bool:
		if v.Bool() {
			return "✓"
		}
		return "–"
	case value.Dynamic:
		return listText(v.Node())
	}
	return v.Text()
}

// listText writes a list of plain values with commas, anything else as JSON.
func listText(n *value.Node) string {
	if n.IsNull() {
		return ""
	}
	if n.Kind != value.KindArray {
		return n.Text()
	}
	var parts []string
	for _, e := range n.Elems {
		if e != nil && (e.Kind == value.KindArray || e.Kind == value.KindBag) {
			return n.JSON()
		}
		if s := e.Text(); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// number is a value as a number; ok is false for others and null.
func number(v value.Value) (float64, bool) {
	if v.Null {
		return 0, false
	}
	switch v.Type {
	case value.Long, value.Int:
		return float64(v.I), true
	case value.Real:
		return v.F, !math.IsNaN(v.F) && !math.IsInf(v.F, 0)
	case value.Decimal:
		return value.RealOfDecimal(v.Dec), true
	case value.Timespan:
		return float64(v.I) / 1e7, true
	}
	return 0, false
}

func numeric(t value.Type) bool {
	return t == value.Long || t == value.Int || t == value.Real || t == value.Decimal
}

// group puts commas between thousands.
func group(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	whole, rest, point := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if point {
		whole += "." + rest
	}
	return sign + whole
}

// decimal writes a number with at most so many digits after the point.
func decimal(f float64, digits int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', digits, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return group(s)
}

// short writes 12345 as 12.3K.
func short(f float64) string {
	for _, u := range [...]struct {
		n    float64
		name string
	}{{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}} {
		if math.Abs(f) >= u.n {
			return decimal(f/u.n, 1) + u.name
		}
	}
	return decimal(f, 1)
}

// format writes a cell as a formatter's number format says. Units: 1 percent, 2 bytes, 17 short counts.
func (f *Formatter) format(v value.Value) string {
	n, ok := number(v)
	if !ok {
		return cellText(v)
	}
	digits := f.Digits
	if digits < 0 {
		digits = 3
	}
	switch {
	case f.Style == "percent" && f.Unit == 0:
		return decimal(100*n, digits) + "%"
	case f.Unit == 1:
		return decimal(n, digits) + "%"
	case f.Unit == 2:
		return bytesText(n)
	case f.Unit == 17 || f.Kind == 12 && f.Unit == 0 && math.Abs(n) >= 100_000:
		return short(n)
	}
	if v.Type == value.Real && f.Digits >= 0 {
		return decimal(n, digits)
	}
	return cellText(v)
}

func bytesText(n float64) string {
	for _, u := range [...]struct {
		n    float64
		name string
	}{{1 << 40, " TB"}, {1 << 30, " GB"}, {1 << 20, " MB"}, {1 << 10, " KB"}} {
		if n >= u.n {
			return decimal(n/u.n, 1) + u.name
		}
	}
	return decimal(n, 0) + " B"
}

// extent is the smallest and largest number of a column.
func extent(t *result.Table, column int) (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for row := 0; row < t.Rows; row++ {
		if n, ok := number(t.Value(row, column)); ok {
			least, most = min(least, n), max(most, n)
		}
	}
	if least > most {
		return 0, 0
	}
	return least, most
}

// floats reads a list of numbers; null elements are NaN.
func floats(n *value.Node) []float64 {
	if n == nil || n.Kind != value.KindArray {
		return nil
	}
	list := make([]float64, len(n.Elems))
	for i, e := range n.Elems {
		list[i] = math.NaN()
		if e == nil {
			continue
		}
		switch e.Kind {
		case value.KindLong, value.KindReal, value.KindDecimal:
			list[i] = e.Float()
		}
	}
	return list
}
