package builtin

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// The files of testdata hold cases, one a line: `name(argument, ...) = result`. Literals are those of KQL, with Go's quotes for
// strings; the result's type is the type that the call is asked for. Lines that begin with # are comments.

type kernelCase struct {
	at, name string
	args     []value.Value
	want     value.Value
}

func readCases(t *testing.T) []kernelCase {
	t.Helper()
	files, err := filepath.Glob("testdata/*.cases")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case files: %v", err)
	}
	var out []kernelCase
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(f)
		for n := 1; sc.Scan(); n++ {
			text := strings.TrimSpace(sc.Text())
			if text == "" || strings.HasPrefix(text, "# ") || text == "#" {
				continue
			}
			c, err := parseCase(text)
			if err != nil {
				t.Errorf("%s:%d: %v", name, n, err)
				continue
			}
			c.at = fmt.Sprintf("%s:%d", filepath.Base(name), n)
			out = append(out, c)
		}
		f.Close()
	}
	return out
}

func parseCase(text string) (kernelCase, error) {
	open := strings.IndexByte(text, '(')
	if open < 0 {
		return kernelCase{}, fmt.Errorf("no ( in %q", text)
	}
	c := kernelCase{name: strings.TrimSpace(text[:open])}
	rest := strings.TrimSpace(text[open+1:])
	for !strings.HasPrefix(rest, ")") {
		v, r, err := parseLiteral(rest)
		if err != nil {
			return c, err
		}
		c.args = append(c.args, v)
		rest = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(r), ","))
	}
	rest = strings.TrimSpace(rest[1:])
	if !strings.HasPrefix(rest, "=") {
		return c, fmt.Errorf("no = after the call in %q", text)
	}
	v, rest, err := parseLiteral(strings.TrimSpace(rest[1:]))
	if err == nil && rest != "" {
		err = fmt.Errorf("%q after the result", rest)
	}
	c.want = v
	return c, err
}

// parseLiteral reads "text", 1, 1.5, true, false, 1d, and type(...) with null inside or what the type holds.
func parseLiteral(s string) (value.Value, string, error) {
	if s == "" {
		return value.Value{}, "", fmt.Errorf("a value is missing")
	}
	if s[0] == '"' || s[0] == '`' {
		q, err := strconv.QuotedPrefix(s)
		if err != nil {
			return value.Value{}, "", err
		}
		text, err := strconv.Unquote(q)
		return value.NewString(text), s[len(q):], err
	}
	end := strings.IndexAny(s, "(,) ;]")
	if end < 0 {
		end = len(s)
	}
	word := s[:end]
	if end < len(s) && s[end] == '(' {
		return parseTyped(word, s[end+1:])
	}
	switch word {
	case "true", "false":
		return value.NewBool(word == "true"), s[end:], nil
	}
	if i, err := strconv.ParseInt(word, 0, 64); err == nil {
		return value.NewLong(i), s[end:], nil
	}
	if f, err := strconv.ParseFloat(word, 64); err == nil {
		return value.NewReal(f), s[end:], nil
	}
	if ticks, ok := value.ParseTimespan(word); ok {
		return value.NewTimespan(ticks), s[end:], nil
	}
	return value.Value{}, "", fmt.Errorf("%q is no value", word)
}

func parseTyped(word, s string) (value.Value, string, error) {
	typ, ok := value.ParseType(word)
	if !ok {
		return value.Value{}, "", fmt.Errorf("%q is no type", word)
	}
	depth, quoted := 1, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
		if depth > 0 {
			continue
		}
		inner := s[:i]
		if inner == "null" {
			return value.Null(typ), s[i+1:], nil
		}
		v := value.Convert(value.NewString(inner), typ)
		if v.Null {
			return v, "", fmt.Errorf("%q is no %s", inner, word)
		}
		return v, s[i+1:], nil
	}
	return value.Value{}, "", fmt.Errorf("%s( is not closed", word)
}

// same allows reals a difference in the last digits, inside dynamic values too.
func same(got, want value.Value) bool {
	if got.Type != want.Type || got.Null != want.Null {
		return false
	}
	switch want.Type {
	case value.Real:
		return got.Null || nearly(got.F, want.F)
	case value.Dynamic:
		return sameNodes(got.Dyn, want.Dyn)
	}
	return value.Equal(got, want)
}

func nearly(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))
}

func sameNodes(a, b *value.Node) bool {
	switch {
	case a.IsNull() || b.IsNull():
		return a.IsNull() == b.IsNull()
	case isNumber(a) && isNumber(b):
		return a.Kind == b.Kind && nearly(a.Float(), b.Float())
	case a.Kind == value.KindArray && b.Kind == value.KindArray:
		if len(a.Elems) != len(b.Elems) {
			return false
		}
		for i := range a.Elems {
			if !sameNodes(a.Elems[i], b.Elems[i]) {
				return false
			}
		}
		return true
	case a.Kind == value.KindBag && b.Kind == value.KindBag:
		if strings.Join(a.Keys, "\x00") != strings.Join(b.Keys, "\x00") {
			return false
		}
		for i := range a.Elems {
			if !sameNodes(a.Elems[i], b.Elems[i]) {
				return false
			}
		}
		return true
	}
	return a.JSON() == b.JSON()
}

func show(v value.Value) string {
	if v.Null {
		return v.Type.String() + "(null)"
	}
	if v.Type == value.Dynamic {
		return "dynamic(" + v.Dyn.JSON() + ")"
	}
	return fmt.Sprintf("%s %q", v.Type, v.Text())
}

func lookupCase(name string) (*Scalar, bool) {
	if name == "path" {
		return Path, true
	}
	return Lookup(name)
}

func newTestCall(fn *Scalar, out value.Type) *Call {
	now, _ := value.ParseDateTime("2026-01-05T12:00:00Z")
	return NewCall(&Context{Now: now, Cluster: "cluster.contoso.example", Database: "logs", User: "alice@contoso.example"}, fn, out)
}

// Each case must give the same answer for constants, for columns without and with a dictionary, alone and among nulls.
func TestCases(t *testing.T) {
	for _, c := range readCases(t) {
		fn, ok := lookupCase(c.name)
		if !ok {
			t.Errorf("%s: no kernel for %q", c.at, c.name)
			continue
		}
		for _, enc := range encodings(c.args) {
			call := newTestCall(fn, c.want.Type)
			for pass := 0; pass < 2; pass++ { // the second pass meets what the first one kept
				got, err := call.Apply(enc.args, enc.n)
				if err != nil {
					t.Errorf("%s: %s, %s: %v", c.at, c.name, enc.name, err)
					break
				}
				if got.Len() != enc.n || got.Type() != c.want.Type {
					t.Errorf("%s: %s, %s: %d rows of %s, want %d of %s", c.at, c.name, enc.name, got.Len(), got.Type(), enc.n, c.want.Type)
					break
				}
				for _, row := range enc.rows {
					if v := got.Value(row); !same(v, c.want) {
						t.Errorf("%s: %s, %s: row %d is %s, want %s", c.at, c.name, enc.name, row, show(v), show(c.want))
						break
					}
				}
			}
		}
	}
}

type encoded struct {
	name string
	args []vector.Column
	n    int
	rows []int // rows that hold the case; the others hold nulls
}

// encodings lays a case out as columns in several ways.
func encodings(args []value.Value) []encoded {
	constants := func(n int) []vector.Column {
		out := make([]vector.Column, len(args))
		for i, v := range args {
			out[i] = vector.ConstOf(v, n)
		}
		return out
	}
	out := []encoded{{"constants", constants(3), 3, []int{0, 2}}}
	if len(args) == 0 {
		return out
	}
	const n = 7
	where := []int{1, 3, 4}
	all := make([]vector.Column, len(args))
	for i, v := range args {
		all[i] = flatColumn(v, n, where)
	}
	out = append(out, encoded{"all flat", all, n, where})
	for i, v := range args {
		flat := constants(n)
		flat[i] = flatColumn(v, n, where)
		out = append(out, encoded{fmt.Sprintf("argument %d flat", i), flat, n, where})
		if d := dictColumn(v, n, where); d != nil {
			dict := constants(n)
			dict[i] = d
			out = append(out, encoded{fmt.Sprintf("argument %d by dictionary", i), dict, n, where})
		}
	}
	return out
}

func flatColumn(v value.Value, n int, where []int) vector.Column {
	values := make([]value.Value, n)
	for i := range values {
		values[i] = value.Null(v.Type)
	}
	for _, i := range where {
		values[i] = v
	}
	if v.Type == value.String || v.Type == value.GUID {
		flat := make([]string, n)
		for i, x := range values {
			flat[i] = x.S
		}
		return &vector.Strings{Typ: v.Type, Flat: flat}
	}
	return vector.FromValues(v.Type, values...)
}

func dictColumn(v value.Value, n int, where []int) vector.Column {
	codes := make([]uint32, n)
	for _, i := range where {
		codes[i] = 1
	}
	switch {
	case v.Type == value.String || v.Type == value.GUID:
		if v.S == "" {
			return nil
		}
		return &vector.Strings{Typ: v.Type, Dict: &vector.Dict{Values: []string{"", v.S, "unused"}}, Codes: codes}
	case v.Type == value.Dynamic && !v.Null:
		return &vector.Dynamics{Text: vector.NewJSONDict([]string{"", v.Dyn.JSON(), "[]"}), Codes: codes}
	}
	return nil
}
