package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// Conversations are files of requests and the answers they must get, testdata/*.talk:
//
//	# a comment
//	PUT {ws}/savedSearches/a?api-version=2020-08-01
//	    If-Match: "x"
//	    {"properties": {...}}
//	<- 200
//	    {"name": "a"}            parts of the answer: objects may have more, arrays must not
//	keep etag = etag             a part of the answer for later, {etag}
//
// In an answer "*" stands for anything but null, "<absent>" for no such property, and "~text" for a text that holds it.
// A line `Name: value` before the body is a header, of the request or the answer; `Name: <none>` is one that is not there.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.talk")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".talk"), func(t *testing.T) { converse(t, f) })
	}
}

type turn struct {
	line            int
	method, path    string
	headers         http.Header
	body            string
	status          string
	answerHeaders   http.Header
	answer          string
	keeps           [][2]string
	hasAnswer, html bool
}

func readTalk(t *testing.T, file string) (turns []turn) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		line := in.Text()
		last := len(turns) - 1
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case line[0] == ' ' || line[0] == '\t':
			x := &turns[last]
			text := strings.TrimSpace(line)
			headers, body := x.headers, &x.body
			if x.hasAnswer {
				headers, body = x.answerHeaders, &x.answer
			}
			if name, v, ok := strings.Cut(text, ": "); ok && *body == "" && !strings.ContainsAny(name, `{["`) {
				headers.Add(name, v)
				continue
			}
			*body += text + "\n"
		case strings.HasPrefix(line, "<- "):
			turns[last].status, turns[last].hasAnswer = strings.TrimSpace(line[3:]), true
		case strings.HasPrefix(line, "keep "):
			name, path, _ := strings.Cut(line[5:], " = ")
			turns[last].keeps = append(turns[last].keeps, [2]string{strings.TrimSpace(name), strings.TrimSpace(path)})
		default:
			method, path, ok := strings.Cut(line, " ")
			if !ok {
				t.Fatalf("%s:%d: no path", file, n)
			}
			turns = append(turns, turn{line: n, method: method, path: strings.TrimSpace(path), headers: http.Header{}, answerHeaders: http.Header{}})
		}
	}
	return turns
}

func converse(t *testing.T, file string) {
	s, err := New(Options{Engine: testEngine(t), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	h := s.Handler()
	vars := map[string]string{"ws": s.WorkspaceResource(), "si": s.WorkspaceResource() + "/providers/Microsoft.SecurityInsights", "id": s.opts.WorkspaceID,
		"sub": "/subscriptions/" + s.opts.Subscription, "rg": "/subscriptions/" + s.opts.Subscription + "/resourceGroups/" + s.opts.ResourceGroup, "tenant": s.opts.Tenant,
		"long": strings.Repeat("x", 10_001)}
	fill := func(text string) string {
		for _, k := range sorted(vars) {
			text = strings.ReplaceAll(text, "{"+k+"}", vars[k])
		}
		return text
	}
	for _, x := range readTalk(t, file) {
		at := fmt.Sprintf("%s:%d", file, x.line)
		path := fill(x.path)
		path = strings.ReplaceAll(path, " ", "%20")
		r := httptest.NewRequest(x.method, strings.TrimPrefix(path, "http://example.com"), strings.NewReader(fill(x.body)))
		r.Header.Set("Authorization", "Bearer x")
		for k, v := range x.headers {
			r.Header.Del(k)
			for _, one := range v {
				if one != "<none>" {
					r.Header.Add(k, fill(one))
				}
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		got := w.Result()
		body, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got.StatusCode) != x.status {
			t.Fatalf("%s: %s %s: status %d, want %s\n%s", at, x.method, x.path, got.StatusCode, x.status, body)
		}
		for k := range x.answerHeaders {
			want := fill(x.answerHeaders.Get(k))
			if part, ok := strings.CutPrefix(want, "~"); ok && strings.Contains(w.Header().Get(k), part) {
				continue
			}
			if have := got.Header.Get(k); have != want && !(want == "*" && have != "") && !(want == "<none>" && have == "") {
				t.Errorf("%s: header %s is %q, want %q", at, k, have, want)
			}
		}
		var have any
		if len(bytes.TrimSpace(body)) > 0 {
			d := json.NewDecoder(bytes.NewReader(body))
			d.UseNumber()
			if err := d.Decode(&have); err != nil {
				t.Fatalf("%s: %v in %s", at, err, body)
			}
		}
		if x.answer != "" {
			var want any
			d := json.NewDecoder(strings.NewReader(fill(x.answer)))
			d.UseNumber()
			if err := d.Decode(&want); err != nil {
				t.Fatalf("%s: the wanted answer: %v", at, err)
			}
			if diff := part(want, have, ""); diff != "" {
				t.Errorf("%s: %s %s: %s\n%s", at, x.method, x.path, diff, body)
			}
		}
		for _, k := range x.keeps {
			v := dig(have, k[1])
			text, ok := v.(string)
			if !ok {
				t.Fatalf("%s: %s is %v, no text", at, k[1], v)
			}
			vars[k[0]] = strings.ReplaceAll(text, `"`, `\"`)
			vars[k[0]+"Raw"] = text
		}
	}
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func dig(v any, path string) any {
	for _, p := range strings.Split(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

// part says where have lacks what want has, "" when it has all.
func part(want, have any, at string) string {
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, want an object", at, have)
		}
		for _, k := range sortedKeys(w) {
			v, there := h[k]
			if w[k] == "<absent>" {
				if there {
					return fmt.Sprintf("%s.%s is there", at, k)
				}
				continue
			}
			if !there {
				return fmt.Sprintf("%s.%s is missing", at, k)
			}
			if d := part(w[k], v, at+"."+k); d != "" {
				return d
			}
		}
		return ""
	case []any:
		h, ok := have.([]any)
		if !ok || len(h) != len(w) {
			return fmt.Sprintf("%s is %v, want %d elements", at, have, len(w))
		}
		for i := range w {
			if d := part(w[i], h[i], fmt.Sprintf("%s[%d]", at, i)); d != "" {
				return d
			}
		}
		return ""
	case string:
		if w == "*" && have != nil {
			return ""
		}
		if t, ok := have.(string); ok && strings.HasPrefix(w, "~") && strings.Contains(t, w[1:]) {
			return ""
		}
	}
	if fmt.Sprint(want) != fmt.Sprint(have) || (want == nil) != (have == nil) {
		return fmt.Sprintf("%s is %v, want %v", at, have, want)
	}
	return ""
}
