package workbook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// Engine answers queries; emulator.Workspace is one.
type Engine interface {
	Query(ctx context.Context, text string, o emulator.QueryOptions) (*result.Result, error)
}

// SampleResource stands for a resource where a parameter asks for one.
const SampleResource = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/sample/providers/Microsoft.OperationalInsights/workspaces/sample"

// maxOptions is how many values a drop-down offers. Source: Azure Monitor documentation, "Workbooks limits".
const maxOptions = 1000

// problem is what keeps a query or parameter from working.
type problem struct {
	message string
	help    string
	query   *emulator.QueryError // where the query itself is wrong
}

// run is a workbook at work: its parameters' values and how they came.
type run struct {
	ctx      context.Context
	engine   Engine
	w        *Workbook
	now      time.Time
	values   Values
	options  map[string][]Option
	required map[string]bool // parameters without which a query does not run
	sources  map[string]string
	fixed    map[string]bool // given from outside
	cache    map[string]answer
	failed   map[*Parameter]problem
}

type answer struct {
	res *result.Result
	err error
}

// newRun resolves the parameters: fixed values first, exports by their defaults, tabs by their first link, then what must be
// asked, until nothing changes.
func newRun(ctx context.Context, engine Engine, w *Workbook, now time.Time, given map[string]string) (*run, error) {
	r := &run{ctx: ctx, engine: engine, w: w, now: now.UTC(), values: Values{}, options: map[string][]Option{}, required: map[string]bool{},
		sources: map[string]string{}, fixed: map[string]bool{}, cache: map[string]answer{}, failed: map[*Parameter]problem{}}
	var list []*Parameter
	walk(w.Items, func(it *Item) {
		for _, l := range it.Links {
			if l.Parameter != "" && !r.values[l.Parameter].Set {
				r.values[l.Parameter] = textValue(l.Value)
				r.sources[l.Parameter] = it.Path
			}
		}
		if it.Query != nil {
			for _, e := range it.Query.Exports {
				if _, taken := r.values[e.Parameter]; taken {
					continue
				}
				r.sources[e.Parameter] = it.Path
				r.required[e.Parameter] = true
				r.values[e.Parameter] = Value{}
				if e.HasDefault {
					r.values[e.Parameter] = textValue(e.Default)
				}
			}
		}
	})
	walk(w.Items, func(it *Item) {
		for _, p := range it.Parameters {
			list = append(list, p)
			r.required[p.Name] = p.Required
			r.sources[p.Name] = p.Path
			if !r.values[p.Name].Set {
				r.values[p.Name] = Value{}
			}
		}
	})
	for name, v := range given {
		if _, known := r.values[name]; !known {
			return nil, fmt.Errorf("%s: the workbook has no parameter %q", w.File, name)
		}
		r.values[name] = textValue(v)
		r.fixed[name] = true
	}
	// A drop-down may ask with the values of others that stand after it.
	for pending := list; len(pending) > 0; {
		var next []*Parameter
		for _, p := range pending {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if r.fixed[p.Name] && p.Kind != kindTime {
				r.quoteGiven(p, given[p.Name])
				continue
			}
			if p.Query != "" && r.waits(p, pending) && len(next) < len(pending)-1 {
				next = append(next, p)
				continue
			}
			r.resolve(p)
		}
		if len(next) == len(pending) {
			for _, p := range next {
				r.resolve(p)
			}
			break
		}
		pending = next
	}
	return r, nil
}

// quoteGiven gives a value from outside the quotes of its parameter.
func (r *run) quoteGiven(p *Parameter, text string) {
	v := textValue(text)
	if p.Multi {
		v.Quote, v.Delimiter = p.Quote, p.Delimiter
	}
	r.values[p.Name] = v
}

// waits reports whether a parameter's query names one that is not resolved yet.
func (r *run) waits(p *Parameter, pending []*Parameter) bool {
	for _, ref := range references(p.Query) {
		for _, q := range pending {
			if q != p && q.Name == ref.name && !r.values[q.Name].Set {
				return true
			}
		}
	}
	return false
}

func (r *run) resolve(p *Parameter) {
	switch p.Kind {
	case kindTime:
		switch {
		case p.Time != nil:
			r.values[p.Name] = Value{Set: true, Time: p.Time}
		case p.DurationMs > 0:
			d := time.Duration(p.DurationMs) * time.Millisecond
			r.values[p.Name] = Value{Set: true, Time: &TimeRange{Start: r.now.Add(-d), End: r.now, Relative: d}}
		}
		return
	case kindResource:
		v := Value{Set: len(p.Values) > 0 || p.Required, Quote: p.Quote, Delimiter: p.Delimiter}
		for _, s := range p.Values {
			if strings.HasPrefix(s, "value::") {
				s = SampleResource
			}
			v.Values, v.Labels = append(v.Values, s), append(v.Labels, "sample")
		}
		if len(v.Values) == 0 && v.Set {
			v.Values, v.Labels = []string{SampleResource}, []string{"sample"}
		}
		r.values[p.Name] = v
		return
	case kindText:
		text := strings.Join(p.Values, "")
		if p.Query != "" && text == "" {
			options, ok := r.ask(p)
			if !ok {
				return
			}
			if len(options) > 0 {
				text = options[0].Value
			}
		}
		// A text that nobody wrote is empty, and set when it need not be.
		r.values[p.Name] = Value{Set: text != "" || !p.Required, Values: []string{text}, Labels: []string{text}, Delimiter: ","}
		return
	}
	var options []Option
	if p.Query != "" {
		var ok bool
		if options, ok = r.ask(p); !ok {
			return
		}
	} else {
		var err error
		if options, err = jsonOptions(p.JSON); err != nil {
			r.failed[p] = problem{message: err.Error()}
			return
		}
	}
	r.options[p.Name] = options
	r.choose(p, options)
}

// choose makes a drop-down's value of what is chosen and what is offered.
func (r *run) choose(p *Parameter, options []Option) {
	v := Value{Quote: p.Quote, Delimiter: p.Delimiter}
	add := func(o Option) {
		if !slices.Contains(v.Values, o.Value) {
			v.Values, v.Labels = append(v.Values, o.Value), append(v.Labels, o.Label)
		}
	}
	chosen := p.Values
	for _, s := range chosen {
		special, ok := strings.CutPrefix(s, "value::")
		if !ok {
			o := Option{Value: s, Label: s}
			for _, known := range options {
				if known.Value == s {
					o = known
				}
			}
			add(o)
			continue
		}
		if special == "all" {
			v.All = true
			if p.SelectAll != "" {
				v.Values, v.Labels = []string{p.SelectAll}, []string{"All"}
				break
			}
			for _, o := range options {
				add(o)
			}
			continue
		}
		if n, err := strconv.Atoi(special); err == nil && 1 <= n && n <= len(options) {
			add(options[n-1])
		}
	}
	if len(chosen) == 0 {
		for _, o := range options {
			if o.Selected && (p.Multi || len(v.Values) == 0) {
				add(o)
			}
		}
	}
	v.Set = len(v.Values) > 0 || !p.Required
	if !p.Multi {
		v.Quote = "" // quotes are for lists
	}
	r.values[p.Name] = v
}

// ask runs a parameter's query: value, label and whether it is selected, by position.
func (r *run) ask(p *Parameter) ([]Option, bool) {
	text, unset, wrong := r.values.substitute(p.Query, false)
	if pr, bad := r.missing(unset, wrong); bad {
		r.failed[p] = pr
		return nil, false
	}
	from, to := r.window(p.TimeFrom, p.TimeMs)
	res, err := r.query(text, from, to)
	if err != nil {
		r.failed[p] = r.explain(p.Query, err)
		return nil, false
	}
	t := res.Primary()
	if len(t.Columns) == 0 {
		return nil, true
	}
	var options []Option
	for row := 0; row < min(t.Rows, maxOptions); row++ {
		o := Option{Value: t.Value(row, 0).Text()}
		o.Label = o.Value
		if len(t.Columns) > 1 {
			o.Label = t.Value(row, 1).Text()
		}
		if len(t.Columns) > 2 && t.Columns[2].Type == value.Bool {
			o.Selected = t.Value(row, 2).Bool()
		}
		options = append(options, o)
	}
	return options, true
}

// missing words why a query does not run: a required parameter without a value, or a form that does not exist.
func (r *run) missing(unset, wrong []string) (problem, bool) {
	if len(wrong) > 0 {
		return problem{message: fmt.Sprintf("{%s} does not exist", wrong[0]), help: "a time range has start, end, grain, query, value and label; other parameters have value and label"}, true
	}
	for _, name := range unset {
		if !r.required[name] {
			continue
		}
		help := "give it a value"
		if src := r.sources[name]; src != "" {
			help = fmt.Sprintf("give it a value or default at %s", src)
		}
		return problem{message: fmt.Sprintf("parameter %q is not set, so the query does not run", name), help: help}, true
	}
	return problem{}, false
}

// window is the time that a query sees. Zero times bound nothing.
func (r *run) window(parameter string, ms int64) (from, to time.Time) {
	if v := r.values[parameter]; parameter != "" && v.Time != nil {
		return v.Time.Start, v.Time.End
	}
	if ms > 0 {
		return r.now.Add(-time.Duration(ms) * time.Millisecond), r.now
	}
	return time.Time{}, time.Time{}
}

// query runs a text once; items that ask the same share the answer.
func (r *run) query(text string, from, to time.Time) (*result.Result, error) {
	key := fmt.Sprintf("%d %d %s", from.UnixNano(), to.UnixNano(), text)
	if a, ok := r.cache[key]; ok {
		return a.res, a.err
	}
	res, err := r.engine.Query(r.ctx, text, emulator.QueryOptions{Now: r.now, From: from, To: to})
	if err != nil && r.ctx.Err() != nil {
		return nil, r.ctx.Err()
	}
	r.cache[key] = answer{res, err}
	return res, err
}

// explain words an error of the engine. Text is the query before substitution.
func (r *run) explain(text string, err error) problem {
	p := problem{message: err.Error()}
	var q *emulator.QueryError
	if errors.As(err, &q) {
		p.query = q
	}
	for _, ref := range references(text) {
		if _, known := r.values[ref.name]; !known && (strings.Contains(p.message, ref.name) || strings.Contains(p.message, "{")) {
			p.help = fmt.Sprintf("no item of the workbook sets {%s}", ref.name)
		}
	}
	return p
}

// runItem runs a query item with the values as they are.
func (r *run) runItem(it *Item) (*result.Result, *problem) {
	if it.Query.QueryType != 0 {
		return nil, &problem{message: fmt.Sprintf("queries of type %d are not run", it.Query.QueryType), help: "only log queries, type 0, are"}
	}
	text, unset, wrong := r.values.substitute(it.Query.Text, false)
	if p, bad := r.missing(unset, wrong); bad {
		return nil, &p
	}
	if v, known := r.values[it.Query.TimeParameter]; it.Query.TimeParameter != "" && (!known || !v.Set) {
		return nil, &problem{message: fmt.Sprintf("time range %q is not set, so the query does not run", it.Query.TimeParameter), help: "timeContextFromParameter names a parameter of type 4 with a value"}
	}
	from, to := r.window(it.Query.TimeParameter, it.Query.TimeMs)
	res, err := r.query(text, from, to)
	if err != nil {
		p := r.explain(it.Query.Text, err)
		return nil, &p
	}
	return res, nil
}
