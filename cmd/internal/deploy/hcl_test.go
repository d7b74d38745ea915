package deploy

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// TestTerraformReadsBack parses the export with Terraform's own language library and evaluates every body: the values are
// those that an apply would send.
func TestTerraformReadsBack(t *testing.T) {
	x := &standIn{t: t, target: anyTarget()}
	list := withItemResources(exportable(x.desired(exported()).Resources))
	files, _, err := Export("terraform", list, x.target)
	if err != nil {
		t.Fatal(err)
	}
	f, diags := hclparse.NewParser().ParseHCL(files[0].Data, "main.tf")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	eval := &hcl.EvalContext{Variables: map[string]cty.Value{
		"var": cty.ObjectVal(map[string]cty.Value{"workspace_id": cty.StringVal(x.target.ResourceID()), "location": cty.StringVal("l")})}}
	n := 0
	for _, b := range f.Body.(*hclsyntax.Body).Blocks {
		if b.Type != "resource" {
			continue
		}
		r := list[n]
		n++
		v, diags := b.Body.Attributes["body"].Expr.Value(eval)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		raw, err := ctyjson.Marshal(v, v.Type())
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		body := sendable(r)
		sent := map[string]any{"properties": body["properties"]}
		if body["kind"] != nil {
			sent["kind"] = body["kind"]
		}
		if err := json.Unmarshal(compact(sent), &want); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", r.Name(), d)
		}
		typ, _ := b.Body.Attributes["type"].Expr.Value(nil)
		if !strings.HasPrefix(typ.AsString(), r.Kind.info().armType+"@") {
			t.Errorf("%s: type %s", r.Name(), typ.AsString())
		}
	}
	if n != len(list) {
		t.Errorf("%d of %d resources", n, len(list))
	}
}
