package ruletest

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/seed-caab1ad3/blindspot/content"
)

// fill replaces the placeholders of a row, in place at its top: {i}, {Path}, {guid:Path}, {guid:salt/Path}, {long:Path}.
// places are the fields that hold some; nil looks at all.
func (x *expander) fill(rec content.Record, places []int, index int, at content.Position) {
	if places == nil {
		for i := range rec {
			if mayHold(rec[i].Value) {
				places = append(places, i)
			}
		}
	}
	for round := 0; ; round++ {
		changed := false
		for _, i := range places {
			if mayHold(rec[i].Value) {
				rec[i].Value = x.fillValue(rec[i].Value, rec, index, &changed)
			}
		}
		if !changed {
			x.rounds = max(x.rounds, round)
			return
		}
		if round == maxPlaceholderRounds {
			x.mistake(at, "placeholders refer to each other in a circle")
			return
		}
	}
}

// mayHold reports whether a value can hold a placeholder at all: most do not, and need no copy.
func mayHold(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.IndexByte(v, '{') >= 0
	case []any:
		for _, e := range v {
			if mayHold(e) {
				return true
			}
		}
	case content.Record:
		for i := range v {
			if mayHold(v[i].Value) {
				return true
			}
		}
	}
	return false
}

func (x *expander) fillValue(v any, rec content.Record, index int, changed *bool) any {
	switch v := v.(type) {
	case string:
		return x.fillText(v, rec, index, changed)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = x.fillValue(v[i], rec, index, changed)
		}
		return out
	case content.Record:
		out := make(content.Record, len(v))
		for i, f := range v {
			out[i] = f
			out[i].Value = x.fillValue(f.Value, rec, index, changed)
		}
		return out
	}
	return v
}

func (x *expander) fillText(s string, rec content.Record, index int, changed *bool) any {
	if !strings.Contains(s, "{") {
		return s
	}
	var b strings.Builder
	for rest := s; ; {
		i := strings.IndexByte(rest, '{')
		if i < 0 {
			b.WriteString(rest)
			break
		}
		j := strings.IndexByte(rest[i:], '}')
		if j < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		inner := rest[i+1 : i+j]
		text, number, ok := x.placeholder(inner, rec, index)
		switch {
		case !ok:
			b.WriteString(rest[i : i+j+1])
		case number && i == 0 && j == len(s)-1 && validNumber(text):
			*changed = true
			return json.Number(text)
		default:
			*changed = true
			b.WriteString(text)
		}
		rest = rest[i+j+1:]
	}
	return b.String()
}

func validNumber(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}

// placeholder resolves what stands between braces; ok is false when it is none of the known forms.
func (x *expander) placeholder(inner string, rec content.Record, index int) (text string, number, ok bool) {
	if inner == "i" {
		return strconv.Itoa(index), false, true
	}
	kind, salt, path := reference(inner)
	v, found := lookup(rec, path)
	if !found {
		return "", false, false
	}
	text = plainText(v)
	if kind != "" && pending(text, rec) { // a GUID of the text that stands there in the end
		return "{" + inner + "}", false, true
	}
	switch kind {
	case "guid":
		if text == "" {
			return "", false, true
		}
		return uuid.NewSHA1(uuid.NameSpaceDNS, []byte(salt+strings.ToLower(text))).String(), false, true
	case "long":
		return text, true, true
	}
	return text, false, true
}

// reference takes apart what stands between braces: guid:salt/Path.
func reference(inner string) (kind, salt, path string) {
	k, rest, found := strings.Cut(inner, ":")
	if !found || k != "guid" && k != "long" {
		return "", "", inner
	}
	if s, p, salted := strings.Cut(rest, "/"); salted && k == "guid" {
		return k, s + "/", p
	}
	return k, "", rest
}

// pending says whether a text holds placeholders that are still to be replaced.
func pending(s string, rec content.Record) bool {
	for {
		_, rest, open := strings.Cut(s, "{")
		inner, after, closed := strings.Cut(rest, "}")
		if !open || !closed {
			return false
		}
		_, _, path := reference(inner)
		if _, found := lookup(rec, path); found || inner == "i" {
			return true
		}
		s = after
	}
}

// lookup finds the value at a dotted path of a row. A path whose column is there and whose rest is not is found empty.
func lookup(rec content.Record, path string) (any, bool) {
	top, rest, dotted := strings.Cut(path, ".")
	v, ok := rec.Get(top)
	if !ok {
		return nil, false
	}
	for dotted {
		var key string
		key, rest, dotted = strings.Cut(rest, ".")
		switch in := v.(type) {
		case content.Record:
			v, _ = in.Get(key)
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(in) {
				return nil, true
			}
			v = in[i]
		default:
			return nil, true
		}
	}
	return v, true
}

func plainText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return string(content.AppendJSON(nil, v))
}
