package deploy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
)

// EntraRole says who may change what Entra ID sends, and how to be that.
const EntraRole = "the tenant's diagnostic setting needs the role Security Administrator, and a person's sign-in: with auth: cli in blindspot.yaml it is that of `az login`; service principals are mostly refused"

// EntraConnector says what is often taken for the same thing.
const EntraConnector = "the data connector AzureActiveDirectory alone brings only the alerts of Identity Protection (SecurityAlert), no sign-in or audit logs; those flow through the diagnostic setting"

const diagnosticSettings = "/providers/microsoft.aadiam/diagnosticSettings"

// StreamStatus is what is known of one category of logs.
type StreamStatus struct {
	Category        string   `json:"category"`
	Table           string   `json:"table"`
	Enabled         *bool    `json:"enabled"` // nil when the setting could not be read
	Setting         string   `json:"setting,omitempty"`
	FirstReceived   string   `json:"firstReceived,omitempty"`
	LastReceived    string   `json:"lastReceived"` // "" when there are no rows
	Rows            int64    `json:"rows"`         // in the days looked at
	RowsPerDay      float64  `json:"rowsPerDay"`
	BytesPerDay     float64  `json:"bytesPerDay"`
	DelayP50Seconds *float64 `json:"delayP50Seconds"`
	DelayP95Seconds *float64 `json:"delayP95Seconds"`
	UsedBy          []string `json:"usedBy"`
	Blind           []string `json:"blind"` // those of UsedBy that see nothing of this stream now
	Note            string   `json:"note,omitempty"`
}

// Status is the state of all streams.
type Status struct {
	SchemaVersion int             `json:"schemaVersion"`
	Workspace     string          `json:"workspace"`
	Days          int             `json:"days"`
	Streams       []*StreamStatus `json:"streams"`
	Connected     bool            `json:"connector"` // the AzureActiveDirectory data connector is there
	Notes         []string        `json:"notes"`
}

// setting is a diagnostic setting of the tenant.
type setting struct {
	name string
	body map[string]any // properties
}

// category is one entry of a setting's logs.
func (s *setting) logs() []any { l, _ := s.body["logs"].([]any); return l }

func (s *setting) enabled(category string) bool {
	for _, l := range s.logs() {
		m, _ := l.(map[string]any)
		if c, _ := m["category"].(string); strings.EqualFold(c, category) {
			on, _ := m["enabled"].(bool)
			return on
		}
	}
	return false
}

// readSettings lists the tenant's settings that send to the workspace.
func readSettings(ctx context.Context, w *azure.Workspace) ([]*setting, int, error) {
	all, err := w.List(ctx, diagnosticSettings, entraVersion, nil)
	if err != nil {
		return nil, 0, err
	}
	var out []*setting
	for _, m := range all {
		p, _ := m["properties"].(map[string]any)
		name, _ := m["name"].(string)
		if id, _ := p["workspaceId"].(string); strings.EqualFold(id, w.ResourceID()) {
			out = append(out, &setting{name, p})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out, len(all), nil
}

// ReadStatus asks the tenant and the workspace about every stream. What the tenant does not show is said and left open.
func ReadStatus(ctx context.Context, w *azure.Workspace, streams []*content.Stream, users []*Resource, days int, ask Asker) (*Status, error) {
	if err := w.Identify(ctx); err != nil {
		return nil, err
	}
	s := &Status{SchemaVersion: 1, Workspace: w.Name, Days: days, Streams: []*StreamStatus{}, Notes: []string{}}
	settings, _, err := readSettings(ctx, w)
	known := err == nil
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, err
	case err != nil:
		s.Notes = append(s.Notes, fmt.Sprintf("what Entra ID sends could not be read (%v): %s", err, EntraRole))
	}
	if list, err := w.List(ctx, collection(&w.Target, DataConnector), stableVersion, nil); err == nil {
		for _, m := range list {
			s.Connected = s.Connected || m["kind"] == "AzureActiveDirectory"
		}
	}
	s.Notes = append(s.Notes, EntraConnector)
	x := newReads(users)
	var mu sync.Mutex
	g, gctx := newGroup(ctx, 4) // the service runs five queries of a user at once
	for _, st := range streams {
		r := &StreamStatus{Category: st.Category, Table: st.Table, UsedBy: []string{}, Blind: []string{}}
		s.Streams = append(s.Streams, r)
		if known {
			on := false
			for _, d := range settings {
				if d.enabled(st.Category) {
					on = true
					r.Setting = d.name
				}
			}
			r.Enabled = &on
		}
		for _, u := range users {
			if (u.Kind == Rule || u.Kind == HuntingQuery || u.Kind == Workbook) && x.of(u).tables[st.Table] {
				r.UsedBy = append(r.UsedBy, u.Name())
			}
		}
		sort.Strings(r.UsedBy)
		g.Go(func() error {
			if err := measure(gctx, r, days, ask); err != nil {
				if bug := (*azure.Bug)(nil); errors.As(err, &bug) {
					return err
				}
				if gctx.Err() != nil {
					return gctx.Err()
				}
				mu.Lock()
				defer mu.Unlock()
				r.Note = "not measured: " + err.Error()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, r := range s.Streams {
		if r.Rows == 0 && r.Note == "" {
			r.Blind = append(r.Blind, r.UsedBy...)
		}
	}
	return s, nil
}

// measure asks for a table's rows, times, delays and size. The size is the billed one where the workspace knows it, else
// that of the values.
func measure(ctx context.Context, r *StreamStatus, days int, ask Asker) error {
	var rows [][]string
	var err error
	for _, size := range []string{"_BilledSize", "estimate_data_size(*)", "strlen(tostring(pack_all()))"} {
		rows, err = ask(ctx, fmt.Sprintf("%s | where TimeGenerated > ago(%dd) | summarize Rows=count(), First=min(TimeGenerated), Last=max(TimeGenerated), P50=percentile((ingestion_time() - TimeGenerated) / 1s, 50), P95=percentile((ingestion_time() - TimeGenerated) / 1s, 95), Bytes=sum(%s)", r.Table, days, size))
		if err == nil || !strings.Contains(err.Error(), "_BilledSize") && !strings.Contains(err.Error(), "estimate_data_size") {
			break
		}
	}
	if err != nil {
		// A table that has never had rows is not there.
		if t := strings.ToLower(err.Error()); strings.Contains(err.Error(), r.Table) && (strings.Contains(t, "resolve") || strings.Contains(t, "unknown table") || strings.Contains(t, "does not exist")) {
			return nil
		}
		return err
	}
	if len(rows) == 0 || len(rows[0]) < 6 {
		return nil
	}
	number := func(s string) *float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil
		}
		return &f
	}
	c := rows[0]
	n, _ := strconv.ParseInt(c[0], 10, 64)
	if r.Rows = n; n == 0 {
		return nil
	}
	r.FirstReceived, r.LastReceived = c[1], c[2]
	r.DelayP50Seconds, r.DelayP95Seconds = number(c[3]), number(c[4])
	r.RowsPerDay = float64(n) / float64(days)
	if b := number(c[5]); b != nil {
		r.BytesPerDay = *b / float64(days)
	}
	return nil
}

// Connection is a change of the diagnostic setting, shown before it is made.
type Connection struct {
	SchemaVersion int      `json:"schemaVersion"`
	Workspace     string   `json:"workspace"`
	Setting       string   `json:"setting"`
	New           bool     `json:"new"` // the setting is made
	On            []string `json:"on"`
	Off           []string `json:"off"`
	Already       []string `json:"already"`
	Kept          []string `json:"kept"` // other categories that stay on
	Cost          []Cost   `json:"cost"`
	Total         *float64 `json:"totalPerDay"` // nil when a part is not known
	Price         float64  `json:"pricePerGB"`
	Notes         []string `json:"notes"`
	before        *setting // nil when it is new
	after         *setting
}

// Cost is what a category costs a day. GB and PerDay are nil when its volume is not known.
type Cost struct {
	Category string   `json:"category"`
	GB       *float64 `json:"gbPerDay"`
	PerDay   *float64 `json:"perDay"`
	From     string   `json:"from"` // measured, given, unknown
}

// PlanConnection plans turning categories on (or off) in the setting that sends to the workspace, keeping everything else
// of it. volume are GB a day that the user gives; measured ones come from a status.
func PlanConnection(ctx context.Context, w *azure.Workspace, categories []string, on bool, name string, streams []*content.Stream, volume map[string]float64, measured *Status, price float64) (*Connection, error) {
	settings, total, err := readSettings(ctx, w)
	if err != nil {
		if azure.IsDenied(err) {
			return nil, fmt.Errorf("%w; %s", err, EntraRole)
		}
		return nil, err
	}
	c := &Connection{SchemaVersion: 1, Workspace: w.Name, On: []string{}, Off: []string{}, Already: []string{}, Kept: []string{}, Cost: []Cost{}, Price: price, Notes: []string{EntraRole, EntraConnector}}
	for _, s := range settings {
		if name == "" || s.name == name {
			c.before = s
			break
		}
	}
	if c.before == nil {
		if !on {
			return nil, fmt.Errorf("no diagnostic setting sends to this workspace, so there is nothing to turn off")
		}
		if total >= 5 {
			return nil, fmt.Errorf("the tenant has %d diagnostic settings already, which is all it may have; add the workspace to one of them in the portal first", total)
		}
		c.New = true
		if c.Setting = name; name == "" {
			c.Setting = "blindspot"
		}
		c.after = &setting{c.Setting, map[string]any{"workspaceId": w.ResourceID(), "logs": []any{}, "metrics": []any{}}}
	} else {
		c.Setting = c.before.name
		c.after = &setting{c.before.name, cloneMap(c.before.body)}
	}
	known := map[string]string{}
	for _, s := range streams {
		known[strings.ToLower(s.Category)] = s.Category
	}
	asked := map[string]bool{}
	logs := append([]any{}, c.after.logs()...)
	for _, cat := range categories {
		if k := known[strings.ToLower(cat)]; k != "" {
			cat = k
		} else {
			hint := ""
			var names []string
			for _, s := range streams {
				names = append(names, s.Category)
			}
			if n := nearest.Of(cat, names); n != "" {
				hint = fmt.Sprintf(" (the nearest is %s)", n)
			}
			c.Notes = append(c.Notes, fmt.Sprintf("the category %q is not one that this program knows%s; the service decides", cat, hint))
		}
		if asked[strings.ToLower(cat)] {
			continue
		}
		asked[strings.ToLower(cat)] = true
		if c.after.enabled(cat) == on {
			c.Already = append(c.Already, cat)
			continue
		}
		found := false
		for i, l := range logs {
			m, _ := l.(map[string]any)
			if n, _ := m["category"].(string); strings.EqualFold(n, cat) {
				m = cloneMap(m)
				m["enabled"] = on
				logs[i], found = m, true
			}
		}
		if !found {
			logs = append(logs, map[string]any{"category": cat, "enabled": true, "retentionPolicy": map[string]any{"enabled": false, "days": 0}})
		}
		if on {
			c.On = append(c.On, cat)
		} else {
			c.Off = append(c.Off, cat)
		}
	}
	for _, l := range c.after.logs() {
		m, _ := l.(map[string]any)
		n, _ := m["category"].(string)
		if e, _ := m["enabled"].(bool); e && !asked[strings.ToLower(n)] {
			c.Kept = append(c.Kept, n)
		}
	}
	c.after.body["logs"] = logs
	c.estimate(c.On, volume, measured)
	return c, nil
}

const gigabyte = 1e9 // Azure bills decimal gigabytes

func (c *Connection) estimate(categories []string, volume map[string]float64, measured *Status) {
	sum, whole := 0.0, c.Price > 0
	for _, cat := range categories {
		x := Cost{Category: cat, From: "unknown"}
		if v, ok := volume[strings.ToLower(cat)]; ok {
			x.GB, x.From = &v, "given"
		} else if measured != nil {
			for _, s := range measured.Streams {
				if strings.EqualFold(s.Category, cat) && s.Rows > 0 {
					v := s.BytesPerDay / gigabyte
					x.GB, x.From = &v, "measured"
				}
			}
		}
		if x.GB != nil && c.Price > 0 {
			v := *x.GB * c.Price
			x.PerDay = &v
			sum += v
		} else {
			whole = false
		}
		c.Cost = append(c.Cost, x)
	}
	if whole && len(categories) > 0 {
		c.Total = &sum
	}
}

// Changes reports whether there is something to do.
func (c *Connection) Changes() bool { return len(c.On)+len(c.Off) > 0 }

// Connect makes the change. The setting is read again first: it has no etag, and somebody else's change must not be lost.
func Connect(ctx context.Context, w *azure.Workspace, c *Connection) error {
	at := diagnosticSettings + "/" + c.Setting
	m, _, err := w.Get(ctx, at, entraVersion)
	if err != nil {
		return err
	}
	switch {
	case c.New && m != nil, !c.New && m == nil:
		return ErrChanged
	case m != nil:
		p, _ := m["properties"].(map[string]any)
		if !same("", p, c.before.body) {
			return ErrChanged
		}
	}
	_, err = w.Do(ctx, azure.Request{Method: http.MethodPut, Path: at, Version: entraVersion, Body: map[string]any{"properties": c.after.body}})
	if azure.IsDenied(err) {
		return fmt.Errorf("%w; %s", err, EntraRole)
	}
	return err
}
