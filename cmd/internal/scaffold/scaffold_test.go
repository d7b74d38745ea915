package scaffold

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Whatever the table and the words, what is made can be read back with the same words, and the same request gives the same
// bytes.
func TestMade(t *testing.T) {
	for _, title := range []string{"", "Odd VPN action", `A "quoted": title # 1`, "yes", "- dash", "Größe: 日本", "a\\b"} {
		for _, kind := range Kinds() {
			r := Request{Kind: kind, File: "content/rules/a.yaml", Title: title, Table: "CommonSecurityLog"}
			switch kind {
			case "repo":
				r.File = "x"
			case "workbook":
				r.File = "content/workbooks/a.json"
			case "rule", "test":
			default:
				folder, ext := Folder(kind)
				r.File = "content/" + folder + "/a" + ext
			}
			files, err := Make(r)
			if err != nil {
				t.Fatalf("%s %q: %v", kind, title, err)
			}
			again, _ := Make(r)
			fsys := fstest.MapFS{}
			for i, f := range files {
				if again[i] != f {
					t.Errorf("%s is not the same twice", f.Name)
				}
				if strings.Contains(f.Text, "{{") || f.Text == "" || !strings.HasSuffix(f.Text, "\n") {
					t.Errorf("%s is not filled:\n%s", f.Name, f.Text)
				}
				if strings.HasPrefix(f.Name, "content/") {
					fsys[f.Name] = &fstest.MapFile{Data: []byte(f.Text)}
				}
			}
			if kind == "repo" || kind == "test" {
				continue
			}
			b, problems := content.Load(fsys, content.Options{})
			if len(problems) > 0 {
				t.Errorf("%s %q: %v", kind, title, problems)
			}
			got := ""
			switch {
			case len(b.Rules) == 1:
				got = b.Rules[0].Name
			case len(b.Hunting) == 1:
				got = b.Hunting[0].Name
			case len(b.Functions) == 1:
				got = b.Functions[0].Name
			case len(b.Watchlists) == 1:
				got = b.Watchlists[0].Name
			default:
				continue
			}
			if want := title; got != want && want != "" || want == "" && got != "A" {
				t.Errorf("%s: the title %q was read back as %q", kind, want, got)
			}
		}
	}
}

func TestID(t *testing.T) {
	a, b := ID("rule", "x"), ID("hunting", "x")
	if a != ID("rule", "x") || a == b || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(a) {
		t.Error(a, b)
	}
}
