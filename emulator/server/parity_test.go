package server

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
)

// docs/parity.md lists every operation that is served. It is made of the route table and the resource types themselves, of
// testdata/parity/source.tsv, which says where the expectation of each comes from and what is known to differ, and of
// testdata/parity/<client>.txt, which say what each client has asked for in the tests. UPDATE=1 writes it anew.

const parityPage = "../../docs/parity.md"

// asked notes what a client asks for, and holds it to what it asked for last time.
func asked(t *testing.T, client string) func(line string) {
	t.Helper()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := map[string]bool{}
	t.Cleanup(func() {
		if t.Failed() || t.Skipped() {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		text := strings.Join(sorted(seen), "\n") + "\n"
		file := filepath.Join("testdata", "parity", client+".txt")
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Error(err)
			}
			return
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		if text != string(want) {
			t.Errorf("%s asks for\n%swhich is not what %s has; UPDATE=1 writes it anew", client, text, file)
		}
	})
	return func(line string) {
		f := strings.Fields(line)
		if len(f) < 3 || f[2][0] != '2' { // what is refused shows nothing
			return
		}
		if name := s.operationOf(f[1]); name != "" {
			mu.Lock()
			defer mu.Unlock()
			seen[f[0]+" "+name] = true
		}
	}
}

// operationOf is the name under which a path stands in the list.
func (s *Server) operationOf(path string) string {
	segments, lower := pathOf(path)
	for _, o := range operations() {
		if o.fits(lower) {
			return o.path
		}
	}
	if len(lower) == 7 && lower[4] == "deployments" && lower[6] == "operations" {
		return "Microsoft.Resources/deployments/{name}/operations"
	}
	p, ok := s.parse(segments, lower)
	switch {
	case !ok:
		return ""
	case p.name == "":
		return p.t.name
	case p.action != "":
		for _, a := range actions() {
			if a.typeName == p.t.name && strings.EqualFold(a.name, p.action) {
				return p.t.name + "/{name}/" + a.name
			}
		}
		return ""
	}
	return p.t.name + "/{name}"
}

// served is one row of the list.
type served struct {
	methods, name, versions, path string
}

func allServed(s *Server) []served {
	var out []served
	for _, o := range operations() {
		out = append(out, served{o.methods, o.path, map[bool]string{true: "any"}[o.guard == needsARM], o.path})
	}
	types := s.types()
	for _, k := range sorted(types) {
		t := types[k]
		path := "{workspace}/providers/" + t.name
		switch {
		case strings.HasPrefix(k, "microsoft.operationalinsights/"), strings.HasPrefix(k, "microsoft.insights/"), strings.HasPrefix(k, "microsoft.resources/"):
			path = "{group}/providers/" + t.name
		case strings.HasPrefix(k, "microsoft.aadiam/"):
			path = "/providers/" + t.name
		}
		if head, tail, ok := strings.Cut(path, "/"+t.name); ok {
			parts := strings.Split(t.name, "/")
			path = head + "/" + parts[0] + "/" + strings.Join(parts[1:], "/{name}/") + tail
		}
		versions := strings.Join(t.versions, ", ")
		methods := "GET HEAD PUT DELETE"
		if t.patch {
			methods = "GET HEAD PUT PATCH DELETE"
		}
		if t.readOnly {
			methods = "GET HEAD"
		}
		out = append(out, served{"GET", t.name, versions, path}, served{methods, t.name + "/{name}", versions, path + "/{name}"})
		for _, a := range actions() {
			if a.typeName == t.name {
				out = append(out, served{a.methods, t.name + "/{name}/" + a.name, versions, path + "/{name}/" + a.name})
			}
		}
	}
	return out
}

type origin struct{ from, date, differs string }

func readSources(t *testing.T) map[string]origin {
	b, err := os.ReadFile("testdata/parity/source.tsv")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]origin{}
	in := bufio.NewScanner(strings.NewReader(string(b)))
	for n := 1; in.Scan(); n++ {
		if in.Text() == "" || in.Text()[0] == '#' {
			continue
		}
		f := strings.Split(in.Text(), "\t")
		if len(f) != 4 || f[1] == "" || len(f[2]) != 10 {
			t.Fatalf("source.tsv:%d: want four columns: operation, source, date, differences", n)
		}
		out[f[0]] = origin{f[1], f[2], f[3]}
	}
	return out
}

// TestParityPage holds the list to the tables and files that it is made of.
func TestParityPage(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	sources := readSources(t)
	by := map[string][]string{}
	for _, c := range []string{"go", "go-arm", "node", "python", "az"} {
		b, err := os.ReadFile(filepath.Join("testdata", "parity", c+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		methods := map[string][]string{}
		for line := range strings.Lines(string(b)) {
			method, name, _ := strings.Cut(strings.TrimSpace(line), " ")
			methods[name] = append(methods[name], method)
		}
		for name, m := range methods {
			sort.Strings(m)
			by[name] = append(by[name], strings.TrimSuffix(c, "-arm")+" "+strings.Join(m, " "))
		}
	}
	var b strings.Builder
	b.WriteString(parityHead)
	used := map[string]bool{}
	evidence, total := 0, 0
	for _, o := range allServed(s) {
		key := o.name
		for _, alias := range []string{strings.TrimPrefix(key, "/v1"), strings.TrimPrefix(key, "/{base...}"), strings.TrimSuffix(key, "/{name}")} {
			if _, ok := sources[key]; !ok {
				key = alias
			}
		}
		src, ok := sources[key]
		if !ok {
			t.Errorf("testdata/parity/source.tsv says nothing of %s", o.name)
		}
		used[key] = true
		total++
		if len(by[o.name]) > 0 {
			evidence++
		}
		differs := src.differs
		if key != o.name && strings.HasSuffix(o.name, "/{name}") {
			differs = ""
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s | %s |\n", o.methods, o.path, orElse(o.versions, "-"), src.from, src.date, orElse(strings.Join(by[o.name], "; "), "-"), differs)
	}
	for _, k := range sorted(sources) {
		if !used[k] {
			t.Errorf("testdata/parity/source.tsv tells of %s, which is not served", k)
		}
	}
	fmt.Fprintf(&b, "\n%d operations; %d of them are asked for by a client that Microsoft wrote, in the tests.\n", total, evidence)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(parityPage, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(parityPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != b.String() {
		t.Errorf("docs/parity.md is not what the tables say; UPDATE=1 go test ./emulator/server writes it anew")
	}
}

const parityHead = `# What the stand-in serves

Every operation of ` + "`blindspot serve`" + `, in the order in which a path is looked up. The list is made by a test out of the route table
and the resource types, so nothing is served that is not here, and each method in it is tried.

- **From**: where the expectation comes from. "Specification" is Azure/azure-rest-api-specs, "documentation" Microsoft Learn, "client" what
  an SDK's own code sends and needs. **Read** is when. Nothing was compared with a live workspace.
- **Run by**: clients that Microsoft wrote and that ask for it in the tests, with the methods for which they got a 2xx: Go (azquery 1.2.0,
  azidentity 1.15.0, azcore 1.24.0), Node (@azure/monitor-query 1.3.3, monitor-query-logs 1.0.0, arm-securityinsight 1.0.0-beta.6,
  arm-operationalinsights 9.0.0, identity 4.13.0, monitor-ingestion 1.2.0, azure-kusto-data 7.0.4), Python (azure-identity 1.13.0b2,
  azure-monitor-query 1.1.0, azure-monitor-ingestion 1.0.0b2, azure-mgmt-securityinsight 2.0.0b2, azure-mgmt-loganalytics 13.0.0b6,
  azure-mgmt-applicationinsights 3.1.0, azure-mgmt-monitor 5.0.1, azure-mgmt-resource 22.0.0, azure-kusto-data 4.1.1), az (Azure CLI 2.45.0).
- **api-versions**: those that are known. One that is newer, or lies between them, is answered as the nearest before it in its line (stable or
  preview), and the headers ` + "`x-blindspot-api-version` and `Warning`" + ` say so: a new SDK is not locked out. One that is older than the oldest is
  refused with ` + "`NoRegisteredProviderFound`" + ` and the service's text, one that is no day of the calendar with ` + "`InvalidApiVersionParameter`" + `,
  none with ` + "`MissingApiVersionParameter`" + `. "any" means that every day of the calendar is answered alike, "-" that there are none.
- ` + "`{workspace}`" + ` is the workspace's resource id, ` + "`{group}`" + ` that of its resource group, ` + "`{x...}`" + ` one or more segments. Letter case does not matter.

What differs for all of them stands in [stand-in.md](stand-in.md).

| methods | path | api-versions | from | read | run by | known differences |
|---|---|---|---|---|---|---|
`

// TestServedAsListed asks for each operation by each method: those in the list are answered, all others are refused as unknown
// or not allowed.
func TestServedAsListed(t *testing.T) {
	s, err := New(Options{Engine: testEngine(t), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, o := range allServed(s) {
		path := strings.NewReplacer("{workspace}/providers", s.WorkspaceResource()+"/providers", "{group}", "/subscriptions/"+s.opts.Subscription+"/resourceGroups/"+s.opts.ResourceGroup,
			"workspaces/{name}", "workspaces/"+s.opts.Workspace, "{resource...}", strings.TrimPrefix(s.WorkspaceResource(), "/subscriptions/"), "{subscription}", s.opts.Subscription,
			"resourcegroups/{group}", "resourcegroups/"+s.opts.ResourceGroup, "{workspace}", s.opts.WorkspaceID).Replace(o.path)
		for _, x := range []string{"{authority...}", "{base...}", "{namespace}", "{deployment}", "{operation}", "{rule}", "{stream}", "{database}", "{table}", "{name}"} {
			path = strings.ReplaceAll(path, x, "x")
		}
		version := "2025-09-01"
		if v, _, _ := strings.Cut(o.versions, ","); v != "" && v != "any" {
			version = v
		}
		if got := s.operationOf(path); got != o.name {
			t.Errorf("%s is looked up as %s, want %s", path, got, o.name)
			continue
		}
		if seen[o.name] {
			t.Errorf("%s is there twice", o.name)
		}
		seen[o.name] = true
		for _, method := range []string{"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"} {
			r := send(s, method, path+"?api-version="+version, "{}")
			unknown := r.Code == http.StatusMethodNotAllowed || r.Code == http.StatusNotFound && (strings.Contains(r.Body.String(), "InvalidResourceType") || strings.Contains(r.Body.String(), "PathNotFoundError"))
			if listed := slices.Contains(strings.Fields(o.methods), method); listed == unknown && !(method == "HEAD" && !listed) {
				t.Errorf("%s %s: %d %s; it is listed with %s", method, path, r.Code, r.Body, o.methods)
			}
			if r.Code >= 500 && r.Code != http.StatusServiceUnavailable {
				t.Errorf("%s %s: %d %s", method, path, r.Code, r.Body)
			}
		}
	}
}
