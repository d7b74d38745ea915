package workbook

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// Page is a workbook with the results of its queries.
type Page struct {
	Title  string
	Now    time.Time
	Items  int // query items
	Failed int // of them, those that did not run

	run   *run
	views []*view
	tabs  map[string]*tab // by parameter
}

// view is an item with what it shows. A hidden one is left out of the page.
type view struct {
	item    *Item
	id      string
	when    []Condition // on tabs, which the reader may change
	res     *result.Result
	problem *problem
	views   []*view
}

// tab is a links item whose links set one parameter.
type tab struct {
	number  int
	chosen  string
	numbers map[string]int // value -> place
}

// Render runs a workbook's queries as of now. Given sets parameters by name, the others have their defaults. Items of every tab
// are on the page; those that another parameter hides are not. An item that does not run shows why.
func Render(ctx context.Context, engine Engine, w *content.Workbook, now time.Time, given map[string]string) (*Page, error) {
	parsed, err := Parse(w)
	if err != nil {
		return nil, err
	}
	r, err := newRun(ctx, engine, parsed, now, given)
	if err != nil {
		return nil, err
	}
	title, _, _ := r.values.substitute(titleOf(parsed), true)
	p := &Page{Title: title, Now: r.now, run: r, tabs: map[string]*tab{}}
	walk(parsed.Items, func(it *Item) {
		if it.Type != typeLinks || it.Style != "tabs" {
			return
		}
		for _, l := range it.Links {
			if l.Parameter == "" {
				continue
			}
			t := p.tabs[l.Parameter]
			if t == nil {
				t = &tab{number: len(p.tabs) + 1, numbers: map[string]int{}, chosen: strings.Join(r.values[l.Parameter].Values, ",")}
				p.tabs[l.Parameter] = t
			}
			if _, twice := t.numbers[l.Value]; !twice {
				t.numbers[l.Value] = len(t.numbers) + 1
			}
		}
	})
	n := 0
	if p.views, err = p.build(parsed.Items, &n); err != nil {
		return nil, err
	}
	return p, nil
}

// titleOf is the first heading of the page, or the file's name.
func titleOf(w *Workbook) string {
	for _, it := range w.Items {
		if it.Type != typeText {
			continue
		}
		for _, line := range strings.Split(it.Text, "\n") {
			if h := strings.TrimLeft(line, "#"); h != line {
				return strings.TrimSpace(h)
			}
		}
	}
	return w.Name
}

func (p *Page) build(items []*Item, n *int) ([]*view, error) {
	var list []*view
	for _, it := range items {
		if err := p.run.ctx.Err(); err != nil {
			return nil, err
		}
		*n++
		v := &view{item: it, id: "i" + strconv.Itoa(*n)}
		var fixed []Condition
		for _, c := range it.Visible {
			if t := p.tabs[c.Parameter]; t != nil && t.numbers[c.Value] > 0 {
				v.when = append(v.when, c)
			} else {
				fixed = append(fixed, c)
			}
		}
		if !p.run.values.holds(fixed) {
			continue
		}
		if it.Query != nil {
			p.Items++
			if v.res, v.problem = p.run.runItem(it); v.problem != nil {
				p.Failed++
			}
			if err := p.run.ctx.Err(); err != nil {
				return nil, err
			}
		}
		var err error
		if v.views, err = p.build(it.Items, n); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// WriteHTML writes the page: one file with its style, no script, and nothing that is fetched.
func (p *Page) WriteHTML(w io.Writer) error {
	h := &html{page: p}
	h.document()
	_, err := io.WriteString(w, h.b.String())
	return err
}
