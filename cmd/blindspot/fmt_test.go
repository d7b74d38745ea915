package main

import (
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// TestFormatPack lays out every query of the shipped pack: the pack is laid out so, the tree stays, again changes
// nothing, and the file reads as before.
func TestFormatPack(t *testing.T) {
	b, problems := content.Load(content.Embedded(), content.Options{Prefix: "shipped"})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	n := 0
	each := func(doc *content.Document, text content.Text) {
		n++
		out, diagnostics := kql.Format(text.String())
		if source.HasErrors(diagnostics) {
			t.Errorf("%s: %v", doc.File(), diagnostics)
			return
		}
		if twice, _ := kql.Format(out); twice != out {
			t.Errorf("%s: formatting twice changes\n%s\nto\n%s", doc.File(), out, twice)
		}
		if !syntax.SameTree(syntax.Parse(text.String()), syntax.Parse(out)) {
			t.Errorf("%s: another tree:\n%s", doc.File(), out)
		}
		if strings.TrimRight(out, "\n") != strings.TrimRight(text.String(), "\n") {
			t.Errorf("%s is not laid out as fmt would: run blindspot fmt content", doc.File())
		}
		if _, _, err := formatDocument(doc, text); err != nil {
			t.Errorf("%s: %v", doc.File(), err)
		}
	}
	for _, r := range b.Rules {
		each(r.Doc, r.Query)
	}
	for _, h := range b.Hunting {
		each(h.Doc, h.Query)
	}
	for _, f := range b.Functions {
		each(f.Doc, f.Query)
	}
	for _, w := range b.Workbooks {
		for _, it := range w.Items {
			if it.Query == "" {
				continue
			}
			n++
			if out, _ := kql.Format(it.Query); out != it.Query {
				if twice, _ := kql.Format(out); twice != out {
					t.Errorf("%s %s: formatting twice changes\n%s", w.File(), it.Path, out)
				}
			}
		}
	}
	if n < 50 {
		t.Errorf("only %d queries", n)
	}
}
