package workbook

import (
	"fmt"
	"math"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// maxTiles is how many tiles a query makes. Source: Azure Monitor documentation, "Workbooks limits".
const maxTiles = 100

func (h *html) tiles(s *Tiles, t *result.Table) {
	h.f("<div class=\"tiles\">\n")
	for row := 0; row < min(t.Rows, maxTiles); row++ {
		h.f("<div class=\"tile\">\n")
		for _, part := range [...]struct {
			f     *Formatter
			class string
		}{{&s.Title, "title"}, {&s.Left, "left"}, {&s.Right, "right"}, {&s.Secondary, "secondary"}, {&s.Subtitle, "subtitle"}} {
			i := t.Index(part.f.Match)
			if part.f.Match == "" || i < 0 {
				continue
			}
			v := t.Value(row, i)
			if list := floats(v.Node()); v.Type == value.Dynamic && len(list) > 0 {
				h.f("<div class=\"%s\">%s</div>\n", part.class, sparkline(list, sparkColour(part.f.Palette), 220, 40))
				continue
			}
			h.f("<div class=\"%s\">%s</div>\n", part.class, esc(part.f.format(v)))
		}
		h.f("</div>\n")
	}
	h.f("</div>\n")
}

func sparkColour(name string) string {
	switch name {
	case "orange", "yellowOrangeRed", "orangeRed":
		return seriesColours[1]
	case "red", "redBright", "redDark":
		return seriesColours[6]
	case "green":
		return seriesColours[2]
	case "gray":
		return seriesColours[8]
	}
	return seriesColours[0]
}

// sparkline draws a list of numbers as a small line; NaN breaks it.
func sparkline(list []float64, colour string, width, height int) string {
	most := 0.0
	for _, n := range list {
		if !math.IsNaN(n) {
			most = max(most, n)
		}
	}
	if most == 0 {
		most = 1
	}
	x := func(i int) float64 {
		if len(list) == 1 {
			return float64(width) / 2
		}
		return 1 + float64(i)*float64(width-2)/float64(len(list)-1)
	}
	y := func(n float64) float64 { return float64(height) - 2 - max(n, 0)/most*float64(height-4) }
	var line strings.Builder
	pen := "M"
	last := -1
	for i, n := range list {
		if math.IsNaN(n) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&line, "%s%.1f %.1f", pen, x(i), y(n))
		pen = "L"
		last = i
	}
	if last < 0 {
		return ""
	}
	area := fmt.Sprintf("%sL%.1f %dL%.1f %dZ", line.String(), x(last), height, x(0), height)
	return fmt.Sprintf("<svg class=\"spark\" preserveAspectRatio=\"none\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"from %s to %s, at most %s\"><path d=\"%s\" fill=\"%s\" fill-opacity=\".14\"/><path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" stroke-linejoin=\"round\"/></svg>",
		width, height, width, height, decimal(orZero(list[0]), 1), decimal(orZero(list[len(list)-1]), 1), decimal(most, 1), area, colour, line.String(), colour)
}

func orZero(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return f
}
