package deploy

import (
	"bytes"
	"crypto/sha1"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/google/uuid"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
)

// Desired is what a folder wants a workspace to hold.
type Desired struct {
	Resources []*Resource
	Notes     []string // what was left out, and why
}

// Wanted turns content and the raw files (see RawFiles) into resources for one workspace: values put in, overrides laid
// over. All that is wrong comes back in one error.
func Wanted(b *content.Bundle, raw []*Resource, t *azure.Target) (*Desired, error) {
	w := &wanting{target: t, byKey: map[string]*Resource{}}
	for _, r := range b.Rules {
		w.rule(r)
	}
	for _, h := range b.Hunting {
		m, err := fileValues(h.Doc)
		if err != nil {
			w.fail(err)
			continue
		}
		id, body := huntingToARM(m)
		w.add(&Resource{Kind: HuntingQuery, ID: id, Body: body, Version: h.Version, File: h.File(), doc: h.Doc})
	}
	for _, f := range b.Functions {
		m, err := fileValues(f.Doc)
		if err != nil {
			w.fail(err)
			continue
		}
		id, body := functionToARM(f, m["arm"])
		w.add(&Resource{Kind: Function, ID: id, Body: body, Version: f.Version, File: f.File(), doc: f.Doc})
	}
	for _, l := range b.Watchlists {
		m, err := fileValues(l.Doc)
		if err != nil {
			w.fail(err)
			continue
		}
		id, body, items := watchlistToARM(l, m["arm"])
		w.add(&Resource{Kind: Watchlist, ID: id, Body: body, Items: items, Version: l.Version, File: l.File(), doc: l.Doc})
	}
	for _, s := range b.Summaries {
		m, err := fileValues(s.Doc)
		if err != nil {
			w.fail(err)
			continue
		}
		if m["id"] == nil {
			m["id"] = s.ID
		}
		id, body := summaryToARM(m)
		w.add(&Resource{Kind: SummaryRule, ID: id, Body: body, Version: s.Version, File: s.File(), doc: s.Doc})
	}
	for _, k := range b.Workbooks {
		r, err := workbookResource(k, t)
		if err != nil {
			w.fail(err)
			continue
		}
		w.add(r)
	}
	for _, r := range raw {
		c := *r
		w.add(&c)
	}
	if len(w.errs) > 0 {
		return nil, errors.Join(w.errs...)
	}
	out := &Desired{Resources: dropUnusedShipped(w.all)}
	for _, r := range out.Resources {
		for _, p := range r.plainSecrets() {
			out.Notes = append(out.Notes, fmt.Sprintf("%s: %s is a secret in plain text; write ${env:NAME} and set the variable NAME", r.File, p))
		}
	}
	sortResources(out.Resources)
	return out, nil
}

func fileValues(d *content.Document) (map[string]any, error) {
	v, err := d.JSON()
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: the file is not a mapping of keys to values", d.File())
	}
	return m, nil
}

type wanting struct {
	target *azure.Target
	all    []*Resource
	byKey  map[string]*Resource
	errs   []error
}

func (w *wanting) fail(err error) { w.errs = append(w.errs, err) }

func (w *wanting) rule(r *content.Rule) {
	m, err := fileValues(r.Doc)
	if err != nil {
		w.fail(err)
		return
	}
	x := &Resource{Kind: Rule, Version: r.Version, File: r.File(), doc: r.Doc}
	if o := w.target.Overrides[strings.ToLower(r.ID)]; o != nil {
		x.fields = map[string]bool{}
		for k := range o {
			x.fields[k] = true
		}
		m = mergePatch(m, o).(map[string]any)
	}
	x.ID, x.Body = ruleToARM(m)
	w.add(x)
}

// add checks the id, puts the values in, and refuses a second resource with the same id.
func (w *wanting) add(r *Resource) {
	if r.ID == "" {
		w.fail(fmt.Errorf("%s: without an id it cannot be deployed; add a line id: with a new GUID", r.File))
		return
	}
	if strings.ContainsAny(strings.TrimPrefix(r.ID, "/"), "?#%\\") || r.Kind != RuleAction && strings.Contains(r.ID, "/") {
		w.fail(fmt.Errorf("%s: the id %q holds a character that no id may have", r.File, r.ID))
		return
	}
	if first := w.byKey[r.Key()]; first != nil {
		w.fail(fmt.Errorf("%s: the id %q is taken by %s already", r.File, r.ID, first.File))
		return
	}
	var missing []string
	r.Body["properties"] = w.expand(r.props(), &missing)
	if parent := r.text("parentId"); r.Kind == Metadata && parent != "" {
		r.props()["parentId"] = parentHere(parent, w.target)
	}
	for i, it := range r.Items {
		r.Items[i] = w.expand(it, &missing).(map[string]any)
	}
	if len(missing) > 0 {
		w.fail(fmt.Errorf("%s: the workspace %q has no value for %s; add it under values in blindspot.yaml", r.File, w.target.Name, strings.Join(missing, ", ")))
		return
	}
	w.byKey[r.Key()] = r
	w.all = append(w.all, r)
}

// expand puts values for ${name}. A name that no workspace gives a value to is left as it stands: it is not ours.
func (w *wanting) expand(v any, missing *[]string) any {
	switch v := v.(type) {
	case string:
		return expandText(v, w.target, missing)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = w.expand(x, missing)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = w.expand(x, missing)
		}
		return out
	}
	return v
}

func expandText(s string, t *azure.Target, missing *[]string) string {
	if !strings.Contains(s, "${") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		rest := s[i+2:]
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			b.WriteString(s[i:])
			return b.String()
		}
		name := rest[:end]
		v, ok := t.Values[name]
		if !ok {
			v, ok = workspaceValue(name, t)
		}
		switch {
		case ok:
			b.WriteString(v)
		case t.OtherValueName[name]:
			*missing = append(*missing, name)
		default:
			b.WriteString(s[i : i+2+end+1])
		}
		s = rest[end+1:]
	}
}

// workbookKey is the key of a workbook's file that holds what the service keeps beside the document. It does not go out.
const workbookKey = "blindspot"

// workbookResource wraps a workbook's document. Without a "blindspot" object in it, the name is made from the file's and
// the id from the name, so that the same file is the same workbook everywhere.
func workbookResource(k *content.Workbook, t *azure.Target) (*Resource, error) {
	v, err := decodeAny(k.Raw)
	doc, ok := v.(map[string]any)
	if err != nil || !ok {
		return nil, fmt.Errorf("%s: the workbook is not a JSON object", k.File())
	}
	own, _ := doc[workbookKey].(map[string]any)
	data := []byte(k.Raw)
	if own != nil {
		if data, err = withoutKey(k.Raw, workbookKey); err != nil {
			return nil, fmt.Errorf("%s: %w", k.File(), err)
		}
	}
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		return nil, fmt.Errorf("%s: %w", k.File(), err)
	}
	name := strings.TrimSuffix(k.Name, ".workbook")
	p := map[string]any{"displayName": titled(name), "category": "sentinel", "version": "Notebook/1.0", "sourceId": t.ResourceID(), "serializedData": b.String()}
	r := &Resource{Kind: Workbook, ID: stableGUID("workbook", name), File: k.File(), doc: k.Doc, Body: map[string]any{"kind": "shared", "properties": p}}
	if id, _ := own["id"].(string); id != "" {
		r.ID = id
	}
	if n, _ := own["name"].(string); n != "" {
		p["displayName"] = n
	}
	if d, _ := own["description"].(string); d != "" {
		p["description"] = d
	}
	if v, _ := own["version"].(string); v != "" {
		r.Version = v
	}
	if tags, ok := own["tags"].(map[string]any); ok {
		r.Body["tags"] = tags
	}
	if kind, _ := own["kind"].(string); kind != "" {
		r.Body["kind"] = kind
	}
	if id, ok := own["identity"].(map[string]any); ok {
		r.Body["identity"] = id
	}
	if loc, _ := own["location"].(string); loc != "" {
		r.Body["location"] = loc
	}
	overlay(r.Body, own["arm"])
	return r, nil
}

// withoutKey drops a key of a JSON object and keeps the order of the rest.
func withoutKey(raw []byte, key string) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for first := true; d.More(); {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		if t == key {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.Write(compact(t))
		b.WriteByte(':')
		b.Write(v)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func titled(name string) string {
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == ' ' }), " ")
	if name == "" {
		return "Workbook"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// stableGUID is a GUID that depends on its parts alone.
func stableGUID(parts ...string) string {
	h := sha1.Sum([]byte("blindspot\x00" + strings.Join(parts, "\x00")))
	var u uuid.UUID
	copy(u[:], h[:])
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}

// dropUnusedShipped leaves out functions and watchlists that come from the pack inside the program, unless what is
// deployed from elsewhere uses them.
func dropUnusedShipped(all []*Resource) []*Resource {
	shipped := func(r *Resource) bool { return strings.HasPrefix(r.File, "shipped/") }
	own := 0
	for _, r := range all {
		if !shipped(r) {
			own++
		}
	}
	if own == 0 {
		return all
	}
	x := newReads(all)
	functions, watchlists := map[string]bool{}, map[string]bool{}
	for _, r := range all {
		if !shipped(r) {
			s := x.of(r)
			union(functions, s.functions)
			union(watchlists, s.watchlists)
		}
	}
	kept := all[:0:0]
	for _, r := range all {
		if shipped(r) && !(r.Kind == Function && functions[r.text("functionAlias")] || r.Kind == Watchlist && watchlists[strings.ToLower(r.ID)]) {
			continue
		}
		kept = append(kept, r)
	}
	return kept
}

func sortResources(list []*Resource) {
	sort.SliceStable(list, func(i, j int) bool {
		if a, b := list[i].Kind.rank(), list[j].Kind.rank(); a != b {
			return a < b
		}
		return list[i].Key() < list[j].Key()
	})
}

// rawSuffix ends the names of files that hold a resource as the service writes it.
const rawSuffix = ".arm.json"

// RawFiles reads the *.arm.json files below folders: rules of other kinds, automation rules, data connectors, tables.
func RawFiles(folders ...string) ([]*Resource, error) {
	var out []*Resource
	for _, dir := range folders {
		if st, err := os.Stat(dir); err != nil || !st.IsDir() {
			continue
		}
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				if base := d.Name(); name != dir && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "testdata") {
					return fs.SkipDir
				}
				return nil
			}
			if !strings.HasSuffix(strings.ToLower(name), rawSuffix) || !d.Type().IsRegular() {
				return nil
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			if info.Size() > content.MaxFileSize {
				return fmt.Errorf("%s: the file is larger than %d MB", filepath.ToSlash(name), content.MaxFileSize>>20)
			}
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			r, err := readRaw(filepath.ToSlash(name), b)
			if err != nil {
				return err
			}
			out = append(out, r)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rawFile is the form of a *.arm.json file.
type rawFile struct {
	Resource   Kind           `json:"resource"`
	ID         string         `json:"id"`
	Kind       string         `json:"kind,omitempty"`
	Location   string         `json:"location,omitempty"`
	Tags       map[string]any `json:"tags,omitempty"`
	Properties map[string]any `json:"properties"`
}

func readRaw(name string, b []byte) (*Resource, error) {
	doc, problems := content.Parse(name, b)
	if doc == nil {
		return nil, problems[0]
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	d.DisallowUnknownFields()
	var f rawFile
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("%s: %v; the file holds resource, id, kind, tags and properties", name, err)
	}
	if f.Resource.info() == nil || f.Resource == watchlistItem {
		return nil, fmt.Errorf("%s: resource %q is not known; there are %s", name, f.Resource, strings.Join(kindNames(), ", "))
	}
	if f.Properties == nil {
		f.Properties = map[string]any{}
	}
	r := &Resource{Kind: f.Resource, ID: f.ID, File: name, doc: doc, Body: map[string]any{"properties": strip(f.Resource, f.Kind, f.Properties)}}
	if f.Kind != "" {
		r.Body["kind"] = f.Kind
	}
	if f.Location != "" {
		r.Body["location"] = f.Location
	}
	if len(f.Tags) > 0 {
		r.Body["tags"] = f.Tags
	}
	return r, nil
}

func writeRaw(r *Resource) []byte {
	f := rawFile{Resource: r.Kind, ID: r.ID, Kind: r.armKind(), Properties: r.wire()["properties"].(map[string]any)}
	f.Location, _ = r.Body["location"].(string)
	f.Tags, _ = r.Body["tags"].(map[string]any)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(f); err != nil {
		return nil
	}
	return b.Bytes()
}

func kindNames() []string {
	var out []string
	for _, k := range kindTable {
		out = append(out, string(k.kind))
	}
	return out
}

// hasOwnForm says whether a resource is kept in a form of ours (YAML, or a workbook's JSON) rather than raw.
func (r *Resource) hasOwnForm() bool {
	switch r.Kind {
	case Rule:
		return r.armKind() == content.Scheduled || r.armKind() == content.NRT
	case Watchlist, Function, HuntingQuery, SummaryRule, Workbook:
		return true
	}
	return false
}
