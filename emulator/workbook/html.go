package workbook

import (
	"bytes"
	"fmt"
	gohtml "html"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// html writes a page.
type html struct {
	page *Page
	b    strings.Builder
}

// markdown renders without raw HTML and without addresses that run something; see goldmark's documentation of WithUnsafe.
var markdown = sync.OnceValue(func() goldmark.Markdown { return goldmark.New(goldmark.WithExtensions(extension.GFM)) })

func esc(s string) string { return gohtml.EscapeString(s) }

func (h *html) f(format string, args ...any) { fmt.Fprintf(&h.b, format, args...) }

func (h *html) document() {
	p := h.page
	h.f("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
	h.f("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
	h.f("<title>%s</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<main>\n", esc(p.Title), pageStyle, h.tabStyle())
	h.views(p.views, pageWidth)
	h.f("</main>\n<footer>%s as of %s UTC, on sample or loaded data. Made by blindspot workbook render.</footer>\n</body>\n</html>\n", esc(p.run.w.Name), p.Now.Format("2006-01-02 15:04"))
}

// tabStyle shows what belongs to the chosen tab.
func (h *html) tabStyle() string {
	var b strings.Builder
	var rules func([]*view)
	rules = func(list []*view) {
		for _, v := range list {
			for _, c := range v.when {
				t := h.page.tabs[c.Parameter]
				button := fmt.Sprintf("#t%d-%d:checked", t.number, t.numbers[c.Value])
				if c.Not {
					fmt.Fprintf(&b, "body:has(%s) #%s{display:none}\n", button, v.id)
				} else {
					fmt.Fprintf(&b, "body:not(:has(%s)) #%s{display:none}\n", button, v.id)
				}
			}
			rules(v.views)
		}
	}
	rules(h.page.views)
	return b.String()
}

func (h *html) views(list []*view, width int) {
	h.f("<div class=\"row\">\n")
	for _, v := range list {
		share := v.item.Width
		if share <= 0 || share > 100 {
			share = 100
		}
		h.f("<section id=\"%s\" class=\"item\" style=\"--w:%d\">\n", v.id, share)
		h.view(v, (width-gapWidth)*share/100)
		h.f("</section>\n")
	}
	h.f("</div>\n")
}

func (h *html) view(v *view, width int) {
	it := v.item
	switch it.Type {
	case typeText:
		h.markdown(it)
	case typeParameters:
		h.parameters(it)
	case typeLinks:
		h.links(it)
	case typeGroup:
		if it.Title != "" {
			h.f("<h2>%s</h2>\n", esc(h.text(it.Title)))
		}
		h.views(v.views, width)
	case typeQuery:
		h.query(v, width)
	case typeMetric:
		h.note("A metric item: it shows only in the portal.")
	default:
		h.note(fmt.Sprintf("An item of type %d, which is not known here.", it.Type))
	}
}

// text puts parameters into a text for people.
func (h *html) text(s string) string {
	s, _, _ = h.page.run.values.substitute(s, true)
	return s
}

func (h *html) markdown(it *Item) {
	var b bytes.Buffer
	if err := markdown().Convert([]byte(h.text(it.Text)), &b); err != nil {
		h.note(err.Error())
		return
	}
	class := "text"
	switch it.Style {
	case "info", "warning", "error", "success", "upsell":
		class += " " + it.Style
	}
	h.f("<div class=\"%s\">\n%s</div>\n", class, b.String())
}

func (h *html) parameters(it *Item) {
	h.f("<dl class=\"pills\">\n")
	for _, p := range it.Parameters {
		if p.Hidden {
			continue
		}
		v := h.page.run.values[p.Name]
		label := v.Label()
		switch {
		case !v.Set:
			label = "not set"
		case label == "":
			label = "none"
		case v.All && len(h.page.run.options[p.Name]) > 0:
			label = fmt.Sprintf("All (%d)", len(h.page.run.options[p.Name]))
		}
		h.f("<div><dt>%s</dt><dd>%s</dd></div>\n", esc(p.Label), esc(label))
	}
	h.f("</dl>\n")
	for _, p := range it.Parameters {
		if pr, bad := h.page.run.failed[p]; bad {
			h.trouble(p.Name+": "+pr.message, pr.help)
		}
	}
}

func (h *html) links(it *Item) {
	if it.Style != "tabs" {
		h.f("<ul class=\"links\">\n")
		for _, l := range it.Links {
			h.f("<li>%s</li>\n", esc(l.Label))
		}
		h.f("</ul>\n")
		return
	}
	h.f("<nav class=\"tabs\">\n")
	for _, l := range it.Links {
		t := h.page.tabs[l.Parameter]
		if t == nil {
			continue
		}
		checked := ""
		if l.Value == t.chosen {
			checked = " checked"
		}
		id := fmt.Sprintf("t%d-%d", t.number, t.numbers[l.Value])
		h.f("<input type=\"radio\" name=\"t%d\" id=\"%s\"%s><label for=\"%s\">%s</label>\n", t.number, id, checked, id, esc(l.Label))
	}
	h.f("</nav>\n")
}

func (h *html) note(s string) { h.f("<p class=\"note\">%s</p>\n", esc(s)) }

func (h *html) trouble(message, help string) {
	if help != "" {
		message += "; " + help
	}
	h.f("<p class=\"trouble\"><strong>Does not run.</strong> %s</p>\n", esc(message))
}

func (h *html) query(v *view, width int) {
	q := v.item.Query
	if q.Title != "" {
		h.f("<h3>%s</h3>\n", esc(h.text(q.Title)))
	}
	if v.problem != nil {
		h.trouble(v.problem.message, v.problem.help)
		return
	}
	t := v.res.Primary()
	if t.Rows == 0 || len(t.Columns) == 0 {
		message := q.NoData
		if message == "" {
			message = "The query returned no results."
		}
		h.note(h.text(message))
		return
	}
	kind := q.Visualization
	if (kind == "" || kind == "None") && v.res.Render != nil {
		kind = v.res.Render.Visualization
	}
	switch strings.ToLower(kind) {
	case "tiles":
		if q.Tiles != nil {
			h.tiles(q.Tiles, t)
			return
		}
	case "timechart", "linechart", "areachart", "scatterchart", "anomalychart":
		if lines, ok := timeLines(t, &q.Chart); ok {
			h.timeChart(lines, width, q.Size, strings.EqualFold(kind, "areachart"))
			return
		}
	case "barchart", "columnchart", "categoricalbar", "unstackedbar", "piechart":
		if lines, ok := timeLines(t, &q.Chart); ok && len(lines.times) > 31 {
			h.timeChart(lines, width, q.Size, false)
			return
		}
		if bars, ok := barsOf(t, &q.Chart); ok {
			h.bars(bars, width)
			return
		}
	case "map", "graph":
		h.note("Shown as a table: a " + strings.ToLower(kind) + " needs the portal.")
	case "stat", "card", "textsingle":
		h.f("<p class=\"big\">%s</p>\n", esc(cellText(t.Value(0, 0))))
		return
	}
	h.grid(&q.Grid, t)
}
