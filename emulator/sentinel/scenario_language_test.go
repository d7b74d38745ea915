package sentinel_test

import (
	yaml "go.yaml.in/yaml/v4"

	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// The language of testdata/scenarios is described in its README.md.

type scenario struct {
	Number  int      `yaml:"scenario"`
	Case    string   `yaml:"case"`
	Title   string   `yaml:"title"`
	Facts   []string `yaml:"facts"`
	Waiting string   `yaml:"waiting"`

	Start      string                         `yaml:"start"`
	Until      string                         `yaml:"until"`
	Options    map[string]yaml.Node           `yaml:"options"`
	Rules      []yaml.Node                    `yaml:"rules"`
	Delay      string                         `yaml:"delay"`
	Events     map[string][]event             `yaml:"events"`
	Watchlists map[string][]map[string]string `yaml:"watchlists"`
	Functions  map[string]string              `yaml:"functions"`
	Tables     []string                       `yaml:"tables"`
	Workspaces []string                       `yaml:"workspaces"`
	Faults     []fault                        `yaml:"faults"`
	Changes    []change                       `yaml:"changes"`
	Automation []automation                   `yaml:"automation"`
	Expect     expect                         `yaml:"expect"`

	file string
}

type event struct {
	At       string         `yaml:"at"`
	Ingested string         `yaml:"ingested"`
	Repeat   int            `yaml:"repeat"`
	Every    string         `yaml:"every"`
	Set      map[string]any `yaml:"set"`
}

type fault struct {
	Rule     string `yaml:"rule"`
	From     string `yaml:"from"` // due at or after
	To       string `yaml:"to"`   // due before; "" for one run
	Attempts int    `yaml:"attempts"`
	Kind     string `yaml:"kind"` // transient, permanent
	Reason   string `yaml:"reason"`
}

type change struct {
	At    string         `yaml:"at"`
	Rule  int            `yaml:"rule"`
	Do    string         `yaml:"do"` // edit, disable, enable, rerun, close, drop-table
	Set   map[string]any `yaml:"set"`
	Due   string         `yaml:"due"`
	Close int            `yaml:"close"`
	Table string         `yaml:"table"`
}

type automation struct {
	Name       string                      `yaml:"name"`
	Order      int                         `yaml:"order"`
	On         string                      `yaml:"on"`
	Expires    string                      `yaml:"expires"`
	Conditions []sentinel.Condition        `yaml:"conditions"`
	Actions    []sentinel.AutomationAction `yaml:"actions"`
}

type expect struct {
	Error      string            `yaml:"error"`
	Alerts     *[]wantAlert      `yaml:"alerts"`
	Count      *int              `yaml:"count"`
	Visible    *int              `yaml:"visible"`
	Statuses   map[string]int    `yaml:"statuses"`
	Runs       []wantRun         `yaml:"runs"`
	Health     []wantHealth      `yaml:"health"`
	HealthRows *int              `yaml:"healthRows"`
	Incident   map[string]string `yaml:"incidentRow"` // of the last change
	Incidents  *[]wantIncident   `yaml:"incidents"`
	History    *[]string         `yaml:"history"`
	Disabled   *[]wantDisabled   `yaml:"disabled"`
	Missed     map[string]int    `yaml:"missed"`
	Doubled    *int              `yaml:"doubled"`
	Notes      []string          `yaml:"notes"`
	AlertRow   map[string]string `yaml:"alertRow"`
	Properties map[string]string `yaml:"properties"`
	Findings   *[]string         `yaml:"findings"`
	Loses      map[string]string `yaml:"loses"`
	Export     map[string]any    `yaml:"export"` // of a rule to Defender, which cmd/internal/deploy does: its TestExportScenarios runs these
	Golden     string            `yaml:"golden"`
	Longest    map[string]int    `yaml:"longest"` // bytes of a column of the first alert's row
}

type wantAlert struct {
	Rule        string              `yaml:"rule"`
	At          string              `yaml:"at"`
	Due         string              `yaml:"due"`
	Rows        *int                `yaml:"rows"`
	Name        string              `yaml:"name"`
	Severity    string              `yaml:"severity"`
	Description string              `yaml:"description"`
	Start       string              `yaml:"start"`
	End         string              `yaml:"end"`
	Summary     *bool               `yaml:"summary"`
	Entities    map[string][]string `yaml:"entities"`
	EntityCount *int                `yaml:"entityCount"`
	ByType      []int               `yaml:"perMapping"`
	Dropped     *int                `yaml:"dropped"`
	Details     map[string]int      `yaml:"details"` // number of values
	Values      map[string]string   `yaml:"values"`  // of the first row
	Number      *int                `yaml:"number"`
}

type wantRun struct {
	Due      string `yaml:"due"`
	Executes string `yaml:"executes"`
	From     string `yaml:"from"`
	To       string `yaml:"to"`
	Status   string `yaml:"status"`
	Attempt  *int   `yaml:"attempt"`
	Rows     *int   `yaml:"rows"`
	Manual   *bool  `yaml:"manual"`
}

type wantHealth struct {
	Run         int               `yaml:"run"`
	Status      string            `yaml:"status"`
	Description string            `yaml:"description"`
	Reason      string            `yaml:"reason"`
	Properties  map[string]string `yaml:"properties"`
}

type wantIncident struct {
	Title    string `yaml:"title"`
	Severity string `yaml:"severity"`
	Status   string `yaml:"status"`
	Alerts   int    `yaml:"alerts"`
	Reopened int    `yaml:"reopened"`
	Owner    string `yaml:"owner"`
	Labels   string `yaml:"labels"`
}

type wantDisabled struct {
	At     string `yaml:"at"`
	Name   string `yaml:"name"`
	Reason string `yaml:"reason"`
}
