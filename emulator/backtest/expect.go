package backtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"sort"
	"strings"
	"time"

	yaml "go.yaml.in/yaml/v4"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// Expectations say what a corpus should raise: numbers a rule, and the alerts that must be among them.
type Expectations struct {
	Rules []RuleExpectation
	// Unexpected fails the alerts of rules that no entry names, and those that no mark of an entry with marks covers.
	Unexpected bool
}

// RuleExpectation is what one rule should raise. Numbers are -1 when they are not named.
type RuleExpectation struct {
	Rule                     string // name, id, or the file's base name
	AtLeast, AtMost, Exactly int
	Marks                    []Mark
}

// Mark is an alert that must be raised: one in the span that names all the entities.
type Mark struct {
	Name     string
	From, To content.Moment // of the alert's run; not set: any time
	Entities map[string][]string
}

// Verdict is one expectation with what became of it.
type Verdict struct {
	Says   string
	Passed bool
	Got    string
}

type expectFile struct {
	Unexpected string           `yaml:"unexpected"`
	Rules      []expectFileRule `yaml:"rules"`
}

type expectFileRule struct {
	Rule    string `yaml:"rule"`
	AtLeast *int   `yaml:"at_least"`
	AtMost  *int   `yaml:"at_most"`
	Exactly *int   `yaml:"exactly"`
	Alerts  []struct {
		Name     string              `yaml:"name"`
		From     string              `yaml:"from"`
		To       string              `yaml:"to"`
		Entities map[string][]string `yaml:"entities"`
	} `yaml:"alerts"`
}

// ReadExpectations reads a file of expectations; name is what errors call it.
func ReadExpectations(name string, data []byte) (*Expectations, error) {
	var f expectFile
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	e := &Expectations{}
	switch f.Unexpected {
	case "fail":
		e.Unexpected = true
	case "", "pass":
	default:
		return nil, fmt.Errorf("%s: unexpected is %q; it is fail or pass", name, f.Unexpected)
	}
	number := func(n *int) int {
		if n == nil {
			return -1
		}
		return *n
	}
	for _, r := range f.Rules {
		if r.Rule == "" {
			return nil, fmt.Errorf("%s: an entry without rule; name the rule, its id or its file", name)
		}
		for _, n := range []*int{r.AtLeast, r.AtMost, r.Exactly} {
			if n != nil && *n < 0 {
				return nil, fmt.Errorf("%s: rule %q: %d alerts are expected; a number is 0 or more", name, r.Rule, *n)
			}
		}
		if r.AtLeast != nil && r.AtMost != nil && *r.AtLeast > *r.AtMost || r.Exactly != nil && (r.AtLeast != nil || r.AtMost != nil) {
			return nil, fmt.Errorf("%s: rule %q: no number is what at_least, at_most and exactly ask together", name, r.Rule)
		}
		x := RuleExpectation{Rule: r.Rule, AtLeast: number(r.AtLeast), AtMost: number(r.AtMost), Exactly: number(r.Exactly)}
		for _, a := range r.Alerts {
			m := Mark{Name: a.Name, Entities: a.Entities}
			for _, t := range []struct {
				text string
				to   *content.Moment
			}{{a.From, &m.From}, {a.To, &m.To}} {
				if t.text == "" {
					continue
				}
				moment, err := content.ParseMoment(t.text)
				if err != nil {
					return nil, fmt.Errorf("%s: rule %q: %w", name, r.Rule, err)
				}
				*t.to = moment
			}
			switch {
			case !m.From.IsSet() && !m.To.IsSet() && len(m.Entities) == 0:
				return nil, fmt.Errorf("%s: rule %q: the alert %s fits any; give it entities, from or to", name, r.Rule, m.label())
			case m.From.IsSet() && m.To.IsSet() && m.From.Relative == m.To.Relative && m.To.At(time.Time{}).Before(m.From.At(time.Time{})):
				return nil, fmt.Errorf("%s: rule %q: the alert %s ends before it begins", name, r.Rule, m.label())
			}
			x.Marks = append(x.Marks, m)
		}
		e.Rules = append(e.Rules, x)
	}
	return e, nil
}

// of finds the entry for a rule.
func (e *Expectations) of(r *content.Rule) *RuleExpectation {
	if e == nil {
		return nil
	}
	base := path.Base(r.File())
	for i := range e.Rules {
		switch n := e.Rules[i].Rule; n {
		case r.Name, r.ID, r.File(), base, strings.TrimSuffix(strings.TrimSuffix(base, ".yaml"), ".yml"):
			return &e.Rules[i]
		}
	}
	return nil
}

// judge holds a rule's alerts against what is expected of it. Relative times of marks are from the span's beginning.
func (e *Expectations) judge(r *content.Rule, alerts []sentinel.Alert, from time.Time) []Verdict {
	x := e.of(r)
	if x == nil {
		if !e.Unexpected {
			return nil
		}
		return []Verdict{{"no alert: the rule is not named", len(alerts) == 0, count(len(alerts))}}
	}
	var out []Verdict
	n := len(alerts)
	for _, c := range []struct {
		want int
		says string
		ok   bool
	}{{x.AtLeast, "at least", n >= x.AtLeast}, {x.AtMost, "at most", n <= x.AtMost}, {x.Exactly, "exactly", n == x.Exactly}} {
		if c.want >= 0 {
			out = append(out, Verdict{c.says + " " + count(c.want), c.ok, count(n)})
		}
	}
	covered := make([]bool, n)
	for _, m := range x.Marks {
		hits := 0
		for i, a := range alerts {
			if m.fits(a, from) {
				covered[i] = true
				hits++
			}
		}
		out = append(out, Verdict{"alert " + m.label(), hits > 0, count(hits)})
	}
	if e.Unexpected && len(x.Marks) > 0 {
		extra := 0
		for _, c := range covered {
			if !c {
				extra++
			}
		}
		out = append(out, Verdict{"no alert but those marked", extra == 0, count(extra) + " more"})
	}
	return out
}

func (m Mark) label() string {
	if m.Name != "" {
		return fmt.Sprintf("%q", m.Name)
	}
	var parts []string
	kinds := make([]string, 0, len(m.Entities))
	for kind := range m.Entities {
		kinds = append(kinds, kind)
	}
	sort.Strings(kinds)
	for _, kind := range kinds {
		parts = append(parts, kind+" "+strings.Join(m.Entities[kind], ", "))
	}
	if m.From.IsSet() {
		parts = append(parts, "from "+m.From.Text)
	}
	if m.To.IsSet() {
		parts = append(parts, "to "+m.To.Text)
	}
	return strings.Join(parts, " ")
}

// Unknown lists what entries call rules that are none of these, in their order.
func (e *Expectations) Unknown(rules []*content.Rule) []string {
	named := map[*RuleExpectation]bool{}
	for _, r := range rules {
		named[e.of(r)] = true
	}
	var out []string
	for i := range e.Rules {
		if !named[&e.Rules[i]] {
			out = append(out, e.Rules[i].Rule)
		}
	}
	return out
}

// fits reports whether an alert is the one that the mark means.
func (m Mark) fits(a sentinel.Alert, from time.Time) bool {
	if m.From.IsSet() && a.Run.Due.Before(m.From.At(from)) || m.To.IsSet() && a.Run.Due.After(m.To.At(from)) {
		return false
	}
	for kind, values := range m.Entities {
		for _, v := range values {
			found := false
			for _, e := range a.Entities {
				found = found || strings.EqualFold(e.Type, kind) && strings.EqualFold(e.Label(), v)
			}
			if !found {
				return false
			}
		}
	}
	return true
}

func count(n int) string {
	if n == 1 {
		return "1 alert"
	}
	return fmt.Sprintf("%d alerts", n)
}
