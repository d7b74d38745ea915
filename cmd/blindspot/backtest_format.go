package main

import (
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/emulator/backtest"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// backtestReport is a report with the attacks that lie in its events.
type backtestReport struct {
	*backtest.Report
	attacks []generate.Attack
}

func backtestWriter(format string) (func(backtestReport, terminal.Stream) error, error) {
	switch format {
	case "text":
		return backtestReport.text, nil
	case "json":
		return backtestReport.json, nil
	case "jsonl":
		return backtestReport.jsonl, nil
	case "html":
		return backtestReport.html, nil
	}
	return nil, fail(exitUsage, "--format %q is unknown; it is text, json, jsonl or html", format)
}

// Bounds of what the text form names.
const (
	shownAlerts   = 8
	shownEntities = 5
)

func (b backtestReport) text(w terminal.Stream) error {
	var s strings.Builder
	fmt.Fprintf(&s, "%s to %s UTC\n", b.From.UTC().Format("2006-01-02 15:04"), b.To.UTC().Format("2006-01-02 15:04"))
	alerts, silent := 0, 0
	for _, r := range b.Rules {
		alerts += len(r.Alerts)
		if len(r.Alerts) == 0 && r.Err == nil {
			silent++
		}
		b.ruleText(&s, w, r)
	}
	fmt.Fprintf(&s, "%s, %s, %d silent\n", counted(len(b.Rules), "rule"), counted(alerts, "alert"), silent)
	_, err := w.Write([]byte(s.String()))
	return err
}

func (b backtestReport) ruleText(s *strings.Builder, w terminal.Stream, r backtest.RuleReport) {
	if r.Err != nil {
		fmt.Fprintf(s, "%s  %s\n      %v\n", w.Paint(terminal.Red, "FAIL"), r.Rule.Name, r.Err)
		return
	}
	fmt.Fprintf(s, "%s  %s in %s\n", w.Paint(terminal.Bold, r.Rule.Name), counted(len(r.Alerts), "alert"), counted(r.Runs, "run"))
	if len(r.Alerts) > 0 && len(r.PerDay) > 1 {
		most := 0
		for _, d := range r.PerDay {
			most = max(most, d.Alerts)
		}
		fmt.Fprintf(s, "   a day   %s  0 to %d\n", w.Paint(terminal.Cyan, blocks(r.PerDay, w.Width-24)), most)
	}
	for i, a := range r.Alerts {
		if i == shownAlerts {
			fmt.Fprintf(s, "   alert   and %d more\n", len(r.Alerts)-shownAlerts)
			break
		}
		note := ""
		if m := marked(a, b.attacks); m != "" {
			note = w.Paint(terminal.Green, "  attack "+m)
		}
		fmt.Fprintf(s, "   alert   %s  %-8s %s%s\n", a.Run.Due.UTC().Format("2006-01-02 15:04"), a.Severity, a.Name, note)
	}
	if len(r.Alerts) > shownAlerts {
		for i, e := range r.Noisiest {
			if i == shownEntities {
				break
			}
			fmt.Fprintf(s, "   about   %-16s %-44s %d alerts\n", e.Type, e.Label, e.Alerts)
		}
	}
	for _, m := range r.Missed {
		fmt.Fprintf(s, "   %s  %d of %d rows of %s were seen by no run, the most late by %s\n", w.Paint(terminal.Yellow, "missed"), m.Rows, m.Of, m.Table, m.MostLate.Round(time.Second))
	}
	if n := len(r.Doubled); n > 0 {
		d := r.Doubled[0]
		fmt.Fprintf(s, "   %s %d alerts tell again what an earlier one told, for instance %s after %s: %s\n", w.Paint(terminal.Yellow, "doubled"), n,
			d.Second.Run.Due.UTC().Format("01-02 15:04"), d.First.Run.Due.UTC().Format("15:04"), d.Second.Name)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(s, "   note    %s\n", n)
	}
	for _, v := range r.Verdicts {
		mark := w.Paint(terminal.Green, "ok    ")
		if !v.Passed {
			mark = w.Paint(terminal.Red, "FAILED")
		}
		fmt.Fprintf(s, "   %s  expected %s; %s\n", mark, v.Says, v.Got)
	}
	for _, x := range r.Sweep {
		note := "no alert you marked is lost"
		if len(x.Lost) > 0 {
			note = fmt.Sprintf("loses %d: %s", len(x.Lost), x.Lost[0])
		}
		if x.Current {
			note += "  (now)"
		}
		fmt.Fprintf(s, "   at %4d  %5d alerts, %.1f a day; %s\n", x.Value, x.Alerts, x.PerDay, note)
	}
}

// blocks draws the alerts of each day as a bar of eighths; days are put together when there are more than fit.
func blocks(days []backtest.Day, width int) string {
	width = max(min(width, len(days)), 1)
	each := (len(days) + width - 1) / width
	var sums []int
	most := 0
	for i, d := range days {
		if i%each == 0 {
			sums = append(sums, 0)
		}
		sums[len(sums)-1] += d.Alerts
		most = max(most, sums[len(sums)-1])
	}
	var b strings.Builder
	for _, n := range sums {
		switch {
		case n == 0:
			b.WriteRune('·')
		default:
			b.WriteRune([]rune("▁▂▃▄▅▆▇█")[(n*8-1)/most])
		}
	}
	return b.String()
}

// The JSON form; fields may be added, not removed.
type backtestJSON struct {
	SchemaVersion int                `json:"schemaVersion"`
	From          time.Time          `json:"from"`
	To            time.Time          `json:"to"`
	Rules         []backtestRuleJSON `json:"rules"`
}

type backtestRuleJSON struct {
	ID       string              `json:"id"`
	Name     string              `json:"name"`
	File     string              `json:"file"`
	Error    string              `json:"error,omitempty"`
	Runs     int                 `json:"runs"`
	Alerts   []backtestAlertJSON `json:"alerts"`
	PerDay   []dayJSON           `json:"perDay"`
	Noisiest []entityJSON        `json:"noisiest"`
	Missed   []missedJSON        `json:"missed"`
	Doubled  []doubledJSON       `json:"doubled"`
	Notes    []string            `json:"notes,omitempty"`
	Expected []verdictJSON       `json:"expected,omitempty"`
	Sweep    []stepJSON          `json:"sweep,omitempty"`
}

type backtestAlertJSON struct {
	Time     time.Time           `json:"time"`
	Due      time.Time           `json:"due"`
	Name     string              `json:"name"`
	Severity string              `json:"severity"`
	Entities map[string][]string `json:"entities"`
	Count    int                 `json:"count"`
	Attack   string              `json:"attack,omitempty"`
}

type dayJSON struct {
	Day    string `json:"day"`
	Alerts int    `json:"alerts"`
}

type entityJSON struct {
	Type   string `json:"type"`
	Entity string `json:"entity"`
	Alerts int    `json:"alerts"`
}

type missedJSON struct {
	Table           string    `json:"table"`
	Rows            int       `json:"rows"`
	Of              int       `json:"of"`
	First           time.Time `json:"first"`
	Last            time.Time `json:"last"`
	MostLateSeconds int64     `json:"mostLateSeconds"`
}

type doubledJSON struct {
	First  time.Time `json:"first"`
	Second time.Time `json:"second"`
	Name   string    `json:"name"`
}

type verdictJSON struct {
	Says   string `json:"says"`
	Passed bool   `json:"passed"`
	Got    string `json:"got"`
}

type stepJSON struct {
	Value   int64    `json:"value"`
	Alerts  int      `json:"alerts"`
	PerDay  float64  `json:"perDay"`
	Lost    []string `json:"lost"`
	Current bool     `json:"current,omitempty"`
}

func (b backtestReport) data() backtestJSON {
	v := backtestJSON{SchemaVersion: 1, From: b.From.UTC(), To: b.To.UTC(), Rules: []backtestRuleJSON{}}
	for _, r := range b.Rules {
		j := backtestRuleJSON{ID: r.Rule.ID, Name: r.Rule.Name, File: r.Rule.File(), Runs: r.Runs, Notes: r.Notes, Alerts: []backtestAlertJSON{}, PerDay: []dayJSON{}, Noisiest: []entityJSON{}, Missed: []missedJSON{}, Doubled: []doubledJSON{}}
		if r.Err != nil {
			j.Error = r.Err.Error()
		}
		for _, a := range r.Alerts {
			j.Alerts = append(j.Alerts, backtestAlertJSON{a.Time.UTC(), a.Run.Due.UTC(), a.Name, a.Severity, entityMap(a), len(a.Rows.Rows), marked(a, b.attacks)})
		}
		for _, d := range r.PerDay {
			j.PerDay = append(j.PerDay, dayJSON{d.Date.Format(time.DateOnly), d.Alerts})
		}
		for _, e := range r.Noisiest {
			j.Noisiest = append(j.Noisiest, entityJSON{e.Type, e.Label, e.Alerts})
		}
		for _, m := range r.Missed {
			j.Missed = append(j.Missed, missedJSON{m.Table, m.Rows, m.Of, m.First.UTC(), m.Last.UTC(), int64(m.MostLate.Seconds())})
		}
		for _, d := range r.Doubled {
			j.Doubled = append(j.Doubled, doubledJSON{d.First.Run.Due.UTC(), d.Second.Run.Due.UTC(), d.Second.Name})
		}
		for _, x := range r.Verdicts {
			j.Expected = append(j.Expected, verdictJSON{x.Says, x.Passed, x.Got})
		}
		for _, x := range r.Sweep {
			j.Sweep = append(j.Sweep, stepJSON{x.Value, x.Alerts, x.PerDay, append([]string{}, x.Lost...), x.Current})
		}
		v.Rules = append(v.Rules, j)
	}
	return v
}

func entityMap(a sentinel.Alert) map[string][]string {
	out := map[string][]string{}
	for _, e := range a.Entities {
		out[e.Type] = append(out[e.Type], e.Label())
	}
	return out
}

func (b backtestReport) json(w terminal.Stream) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(b.data())
}

// backtestEventJSON is a line of --format jsonl: begin, progress after each rule, then a rule for each in the order of the
// content, then summary; or error, and nothing more.
type backtestEventJSON struct {
	SchemaVersion int                  `json:"schemaVersion"`
	Event         string               `json:"event"`
	From          *time.Time           `json:"from,omitempty"`
	To            *time.Time           `json:"to,omitempty"`
	Done          int                  `json:"done,omitempty"`
	Total         int                  `json:"total,omitempty"`
	Rule          *backtestRuleJSON    `json:"rule,omitempty"`
	Summary       *backtestSummaryJSON `json:"summary,omitempty"`
	Error         *messageJSON         `json:"error,omitempty"`
}

type backtestSummaryJSON struct {
	Rules  int `json:"rules"`
	Alerts int `json:"alerts"`
	Failed int `json:"failed"` // rules whose query failed, or that were not as expected
}

func (b backtestReport) jsonl(w terminal.Stream) error {
	v := b.data()
	s := backtestSummaryJSON{Rules: len(v.Rules)}
	for i, r := range v.Rules {
		if err := (eventStream{w}).write(backtestEventJSON{Event: "rule", Rule: &v.Rules[i]}); err != nil {
			return err
		}
		s.Alerts += len(r.Alerts)
		bad := r.Error != ""
		for _, x := range r.Expected {
			bad = bad || !x.Passed
		}
		if bad {
			s.Failed++
		}
	}
	return eventStream{w}.write(backtestEventJSON{Event: "summary", Summary: &s})
}

const backtestPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Backtest</title>
<style>
:root{color-scheme:light dark;font:15px/1.45 system-ui,sans-serif}body{max-width:62rem;margin:2rem auto;padding:0 1rem}
h2{font-size:1.1rem;margin:2rem 0 .3rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.15rem .6rem .15rem 0;border-bottom:1px solid #8883;vertical-align:top}
svg{display:block;height:64px;width:100%}rect{fill:#2b7de9}.bad{color:#c62828}.good{color:#2e7d32}.warn{color:#b26a00}p{margin:.2rem 0}
</style>
<h1>Backtest</h1><p>{{.From.Format "2006-01-02 15:04"}} to {{.To.Format "2006-01-02 15:04"}} UTC, {{len .Rules}} rules</p>
{{range .Rules}}<h2>{{.Name}}</h2>
{{if .Error}}<p class="bad">{{.Error}}</p>{{else}}<p>{{len .Alerts}} alerts in {{.Runs}} runs</p>
{{if .Alerts}}<svg viewBox="0 0 {{width .PerDay}} 64" preserveAspectRatio="none" role="img" aria-label="alerts a day">{{range $i, $d := .PerDay}}{{if $d.Alerts}}<rect x="{{x $i}}" y="{{y $d .}}" width="8" height="64"><title>{{$d.Day}}: {{$d.Alerts}}</title></rect>{{end}}{{end}}</svg>{{end}}
{{range .Expected}}<p class="{{if .Passed}}good{{else}}bad{{end}}">{{if .Passed}}met{{else}}not met{{end}}: {{.Says}}; {{.Got}}</p>{{end}}
{{range .Missed}}<p class="warn">{{.Rows}} of {{.Of}} rows of {{.Table}} were seen by no run</p>{{end}}
{{if .Doubled}}<p class="warn">{{len .Doubled}} alerts tell again what an earlier one told</p>{{end}}
{{range .Notes}}<p>{{.}}</p>{{end}}
{{if .Sweep}}<table><tr><th>value<th>alerts<th>a day<th>lost</tr>{{range .Sweep}}<tr><td>{{.Value}}{{if .Current}} (now){{end}}<td>{{.Alerts}}<td>{{printf "%.1f" .PerDay}}<td>{{range .Lost}}{{.}}<br>{{end}}</tr>{{end}}</table>{{end}}
{{if .Alerts}}<table><tr><th>run<th>severity<th>alert<th>about</tr>{{range .Alerts}}<tr><td>{{.Due.Format "2006-01-02 15:04"}}<td>{{.Severity}}<td>{{.Name}}{{if .Attack}} <b class="good">attack {{.Attack}}</b>{{end}}<td>{{range $k, $v := .Entities}}{{range $v}}{{$k}} {{.}}<br>{{end}}{{end}}</tr>{{end}}</table>{{end}}{{end}}
{{end}}</html>
`

func (b backtestReport) html(w terminal.Stream) error {
	v := b.data()
	most := 1
	for _, r := range v.Rules {
		for _, d := range r.PerDay {
			most = max(most, d.Alerts)
		}
	}
	t, err := template.New("backtest").Funcs(template.FuncMap{
		"width": func(d []dayJSON) int { return 10 * len(d) },
		"x":     func(i int) int { return 10 * i },
		"y":     func(d dayJSON, _ any) int { return 64 - max(2, 64*d.Alerts/most) },
	}).Parse(backtestPage)
	if err != nil {
		return err
	}
	return t.Execute(w, v)
}
