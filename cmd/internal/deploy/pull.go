package deploy

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
)

// inlineRows is the number of rows up to which a new watchlist's file holds them itself.
const inlineRows = 50

// File is a file that a pull or an export writes, slash-separated below the folder.
type File struct {
	Name string
	Data []byte
}

// Pulled is what a pull would write.
type Pulled struct {
	Files     []File   // new and changed ones
	Created   []string // names of Files that were not there
	Changed   []string
	Same      int       // files that hold what the workspace holds
	Unmanaged []Foreign // in the workspace and in no file
	Missing   []string  // files whose content is not in the workspace
	Warnings  []string
}

// Foreign is a piece of content that no file of ours describes.
type Foreign struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name"`
	Ours bool   `json:"ours"`
}

// PullOptions say what becomes a file.
type PullOptions struct {
	Adopt bool // write files for what is not managed
	Only  []string
}

// BuildPull turns a workspace into files. d are the files that are there, read for the same target; dir is the folder
// that new files go to, as it is part of the names in d. What is ours, and all of it when the folder holds nothing yet,
// becomes files; the rest is reported unless it is adopted.
func BuildPull(d *Desired, s *State, dir string, o PullOptions) (*Pulled, error) {
	p := &Pulled{}
	own := 0
	for _, r := range d.Resources {
		if !strings.HasPrefix(r.File, "shipped/") {
			own++
		}
	}
	adopt := o.Adopt || own == 0
	claimed := map[string]bool{}
	taken := map[string]bool{}
	for _, want := range d.Resources {
		taken[strings.ToLower(want.File)] = true
	}
	hit := map[int]bool{}
	for _, want := range d.Resources {
		have := s.match(want)
		if have == nil {
			if !strings.HasPrefix(want.File, "shipped/") {
				p.Missing = append(p.Missing, want.File)
			}
			continue
		}
		claimed[have.Key()] = true
		if !selected(want, o.Only, hit) {
			continue
		}
		if want.beside(have).equal(have) || have.Items == nil && want.Items != nil {
			p.Same++
			continue
		}
		if strings.HasPrefix(want.File, "shipped/") {
			p.Warnings = append(p.Warnings, fmt.Sprintf("%s %q differs from the one in the program; give it a file of its own with --adopt after copying it", want.Kind.people(), want.Name()))
			continue
		}
		files, err := updateFile(want, have, s.Target)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			p.Files = append(p.Files, f)
			p.Changed = append(p.Changed, f.Name)
		}
	}
	for _, have := range s.all() {
		if claimed[have.Key()] || !selected(have, o.Only, hit) {
			continue
		}
		m := s.mark(have)
		mine := m.ours(s.Target.Ours())
		if have.Kind == Metadata || have.Kind == Onboarding {
			if !adopt {
				continue
			}
		} else if !adopt && !mine {
			p.Unmanaged = append(p.Unmanaged, Foreign{have.Kind, have.ID, have.Name(), mine})
			continue
		}
		c := *have
		if mine && m.body != nil {
			c.Version, _ = m.body["properties"].(map[string]any)["version"].(string)
		}
		files, err := newFiles(&c, s.Target, func(name string) string { return unique(dir, name, taken) })
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			p.Files = append(p.Files, f)
			p.Created = append(p.Created, f.Name)
		}
	}
	sort.Strings(p.Missing)
	return p, nil
}

// unique gives a new file a name that no other has.
func unique(dir, name string, taken map[string]bool) string {
	ext := filepath.Ext(name)
	if strings.HasSuffix(name, rawSuffix) {
		ext = rawSuffix
	}
	base := strings.TrimSuffix(name, ext)
	for n := 1; ; n++ {
		full := joinSlash(dir, base+ext)
		if n > 1 {
			full = joinSlash(dir, fmt.Sprintf("%s-%d%s", base, n, ext))
		}
		if !taken[strings.ToLower(full)] {
			taken[strings.ToLower(full)] = true
			return full
		}
	}
}

func joinSlash(dir, name string) string {
	if dir == "" || dir == "." {
		return name
	}
	return strings.TrimSuffix(filepath.ToSlash(dir), "/") + "/" + name
}

// slug makes a file's name of a title.
func slug(s string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(s) {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '_' {
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			dash = false
			b.WriteRune(r)
			continue
		}
		dash = true
	}
	out := b.String()
	if len(out) > 80 {
		out = strings.Trim(out[:80], "-")
	}
	if out == "" {
		out = "unnamed"
	}
	return portable(out)
}

// portable gives a name that no system keeps for itself: a folder of content is checked out on Windows too, where con.yaml
// is not a file.
func portable(name string) string {
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch stem {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return name + "_"
	}
	if len(stem) == 4 && (stem[:3] == "com" || stem[:3] == "lpt") && '0' <= stem[3] && stem[3] <= '9' {
		return name + "_"
	}
	return name
}

// newFiles prints a resource as a file of its own.
func newFiles(r *Resource, t *azure.Target, name func(string) string) ([]File, error) {
	folder := r.Kind.info().folder
	if !r.hasOwnForm() {
		base := r.Name()
		if r.Kind == RuleAction || r.Kind == Table || r.Kind == Onboarding || r.Kind == Metadata {
			base = r.ID
		}
		return []File{{name(folder + "/" + slug(base) + rawSuffix), writeRaw(r.withPlaces(nil).portable(t))}}, nil
	}
	if r.Kind == Workbook {
		b, err := workbookFile(r, t, nil)
		if err != nil {
			return nil, err
		}
		return []File{{name(folder + "/" + slug(r.Name()) + ".json"), b}}, nil
	}
	base := slug(r.Name())
	if r.Kind == Function || r.Kind == Watchlist || r.Kind == SummaryRule {
		base = slug(r.ID)
		if a := r.text("functionAlias"); a != "" {
			base = slugKeepCase(a)
		}
	}
	full := name(folder + "/" + base + ".yaml")
	m, order, csv := template(r, nil, len(r.Items) <= inlineRows)
	if r.Version != "" && m["version"] == nil {
		m["version"] = r.Version
	}
	if t := r.text("alertRuleTemplateName"); r.Kind == Rule && m["version"] == nil && t == "" {
		m["version"] = "1.0.0" // every rule's file has one; the service keeps none for rules without a template
	}
	files := []File{{full, []byte(writeYAML(ordered(m, order...).(content.Record)))}}
	if csv != nil {
		files = append(files, File{strings.TrimSuffix(full, ".yaml") + ".csv", csv})
	}
	doc, problems := content.Parse(full, files[0].Data)
	if doc == nil || len(problems) > 0 {
		return nil, fmt.Errorf("%s would not read back: %v", full, problems)
	}
	return files, nil
}

// slugKeepCase keeps an alias as it is when it can be a file's name.
func slugKeepCase(s string) string {
	for _, r := range s {
		if r != '_' && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9') {
			return slug(s)
		}
	}
	if s == "" || len(s) > 80 {
		return slug(s)
	}
	return portable(s)
}

// template is the values of a resource's file with the order of its keys, and the CSV of rows that do not stand in it.
func template(r *Resource, columns []string, inline bool) (m map[string]any, order []string, rows []byte) {
	switch r.Kind {
	case Rule:
		return armToRule(r.ID, r.Body), ruleOrder[:], nil
	case HuntingQuery:
		return armToHunting(r.ID, r.Body), huntingOrder[:], nil
	case Function:
		return armToFunction(r.ID, r.Body), functionOrder[:], nil
	case SummaryRule:
		return armToSummary(r.ID, r.Body), summaryOrder[:], nil
	}
	if columns == nil {
		columns = columnsOf(r)
	}
	m = armToWatchlist(r.ID, r.Body, r.Items, columns, inline)
	if !inline {
		rows = csvIn(r.Items, columns)
	}
	return m, watchlistOrder[:], rows
}

// columnsOf are the columns of a watchlist: the search key first, then by name.
func columnsOf(r *Resource) []string {
	set := map[string]bool{}
	for _, it := range r.Items {
		for k := range cells(it) {
			set[k] = true
		}
	}
	key := r.text("itemsSearchKey")
	var out []string
	if set[key] {
		out = append(out, key)
	}
	for _, c := range sorted(set) {
		if c != key {
			out = append(out, c)
		}
	}
	return out
}

func csvIn(items []map[string]any, columns []string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(columns)
	for _, it := range items {
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i], _ = it[c].(string)
		}
		if len(row) == 1 && row[0] == "" { // a blank line would be no row
			w.Flush()
			b.WriteString("\"\"\n")
			continue
		}
		_ = w.Write(row)
	}
	w.Flush()
	return b.Bytes()
}

// workbookFile prints a workbook: its document, indented, with what the service keeps beside it under "blindspot".
func workbookFile(r *Resource, t *azure.Target, old []byte) ([]byte, error) {
	raw := documentPlaces([]byte(r.text("serializedData")), t)
	if !json.Valid(raw) {
		return nil, fmt.Errorf("workbook %q: its document is no JSON", r.Name())
	}
	own := map[string]any{"id": r.ID, "name": r.Name()}
	if d := r.text("description"); d != "" {
		own["description"] = d
	}
	if tags, ok := r.Body["tags"].(map[string]any); ok && len(tags) > 0 {
		own["tags"] = tags
	}
	if k := r.armKind(); k != "shared" && k != "" {
		own["kind"] = k
	}
	if id, ok := r.Body["identity"].(map[string]any); ok {
		own["identity"] = id
	}
	base := map[string]any{"displayName": r.Name(), "category": "sentinel", "version": "Notebook/1.0", "sourceId": t.ResourceID(), "serializedData": r.text("serializedData")}
	if d := r.text("description"); d != "" {
		base["description"] = d
	}
	if rest := patchFor(base, r.props()); rest != nil {
		own["arm"] = withWorkspacePlaces(rest, t)
	}
	var b bytes.Buffer
	body := bytes.TrimSpace(raw)
	if len(body) < 2 || body[0] != '{' {
		return nil, fmt.Errorf("workbook %q: its document is no JSON object", r.Name())
	}
	joined := append([]byte(`{"`+workbookKey+`":`), compact(own)...)
	if len(bytes.TrimSpace(body[1:len(body)-1])) > 0 {
		joined = append(joined, ',')
	}
	joined = append(joined, body[1:]...)
	if err := json.Indent(&b, joined, "", "  "); err != nil {
		return nil, fmt.Errorf("workbook %q: %w", r.Name(), err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// updateFile gives an existing file what the workspace holds.
func updateFile(want, have *Resource, t *azure.Target) ([]File, error) {
	if !want.hasOwnForm() {
		return []File{{want.File, writeRaw(have.withPlaces(want).portable(t))}}, nil
	}
	if want.Kind == Workbook {
		b, err := workbookFile(have, t, want.doc.Source.Bytes)
		if err != nil {
			return nil, err
		}
		return []File{{want.File, b}}, nil
	}
	m, err := fileValues(want.doc)
	if err != nil {
		return nil, err
	}
	target := *have
	target.ID = want.ID
	inline := m["items"] != nil
	if want.Kind == Watchlist {
		target.Items = keepOrder(want.Items, have.Items)
	}
	columns := fileColumns(want, &target)
	w, order, rows := template(&target, columns, inline)
	h, _, _ := template(want, columns, inline)
	for k := range want.fields { // blindspot.yaml says these for this workspace; the file is not the place
		if v, ok := h[k]; ok {
			w[k] = v
		} else {
			delete(w, k)
		}
	}
	// Keys that do not go to the service stay as they are.
	for _, k := range [...]string{"version", "id", "columns"} {
		if k == "version" && w["version"] != nil {
			continue
		}
		if v, ok := h[k]; ok {
			w[k] = v
		} else {
			delete(w, k)
		}
	}
	out, err := editFile(want.doc, h, templated(m, h, w, t).(map[string]any), order)
	if err != nil {
		return nil, err
	}
	if doc, problems := content.Parse(want.File, out); doc == nil {
		return nil, fmt.Errorf("%s: the edited file would not read back: %v", want.File, problems)
	}
	files := []File{{want.File, out}}
	if bytes.Equal(out, want.doc.Source.Bytes) {
		files = nil
	}
	if rows != nil {
		body := strings.TrimSuffix(want.File, filepath.Ext(want.File)) + ".csv"
		if s, _ := m["source"].(string); s != "" {
			body = joinSlash(filepath.ToSlash(filepath.Dir(want.File)), s)
		}
		files = append(files, File{body, rows})
	}
	return files, nil
}

// templated puts ${name} back into texts whose old form in the file had it.
// Where nothing changed, have is kept.
func templated(old, have, now any, t *azure.Target) any {
	if bytes.Equal(compact(plainValues(have)), compact(plainValues(now))) {
		return have
	}
	switch n := now.(type) {
	case string:
		o, ok := old.(string)
		if !ok || !strings.Contains(o, "${") {
			return n
		}
		names := make([]string, 0, len(t.Values))
		for k := range t.Values {
			names = append(names, k)
		}
		sort.Slice(names, func(i, j int) bool {
			if a, b := len(t.Values[names[i]]), len(t.Values[names[j]]); a != b {
				return a > b
			}
			return names[i] < names[j]
		})
		out := n
		for _, k := range names {
			if v := t.Values[k]; len(v) >= 3 && strings.Contains(o, "${"+k+"}") {
				out = strings.ReplaceAll(out, v, "${"+k+"}")
			}
		}
		var missing []string
		if expandText(out, t, &missing) != n {
			return n
		}
		return out
	case map[string]any:
		o, _ := old.(map[string]any)
		h, _ := have.(map[string]any)
		out := make(map[string]any, len(n))
		for k, x := range n {
			out[k] = templated(o[k], h[k], x, t)
		}
		return out
	case []any:
		o, _ := old.([]any)
		h, _ := have.([]any)
		out := make([]any, len(n))
		for i, x := range n {
			var y, z any
			if i < len(o) {
				y = o[i]
			}
			if i < len(h) {
				z = h[i]
			}
			out[i] = templated(y, z, x, t)
		}
		return out
	}
	return now
}

// keepOrder lists the rows of now in the order that the file has for those that are still there; new ones follow.
func keepOrder(file, now []map[string]any) []map[string]any {
	left := map[string]int{}
	for _, it := range now {
		left[string(compact(it))]++
	}
	out := []map[string]any{}
	for _, it := range file {
		if k := string(compact(it)); left[k] > 0 {
			left[k]--
			out = append(out, it)
		}
	}
	for _, it := range now {
		if k := string(compact(it)); left[k] > 0 {
			left[k]--
			out = append(out, it)
		}
	}
	return out
}

// fileColumns are the columns of a watchlist's file in its order, with new ones behind.
func fileColumns(want, have *Resource) []string {
	if want.Kind != Watchlist {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	if want.doc != nil && want.doc.Root != nil {
		if m, err := fileValues(want.doc); err == nil {
			switch c := m["columns"].(type) {
			case []any:
				for _, x := range c {
					n, _ := x.(string)
					if e, ok := x.(map[string]any); ok {
						n, _ = e["name"].(string)
					}
					if n != "" && !seen[n] {
						seen[n] = true
						out = append(out, n)
					}
				}
			}
		}
	}
	for _, r := range []*Resource{want, have} {
		for _, c := range columnsOf(r) {
			if !seen[c] {
				seen[c] = true
				out = append(out, c)
			}
		}
	}
	return out
}

// WriteFiles puts files in place, all or none as far as the system allows: every file is first written beside its place
// and flushed, and only then are they renamed.
func WriteFiles(files []File) error {
	type staged struct{ temp, name string }
	var list []staged
	var made []string
	undo := func() {
		for _, s := range list {
			_ = disk.Remove(s.temp)
		}
		for i := len(made) - 1; i >= 0; i-- {
			_ = disk.Remove(made[i]) // only when empty
		}
	}
	for _, f := range files {
		name := behindLink(filepath.FromSlash(f.Name))
		dir := filepath.Dir(name)
		for d := dir; ; d = filepath.Dir(d) {
			if _, err := disk.Stat(d); err == nil || d == filepath.Dir(d) {
				break
			}
			made = append([]string{d}, made...)
		}
		if err := disk.MkdirAll(dir, 0o755); err != nil {
			undo()
			return notWritten(dir, err)
		}
		temp, err := stage(name, f.Data, 0o644)
		if err != nil {
			undo()
			return err
		}
		list = append(list, staged{temp, name})
	}
	for i, s := range list {
		if err := disk.Rename(s.temp, s.name); err != nil {
			done := i
			list = list[i:]
			undo()
			err = notWritten(s.name, err)
			if done > 0 {
				err = fmt.Errorf("%w; %d of %d files were written before, run it again for the rest", err, done, len(files))
			}
			return err
		}
	}
	return nil
}

// readRows reads CSV with a header line into rows.
func readRows(raw string) ([]map[string]any, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(raw, "\ufeff")))
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("it is no CSV: %v", err)
	}
	out := []map[string]any{}
	for _, row := range all[1:] {
		m := map[string]any{}
		for i, h := range all[0] {
			m[h] = ""
			if i < len(row) {
				m[h] = row[i]
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// FilesOf turns imported resources into files for a folder.
func FilesOf(list []*Resource, dir string, t *azure.Target) ([]File, error) {
	taken := map[string]bool{}
	var out []File
	for _, r := range list {
		files, err := newFiles(r, t, func(n string) string { return unique(dir, n, taken) })
		if err != nil {
			return nil, err
		}
		out = append(out, files...)
	}
	return out, nil
}
