package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
)

// SARIFOptions fill the head of a SARIF log.
type SARIFOptions struct {
	Version  string // of the program, "" for none
	Category string // under which code scanning keeps the alerts; "" means blindspot-validate
}

// maxSARIFResults is what GitHub's code scanning takes in one run; the gravest are kept.
const maxSARIFResults = 25_000

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifRule struct {
	ID                   string         `json:"id"`
	Name                 string         `json:"name"`
	ShortDescription     sarifText      `json:"shortDescription"`
	FullDescription      sarifText      `json:"fullDescription"`
	Help                 sarifText      `json:"help"`
	DefaultConfiguration map[string]any `json:"defaultConfiguration"`
	Properties           map[string]any `json:"properties"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

type sarifLocation struct {
	PhysicalLocation struct {
		ArtifactLocation struct {
			URI       string `json:"uri"`
			URIBaseID string `json:"uriBaseId"`
		} `json:"artifactLocation"`
		Region sarifRegion `json:"region"`
	} `json:"physicalLocation"`
}

type sarifReplacement struct {
	DeletedRegion struct {
		ByteOffset int `json:"byteOffset"`
		ByteLength int `json:"byteLength"`
	} `json:"deletedRegion"`
	InsertedContent sarifText `json:"insertedContent"`
}

type sarifChange struct {
	ArtifactLocation struct {
		URI       string `json:"uri"`
		URIBaseID string `json:"uriBaseId"`
	} `json:"artifactLocation"`
	Replacements []sarifReplacement `json:"replacements"`
}

type sarifFix struct {
	Description     sarifText     `json:"description"`
	ArtifactChanges []sarifChange `json:"artifactChanges"`
}

type sarifResult struct {
	RuleID              string             `json:"ruleId"`
	RuleIndex           int                `json:"ruleIndex"`
	Level               string             `json:"level"`
	Message             sarifText          `json:"message"`
	Locations           []sarifLocation    `json:"locations"`
	PartialFingerprints map[string]string  `json:"partialFingerprints"`
	Fixes               []sarifFix         `json:"fixes,omitempty"`
	Suppressions        []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification,omitempty"`
}

func sarifLevel(s Severity) string {
	if s == Info {
		return "note"
	}
	return s.String()
}

// WriteSARIF writes a SARIF 2.1.0 log with everything that GitHub's code scanning requires. Results come the gravest first,
// because it keeps only the first ones. Fingerprints hold while lines move.
func (r *Report) WriteSARIF(w io.Writer, opts SARIFOptions) error {
	ids := map[string]int{}
	rules := []sarifRule{}
	note := func(d Rule) {
		if _, ok := ids[d.ID]; ok {
			return
		}
		help := sarifText{Text: d.Why, Markdown: "**" + d.Summary + "**\n\n" + d.Why}
		if r.Explain != nil {
			if long, ok := r.Explain(d.ID); ok {
				help.Markdown = long
			}
		}
		ids[d.ID] = len(rules)
		rules = append(rules, sarifRule{
			ID: d.ID, Name: pascal(d.ID),
			ShortDescription:     sarifText{Text: clip(d.Summary, 1024)},
			FullDescription:      sarifText{Text: clip(d.Summary+". "+d.Why, 1024)},
			Help:                 help,
			DefaultConfiguration: map[string]any{"level": sarifLevel(d.Level)},
			Properties:           map[string]any{"tags": []string{"sentinel", "kql"}},
		})
	}
	for _, d := range r.Rules {
		note(d)
	}
	findings := r.bySeverity()
	dropped := max(0, len(findings)-maxSARIFResults)
	findings = findings[:len(findings)-dropped]
	results := make([]sarifResult, 0, len(findings))
	seen := map[string]int{}
	suppressed := len(findings)
	for i := range r.Ignored {
		findings = append(findings, r.Ignored[i].Finding)
	}
	for i := range findings {
		f := &findings[i]
		note(r.rule(f.Name()))
		text := f.Message
		if f.Help != "" {
			text += "; " + f.Help
		}
		var loc sarifLocation
		loc.PhysicalLocation.ArtifactLocation.URI, loc.PhysicalLocation.ArtifactLocation.URIBaseID = fileURI(f.File), "%SRCROOT%"
		loc.PhysicalLocation.Region = region(f)
		res := sarifResult{
			RuleID: f.Name(), RuleIndex: ids[f.Name()], Level: sarifLevel(f.Severity), Message: sarifText{Text: text}, Locations: []sarifLocation{loc},
			PartialFingerprints: map[string]string{"primaryLocationLineHash": r.fingerprint(f, seen)},
		}
		if f.Fix != nil {
			fix := sarifFix{Description: sarifText{Text: f.Fix.Title}}
			var c sarifChange
			c.ArtifactLocation = loc.PhysicalLocation.ArtifactLocation
			c.Replacements = []sarifReplacement{}
			for _, e := range f.Fix.Edits {
				var rep sarifReplacement
				rep.DeletedRegion.ByteOffset, rep.DeletedRegion.ByteLength = e.Start, e.End-e.Start
				rep.InsertedContent.Text = e.Text
				c.Replacements = append(c.Replacements, rep)
			}
			fix.ArtifactChanges = []sarifChange{c}
			res.Fixes = []sarifFix{fix}
		}
		if i >= suppressed {
			res.Suppressions = []sarifSuppression{{Kind: "inSource", Justification: r.Ignored[i-suppressed].Reason}}
		}
		results = append(results, res)
	}
	driver := map[string]any{"name": "blindspot", "rules": rules}
	if opts.Version != "" {
		driver["semanticVersion"] = opts.Version
	}
	run := map[string]any{
		"tool":              map[string]any{"driver": driver},
		"automationDetails": map[string]any{"id": cmp.Or(opts.Category, "blindspot-validate") + "/"},
		"columnKind":        "unicodeCodePoints",
		"results":           results,
	}
	if dropped > 0 {
		run["invocations"] = []any{map[string]any{"executionSuccessful": true, "toolExecutionNotifications": []any{map[string]any{
			"level": "warning", "message": sarifText{Text: fmt.Sprintf("%d findings of the least severity were left out; a run holds at most %d", dropped, maxSARIFResults)}}}}}
	}
	return writeJSON(w, map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs":    []any{run},
	})
}

// region gives every finding a start and an end, as code scanning asks.
func region(f *Finding) sarifRegion {
	g := sarifRegion{max(f.Line, 1), max(f.Column, 1), f.EndLine, f.EndColumn}
	if g.EndLine < g.StartLine || g.EndLine == g.StartLine && g.EndColumn <= g.StartColumn {
		g.EndLine, g.EndColumn = g.StartLine, g.StartColumn+1
	}
	return g
}

// fingerprint is a hash of the check, the file, the text of the line and the message, with a count that tells equal ones
// apart. The line's number is no part of it.
func (r *Report) fingerprint(f *Finding, seen map[string]int) string {
	line := ""
	if r.Line != nil && f.Line > 0 {
		line, _ = r.Line(f.File, f.Line)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Check, f.Code, f.File, strings.TrimSpace(line), f.Message}, "\x00")))
	h := hex.EncodeToString(sum[:8])
	seen[h]++
	return fmt.Sprintf("%s:%d", h, seen[h])
}

func fileURI(file string) string {
	parts := strings.Split(file, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.Join(parts, "/")
}

func pascal(id string) string {
	words := strings.Split(id, "-")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(slices.Concat(r[:n-3], []rune("...")))
}
