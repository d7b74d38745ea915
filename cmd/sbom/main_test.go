package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// The document of a built program names its modules, each once, and is the same twice.
func TestSBOM(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "sbom-under-test")
	if out, err := exec.Command("go", "build", "-o", bin, "../../bench/cold").CombinedOutput(); err != nil {
		t.Skipf("no program to look at: %v: %s", err, out)
	}
	var one, two bytes.Buffer
	if err := write(&one, []string{bin}); err != nil {
		t.Fatal(err)
	}
	if err := write(&two, []string{bin}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("not the same twice")
	}
	var b bom
	if err := json.Unmarshal(one.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || b.Metadata.Component.Name != "github.com/seed-caab1ad3/blindspot" || !slices.ContainsFunc(b.Components, func(c component) bool { return c.Name == "std" }) {
		t.Errorf("%+v", b)
	}
	if len(b.Dependencies) != 1 || len(b.Dependencies[0].DependsOn) != len(b.Components) {
		t.Errorf("%+v", b.Dependencies)
	}
	if err := write(&one, []string{"main.go"}); err == nil {
		t.Error("a text was taken for a program")
	}
}
