package docs

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/validate"
)

func pages(t *testing.T) (*content.Bundle, []File) {
	b, problems := content.Load(content.Embedded(), content.Options{Prefix: "shipped"})
	for _, p := range problems {
		t.Error(p)
	}
	files, err := Generate(b, validate.NewKQL(nil), nil, true)
	if err != nil {
		t.Fatal(err)
	}
	return b, files
}

// TestPages holds that every rule has its page, links lead to pages, and queries on pages compile.
func TestPages(t *testing.T) {
	b, files := pages(t)
	byName := map[string]string{}
	for _, f := range files {
		if byName[f.Name] != "" {
			t.Errorf("two pages are named %s", f.Name)
		}
		byName[f.Name] = f.Text
	}
	for _, r := range b.Rules {
		name := strings.TrimSuffix(inside(r.File()), ".yaml") + ".md"
		if !strings.Contains(byName[name], "# "+r.Name+"\n") || !strings.Contains(byName[name], r.ID) {
			t.Errorf("%s: no page for %s", name, r.File())
		}
	}
	cat := catalog.FromBundle(tables.Sentinel, b)
	link := regexp.MustCompile(`\]\(([^)]+)\)`)
	fence := regexp.MustCompile("(?s)```kusto\n(.*?)```")
	queries := 0
	for _, f := range files {
		dir := ""
		if i := strings.LastIndexByte(f.Name, '/'); i >= 0 {
			dir = f.Name[:i+1]
		}
		for _, m := range link.FindAllStringSubmatch(f.Text, -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(f.Name, "attack") {
				continue
			}
			page, anchor, _ := strings.Cut(m[1], "#")
			target := dir + page
			if page == "" {
				target = f.Name
			}
			for strings.Contains(target, "/../") {
				i := strings.Index(target, "/../")
				target = target[:strings.LastIndexByte(target[:i], '/')+1] + target[i+4:]
			}
			if byName[target] == "" {
				t.Errorf("%s links to %s, which is not there", f.Name, m[1])
			}
			if anchor != "" && !strings.Contains(strings.ToLower(byName[target]), "# "+anchor+"\n") {
				t.Errorf("%s links to %s, a heading that is not there", f.Name, m[1])
			}
		}
		for _, m := range fence.FindAllStringSubmatch(f.Text, -1) {
			queries++
			if c := kql.Compile(m[1], kql.Options{Catalog: cat, Profile: kql.Sentinel}); !c.OK() {
				t.Errorf("%s: %v\n%s", f.Name, c.Diagnostics, m[1])
			}
		}
	}
	if queries < 2*len(b.Rules) {
		t.Errorf("%d queries on the pages of %d rules", queries, len(b.Rules))
	}
	var layer struct {
		Techniques []struct {
			TechniqueID string
			Score       int
		}
	}
	if err := json.Unmarshal([]byte(byName["attack-layer.json"]), &layer); err != nil || len(layer.Techniques) < 10 {
		t.Errorf("layer: %v, %d techniques", err, len(layer.Techniques))
	}
}

func TestKnobs(t *testing.T) {
	const text = `// About the query.
let frequency = 1h;
// How many
// users.
let users = 8; // of one address
// Names that are known.
let names = dynamic(["a", "b"]);
let table = T | where x == 1;
let below = -5;
T | where n > users and f in (names) or g > below`
	var got []string
	for _, k := range knobs(syntax.Parse(text)) {
		got = append(got, strings.Join([]string{k.name, k.value, k.comment, k.use}, "; "))
	}
	want := []string{
		"frequency; 1h; ; ",
		"users; 8; of one address; T | where n > users and f in (names) or g > below",
		"names; dynamic([\"a\", \"b\"]); Names that are known.; T | where n > users and f in (names) or g > below",
		"below; -5; ; T | where n > users and f in (names) or g > below",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}
