package validate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// IgnoreCheck is the id under which comments that ignore nothing, or give no reason, are reported.
const IgnoreCheck = "ignore"

const ignoreMark = "blindspot: ignore"

// ignoring is one comment "blindspot: ignore ID, ID reason": findings of these ids on its line, or on the next one when it
// stands alone, are not reported.
type ignoring struct {
	file         string
	line, column int // of the mark
	at           int // the line that it is about
	ids          []string
	reason       string
	used         map[string]bool
}

// ignoresOf reads the comments of a document. JSON has none.
func ignoresOf(d *content.Document) []*ignoring {
	if !bytes.Contains(d.Source.Bytes, []byte(ignoreMark)) || strings.HasSuffix(d.File(), ".json") || strings.HasSuffix(d.File(), ".workbook") {
		return nil
	}
	var out []*ignoring
	for n := 1; n <= d.Source.Lines(); n++ {
		line := d.Source.Line(n)
		i := strings.Index(line, ignoreMark)
		if i < 0 {
			continue
		}
		before := strings.TrimRight(line[:i], " \t")
		switch {
		case strings.HasSuffix(before, "//"):
			before = before[:len(before)-2]
		case strings.HasSuffix(before, "#"):
			before = before[:len(before)-1]
		default:
			continue
		}
		g := &ignoring{file: d.File(), line: n, column: len([]rune(line[:i])) + 1, at: n, used: map[string]bool{}}
		if strings.TrimSpace(before) == "" {
			g.at++
		}
		rest := strings.TrimSpace(line[i+len(ignoreMark):])
		for rest != "" {
			word, more, _ := strings.Cut(rest, " ")
			id, another := strings.CutSuffix(word, ",")
			g.ids = append(g.ids, id)
			rest = strings.TrimSpace(more)
			if !another && !strings.HasPrefix(rest, ",") {
				break
			}
			rest = strings.TrimSpace(strings.TrimPrefix(rest, ","))
		}
		g.reason = rest
		out = append(out, g)
	}
	return out
}

// ignore takes the findings that comments ignore out of the report, and reports comments that are of no use. Only ids whose
// checks ran are judged.
func ignore(r *report.Report, documents []*content.Document, l *levels) {
	own := l.of(IgnoreCheck, report.Warning)
	var all []*ignoring
	byPlace := map[string][]*ignoring{}
	for _, d := range documents {
		for _, g := range ignoresOf(d) {
			all = append(all, g)
			key := fmt.Sprintf("%s:%d", g.file, g.at)
			byPlace[key] = append(byPlace[key], g)
		}
	}
	if len(all) == 0 {
		return
	}
	r.Findings = slices.DeleteFunc(r.Findings, func(f report.Finding) bool {
		for _, g := range byPlace[fmt.Sprintf("%s:%d", f.File, f.Line)] {
			for _, id := range g.ids {
				if id == f.Check || id == f.Code && f.Code != "" {
					g.used[id] = true
					r.Ignored = append(r.Ignored, report.Ignored{Finding: f, Reason: g.reason})
					return true
				}
			}
		}
		return false
	})
	if own == report.Off {
		return
	}
	for _, g := range all {
		say := func(help, format string, args ...any) {
			r.Findings = append(r.Findings, report.Finding{Check: IgnoreCheck, Severity: own, File: g.file, Line: g.line, Column: g.column, EndLine: g.line,
				EndColumn: g.column + len(ignoreMark), Message: fmt.Sprintf(format, args...), Help: help})
		}
		if len(g.ids) == 0 {
			say("write "+ignoreMark+" ID reason", "the comment ignores no check")
			continue
		}
		for _, id := range g.ids {
			switch {
			case !l.known(id) && !isCode(id):
				help := "'blindspot explain --list' names them all"
				if n := nearest.Of(id, l.names); n != "" {
					help = "write " + n
				}
				say(help, "there is no check %q", id)
			case !g.used[id] && l.ran(id):
				say("delete the comment", "line %d has no finding %s to ignore", g.at, id)
			}
		}
		if g.reason == "" {
			say("say why after the id", "the comment gives no reason")
		}
	}
}

// isCode reports whether an id has the form of a compiler's code.
func isCode(id string) bool {
	if len(id) != 5 || !strings.HasPrefix(id, "KS") && !strings.HasPrefix(id, "BS") {
		return false
	}
	return strings.Trim(id[2:], "0123456789") == ""
}
