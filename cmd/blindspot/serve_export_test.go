package main

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is exported of the whole pack is put before programs that nobody here wrote: a grammar of Bicep, and the clients of
// three languages that deploy ARM templates.

const (
	packFolder  = "../../content"
	nodeFolder  = "../../emulator/server/testdata/node"
	pythonFiles = "../../emulator/server/testdata/python"
)

func nodeModule(t *testing.T, module string) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		without(t, "node", "node is not installed")
	}
	if _, err := os.Stat(filepath.Join(nodeFolder, "node_modules", module)); err != nil {
		without(t, "node", "npm ci has not installed "+module+" in "+nodeFolder)
	}
}

func exported(t *testing.T, binary string, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"export"}, args...)...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("export %v: %v\n%s", args, err, said.String())
	}
	return string(out)
}

// TestExportedBicepParses reads the Bicep of the whole pack with the grammar tree-sitter-bicep, and shows that the reader
// would notice: the same text without one bracket, or with a word too many, has mistakes.
func TestExportedBicepParses(t *testing.T) {
	t.Parallel()
	nodeModule(t, "tree-sitter-bicep")
	dir := t.TempDir()
	exported(t, servedProgram(t), "--to", "bicep", "--out", dir, packFolder)
	good := filepath.Join(dir, "main.bicep")
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	files := []string{good}
	for name, change := range map[string]func(string) string{
		"bracket.bicep": func(s string) string { return strings.Replace(s, "}", "", 1) },
		"word.bicep":    func(s string) string { return strings.Replace(s, "resource ", "resource resource resource ", 1) },
		"quote.bicep":   func(s string) string { i := strings.LastIndexByte(s, '\''); return s[:i] + s[i+1:] },
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(change(string(text))), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	cmd := exec.Command("node", append([]string{"bicep.mjs"}, files...)...)
	cmd.Dir = nodeFolder
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		var r struct {
			File  string
			Nodes int
			Wrong []string
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		seen++
		if r.File == good {
			if len(r.Wrong) > 0 || r.Nodes < 10_000 {
				t.Errorf("of %d nodes these are mistakes: %v", r.Nodes, r.Wrong)
			}
			continue
		}
		if len(r.Wrong) == 0 {
			t.Errorf("nothing wrong is found in %s", filepath.Base(r.File))
		}
	}
	if seen != len(files) {
		t.Errorf("%d files were read, want %d", seen, len(files))
	}
}

// image is the content that stands in a workspace, without what is different in every workspace.
func (p *servedProcess) image(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	group, _, _ := strings.Cut(p.ready.WorkspaceScope, "/providers/")
	si := p.ready.WorkspaceScope + "/providers/Microsoft.SecurityInsights/"
	var list func(path string)
	list = func(path string) {
		for path != "" {
			status, text := p.call("GET", path, "")
			var page struct {
				Value    []map[string]any `json:"value"`
				NextLink string           `json:"nextLink"`
			}
			if err := json.Unmarshal([]byte(text), &page); err != nil || status != 200 {
				t.Fatalf("%s: %d %v %s", path, status, err, text)
			}
			for _, r := range page.Value {
				props, _ := r["properties"].(map[string]any)
				for _, k := range []string{"lastModifiedUtc", "created", "updated", "timeModified", "revision", "etag"} {
					delete(props, k)
					delete(r, k)
				}
				b, err := json.MarshalIndent(r, "", " ")
				if err != nil {
					t.Fatal(err)
				}
				id := r["id"].(string)
				out[strings.ToLower(id)] = strings.ReplaceAll(string(b), "/resourcegroups/", "/resourceGroups/")
				if r["type"] == "Microsoft.SecurityInsights/watchlists" {
					list(id + "/watchlistItems?api-version=2025-09-01")
				}
			}
			next, err := url.Parse(page.NextLink)
			if err != nil {
				t.Fatal(err)
			}
			path = next.RequestURI()
			if page.NextLink == "" {
				path = ""
			}
		}
	}
	for _, path := range []string{si + "alertRules?api-version=2025-07-01-preview", si + "automationRules?api-version=2025-09-01", si + "watchlists?api-version=2025-09-01",
		p.ready.WorkspaceScope + "/savedSearches?api-version=2020-08-01", group + "/providers/Microsoft.Insights/workbooks?api-version=2023-06-01&category=sentinel&canFetchContent=true"} {
		list(path)
	}
	return out
}

// TestExportedTemplateDeploys deploys the ARM template of the whole pack with the Azure CLI, Python's and Node's clients, each
// into a workspace of its own: the same resources stand there as after an apply.
func TestExportedTemplateDeploys(t *testing.T) {
	t.Parallel()
	binary := servedProgram(t)
	template := filepath.Join(t.TempDir(), "template.json")
	if err := os.WriteFile(template, []byte(exported(t, binary, "--to", "arm", packFolder)), 0o644); err != nil {
		t.Fatal(err)
	}
	applied := startServe(t, binary, nil, "--quiet", "--now", "2026-01-05T12:00:00Z")
	cmd := exec.Command(binary, "apply", "--yes", "--workspace", applied.ready.HTTP, packFolder)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+t.TempDir(), "HOME="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("apply: %v\n%s", err, out)
	}
	want := applied.image(t)
	if len(want) < 75 {
		t.Fatalf("only %d resources were applied", len(want))
	}
	python, err := filepath.Abs(pythonFiles)
	if err != nil {
		t.Fatal(err)
	}
	node, err := filepath.Abs(nodeFolder)
	if err != nil {
		t.Fatal(err)
	}
	for client, script := range map[string]string{
		// az 2.45.0 has two of its threads import the same module, which fails now and then; a deployment may be repeated.
		"az": "{az}" + `deploy() { az deployment group create -g "$GROUP" -n from-az -f "$TEMPLATE" -p workspace="$WORKSPACE" --query '[properties.provisioningState, length(properties.outputResources)]' -o tsv; }` +
			"\n{ deploy || deploy || deploy; } | paste -sd ' '\n",
		"python": "/usr/bin/python3 " + shellQuote(python+"/deploy.py") + ` "$TEMPLATE"` + "\n",
		"node":   "cd " + shellQuote(node) + ` && node deploy.mjs "$TEMPLATE"` + "\n",
	} {
		t.Run(client, func(t *testing.T) {
			switch client {
			case "az":
				if _, err := exec.LookPath("az"); err != nil {
					without(t, "az", "az is not installed")
				}
			case "python":
				if out, err := exec.Command("/usr/bin/python3", "-c", "import azure.mgmt.resource, azure.identity").CombinedOutput(); err != nil {
					without(t, "python", "python3-azure is not installed: "+strings.TrimSpace(string(out)))
				}
			case "node":
				nodeModule(t, "@azure/arm-resources")
			}
			p, exports, az := printedLines(t, binary, "--quiet", "--now", "2026-01-05T12:00:00Z")
			out := pasted(t, exports+strings.Replace(script, "{az}", az, 1), "API="+p.ready.HTTPS, "GROUP="+p.ready.ResourceGroup, "WORKSPACE="+p.ready.Workspace, "TEMPLATE="+template)
			if !strings.Contains(out, "Succeeded ") {
				t.Errorf("%s", out)
			}
			if diff := cmp.Diff(want, p.image(t)); diff != "" {
				t.Errorf("the deployment gives other resources than apply:\n%s", diff)
			}
		})
	}
}
