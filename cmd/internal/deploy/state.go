package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
)

// State is a workspace as it was read.
type State struct {
	Target    *azure.Target
	Resources map[string]*Resource // by Key
	Marks     map[string]*Mark     // by the lower-cased id of what they mark
	Notes     []string             // what could not be read, and did not have to be
}

// Mark is the metadata resource that says who put a piece of content there.
type Mark struct {
	Name   string
	Parent string // id of the resource
	Owner  string // "" when another program made it
	Hash   string // of the resource as it was after our last write
	etag   string
	body   map[string]any
}

// ours reports whether a mark was made by Blindspot for an owner.
func (m *Mark) ours(owner string) bool { return m != nil && m.Owner == owner }

const (
	markSource = "blindspot"
	hashPrefix = "sha256:"
	// workers bounds the requests under way at once.
	workers = 6
)

func markName(r *Resource) string {
	return "blindspot-" + string(r.Kind) + "-" + r.ID
}

// markBody is the metadata resource for a piece of content.
func markBody(t *azure.Target, r *Resource, hash string) map[string]any {
	p := map[string]any{
		"parentId": resourceID(t, r.Kind, r.ID), "contentId": r.ID, "kind": r.Kind.info().mark,
		"source": map[string]any{"kind": "SourceRepository", "name": markSource, "sourceId": t.Ours()}, "customVersion": hashPrefix + hash,
	}
	if r.Version != "" {
		p["version"] = r.Version
	}
	return map[string]any{"properties": p}
}

func readMark(m map[string]any) *Mark {
	r := received(Metadata, m)
	k := &Mark{Name: r.ID, Parent: r.text("parentId"), etag: r.etag, body: r.Body}
	if s, ok := r.props()["source"].(map[string]any); ok && s["name"] == markSource {
		k.Owner, _ = s["sourceId"].(string)
		k.Hash = strings.TrimPrefix(r.text("customVersion"), hashPrefix)
	}
	return k
}

// ReadOptions say how much of a workspace is read.
type ReadOptions struct {
	Kinds    map[Kind]bool // nil for all
	Items    func(alias string) bool
	Actions  func(rule string) bool
	Progress func(done, total int)
}

// Read reads a workspace's content. Lists are asked for at the same time, with a bound on how many.
func Read(ctx context.Context, w *azure.Workspace, o ReadOptions) (*State, error) {
	s := &State{Target: &w.Target, Resources: map[string]*Resource{}, Marks: map[string]*Mark{}}
	if err := w.Identify(ctx); err != nil {
		return nil, err
	}
	want := func(k Kind) bool { return o.Kinds == nil || o.Kinds[k] }
	var mu sync.Mutex
	add := func(r *Resource) {
		mu.Lock()
		defer mu.Unlock()
		s.Resources[r.Key()] = r
	}
	note := func(k Kind, err error) {
		mu.Lock()
		defer mu.Unlock()
		s.Notes = append(s.Notes, fmt.Sprintf("%ss were not read: %v", k.people(), err))
	}
	g, gctx := newGroup(ctx, workers)
	list := func(k Kind, take func(map[string]any)) {
		g.Go(func() error {
			all, err := w.List(gctx, collection(s.Target, k), readVersion(k), listQuery(k))
			if err != nil {
				if o.Kinds == nil && (azure.IsDenied(err) || azure.IsMissing(err) || azure.IsUnknown(err)) && (k == DataConnector || k == Table || k == SummaryRule || k == Onboarding) {
					note(k, err)
					return nil
				}
				return fmt.Errorf("reading %ss: %w", k.people(), err)
			}
			for _, m := range all {
				take(m)
			}
			return nil
		})
	}
	simple := func(k Kind) {
		if want(k) {
			list(k, func(m map[string]any) { add(received(k, m)) })
		}
	}
	var watchlists, rules []*Resource
	list(Metadata, func(m map[string]any) {
		k := readMark(m)
		mu.Lock()
		defer mu.Unlock()
		if key := strings.ToLower(k.Parent); k.Owner != "" || s.Marks[key] == nil {
			s.Marks[key] = k
		}
		if k.Owner == "" && want(Metadata) {
			r := received(Metadata, m)
			s.Resources[r.Key()] = r
		}
	})
	if want(Function) || want(HuntingQuery) || want(SavedSearch) {
		list(SavedSearch, func(m map[string]any) {
			props, _ := m["properties"].(map[string]any)
			add(received(savedKind(props), m))
		})
	}
	if want(Watchlist) {
		list(Watchlist, func(m map[string]any) {
			r := received(Watchlist, m)
			if p, _ := m["properties"].(map[string]any); p["isDeleted"] == true {
				return
			}
			add(r)
			mu.Lock()
			watchlists = append(watchlists, r)
			mu.Unlock()
		})
	}
	if want(Rule) {
		list(Rule, func(m map[string]any) {
			r := received(Rule, m)
			add(r)
			mu.Lock()
			rules = append(rules, r)
			mu.Unlock()
		})
	}
	if want(Workbook) {
		list(Workbook, func(m map[string]any) {
			r := received(Workbook, m)
			if src := r.text("sourceId"); src != "" && !strings.EqualFold(src, s.Target.ResourceID()) && !strings.EqualFold(src, "Azure Monitor") {
				return // of another workspace in the same group
			}
			add(r)
		})
	}
	for _, k := range []Kind{SummaryRule, AutomationRule, DataConnector, Onboarding} {
		simple(k)
	}
	if want(Table) {
		list(Table, func(m map[string]any) {
			if name, _ := m["name"].(string); strings.HasSuffix(name, "_CL") {
				add(received(Table, m))
			}
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if err := s.inside(ctx, w, o, watchlists, rules, add); err != nil {
		return nil, err
	}
	sort.Strings(s.Notes)
	return s, nil
}

// inside reads what lies below watchlists and rules.
func (s *State) inside(ctx context.Context, w *azure.Workspace, o ReadOptions, watchlists, rules []*Resource, add func(*Resource)) error {
	g, ctx := newGroup(ctx, workers)
	for _, r := range watchlists {
		if o.Items != nil && !o.Items(r.ID) {
			continue
		}
		g.Go(func() error {
			if err := readItems(ctx, w, r); err != nil {
				return fmt.Errorf("reading the items of watchlist %s: %w", r.ID, err)
			}
			return nil
		})
	}
	if o.Kinds == nil || o.Kinds[RuleAction] {
		for _, r := range rules {
			if o.Actions != nil && !o.Actions(r.ID) {
				continue
			}
			g.Go(func() error {
				list, err := readActions(ctx, w, r)
				for _, a := range list {
					add(a)
				}
				return err
			})
		}
	}
	return g.Wait()
}

// readActions reads the actions of a rule.
func readActions(ctx context.Context, w *azure.Workspace, rule *Resource) (out []*Resource, err error) {
	all, err := w.List(ctx, resourceID(&w.Target, Rule, rule.ID)+"/actions", stableVersion, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the actions of rule %s: %w", rule.ID, err)
	}
	for _, m := range all {
		a := received(RuleAction, m)
		if !strings.Contains(a.ID, "/") {
			a.ID = rule.ID + "/" + a.ID
		}
		out = append(out, a)
	}
	return out, nil
}

func readItems(ctx context.Context, w *azure.Workspace, r *Resource) error {
	all, err := w.List(ctx, resourceID(&w.Target, Watchlist, r.ID)+"/watchlistItems", stableVersion, nil)
	if err != nil {
		return err
	}
	r.Items, r.itemIDs = []map[string]any{}, nil
	for _, m := range all {
		if row, id, gone := itemOf(m); !gone {
			r.Items = append(r.Items, row)
			r.itemIDs = append(r.itemIDs, id)
		}
	}
	return nil
}

// mark returns the mark of a resource, nil when it has none.
func (s *State) mark(r *Resource) *Mark {
	return s.Marks[strings.ToLower(resourceID(s.Target, r.Kind, r.ID))]
}

// all returns the resources in order.
func (s *State) all() []*Resource {
	out := make([]*Resource, 0, len(s.Resources))
	for _, r := range s.Resources {
		out = append(out, r)
	}
	sortResources(out)
	return out
}

// digest is a digest of all that was read, etags too: any change in the workspace changes it.
func (s *State) digest() string {
	h := sha256.New()
	for _, r := range s.all() {
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00", r.Key(), r.hash(), r.etag)
	}
	var names []string
	for k := range s.Marks {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, n := range names {
		m := s.Marks[n]
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00%s\x00%s\x00", n, m.Name, m.Owner, m.Hash, m.etag)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ReadFor says how much must be read to plan for some content: all lists that are cheap, and what lies inside watchlists
// and rules only where files say something about it.
func ReadFor(d *Desired) ReadOptions {
	kinds := map[Kind]bool{Watchlist: true, Function: true, HuntingQuery: true, SavedSearch: true, Rule: true, Workbook: true, AutomationRule: true}
	lists, rules := map[string]bool{}, map[string]bool{}
	for _, r := range d.Resources {
		kinds[r.Kind] = true
		switch r.Kind {
		case Watchlist:
			lists[strings.ToLower(r.ID)] = true
		case RuleAction:
			rule, _, _ := strings.Cut(strings.ToLower(r.ID), "/")
			rules[rule] = true
		}
	}
	return ReadOptions{Kinds: kinds,
		Items:   func(alias string) bool { return lists[strings.ToLower(alias)] },
		Actions: func(rule string) bool { return rules[strings.ToLower(rule)] },
	}
}
