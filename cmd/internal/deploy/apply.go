package deploy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
)

// ErrLocked says that another apply of this folder runs.
var ErrLocked = errors.New("another apply from this folder is under way for this workspace; wait for it to end")

// ErrChanged says that something was changed between the plan and the apply.
var ErrChanged = errors.New("it was changed in the workspace meanwhile; make a new plan")

// Applier carries plans out.
type Applier struct {
	W     *azure.Workspace
	Store *Store
	Now   func() time.Time
	Jobs  int // requests at once; 4 when 0
	// Progress is told after each action. It may be nil.
	Progress func(Item)
	// Hurry ends the requests under way when it is closed; without it they are waited for after ctx ends.
	Hurry <-chan struct{}
}

// Item is the fate of one action.
type Item struct {
	Kind   Kind
	Name   string
	ID     string
	Action Verb
	Err    error
}

func (i Item) String() string { return fmt.Sprintf("%s %s %q", i.Action, i.Kind.people(), i.Name) }

// Outcome is what an apply did. Left are actions that were not begun or not ended because the apply stopped.
type Outcome struct {
	Done, Failed, Left []Item
	Snapshot           string
	Interrupted        bool
}

// Whole reports whether all was done.
func (o *Outcome) Whole() bool { return len(o.Failed) == 0 && len(o.Left) == 0 }

// errStopped marks an action that was not ended because the apply stops.
var errStopped = errors.New("stopped")

// Apply carries a plan out: what others need first, deletions last and in the reverse order. Each request is in the
// journal before it is sent, and guarded by the etag that the plan read, so running twice does nothing twice. An item that
// the service refuses is told and passed over; not being allowed, and the end of ctx, stop everything after the request
// under way.
func (a *Applier) Apply(ctx context.Context, p *Plan) (*Outcome, error) {
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.Jobs <= 0 {
		a.Jobs = 4
	}
	out := &Outcome{}
	carry, err := a.Store.Unfinished()
	if err != nil {
		return nil, err
	}
	if p.Summary.Changes() == 0 {
		if len(carry) > 0 && len(p.open(carry)) == 0 {
			return out, disk.Remove(a.Store.journalFile())
		}
		return out, nil
	}
	release, err := a.Store.Lock()
	if err != nil {
		return nil, err
	}
	defer release()
	if err := a.ready(ctx, p); err != nil {
		return nil, err
	}
	for i := range p.Actions { // rows are read late: those of a watchlist that goes are needed for the snapshot alone
		if x := &p.Actions[i]; x.Action != None && x.Kind == Watchlist && x.have != nil && x.have.Items == nil {
			c := *x.have
			if err := readItems(ctx, a.W, &c); err != nil {
				return nil, err
			}
			x.have = &c
		}
	}
	if err := p.ReadActions(ctx, a.W); err != nil {
		return nil, err
	}
	id := newID()
	if out.Snapshot, err = a.Store.Keep(p, id, a.Now()); err != nil {
		return nil, fmt.Errorf("nothing was sent, because the snapshot %w", err)
	}
	j, err := a.Store.openJournal(id, a.Now, p.open(carry))
	if err != nil {
		return nil, err
	}
	// Requests outlive the first Ctrl-C and end with the second.
	reqCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if a.Hurry != nil {
		go func() {
			select {
			case <-a.Hurry:
				cancel()
			case <-reqCtx.Done():
			}
		}()
	}
	r := &run{Applier: a, plan: p, journal: j, stop: ctx, req: reqCtx, fate: map[*Action]error{}}
	for _, stage := range stages(p) {
		if stage[0].Kind == Rule && stage[0].Action != Delete {
			r.rules(stage)
		} else {
			r.stage(stage)
		}
	}
	r.again()
	for i := range p.Actions {
		x := &p.Actions[i]
		if x.Action == None {
			continue
		}
		it := Item{Kind: x.Kind, Name: x.Name, ID: x.ID, Action: x.Action}
		err, seen := r.fate[x]
		switch {
		case !seen || errors.Is(err, errStopped):
			out.Left = append(out.Left, it)
		case err != nil:
			it.Err = err
			out.Failed = append(out.Failed, it)
		default:
			out.Done = append(out.Done, it)
		}
	}
	out.Interrupted = ctx.Err() != nil
	if err := a.Store.closeJournal(j); err != nil || r.bug == nil {
		return out, err
	}
	return out, r.bug
}

// open are the keys of a broken apply that this plan does not find settled.
func (p *Plan) open(keys []string) []string {
	settled := map[string]bool{}
	planned := map[string]bool{}
	for i := range p.Actions {
		a := &p.Actions[i]
		planned[a.key()] = true
		if a.Action == None {
			settled[a.key()] = true
		}
	}
	var out []string
	for _, k := range keys {
		if settled[k] || !planned[k] && p.state != nil && p.state.Resources[k] == nil && !strings.HasPrefix(k, string(Metadata)+"/") {
			continue
		}
		out = append(out, k)
	}
	return out
}

// ready looks for what would fail half way: secrets that the environment lacks, watchlists beyond the service's limit.
func (a *Applier) ready(ctx context.Context, p *Plan) error {
	for i := range p.Actions {
		x := &p.Actions[i]
		if x.Action == None || x.want == nil || x.markOnly {
			continue
		}
		if _, err := withSecrets(x.want.wire()["properties"]); err != nil && !p.back {
			return fmt.Errorf("%s %q: %w", x.Kind.people(), x.Name, err)
		}
		if x.Kind == Watchlist && x.Action == Create && len(csvOf(x.want.Items)) > maxWatchlistContent {
			return fmt.Errorf("watchlist %q: its rows are more than the %d bytes that can be sent", x.Name, maxWatchlistContent)
		}
	}
	return a.W.Identify(ctx)
}

const maxWatchlistContent = 3_800_000

// withSecrets puts values of the environment for ${env:NAME}, which may stand for a whole text only.
func withSecrets(v any) (any, error) {
	switch v := v.(type) {
	case string:
		name, ok := strings.CutPrefix(v, "${env:")
		if !ok || !strings.HasSuffix(name, "}") {
			return v, nil
		}
		name = strings.TrimSuffix(name, "}")
		s := os.Getenv(name)
		if s == "" {
			return nil, fmt.Errorf("it needs the environment variable %s, which is not set", name)
		}
		azure.KnowSecret(s)
		return s, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			y, err := withSecrets(x)
			if err != nil {
				return nil, err
			}
			out[k] = y
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			y, err := withSecrets(x)
			if err != nil {
				return nil, err
			}
			out[i] = y
		}
		return out, nil
	}
	return v, nil
}

// stages groups a plan's actions: kinds in their order, deletions last in the reverse order.
func stages(p *Plan) [][]*Action {
	byRank := map[int][]*Action{}
	for i := range p.Actions {
		a := &p.Actions[i]
		switch a.Action {
		case None:
		case Delete:
			byRank[1000-a.Kind.rank()] = append(byRank[1000-a.Kind.rank()], a)
		default:
			byRank[a.Kind.rank()] = append(byRank[a.Kind.rank()], a)
		}
	}
	var ranks []int
	for r := range byRank {
		ranks = append(ranks, r)
	}
	sort.Ints(ranks)
	out := make([][]*Action, len(ranks))
	for i, r := range ranks {
		out[i] = byRank[r]
	}
	return out
}

// run is one apply under way.
type run struct {
	*Applier
	plan    *Plan
	journal *journal
	stop    context.Context // no request is begun after its end
	req     context.Context

	mu     sync.Mutex
	fate   map[*Action]error
	denied bool // or broken: nothing more is begun
	bug    *azure.Bug
}

func (r *run) stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.denied || r.stop.Err() != nil
}

func (r *run) stage(actions []*Action) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, r.Jobs)
	for _, a := range actions {
		slots <- struct{}{}
		if r.stopped() {
			break
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { <-slots }()
			err := azure.Caught(func() error { return r.do(a) })
			r.mu.Lock()
			r.fate[a] = err
			if bug := (*azure.Bug)(nil); errors.As(err, &bug) {
				r.denied, r.bug = true, bug
			}
			if azure.IsDenied(err) {
				r.denied = true
			}
			r.mu.Unlock()
			if r.Progress != nil && !errors.Is(err, errStopped) {
				r.Progress(Item{Kind: a.Kind, Name: a.Name, ID: a.ID, Action: a.Action, Err: err})
			}
		}()
	}
	wg.Wait()
}

// again tries refused items once more when something was deleted after them: a name may have been taken by what is gone.
func (r *run) again() {
	deleted := false
	var retry []*Action
	for i := range r.plan.Actions {
		a := &r.plan.Actions[i]
		err, seen := r.fate[a]
		if a.Action == Delete && seen && err == nil {
			deleted = true
		}
		var f *azure.Failure
		if a.Action != Delete && errors.As(err, &f) && f.Status == http.StatusBadRequest {
			retry = append(retry, a)
		}
	}
	if deleted && len(retry) > 0 {
		r.stage(retry)
	}
}

// begin writes the journal's line for a request; it is refused once the apply stops.
func (r *run) begin(a *Action, step string) error {
	if r.stopped() {
		return errStopped
	}
	return r.journal.begin(a.key(), step)
}

func (a *Action) key() string {
	if a.want != nil {
		return a.want.Key()
	}
	return a.have.Key()
}

func (r *run) do(a *Action) error {
	var err error
	switch {
	case a.Action == Delete:
		err = r.remove(a)
	case a.markOnly:
		err = r.markIt(a, a.have.hash())
	default:
		err = r.put(a)
	}
	if err != nil && !refused(err) {
		return err
	}
	return errors.Join(err, r.journal.done(a.key()))
}

// refused reports whether the service has said for certain that it did nothing.
func refused(err error) bool {
	var f *azure.Failure
	if !errors.As(err, &f) || f.Status < 400 || f.Status > 499 {
		return false
	}
	switch f.Status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusPreconditionFailed, http.StatusTooManyRequests:
		return false
	}
	return !strings.HasPrefix(err.Error(), "the content is")
}

// put writes a resource, its rows when it is a watchlist, and its mark.
func (r *run) put(a *Action) error {
	result := a.want
	if a.Kind == Watchlist && a.have != nil {
		if err := r.watchlist(a); err != nil {
			return err
		}
	} else {
		got, err := r.write(a, a.want, a.have)
		if err != nil {
			return err
		}
		result = got
		if a.Kind == SummaryRule {
			return r.switched(a, got)
		}
	}
	if a.Kind == Watchlist {
		if a.have == nil && hasMappings(a.want.Items) { // the CSV that makes a watchlist has no place for them
			b := *a
			c := *result
			if err := readItems(r.req, r.W, &c); err != nil {
				return err
			}
			b.have = &c
			if err := r.watchlist(&b); err != nil {
				return err
			}
		}
		c := *result
		c.Items = a.want.Items
		result = &c
	}
	return r.markIt(a, result.hash())
}

// write sends one resource. A conflict or an answer that did not come is settled by looking: what is there may be what was
// sent, by an attempt whose answer was lost.
func (r *run) write(a *Action, want, have *Resource) (*Resource, error) {
	t := r.plan.target
	body := want.wire()
	props, err := withSecrets(body["properties"])
	if err != nil {
		return nil, err
	}
	body["properties"] = props
	if want.Kind == Watchlist && have == nil && len(want.Items) > 0 {
		p := cloneMap(props.(map[string]any))
		p["rawContent"], p["contentType"], p["numberOfLinesToSkip"] = csvOf(want.Items), "text/csv", 0
		body["properties"] = p
	}
	if want.Kind == SummaryRule && have == nil {
		body["properties"] = startingNow(body["properties"].(map[string]any), r.Now())
	}
	req := azure.Request{Method: http.MethodPut, Path: resourceID(t, want.Kind, want.ID), Version: writeVersion(want.Kind, want.Body), Body: body}
	if want.Kind == Workbook {
		loc, _ := body["location"].(string)
		if have != nil {
			loc, _ = have.Body["location"].(string)
		}
		if loc == "" {
			loc = r.W.Region()
		}
		body["location"] = loc
	}
	switch {
	case have == nil:
		req.IfNoneMatch = "*"
	case have.etag != "":
		req.IfMatch = have.etag
		body["etag"] = have.etag
	default:
		if err := r.unchanged(want.Kind, have); err != nil {
			return nil, err
		}
	}
	if err := r.begin(a, "put"); err != nil {
		return nil, err
	}
	answer, err := r.W.Do(r.req, req)
	if err != nil {
		return r.settle(want, err)
	}
	m, err := azure.Decode(answer.Body)
	if err != nil {
		return r.settle(want, err)
	}
	got := received(want.Kind, m)
	if want.Kind == RuleAction {
		got.ID = want.ID
	}
	if want.Kind == SummaryRule {
		return r.summaryWritten(want, got, m)
	}
	if want.Kind == Watchlist {
		if err := r.uploaded(want, m); err != nil {
			return nil, err
		}
	}
	return got, nil
}

// unchanged guards what has no etag: it is read again and must be what the plan saw.
func (r *run) unchanged(k Kind, have *Resource) error {
	m, _, err := r.W.Get(r.req, resourceID(r.plan.target, k, have.ID), readVersion(k))
	if err != nil {
		return err
	}
	if m == nil || received(k, m).hash() != have.hash() {
		return ErrChanged
	}
	return nil
}

func (r *run) settle(want *Resource, cause error) (*Resource, error) {
	if !azure.IsConflict(cause) && !azure.IsUncertain(cause) || r.req.Err() != nil {
		return nil, cause
	}
	m, _, err := r.W.Get(r.req, resourceID(r.plan.target, want.Kind, want.ID), readVersion(want.Kind))
	if err != nil {
		return nil, cause
	}
	if m != nil {
		got := received(want.Kind, m)
		if want.Kind == Watchlist && want.Items != nil {
			if err := readItems(r.req, r.W, got); err != nil {
				return nil, cause
			}
		}
		if got.equal(want) {
			return got, nil
		}
	}
	if azure.IsConflict(cause) {
		var f *azure.Failure
		errors.As(cause, &f)
		return nil, fmt.Errorf("%w (%d %s)", ErrChanged, f.Status, f.Code)
	}
	return nil, cause
}

// uploaded waits until the service has taken a watchlist's rows in.
func (r *run) uploaded(want *Resource, m map[string]any) error {
	for wait := time.Second; ; wait = min(2*wait, 30*time.Second) {
		p, _ := m["properties"].(map[string]any)
		switch p["provisioningState"] {
		case "New", "InProgress", "Uploading":
		case "Failed", "Canceled":
			return fmt.Errorf("the service could not take the rows in (provisioningState %v)", p["provisioningState"])
		default:
			return nil
		}
		select {
		case <-time.After(wait):
		case <-r.stop.Done():
			return errStopped
		}
		var err error
		if m, _, err = r.W.Get(r.req, resourceID(r.plan.target, Watchlist, want.ID), stableVersion); err != nil {
			return err
		}
	}
}

// watchlist changes a watchlist's properties when they differ, and then its rows one by one: the service has no way to
// replace them all.
func (r *run) watchlist(a *Action) error {
	bare := func(x *Resource) *Resource { c := *x; c.Items = nil; return &c }
	if !bare(a.want).equal(bare(a.have)) {
		if _, err := r.write(a, bare(a.want), bare(a.have)); err != nil {
			return err
		}
	}
	if a.want.Items == nil {
		return nil
	}
	add, drop := rowChanges(a.want, a.have)
	base := resourceID(r.plan.target, Watchlist, a.want.ID) + "/watchlistItems/"
	for _, x := range add {
		if err := r.begin(a, "row"); err != nil {
			return err
		}
		if _, err := r.W.Do(r.req, azure.Request{Method: http.MethodPut, Path: base + x.id, Version: stableVersion, Body: itemBody(x.row)}); err != nil {
			return err
		}
	}
	for _, id := range drop {
		if err := r.begin(a, "delete row"); err != nil {
			return err
		}
		if _, err := r.W.Do(r.req, azure.Request{Method: http.MethodDelete, Path: base + id, Version: stableVersion}); err != nil && !azure.IsMissing(err) {
			return err
		}
	}
	return nil
}

type newRow struct {
	id  string
	row map[string]any
}

// rowChanges pairs equal rows; the rest comes or goes. The id of a new row depends on the watchlist and the row, so that
// sending it twice makes one row.
func rowChanges(want, have *Resource) (add []newRow, drop []string) {
	left := map[string][]string{}
	used := map[string]bool{}
	for i, it := range have.Items {
		k := string(compact(it))
		left[k] = append(left[k], have.itemIDs[i])
		used[strings.ToLower(have.itemIDs[i])] = true
	}
	var rest []map[string]any
	for _, it := range want.Items {
		k := string(compact(it))
		if ids := left[k]; len(ids) > 0 {
			left[k] = ids[1:]
			continue
		}
		rest = append(rest, it)
	}
	// A row whose mapping alone differs is written in its place.
	same := map[string][]string{}
	for i, it := range have.Items {
		if ids := left[string(compact(it))]; contains(ids, have.itemIDs[i]) {
			k := string(compact(cells(it)))
			same[k] = append(same[k], have.itemIDs[i])
		}
	}
	for _, it := range rest {
		k := string(compact(it))
		if ids := same[string(compact(cells(it)))]; len(ids) > 0 && (it[mappingKey] != nil || hasMappings(have.Items)) {
			same[string(compact(cells(it)))] = ids[1:]
			for l, list := range left {
				left[l] = without(list, ids[0])
			}
			add = append(add, newRow{ids[0], it})
			continue
		}
		id := ""
		for n := 0; ; n++ {
			id = stableGUID("row", strings.ToLower(want.ID), k, fmt.Sprint(n))
			if !used[id] {
				break
			}
		}
		used[id] = true
		add = append(add, newRow{id, it})
	}
	for _, ids := range left {
		drop = append(drop, ids...)
	}
	sort.Strings(drop)
	return add, drop
}

// csvOf writes rows as CSV, columns sorted by name.
func csvOf(items []map[string]any) string {
	set := map[string]bool{}
	for _, it := range items {
		for k := range cells(it) {
			set[k] = true
		}
	}
	return string(csvIn(items, sorted(set)))
}

// markIt writes down that a resource is ours and what it looked like; a rollback takes the mark away from what was not.
func (r *run) markIt(a *Action, hash string) error {
	if a.Kind.info().mark == "" {
		return nil
	}
	t := r.plan.target
	if a.unmark {
		if !a.mark.ours(t.Ours()) {
			return nil
		}
		return r.unmark(a, a.mark)
	}
	name := markName(a.want)
	m := a.mark
	req := azure.Request{Method: http.MethodPut, Version: stableVersion, Body: markBody(t, a.want, hash)}
	if m != nil && m.Owner != "" {
		name = m.Name
		req.IfMatch = m.etag
		req.Body.(map[string]any)["etag"] = m.etag
	} else {
		req.IfNoneMatch = "*"
	}
	req.Path = resourceID(t, Metadata, name)
	want := &Resource{Kind: Metadata, ID: name, Body: markBody(t, a.want, hash)}
	if err := r.begin(a, "mark"); err != nil {
		return err
	}
	_, err := r.W.Do(r.req, req)
	if err != nil {
		if _, err = r.settle(want, err); err != nil {
			return fmt.Errorf("the content is written, its mark is not: %w", err)
		}
	}
	return nil
}

func (r *run) unmark(a *Action, m *Mark) error {
	if err := r.begin(a, "unmark"); err != nil {
		return err
	}
	at := resourceID(r.plan.target, Metadata, m.Name)
	_, err := r.W.Do(r.req, azure.Request{Method: http.MethodDelete, Path: at, Version: stableVersion})
	if azure.IsUncertain(err) && r.req.Err() == nil {
		if m, _, gerr := r.W.Get(r.req, at, stableVersion); gerr == nil && m == nil {
			return nil // carried out, and the answer was lost
		}
	}
	if err != nil && !azure.IsMissing(err) {
		return fmt.Errorf("the content is as planned, its mark is still there: %w", err)
	}
	return nil
}

// remove deletes a resource and then its mark.
func (r *run) remove(a *Action) error {
	t := r.plan.target
	if a.have.etag == "" && a.Kind.info().noEtag {
		if err := r.unchanged(a.Kind, a.have); err != nil {
			return err
		}
	}
	req := azure.Request{Method: http.MethodDelete, Path: resourceID(t, a.have.Kind, a.have.ID), Version: readVersion(a.have.Kind), IfMatch: a.have.etag}
	if err := r.begin(a, "delete"); err != nil {
		return err
	}
	if _, err := r.W.Do(r.req, req); err != nil && !azure.IsMissing(err) {
		if !azure.IsConflict(err) && !azure.IsUncertain(err) || r.req.Err() != nil {
			return err
		}
		m, _, gerr := r.W.Get(r.req, req.Path, req.Version)
		switch {
		case gerr != nil || m != nil && !azure.IsConflict(err):
			return err
		case m != nil:
			return ErrChanged
		}
	}
	if a.mark.ours(t.Ours()) {
		return r.unmark(a, a.mark)
	}
	return nil
}
