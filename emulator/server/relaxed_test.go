package server

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestStrictJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"a": 1}`: `{"a":1}`,
		`{a: {b_1: -1.5e+3, $c: true}, 'd': null,}`:     `{"a":{"b_1":-1.5e+3,"$c":true},"d":null}`,
		"{// one\n\"a\" /* two */ : [1, 2, /* x */ ] }": `{"a":[1,2]}`,
		"{\"a\": \"one\n\ttwo\"}":                       `{"a":"one\n\ttwo"}`,
		`{'it\'s "x"': "it's \"y\" \u00e9 // no"}`:      `{"it's \"x\"":"it's \"y\" \u00e9 // no"}`,
		`{true: 1}`:     `{"true":1}`,
		`{"a": 1,, }`:   "",
		`{"a": 1} /* `:  "",
		`{"a": "x`:      "",
		`{"a": word}`:   "",
		`{"a": 1}, `:    "",
		`{"a": @}`:      "",
		`/`:             "",
		``:              "",
		`{"a" "b"}`:     "",
		`[1 2]`:         "",
		`{"a": "\x"}`:   "",
		"{\"\xff\": 1}": "{\"\xff\":1}",
	} {
		got, err := strictJSON([]byte(in))
		var b bytes.Buffer
		if err == nil {
			err = json.Compact(&b, got)
		}
		if (err != nil) != (want == "") || err == nil && b.String() != want {
			t.Errorf("%s: %s, %v; want %s", in, got, err, want)
		}
	}
}

func FuzzStrictJSON(f *testing.F) {
	for _, s := range []string{`{a: 'b', /* c */ "d": [1, ], }`, "// x\n[]", `{"a": {"b": [true, null, 1e3]}}`, `'\'`, `"\`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := strictJSON(in)
		if err == nil && !json.Valid(got) {
			t.Errorf("%q became %q", in, got)
		}
		var a, b any
		if json.Unmarshal(in, &a) != nil {
			return
		}
		if err != nil || json.Unmarshal(got, &b) != nil || !sameJSON(a, b) {
			t.Errorf("%q is JSON already and became %q, %v", in, got, err)
		}
	})
}
