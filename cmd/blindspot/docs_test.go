package main

import (
	"os"
	"testing"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/docs"
	"github.com/seed-caab1ad3/blindspot/content"
)

// TestDocsAreUpToDate holds that the committed pages are those of the content.
func TestDocsAreUpToDate(t *testing.T) {
	b, problems := content.Load(os.DirFS("../../content"), content.Options{Prefix: "content"})
	for _, p := range problems {
		if p.Severity == content.Error {
			t.Error(p)
		}
	}
	measured, err := readMutants("../../docs")
	if err != nil {
		t.Fatal(err)
	}
	files, err := docs.Generate(b, newCompiler(), measured, true)
	if err != nil {
		t.Fatal(err)
	}
	changed, gone, err := staleDocs("../../docs", files)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range changed {
		t.Errorf("docs/%s is out of date; run blindspot docs", f.Name)
	}
	for _, name := range gone {
		t.Errorf("docs/%s belongs to nothing; run blindspot docs", name)
	}
}
