package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/attack"
)

// groups lists the rules by folder, in the order of their names.
func (g *generator) groups() (names []string, rules map[string][]*rulePage) {
	rules = map[string][]*rulePage{}
	for _, r := range g.rules {
		if len(rules[r.group]) == 0 {
			names = append(names, r.group)
		}
		rules[r.group] = append(rules[r.group], r)
	}
	slices.Sort(names)
	return names, rules
}

func (g *generator) index() string {
	var b strings.Builder
	total := 0
	for _, r := range g.rules {
		if r.Test != nil {
			total += len(r.Test.Tests)
		}
	}
	fmt.Fprintf(&b, "%s# Rules\n\n%d rules with %d test cases. [Which rule watches which stream](../coverage.md); techniques as a [layer for the ATT&CK Navigator](../attack-layer.json).\n", mark, len(g.rules), total)
	names, rules := g.groups()
	for _, name := range names {
		fmt.Fprintf(&b, "\n## %s\n\n| rule | severity | techniques | every / over | cases |\n|---|---|---|---|---|\n", words(name))
		for _, r := range rules[name] {
			cases := 0
			if r.Test != nil {
				cases = len(r.Test.Tests)
			}
			fmt.Fprintf(&b, "| [%s](%s) | %s | %s | %s / %s | %d |\n", cell(r.Name), strings.TrimPrefix(r.name, "rules/"), r.Severity, strings.Join(r.Techniques, ", "), r.QueryFrequency.Text, r.QueryPeriod.Text, cases)
		}
	}
	return b.String()
}

// words turns a folder's name into a heading.
func words(name string) string {
	s := strings.ReplaceAll(name, "-", " ")
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// matrix shows which rule reads which table, and where it is silent on purpose.
func (g *generator) matrix() string {
	var streams []*content.Stream
	for _, s := range g.bundle.Streams {
		if slices.ContainsFunc(g.rules, func(r *rulePage) bool { return slices.Contains(r.tables, s.Table) }) {
			streams = append(streams, s)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s# Which rule watches which stream\n\n● the rule reads the stream; ○ it is silent there, and its page says why; an empty cell says nothing is declared. Other tables stand in the last column.\n", mark)
	count := make([]int, len(streams))
	names, rules := g.groups()
	for _, name := range names {
		fmt.Fprintf(&b, "\n## %s\n\n| rule |", words(name))
		for _, s := range streams {
			fmt.Fprintf(&b, " %s |", s.Name)
		}
		b.WriteString(" other tables |\n|---|")
		b.WriteString(strings.Repeat(":-:|", len(streams)) + "---|\n")
		for _, r := range rules[name] {
			fmt.Fprintf(&b, "| [%s](%s) |", cell(r.Name), r.name)
			for i, s := range streams {
				mark := ""
				switch {
				case slices.Contains(r.tables, s.Table) && !silent(r.Rule, s.Table, true):
					mark = "●"
					count[i]++
				case silent(r.Rule, s.Table, false):
					mark = "○"
				}
				fmt.Fprintf(&b, " %s |", mark)
			}
			var other []string
			for _, t := range r.tables {
				if !slices.ContainsFunc(streams, func(s *content.Stream) bool { return s.Table == t }) {
					other = append(other, t)
				}
			}
			fmt.Fprintf(&b, " %s |\n", strings.Join(other, ", "))
		}
	}
	b.WriteString("\n## Together\n\n| stream | table | rules |\n|---|---|---|\n")
	for i, s := range streams {
		fmt.Fprintf(&b, "| %s | %s | %d |\n", s.Name, code(s.Table), count[i])
	}
	return b.String()
}

// silent reports whether a blind spot names the table; wholly, when the rule does not count the table among its streams.
func silent(r *content.Rule, table string, wholly bool) bool {
	if wholly && (len(r.Streams) == 0 || slices.Contains(r.Streams, table)) {
		return false
	}
	return slices.ContainsFunc(r.Blindspots, func(s content.Blindspot) bool { return slices.Contains(s.Streams, table) })
}

// The layer format of the ATT&CK Navigator, version 4.5.
type navigatorLayer struct {
	Name       string               `json:"name"`
	Versions   navigatorVersions    `json:"versions"`
	Domain     string               `json:"domain"`
	About      string               `json:"description"`
	Sorting    int                  `json:"sorting"`
	HideOff    bool                 `json:"hideDisabled"`
	Techniques []navigatorTechnique `json:"techniques"`
	Gradient   navigatorGradient    `json:"gradient"`
}

type navigatorVersions struct {
	Attack    string `json:"attack"`
	Navigator string `json:"navigator"`
	Layer     string `json:"layer"`
}

type navigatorTechnique struct {
	ID       string `json:"techniqueID"`
	Score    int    `json:"score"`
	Comment  string `json:"comment"`
	Enabled  bool   `json:"enabled"`
	ShowSubs bool   `json:"showSubtechniques"`
}

type navigatorGradient struct {
	Colors []string `json:"colors"`
	Min    int      `json:"minValue"`
	Max    int      `json:"maxValue"`
}

// layer scores each technique by the number of rules that look for it.
func (g *generator) layer() (string, error) {
	rules := map[string][]string{}
	var ids []string
	for _, r := range g.rules {
		for _, t := range r.Techniques {
			if len(rules[t]) == 0 {
				ids = append(ids, t)
			}
			rules[t] = append(rules[t], r.Name)
		}
	}
	slices.Sort(ids)
	major, _, _ := strings.Cut(attack.Version, ".")
	l := navigatorLayer{Name: "Blindspot", Versions: navigatorVersions{Attack: major, Navigator: "5.1.0", Layer: "4.5"}, Domain: "enterprise-attack",
		About: fmt.Sprintf("Techniques that %d rules look for; the score is the number of rules.", len(g.rules)), Techniques: []navigatorTechnique{},
		Gradient: navigatorGradient{Colors: []string{"#dce9fb", "#2f6fde"}, Min: 0, Max: 1}}
	for _, id := range ids {
		subs := slices.ContainsFunc(ids, func(s string) bool { return strings.HasPrefix(s, id+".") })
		l.Techniques = append(l.Techniques, navigatorTechnique{ID: id, Score: len(rules[id]), Comment: strings.Join(rules[id], "; "), Enabled: true, ShowSubs: subs})
		l.Gradient.Max = max(l.Gradient.Max, len(rules[id]))
	}
	// A parent is opened where only its parts are named.
	for _, id := range ids {
		parent, _, sub := strings.Cut(id, ".")
		if sub && len(rules[parent]) == 0 && !slices.ContainsFunc(l.Techniques, func(t navigatorTechnique) bool { return t.ID == parent }) {
			l.Techniques = append(l.Techniques, navigatorTechnique{ID: parent, Enabled: true, ShowSubs: true, Comment: "see its sub-techniques"})
		}
	}
	slices.SortFunc(l.Techniques, func(a, b navigatorTechnique) int { return strings.Compare(a.ID, b.ID) })
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(l); err != nil {
		return "", err
	}
	return b.String(), nil
}
