package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// azapiArguments are those of azapi_resource that an export may use.
//
// Source: terraform-provider-azapi, docs/resources/resource.md, read 2026-11-25.
var azapiArguments = []string{"type", "name", "parent_id", "location", "tags", "body", "identity", "depends_on", "lifecycle", "timeouts", "retry",
	"schema_validation_enabled", "ignore_casing", "ignore_missing_property", "ignore_null_property", "response_export_values", "locks"}

// TestExportedTerraformApplies does with the Terraform of the whole pack what the provider azapi does: it evaluates each
// azapi_resource with Terraform's own language library and puts its body at parent_id, in the order of depends_on. The same
// resources stand there as after an apply.
func TestExportedTerraformApplies(t *testing.T) {
	t.Parallel()
	binary := servedProgram(t)
	dir := t.TempDir()
	exported(t, binary, "--to", "terraform", "--out", dir, packFolder)
	text, err := os.ReadFile(filepath.Join(dir, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	f, diags := hclparse.NewParser().ParseHCL(text, "main.tf")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	p := startServe(t, binary, nil, "--quiet", "--now", "2026-01-05T12:00:00Z")
	eval := &hcl.EvalContext{
		Functions: map[string]function.Function{"join": stdlib.JoinFunc, "slice": stdlib.SliceFunc, "split": stdlib.SplitFunc, "jsonencode": stdlib.JSONEncodeFunc, "format": stdlib.FormatFunc},
		Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{"workspace_id": cty.StringVal(p.ready.WorkspaceScope), "location": cty.StringVal("westeurope")})},
	}
	value := func(e hclsyntax.Expression) cty.Value {
		v, diags := e.Value(eval)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		return v
	}
	blocks := f.Body.(*hclsyntax.Body).Blocks
	locals := map[string]cty.Value{}
	for _, b := range blocks {
		if b.Type == "locals" {
			for name, a := range b.Body.Attributes {
				locals[name] = value(a.Expr)
			}
		}
	}
	eval.Variables["local"] = cty.ObjectVal(locals)
	done := map[string]bool{}
	put := func(b *hclsyntax.Block) {
		a := b.Body.Attributes
		for name := range a {
			if !slices.Contains(azapiArguments, name) {
				t.Errorf("%s: azapi_resource has no argument %q", b.Labels[1], name)
			}
		}
		for _, inner := range b.Body.Blocks {
			if !slices.Contains(azapiArguments, inner.Type) {
				t.Errorf("%s: azapi_resource has no block %q", b.Labels[1], inner.Type)
			}
		}
		typeName, version, ok := strings.Cut(value(a["type"].Expr).AsString(), "@")
		if !ok {
			t.Fatalf("%s: the type has no api-version", b.Labels[1])
		}
		fields := value(a["body"].Expr).AsValueMap()
		for _, name := range []string{"location", "tags"} {
			if x := a[name]; x != nil {
				fields[name] = value(x.Expr)
			}
		}
		whole := cty.ObjectVal(fields)
		body, err := ctyjson.Marshal(whole, whole.Type())
		if err != nil {
			t.Fatal(err)
		}
		parent, path := value(a["parent_id"].Expr).AsString(), ""
		if under, ok := strings.CutPrefix(typeName, "Microsoft.OperationalInsights/workspaces/"); ok {
			path = parent + "/" + under
		} else {
			path = parent + "/providers/" + typeName
		}
		path += "/" + value(a["name"].Expr).AsString() + "?api-version=" + version
		if status, answer := p.call("PUT", path, string(body)); status != 200 && status != 201 {
			t.Errorf("%s: %d %s", b.Labels[1], status, answer)
		}
	}
	for left := len(blocks); left > 0; {
		moved := false
		left = 0
		for _, b := range blocks {
			if b.Type != "resource" || done[b.Labels[1]] {
				continue
			}
			ready := true
			if d := b.Body.Attributes["depends_on"]; d != nil {
				for _, v := range d.Expr.Variables() {
					ready = ready && done[v[1].(hcl.TraverseAttr).Name]
				}
			}
			if !ready {
				left++
				continue
			}
			put(b)
			done[b.Labels[1]], moved = true, true
		}
		if left > 0 && !moved {
			t.Fatal("what is left depends on what is not there")
		}
	}
	if len(done) < 75 {
		t.Errorf("only %d resources are in the export", len(done))
	}
	applied := startServe(t, binary, nil, "--quiet", "--now", "2026-01-05T12:00:00Z")
	cmd := exec.Command(binary, "apply", "--yes", "--workspace", applied.ready.HTTP, packFolder)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+t.TempDir(), "HOME="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("apply: %v\n%s", err, out)
	}
	if diff := cmp.Diff(applied.image(t), p.image(t)); diff != "" {
		t.Errorf("Terraform gives other resources than apply:\n%s", diff)
	}
}
