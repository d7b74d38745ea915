package kql

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// A mistake makes others out of what is right: the parser goes on as well as it can, and the binder reads what came of it. causes leaves out
// the errors that one before them explains, so that each mistake is said once. list is in the order of the text. Warnings, suggestions
// and refusals of a profile stay.
func causes(text string, list []source.Diagnostic) []source.Diagnostic {
	if !severalErrors(list) {
		return list
	}
	s := stagesOf(text)
	return s.repeated(s.stumbled(list))
}

func severalErrors(list []source.Diagnostic) bool {
	n := 0
	for i := range list {
		if list[i].Severity == source.Error {
			n++
		}
	}
	return n > 1
}

// stages lists where the stages of a query's pipes begin: behind each | and ;.
type stages []int

func stagesOf(text string) stages {
	var out stages
	l := syntax.NewLexer(text)
	for {
		t := l.Next()
		if t.Span().Len() == 0 {
			return out
		}
		if s := t.Span().Text(text); s == "|" || s == ";" {
			out = append(out, t.Span().End)
		}
	}
}

// of returns the number of the stage that holds an offset.
func (s stages) of(at int) int {
	low, high := 0, len(s)
	for low < high {
		if m := (low + high) / 2; s[m] <= at {
			low = m + 1
		} else {
			high = m
		}
	}
	return low
}

// stumbled leaves out what follows from a mistake of spelling: what the binder says of the stage in which the parser stumbled
// and of all behind it, and what the parser says in a stage in which it has stumbled, of what it could not place (KS198), and of brackets once
// anything is amiss.
func (s stages) stumbled(list []source.Diagnostic) []source.Diagnostic {
	first := -1
	for i := range list {
		if list[i].Kind == source.Syntax && list[i].Severity == source.Error {
			first = i
			break
		}
	}
	if first < 0 {
		return list
	}
	from := list[first].Span.Start
	if at, ok := opening(&list[first]); ok {
		from = at
	}
	dirty := s.of(from)
	out := list[:0]
	last := -1 // the stage of the last error of spelling, said or not
	for i, d := range list {
		if stays(&d) {
			out = append(out, d)
			continue
		}
		at := s.of(d.Span.Start)
		if d.Kind != source.Syntax {
			if at < dirty {
				out = append(out, d)
			}
			continue
		}
		_, bracket := opening(&d)
		if i == first || d.Code != "KS198" && !bracket && at != last {
			out = append(out, d)
		}
		last = at
	}
	return out
}

// repeated leaves out what is said already. A name that is unknown in several places is one mistake, and the other places become
// notes, unless a name is near, which is to be written in each; in a stage with another mistake, what is no aggregate (KS236) follows from that, and several such are most often one mistake in the operator.
func (s stages) repeated(list []source.Diagnostic) []source.Diagnostic {
	out := list[:0]
	said := map[string]int{}
	last, plain := -1, -1 // the stages of the last error that is no KS236, and of the last that is one
	first := 0            // the place of that in out
	for _, d := range list {
		if stays(&d) {
			out = append(out, d)
			continue
		}
		at := s.of(d.Span.Start)
		switch d.Code {
		case "KS236":
			if at == last {
				continue
			}
			if at == plain {
				also(&out[first], d.Span)
				continue
			}
			plain, first = at, len(out)
		case "KS142", "KS204", "KS211":
			if first, ok := said[d.Message]; ok && !strings.HasPrefix(d.Help, "did you mean") {
				also(&out[first], d.Span)
				continue
			}
			said[d.Message] = len(out)
			last = at
		default:
			last = at
		}
		out = append(out, d)
	}
	return out
}

// also notes another place of the same mistake.
func also(d *source.Diagnostic, at source.Span) {
	if len(d.Notes) < 4 {
		d.Notes = append(d.Notes[:len(d.Notes):len(d.Notes)], source.Note{Span: at, Message: "and here"})
	}
}

// stays tells whether a diagnostic holds whatever else is wrong. Those of a profile are our own and begin with BS.
func stays(d *source.Diagnostic) bool {
	return d.Severity != source.Error || strings.HasPrefix(d.Code, "BS")
}

// opening returns the place of the bracket that an error misses the end of.
func opening(d *source.Diagnostic) (int, bool) {
	if len(d.Notes) > 0 && strings.HasPrefix(d.Notes[0].Message, "to close this") {
		return d.Notes[0].Span.Start, true
	}
	return 0, false
}
