package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTooManyRowsArePartial(t *testing.T) {
	a, err := testEngine(t).Query(context.Background(), "SigninLogs", Run{Now: testNow, Rows: 2})
	if err != nil {
		t.Fatal(err)
	}
	if a.Tables[0].Rows != 2 || a.Partial == nil || !strings.Contains(a.Partial.Message, "2 records") {
		t.Errorf("%d rows, %v", a.Tables[0].Rows, a.Partial)
	}
}

// waiting is an engine whose queries never end by themselves.
type waiting struct{ Engine }

func (waiting) Query(ctx context.Context, _ string, _ Run) (*Answer, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestSlowQueriesTimeOut(t *testing.T) {
	s, err := New(Options{Engine: waiting{testEngine(t)}, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/v1/workspaces/"+s.opts.WorkspaceID+"/query", strings.NewReader(`{"query":"T"}`))
	r.Header.Set("Authorization", "Bearer x")
	r.Header.Set("Prefer", "wait=1")
	w := httptest.NewRecorder()
	begin := time.Now()
	s.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusGatewayTimeout || !strings.Contains(w.Body.String(), `"GatewayTimeout"`) || time.Since(begin) > 10*time.Second {
		t.Errorf("%d %s after %s", w.Code, w.Body, time.Since(begin))
	}
}

func TestTooManyQueriesAreThrottled(t *testing.T) {
	s, err := New(Options{Engine: testEngine(t), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	s.running.Store(mostConcurrent)
	w := send(s, http.MethodPost, "/v1/workspaces/"+s.opts.WorkspaceID+"/query", `{"query":"SigninLogs"}`)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	s.running.Store(0)
	if w = send(s, http.MethodPost, "/v1/workspaces/"+s.opts.WorkspaceID+"/query", `{"query":"SigninLogs"}`); w.Code != 200 || s.running.Load() != 0 {
		t.Errorf("%d, %d still run", w.Code, s.running.Load())
	}
}

func TestGzipBothWays(t *testing.T) {
	s, err := New(Options{Engine: testEngine(t), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(`{"query":"range i from 1 to 500 step 1"}`)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		accept string
		packed bool
	}{{"gzip", true}, {"deflate, gzip;q=1.0", true}, {"gzip;q=0", false}, {"", false}} {
		r := httptest.NewRequest(http.MethodPost, "/v1/workspaces/"+s.opts.WorkspaceID+"/query", bytes.NewReader(packed.Bytes()))
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("Content-Encoding", "gzip")
		r.Header.Set("Accept-Encoding", c.accept)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		var in io.Reader = w.Body
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != c.packed {
			t.Errorf("accept %q: packed %v", c.accept, got)
		} else if got {
			if in, err = gzip.NewReader(w.Body); err != nil {
				t.Fatal(err)
			}
		}
		var out struct{ Tables []struct{ Rows [][]int } }
		if err := json.NewDecoder(in).Decode(&out); err != nil || len(out.Tables[0].Rows) != 500 {
			t.Errorf("accept %q: %v", c.accept, err)
		}
	}
}

// TestBombsAreRefused sends bodies that grow without end; each is answered, and none is taken in whole.
func TestBombsAreRefused(t *testing.T) {
	s, err := New(Options{Engine: testEngine(t), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	zeros := bytes.Repeat([]byte(" "), 1<<20)
	for range 100 {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"gzip":     packed.String(),
		"brackets": strings.Repeat(`{"query":`, 200_000),
		"arrays":   strings.Repeat(`[`, 200_000),
	} {
		r := httptest.NewRequest(http.MethodPost, "/v1/workspaces/"+s.opts.WorkspaceID+"/query", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer x")
		if name == "gzip" {
			r.Header.Set("Content-Encoding", "gzip")
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code < 400 || w.Code > 499 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}
