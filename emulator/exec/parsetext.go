package exec

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// plainPattern is a pattern of parse whose texts are literal, read from left to right without a regular expression: each gap
// ends at the first place of the text behind it, which is also what the regular expression tries first. Numbers are taken as
// long as they go. Where a number does not fit, another place may; then the regular expression decides.
type plainPattern struct {
	steps   []plainStep
	numbers bool // some step may fail where another place would do
}

// plainStep is a gap or number, as a capture or not, and the text behind it.
type plainStep struct {
	gap     bool
	capture int  // -1: none
	number  byte // 0: no number, 'i' a whole one, 'r' one with a fraction
	text    string
	rest    bool // a gap to the end of the text
	end     bool // a number that must end the text
}

// plain returns the pattern without a regular expression, nil where that cannot be.
func plain(x *bind.Parse, strict bool) *plainPattern {
	if x.Kind == "regex" || len(x.Flags) > 0 {
		return nil
	}
	p := &plainPattern{}
	open := false // the step before waits for the text behind its gap
	captures := 0
	for i, part := range x.Pattern {
		last := i == len(x.Pattern)-1
		switch {
		case part.IsText:
			if len(p.steps) == 0 || !open && p.steps[len(p.steps)-1].rest {
				p.steps = append(p.steps, plainStep{capture: -1})
			}
			p.steps[len(p.steps)-1].text += part.Text
			open = open && part.Text == ""
		case part.Star:
			if open {
				return nil
			}
			p.steps = append(p.steps, plainStep{gap: true, capture: -1})
			open = true
		default:
			if open {
				return nil
			}
			s := plainStep{capture: captures}
			captures++
			if strict {
				switch part.Column.Type {
				case value.Int, value.Long:
					s.number = 'i'
				case value.Real, value.Decimal:
					s.number = 'r'
				}
			}
			if s.number == 0 {
				s.gap, s.rest = true, last
				open = true
			} else {
				s.end = last
				p.numbers = true
			}
			p.steps = append(p.steps, s)
		}
	}
	return p
}

// match writes where the captures begin and end in s; sure is false where only the regular expression can tell.
func (p *plainPattern) match(s string, at []int) (matched, sure bool) {
	pos := 0
	for i := range p.steps {
		step := &p.steps[i]
		from, to := pos, pos
		switch {
		case step.number != 0:
			if to = numberEnd(s, pos, step.number == 'r'); to < 0 || step.end && to != len(s) || !strings.HasPrefix(s[to:], step.text) {
				return false, false
			}
			pos = to + len(step.text)
		case step.gap && step.rest:
			to, pos = len(s), len(s)
		case step.gap:
			k := strings.Index(s[pos:], step.text)
			if k < 0 {
				return false, !p.numbers
			}
			to = pos + k
			pos = to + len(step.text)
		default:
			if !strings.HasPrefix(s[pos:], step.text) {
				return false, !p.numbers
			}
			pos += len(step.text)
		}
		if step.capture >= 0 {
			at[2*step.capture], at[2*step.capture+1] = from, to
		}
	}
	return true, true
}

// numberEnd returns where the number at a place ends, space before it and a sign included; -1 when there is none.
func numberEnd(s string, at int, fraction bool) int {
	for at < len(s) && strings.IndexByte(" \t\n\f\r", s[at]) >= 0 {
		at++
	}
	if at < len(s) && (s[at] == '-' || s[at] == '+') {
		at++
	}
	digits := func(at int) int {
		for at < len(s) && s[at] >= '0' && s[at] <= '9' {
			at++
		}
		return at
	}
	to := digits(at)
	if !fraction {
		if to == at {
			return -1
		}
		return to
	}
	switch {
	case to > at:
		if to < len(s) && s[to] == '.' {
			to = digits(to + 1)
		}
	case to < len(s) && s[to] == '.' && digits(to+1) > to+1:
		to = digits(to + 1)
	default:
		return -1
	}
	if to < len(s) && (s[to] == 'e' || s[to] == 'E') {
		exp := to + 1
		if exp < len(s) && (s[exp] == '-' || s[exp] == '+') {
			exp++
		}
		if end := digits(exp); end > exp {
			to = end
		}
	}
	return to
}

// encoded returns texts with a dictionary where the first of them repeat, else as they are.
func encoded(t value.Type, list []string) vector.Column {
	const sample = 512
	var ids vector.TextIDs
	codes := make([]uint32, len(list))
	for i, s := range list {
		if i == sample && len(ids.Values) > sample/2 {
			return &vector.Strings{Typ: t, Flat: list}
		}
		codes[i] = uint32(ids.ID(s, true))
	}
	return &vector.Strings{Typ: t, Dict: &vector.Dict{Values: ids.Values}, Codes: codes}
}
