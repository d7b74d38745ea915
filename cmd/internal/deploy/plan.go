package deploy

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sort"
	"strings"
	"time"

	udiff "github.com/aymanbagabas/go-udiff"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
)

// Verb is what a plan does with one piece of content.
type Verb string

// The verbs. Drift is an update of something that was changed in the workspace since our last apply.
const (
	Create Verb = "create"
	Update Verb = "update"
	Delete Verb = "delete"
	Drift  Verb = "drift"
	None   Verb = "none"
)

// Field is one difference. From and To are nil when the property is absent; Hidden says that they are secret and left out.
type Field struct {
	Path   string `json:"path"`
	From   any    `json:"from"`
	To     any    `json:"to"`
	Diff   string `json:"diff,omitempty"` // of texts with several lines, line by line
	Hidden bool   `json:"hidden,omitempty"`
}

// Action is one line of a plan.
type Action struct {
	Kind     Kind     `json:"kind"`
	Name     string   `json:"name"`
	ID       string   `json:"id"`
	Action   Verb     `json:"action"`
	File     string   `json:"file,omitempty"`
	Fields   []Field  `json:"fields"`
	Warnings []string `json:"warnings"`

	want, have *Resource
	inner      []*Resource // of a rule that goes: its actions, which go with it; nil when they were not read
	mark       *Mark
	markOnly   bool // the content is as wanted; only the mark is missing or old
	unmark     bool // a rollback: it was not ours before
}

// Plan is what an apply will do. It is a value: the same files and the same workspace give the same plan.
type Plan struct {
	SchemaVersion int      `json:"schemaVersion"`
	ID            string   `json:"id,omitempty"`
	Workspace     string   `json:"workspace"`
	ResourceID    string   `json:"resourceId"`
	Tenant        string   `json:"tenant,omitempty"`
	Owner         string   `json:"owner"`
	Digest        string   `json:"digest"`
	Actions       []Action `json:"actions"`
	Summary       Summary  `json:"summary"`
	Notes         []string `json:"notes"`

	target *azure.Target
	state  *State
	back   bool // a rollback: what can go back goes back, also when a secret of something else is missing
}

// Summary counts the actions.
type Summary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	Drift     int `json:"drift"`
	None      int `json:"none"`
	Unmanaged int `json:"unmanaged"` // in the workspace, neither in the files nor ours
	Unmarked  int `json:"unmarked"`  // as in the files, without our mark
}

// Changes is the number of actions that do something.
func (s Summary) Changes() int { return s.Create + s.Update + s.Delete + s.Drift }

// PlanOptions say what a plan covers.
type PlanOptions struct {
	Prune    bool     `json:"prune,omitempty"`    // delete what is ours and in no file
	Adopt    bool     `json:"adopt,omitempty"`    // mark what is as in the files
	Disabled bool     `json:"disabled,omitempty"` // create rules switched off, and leave the switch of others alone
	Only     []string `json:"only,omitempty"`     // kinds, ids, names, files, kind/id; with * and ?
	// Unfinished are the keys of what a broken apply had begun and not marked.
	Unfinished map[string]bool `json:"-"`
}

// BuildPlan compares what is wanted with what is there. Nothing is asked of the service.
func BuildPlan(d *Desired, s *State, o PlanOptions) (*Plan, error) {
	t := s.Target
	p := &Plan{SchemaVersion: 1, Workspace: t.Name, ResourceID: t.ResourceID(), Tenant: t.Tenant, Owner: t.Ours(), Digest: s.digest(), Actions: []Action{}, Notes: append([]string{}, append(d.Notes, s.Notes...)...), target: t, state: s}
	for _, pattern := range o.Only {
		if _, err := path.Match(strings.ToLower(pattern), ""); err != nil {
			return nil, fmt.Errorf("--only %q is no pattern: %v", pattern, err)
		}
	}
	claimed := map[string]bool{}
	hit := map[int]bool{}
	for _, want := range d.Resources {
		have := s.match(want)
		if have != nil {
			claimed[have.Key()] = true
		}
		if !selected(want, o.Only, hit) {
			continue
		}
		a := compare(want, have, s, o)
		p.Actions = append(p.Actions, a)
	}
	var gone []Action
	for _, have := range s.all() {
		if claimed[have.Key()] {
			continue
		}
		m := s.mark(have)
		switch {
		case !m.ours(t.Ours()):
			p.Summary.Unmanaged++
		case o.Prune && have.Kind.info().mark != "":
			if selected(have, o.Only, hit) {
				gone = append(gone, Action{Kind: have.Kind, Name: have.Name(), ID: have.ID, Action: Delete, have: have, mark: m})
			}
		default:
			p.Notes = append(p.Notes, fmt.Sprintf("%s %q is ours and in no file; --prune deletes it", have.Kind.people(), have.Name()))
		}
	}
	if o.Prune {
		gone = append(gone, orphans(s, o, hit)...)
	}
	for i, pattern := range o.Only {
		if !hit[i] {
			return nil, fmt.Errorf("--only %q selects nothing of the files or of what is ours", pattern)
		}
	}
	p.Actions = append(p.Actions, reversed(gone)...)
	p.count()
	for _, a := range p.Actions {
		if a.Action == None && a.want != nil && a.want.Kind.info().mark != "" && !a.mark.ours(t.Ours()) {
			p.Summary.Unmarked++
		}
	}
	p.warnDeletions(d)
	p.warnDisabled()
	return p, nil
}

// count fills the summary, and gives every action the lists that its JSON has.
func (p *Plan) count() {
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.Fields == nil {
			a.Fields = []Field{}
		}
		if a.Warnings == nil {
			a.Warnings = []string{}
		}
		switch a.Action {
		case Create:
			p.Summary.Create++
		case Update:
			p.Summary.Update++
		case Delete:
			p.Summary.Delete++
		case Drift:
			p.Summary.Drift++
		default:
			p.Summary.None++
		}
	}
}

// match finds the resource that a wanted one is: by id, and for functions by alias, which is unique too.
func (s *State) match(want *Resource) *Resource {
	if r := s.Resources[want.Key()]; r != nil {
		return r
	}
	switch want.Kind {
	case Function:
		for _, r := range s.all() {
			if r.Kind == Function && r.text("functionAlias") == want.text("functionAlias") {
				want.ID = r.ID
				return r
			}
		}
	case HuntingQuery, SavedSearch: // a saved search that changed its category is still the same resource
		for _, k := range [...]Kind{Function, HuntingQuery, SavedSearch} {
			if r := s.Resources[string(k)+"/"+strings.ToLower(want.ID)]; r != nil {
				return r
			}
		}
	}
	return nil
}

func selected(r *Resource, only []string, hit map[int]bool) bool {
	if len(only) == 0 {
		return true
	}
	found := false
	for i, pattern := range only {
		pattern = strings.ToLower(pattern)
		for _, name := range [...]string{string(r.Kind), r.ID, r.Name(), r.Key(), string(r.Kind) + "/" + r.Name(), r.File, path.Base(r.File)} {
			if ok, _ := path.Match(pattern, strings.ToLower(name)); ok {
				hit[i], found = true, true
			}
		}
	}
	return found
}

func compare(want, have *Resource, s *State, o PlanOptions) Action {
	a := Action{Kind: want.Kind, Name: want.Name(), ID: want.ID, File: want.File, Action: None, want: want, have: have}
	if have == nil {
		a.Action = Create
		if o.Disabled && want.Kind == Rule {
			a.want = switched(want, false)
		}
		a.Fields = diff(map[string]any{}, a.want.comparable())
		a.mark = s.mark(want)
		return a
	}
	if o.Disabled && want.Kind == Rule {
		if on, ok := have.props()["enabled"].(bool); ok {
			a.want = switched(want, on)
		}
	}
	a.want = a.want.beside(have)
	if have.Items == nil && a.want.Items != nil {
		// The rows were not read; they are not compared.
		c := *a.want
		c.Items = nil
		a.want = &c
	}
	a.mark = s.mark(have)
	marked := want.Kind.info().mark == "" || a.mark.ours(s.Target.Ours())
	if a.want.equal(have) {
		switch {
		case !marked && (o.Adopt || o.Unfinished[want.Key()]):
			a.Action, a.markOnly = Update, true
			a.Fields = []Field{{Path: "owner", To: s.Target.Ours()}}
		case marked && a.mark != nil && a.mark.Hash != have.hash():
			// An apply was cut between the content and its mark, or somebody made the same change by hand.
			a.Action, a.markOnly = Update, true
			a.Fields = []Field{{Path: "mark", From: short(a.mark.Hash), To: short(have.hash())}}
		}
		return a
	}
	a.Fields = diff(have.comparable(), a.want.comparable())
	a.Action = Update
	switch {
	case want.Kind.info().mark == "":
	case !marked && a.mark != nil && a.mark.Owner != "":
		a.Warnings = append(a.Warnings, fmt.Sprintf("it belongs to %q; this takes it over", a.mark.Owner))
	case !marked:
		a.Warnings = append(a.Warnings, "it was not made by us; this takes it over")
	case a.mark.Hash != have.hash() && !o.Unfinished[want.Key()]:
		a.Action = Drift
		a.Warnings = append(a.Warnings, "it was changed in the workspace since our last apply; apply sets it back, pull takes the change into the file")
	}
	return a
}

func short(hash string) string { return hash[:min(12, len(hash))] }

// switched returns a rule turned on or off.
func switched(r *Resource, on bool) *Resource {
	c := *r
	c.Body = cloneMap(r.Body)
	props := cloneMap(r.props())
	props["enabled"] = on
	c.Body["properties"] = props
	return &c
}

// orphans are our marks whose content is gone.
func orphans(s *State, o PlanOptions, hit map[int]bool) []Action {
	there := map[string]bool{}
	for _, r := range s.Resources {
		there[strings.ToLower(resourceID(s.Target, r.Kind, r.ID))] = true
	}
	var names []string
	for parent, m := range s.Marks {
		if m.ours(s.Target.Ours()) && !there[parent] {
			names = append(names, parent)
		}
	}
	sort.Strings(names)
	var out []Action
	for _, n := range names {
		m := s.Marks[n]
		r := &Resource{Kind: Metadata, ID: m.Name, Body: m.body, etag: m.etag}
		if selected(r, o.Only, hit) {
			out = append(out, Action{Kind: Metadata, Name: "mark of " + m.Parent[strings.LastIndexByte(m.Parent, '/')+1:], ID: m.Name, Action: Delete, have: r})
		}
	}
	return out
}

func reversed(a []Action) []Action {
	out := make([]Action, 0, len(a))
	for i := len(a) - 1; i >= 0; i-- {
		out = append(out, a[i])
	}
	return out
}

// secretName reports whether a property holds what must not be shown.
func secretName(name string) bool {
	n := strings.ToLower(name)
	for _, w := range [...]string{"triggeruri", "secret", "password", "apikey", "sastoken", "sasuri", "connectionstring", "accesskey", "sharedkey", "clientkey", "bearer", "webhook"} {
		if strings.Contains(n, w) {
			return true
		}
	}
	return false
}

// diff lists the differences of two values in the form for comparing, by path. The prefix properties is left out.
func diff(from, to map[string]any) []Field {
	var out []Field
	diffInto(&out, "", from, to)
	for i := range out {
		f := &out[i]
		f.Path = strings.TrimPrefix(f.Path, "properties.")
		a, ok1 := f.From.(string)
		b, ok2 := f.To.(string)
		last := f.Path[strings.LastIndexByte(f.Path, '.')+1:]
		if secretName(last) || ok1 && azure.Redact(a) != a && !strings.Contains(last, "query") || ok2 && azure.Redact(b) != b && !strings.Contains(last, "query") {
			f.From, f.To, f.Hidden = masked(f.From), masked(f.To), true
			continue
		}
		f.From, f.To = clean(f.From), clean(f.To)
		a, _ = f.From.(string)
		b, _ = f.To.(string)
		if ok1 && ok2 && (strings.Contains(a, "\n") || strings.Contains(b, "\n")) {
			f.Diff = lineDiff(a, b)
		}
	}
	return out
}

func masked(v any) any {
	if v == nil {
		return nil
	}
	return "(hidden)"
}

// clean takes secrets out of texts inside a value.
func clean(v any) any {
	switch v := v.(type) {
	case string:
		return azure.Redact(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			if secretName(k) {
				out[k] = masked(x)
				continue
			}
			out[k] = clean(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = clean(x)
		}
		return out
	case []string:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = azure.Redact(x)
		}
		return out
	}
	return v
}

func lineDiff(a, b string) string {
	text := udiff.Unified("workspace", "file", endLine(a), endLine(b))
	if strings.HasSuffix(a, "\n") != strings.HasSuffix(b, "\n") && endLine(a) == endLine(b) {
		return "  (only the line break at the end differs)\n"
	}
	// The names of the two sides say nothing new.
	if lines := strings.SplitAfterN(text, "\n", 3); len(lines) == 3 {
		return lines[2]
	}
	return text
}

func endLine(s string) string {
	if s != "" && !strings.HasSuffix(s, "\n") {
		return s + "\n"
	}
	return s
}

func diffInto(out *[]Field, at string, from, to any) {
	if string(compact(from)) == string(compact(to)) {
		return
	}
	f, ok1 := from.(map[string]any)
	t, ok2 := to.(map[string]any)
	if ok1 && ok2 {
		keys := map[string]bool{}
		for k := range f {
			keys[k] = true
		}
		for k := range t {
			keys[k] = true
		}
		for _, k := range sorted(keys) {
			diffInto(out, strings.TrimPrefix(at+"."+k, "."), f[k], t[k])
		}
		return
	}
	if ok2 && from == nil && (at == "properties" || at == "") {
		diffInto(out, at, map[string]any{}, to)
		return
	}
	if fl, ok := from.([]any); ok {
		if tl, ok := to.([]any); ok && len(fl) == len(tl) && nested(fl) && nested(tl) {
			for i := range fl {
				diffInto(out, fmt.Sprintf("%s.%d", at, i), fl[i], tl[i])
			}
			return
		}
	}
	if fr, ok := from.([]string); ok || from == nil {
		if tr, ok := to.([]string); ok {
			diffRows(out, at, fr, tr)
			return
		}
	}
	*out = append(*out, Field{Path: at, From: from, To: to})
}

func nested(l []any) bool {
	for _, x := range l {
		if _, ok := x.(map[string]any); !ok {
			return false
		}
	}
	return true
}

// diffRows tells which rows of a watchlist come and go; both lists are sorted.
func diffRows(out *[]Field, at string, from, to []string) {
	i, j := 0, 0
	row := func(s string) any {
		v, err := decodeAny([]byte(s))
		if err != nil {
			return s
		}
		if m, ok := v.(map[string]any); ok && m[mappingKey] != nil {
			return map[string]any{"item": cells(m), "entityMapping": m[mappingKey]}
		}
		return v
	}
	for i < len(from) || j < len(to) {
		switch {
		case j == len(to) || i < len(from) && from[i] < to[j]:
			*out = append(*out, Field{Path: at, From: row(from[i])})
			i++
		case i == len(from) || from[i] > to[j]:
			*out = append(*out, Field{Path: at, To: row(to[j])})
			j++
		default:
			i, j = i+1, j+1
		}
	}
}

// warnDeletions says what a deletion breaks.
func (p *Plan) warnDeletions(d *Desired) {
	dead := map[string]*Action{}
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.Action == Delete && (a.Kind == Function || a.Kind == Watchlist) {
			dead[a.have.Key()] = a
		}
	}
	if len(dead) == 0 {
		return
	}
	users := append([]*Resource{}, d.Resources...)
	wanted := map[string]bool{}
	for _, r := range d.Resources {
		wanted[r.Key()] = true
	}
	deleted := map[string]bool{}
	for _, a := range p.Actions {
		if a.Action == Delete {
			deleted[a.have.Key()] = true
		}
	}
	for _, r := range p.state.all() {
		if !wanted[r.Key()] && !deleted[r.Key()] {
			users = append(users, r)
		}
	}
	all := append([]*Resource{}, users...)
	for _, a := range dead {
		all = append(all, a.have)
	}
	x := newReads(all)
	for _, u := range users {
		s := x.of(u)
		for _, a := range dead {
			if a.Kind == Function && s.functions[a.have.text("functionAlias")] || a.Kind == Watchlist && s.watchlists[strings.ToLower(a.have.ID)] {
				a.Warnings = append(a.Warnings, fmt.Sprintf("%s %q still uses it", u.Kind.people(), u.Name()))
			}
		}
	}
	for _, a := range dead {
		sort.Strings(a.Warnings)
	}
}

// ReadActions reads the actions of the rules that are to be deleted, says in the plan that they go too, and keeps them for
// the snapshot.
func (p *Plan) ReadActions(ctx context.Context, w *azure.Workspace) error {
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.Action != Delete || a.Kind != Rule || a.inner != nil {
			continue
		}
		list, err := readActions(ctx, w, a.have)
		if err != nil {
			return err
		}
		a.inner = append([]*Resource{}, list...)
		var names []string
		for _, x := range list {
			id := x.text("logicAppResourceId")
			names = append(names, "playbook "+id[strings.LastIndexByte(id, '/')+1:])
		}
		switch len(names) {
		case 0:
		case 1:
			a.Warnings = append(a.Warnings, fmt.Sprintf("its action goes with it (%s); a rollback brings it back", names[0]))
		default:
			a.Warnings = append(a.Warnings, fmt.Sprintf("its %d actions go with it (%s); a rollback brings them back", len(names), strings.Join(names, ", ")))
		}
	}
	return nil
}

// autoDisabled is how the service marks a rule that it switched off after failures that do not pass.
const autoDisabled = "AUTO DISABLED"

func (p *Plan) warnDisabled() {
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.have == nil || a.Kind != Rule || a.Action == Delete {
			continue
		}
		if strings.HasPrefix(a.have.text("displayName"), autoDisabled) {
			a.Warnings = append(a.Warnings, "the service disabled the rule after failures that do not pass; its description in the workspace says why. Apply gives it its name back and enables it: mend the cause first")
		}
	}
}

// rowsWindow is how far back a table must have rows for a rule on it to make sense.
const rowsWindow = 14 * 24 * time.Hour

// Asker answers queries; *azure.Workspace does.
type Asker func(ctx context.Context, kql string) (rows [][]string, err error)

// WarnTables asks the workspace once which of the tables that changed rules, hunting queries and workbooks read have rows,
// and warns of those without. A workspace that does not answer gives a note, not an error.
func (p *Plan) WarnTables(ctx context.Context, ask Asker) {
	var changed []*Action
	all := p.state.all()
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.want != nil {
			all = append(all, a.want) // what is wanted hides what is there
		}
		if a.Action != None && a.Action != Delete && a.want != nil && !a.markOnly {
			switch a.Kind {
			case Rule, HuntingQuery, Workbook:
				changed = append(changed, a)
			}
		}
	}
	x := newReads(all)
	need := map[string]bool{}
	for _, a := range changed {
		union(need, x.of(a.want).tables)
	}
	if len(need) == 0 {
		return
	}
	rows, err := ask(ctx, rowsQuery(sorted(need), rowsWindow))
	if bug := (*azure.Bug)(nil); errors.As(err, &bug) {
		panic(bug)
	}
	if err != nil {
		if ctx.Err() == nil {
			p.Notes = append(p.Notes, "whether tables have rows was not checked: "+err.Error())
		}
		return
	}
	filled := map[string]bool{}
	for _, r := range rows {
		if len(r) > 0 {
			filled[r[0]] = true
		}
	}
	for _, a := range changed {
		var empty []string
		for _, t := range sorted(x.of(a.want).tables) {
			if !filled[t] {
				empty = append(empty, t)
			}
		}
		if len(empty) > 0 {
			a.Warnings = append(a.Warnings, "no rows in 14 days in "+strings.Join(empty, ", "))
		}
	}
}

// rowsQuery asks which tables have a row in a time up to now; missing tables are passed over.
func rowsQuery(names []string, window time.Duration) string {
	var b strings.Builder
	b.WriteString("union isfuzzy=true (print Name=\"\" | take 0)")
	for _, n := range names {
		fmt.Fprintf(&b, ",\n(%s | where TimeGenerated > ago(%dd) | take 1 | project Name=%q)", n, int(window.Hours()/24), n)
	}
	b.WriteString("\n| project Name")
	return b.String()
}

// newID is a random name for a plan or an apply.
func newID() string {
	var b [12]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // the system has no randomness: nothing safe can be done
	}
	return hex.EncodeToString(b[:])
}

// savedPlan is the form of a plan's file.
type savedPlan struct {
	Plan    *Plan       `json:"plan"`
	Options PlanOptions `json:"options"`
	Wanted  []*Resource `json:"wanted"`
}

// Save gives the bytes of a plan's file. The file holds what will be sent, so it is as confidential as the content is.
func (p *Plan) Save(d *Desired, o PlanOptions) ([]byte, error) {
	c := *p
	c.ID = newID()
	return json.MarshalIndent(savedPlan{&c, o, d.Resources}, "", "  ")
}

// Saved is a plan read from its file.
type Saved struct {
	Plan    *Plan
	Options PlanOptions
	Desired *Desired
}

// ReadSaved reads a plan's file.
func ReadSaved(b []byte) (*Saved, error) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var s savedPlan
	if err := d.Decode(&s); err != nil || s.Plan == nil || s.Plan.SchemaVersion == 0 {
		return nil, fmt.Errorf("the file is no saved plan; make one with plan --out FILE")
	}
	if s.Plan.SchemaVersion > 1 {
		return nil, fmt.Errorf("the plan was made by a newer version of blindspot; make it anew")
	}
	for _, r := range s.Wanted {
		if err := r.readable(); err != nil {
			return nil, fmt.Errorf("the saved plan is damaged: %w; make it anew", err)
		}
	}
	return &Saved{s.Plan, s.Options, &Desired{Resources: s.Wanted}}, nil
}

// Fits refuses a saved plan that is for another workspace, or made before something changed.
func (s *Saved) Fits(now *State) error {
	t := now.Target
	switch {
	case !strings.EqualFold(s.Plan.ResourceID, t.ResourceID()):
		return fmt.Errorf("the plan is for %s, not for %s", s.Plan.ResourceID, t.ResourceID())
	case !strings.EqualFold(s.Plan.Tenant, t.Tenant):
		return fmt.Errorf("the plan is for the tenant %q, not for %q", s.Plan.Tenant, t.Tenant)
	case s.Plan.Owner != t.Ours():
		return fmt.Errorf("the plan was made for the owner %q, and blindspot.yaml says %q", s.Plan.Owner, t.Ours())
	case s.Plan.Digest != now.digest():
		return fmt.Errorf("the plan is stale: the workspace has changed since it was made; make it anew")
	}
	return nil
}

// Only picks the resources that fit one of the patterns of --only; all without patterns.
func Only(list []*Resource, only []string) ([]*Resource, error) {
	hit := map[int]bool{}
	var out []*Resource
	for _, r := range list {
		if selected(r, only, hit) {
			out = append(out, r)
		}
	}
	for i, p := range only {
		if !hit[i] {
			return nil, fmt.Errorf("--only %q selects nothing", p)
		}
	}
	return out, nil
}
