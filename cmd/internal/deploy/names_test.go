package deploy

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// windowsRefuses says why a path cannot be a file on Windows, where a checkout of the same folder must work too.
func windowsRefuses(name string) string {
	if len(name) > 160 {
		return "with the folder before it, it is longer than 260"
	}
	for _, part := range strings.Split(name, "/") {
		stem, _, _ := strings.Cut(strings.ToUpper(part), ".")
		switch {
		case part == "":
			return "a part is empty"
		case strings.ContainsAny(part, `<>:"\|?*`) || strings.IndexFunc(part, func(r rune) bool { return r < ' ' }) >= 0:
			return "it holds a character that no file may have"
		case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
			return "a part ends with a dot or a blank"
		case strings.Contains(" CON PRN AUX NUL COM0 COM1 COM2 COM3 COM4 COM5 COM6 COM7 COM8 COM9 LPT0 LPT1 LPT2 LPT3 LPT4 LPT5 LPT6 LPT7 LPT8 LPT9 CONIN$ CONOUT$ ", " "+stem+" "):
			return "the system keeps the name for itself"
		}
	}
	return ""
}

// TestNamesWorkEverywhere makes files for resources with names that a file system may refuse or take for equal.
func TestNamesWorkEverywhere(t *testing.T) {
	names := []string{"CON", "con", "Aux", "aux.yaml", "nul", "NUL.", "prn ", "COM1", "lpt9", "com10", "a\\b", "..\\..\\x", "C:\\x", "\\\\server\\share", "a/b", "../../etc/passwd", "a:b", "x<>|?*\"", "ends.", "ends ", " ", "...", "",
		strings.Repeat("long ", 100), "Straße", "STRASSE", "İ", "i\u0307", "Ａ", "e\u0301", "é", "tab\there", "new\nline", "東京", "\u202egnp.exe", "Same", "SAME", "same", "s a m e", "S-A-M-E"}
	taken := map[string]bool{}
	seen := map[string]string{}
	check := func(r *Resource) {
		files, err := newFiles(r, anyTarget(), func(n string) string { return unique("content", n, taken) })
		if err != nil {
			t.Errorf("%q: %v", r.Name(), err)
			return
		}
		for _, f := range files {
			if why := windowsRefuses(f.Name); why != "" {
				t.Errorf("%s %q becomes %q: %s", r.Kind, r.Name(), f.Name, why)
			}
			if path.Clean(f.Name) != f.Name || !strings.HasPrefix(f.Name, "content/") {
				t.Errorf("%q leaves its folder: %q", r.Name(), f.Name)
			}
			if first, twice := seen[strings.ToLower(f.Name)]; twice {
				t.Errorf("%q and %q are one file: %q", first, r.Name(), f.Name)
			}
			seen[strings.ToLower(f.Name)] = r.Name()
		}
	}
	many := make([]map[string]any, inlineRows+1)
	for i := range many {
		many[i] = map[string]any{"A": fmt.Sprint(i)}
	}
	for i, n := range names {
		check(&Resource{Kind: Rule, ID: guid(i), Body: map[string]any{"kind": "Scheduled", "properties": map[string]any{"displayName": n, "query": "T", "description": "d", "severity": "Low"}}})
		check(&Resource{Kind: AutomationRule, ID: guid(i), Body: map[string]any{"properties": map[string]any{"displayName": n}}})
		check(&Resource{Kind: Workbook, ID: guid(i), Body: map[string]any{"properties": map[string]any{"displayName": n, "serializedData": "{}"}}})
		if n != "" {
			check(&Resource{Kind: Function, ID: guid(i), Body: map[string]any{"properties": map[string]any{"displayName": n, "functionAlias": n, "query": "T", "category": "Functions"}}})
			check(&Resource{Kind: Watchlist, ID: n, Items: many, Body: map[string]any{"properties": map[string]any{"displayName": "x", "itemsSearchKey": "A", "provider": "Custom"}}})
			check(&Resource{Kind: Table, ID: n, Body: map[string]any{"properties": map[string]any{}}})
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		name := slug(rapid.String().Draw(t, "name"))
		if why := windowsRefuses(name); why != "" {
			t.Fatalf("%q: %s", name, why)
		}
	})
}

// TestFoldersMayBeWindowsOnes takes folders as they are typed on Windows.
func TestFoldersMayBeWindowsOnes(t *testing.T) {
	for _, tt := range []struct{ dir, want string }{{"content", "content/rules/a.yaml"}, {"content/", "content/rules/a.yaml"}, {".", "rules/a.yaml"}, {"", "rules/a.yaml"}, {"C:/repo/content", "C:/repo/content/rules/a.yaml"}} {
		if got := unique(tt.dir, "rules/a.yaml", map[string]bool{}); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.dir, got, tt.want)
		}
	}
	for name, want := range map[string]string{`C:\exports\rule.json`: "rule", `a\b/c.workbook.json`: "c", "x": "x"} {
		if got := baseName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestPullKeepsCRLF edits a file with Windows line ends: every line keeps them, and what is new has them too.
func TestPullKeepsCRLF(t *testing.T) {
	x := newStandIn(t, server.Options{})
	text := strings.ReplaceAll(scheduled(1, "Lines", "# why\nentityMappings:\n  - entityType: IP\n    fieldMappings:\n      - { identifier: Address, columnName: IPAddress }\nversion: 1.0.0\n"), "\n", "\r\n")
	files := map[string]string{"rules/a.yaml": text, "watchlists/w.yaml": "alias: W\r\nitemsSearchKey: A\r\nsource: w.csv\r\n", "watchlists/w.csv": "A,B\r\none,1\r\ntwo,2\r\n"}
	x.apply(x.desired(files), PlanOptions{})
	if got := lines(x.plan(x.desired(files), PlanOptions{})); len(got) > 0 {
		t.Fatalf("after an apply there is still something to do: %v", got)
	}
	s, err := Read(t.Context(), x.w, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := s.Resources["rule/"+guid(1)].props()
	p["query"] = "SigninLogs\n| where ResultType == \"1\"\n| take 5\n"
	p["description"], p["severity"], p["customDetails"] = "Another\ntext.", "High", map[string]any{"Who": "UserPrincipalName"}
	p["entityMappings"] = append(p["entityMappings"].([]any), map[string]any{"entityType": "Account", "fieldMappings": []any{map[string]any{"identifier": "FullName", "columnName": "UserPrincipalName"}}})
	pulled, err := BuildPull(x.desired(files), s, ".", PullOptions{})
	if err != nil || len(pulled.Files) != 1 {
		t.Fatal(err, len(pulled.Files))
	}
	out := string(pulled.Files[0].Data)
	if strings.Count(out, "\n") != strings.Count(out, "\r\n") || strings.Contains(out, "\r\r") {
		t.Errorf("line ends are mixed:\n%q", out)
	}
	files["rules/a.yaml"] = out
	for _, r := range x.desired(files).Resources {
		if have := s.Resources[r.Key()]; r.Kind == Rule && !r.equal(have) {
			t.Errorf("the edited file does not mean what the workspace holds: %v", diff(have.comparable(), r.comparable()))
		}
	}
}
