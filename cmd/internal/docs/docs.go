// Package docs writes pages about content: a page a rule, an index, the matrix of rules and streams, a layer for MITRE's ATT&CK
// Navigator, a page a check of validate, and the emulator's assumptions. A bundle and a compiler come in, files come out; writing
// them is the caller's. The same content gives the same bytes.
package docs

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate"
)

// File is one page. Name is relative to the folder of the pages, with slashes.
type File struct {
	Name string
	Text string
}

// Folders are those whose every file is generated.
func Folders() []string { return []string{"rules", "checks"} }

const mark = "<!-- Made by blindspot docs from the content; change that, not this page. -->\n\n"

// Generate returns the pages of a bundle, sorted by name. Reference adds those that are about Blindspot itself: the checks and the
// assumptions. measured is what is known of the rules' mutants; it may be nil.
func Generate(b *content.Bundle, compiler validate.Compiler, measured Mutants, reference bool) ([]File, error) {
	g := &generator{bundle: b, measured: measured}
	for _, r := range b.Rules {
		g.rules = append(g.rules, newRulePage(b, compiler, r))
	}
	slices.SortFunc(g.rules, func(a, b *rulePage) int { return strings.Compare(a.name, b.name) })
	for _, r := range g.rules {
		g.add(r.name, g.rule(r))
	}
	if len(g.rules) > 0 {
		g.add("rules/README.md", g.index())
		g.add("coverage.md", g.matrix())
		layer, err := g.layer()
		if err != nil {
			return nil, err
		}
		g.files = append(g.files, File{"attack-layer.json", layer})
	}
	if reference {
		g.checks()
		g.add("assumptions.md", assumptions())
	}
	slices.SortFunc(g.files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return g.files, nil
}

type generator struct {
	bundle   *content.Bundle
	measured Mutants
	rules    []*rulePage
	files    []File
}

// Digest names a query's text in a measurement.
func Digest(query string) string {
	h := sha256.Sum256([]byte(query))
	return hex.EncodeToString(h[:8])
}

func (g *generator) add(name, text string) { g.files = append(g.files, File{name, text}) }

// inside is a file's name from its content folder's kind on: rules/group/name.yaml.
func inside(file string) string {
	for _, kind := range [...]string{"rules/", "hunting/", "functions/", "watchlists/", "workbooks/"} {
		if strings.HasPrefix(file, kind) {
			return file
		}
		if i := strings.LastIndex(file, "/"+kind); i >= 0 {
			return file[i+1:]
		}
	}
	return "rules/" + path.Base(file)
}

// cell writes a text into a cell of a Markdown table.
func cell(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(s), "|", "\\|"), "\n", " ")
}

// code writes a text as code.
func code(s string) string {
	if s == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + s + " " + fence
	}
	return fence + s + fence
}

func codes(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = code(s)
	}
	return strings.Join(out, ", ")
}

// block writes a text between fences.
func block(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + language + "\n" + strings.TrimRight(text, "\n") + "\n" + fence + "\n"
}

// Generated reports whether a page bears the mark of this package.
func Generated(text string) bool { return strings.HasPrefix(text, mark) }
