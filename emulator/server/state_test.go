package server

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// send sends one request to a server that does not listen.
func send(s *Server, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer x")
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func open(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := New(Options{State: dir, Now: clock, Engine: testEngine(t)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// abandon leaves a server as a killed process does: nothing is written, and the folder is free.
func abandon(t *testing.T, s *Server) {
	t.Helper()
	if err := s.store.lock.Close(); err != nil {
		t.Fatal(err)
	}
}

func metadataPath(s *Server, name string) string {
	return s.WorkspaceResource() + "/providers/Microsoft.SecurityInsights/metadata/" + name + "?api-version=2025-09-01"
}

const metadataBody = `{"properties":{"parentId":"x","kind":"AnalyticsRule","version":"%s"}}`

// TestStateSurvives never closes a server: what was answered is there when the folder is opened again.
func TestStateSurvives(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for i := range 5 {
		if w := send(s, http.MethodPut, metadataPath(s, fmt.Sprint("m", i)), fmt.Sprintf(metadataBody, "1.0.0")); w.Code != 201 {
			t.Fatal(w.Code, w.Body)
		}
	}
	send(s, http.MethodDelete, metadataPath(s, "m1"), "")
	send(s, http.MethodPut, metadataPath(s, "m2"), fmt.Sprintf(metadataBody, "2.0.0"))
	send(s, http.MethodPut, s.WorkspaceResource()+"/providers/Microsoft.SecurityInsights/watchlists/w?api-version=2025-09-01",
		`{"properties":{"displayName":"w","provider":"p","itemsSearchKey":"A","rawContent":"A,B\n1,2\n3,4\n"}}`)
	if w := send(s, http.MethodPost, "/dataCollectionRules/d/streams/Custom-Own_CL?api-version=2023-01-01", `[{"Word":"one"}]`); w.Code != 204 {
		t.Fatal(w.Code, w.Body)
	}
	list := func(s *Server) string {
		return send(s, http.MethodGet, s.WorkspaceResource()+"/providers/Microsoft.SecurityInsights/metadata?api-version=2025-09-01", "").Body.String() +
			send(s, http.MethodGet, s.WorkspaceResource()+"/providers/Microsoft.SecurityInsights/watchlists/w/watchlistItems?api-version=2025-09-01", "").Body.String() +
			send(s, http.MethodPost, "/v1/workspaces/"+s.opts.WorkspaceID+"/query", `{"query":"Own_CL | project Word, ingestion_time() | union (_GetWatchlist('w') | project Word=SearchKey) | sort by Word asc"}`).Body.String()
	}
	want := list(s)
	if !strings.Contains(want, `"2.0.0"`) || strings.Contains(want, `"name":"m1"`) || !strings.Contains(want, `"one"`) {
		t.Fatal(want)
	}
	for round := range 3 {
		if round != 2 {
			abandon(t, s)
		}
		s = open(t, dir)
		if got := list(s); got != want {
			t.Fatalf("round %d:\n%s\nwant\n%s", round, got, want)
		}
		if round == 1 {
			if err := s.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestTornJournal cuts the journal at every byte of its last line: the change before it is always there.
func TestTornJournal(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	send(s, http.MethodPut, metadataPath(s, "first"), fmt.Sprintf(metadataBody, "1.0.0"))
	whole := func() []byte {
		b, err := os.ReadFile(filepath.Join(dir, journalFile))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	before := len(whole())
	send(s, http.MethodPut, metadataPath(s, "second"), fmt.Sprintf(metadataBody, "1.0.0"))
	all := whole()
	for cut := before; cut <= len(all); cut += 7 {
		torn := t.TempDir()
		if err := os.WriteFile(filepath.Join(torn, journalFile), all[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		st, err := openState(torn)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if st.get(strings.Split(metadataPath(s, "first"), "?")[0]) == nil {
			t.Fatalf("cut at %d: the first is lost", cut)
		}
		if err := st.close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewerStateIsRefused(t *testing.T) {
	for file, text := range map[string]string{
		stateFile:   `{"format": 99, "resources": "in a shape that nobody knows"}`,
		journalFile: `{"format": 99}` + "\n",
		rowsFile:    `{"format": 99}` + "\n",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(Options{State: dir, Engine: testEngine(t)})
		if err == nil || !strings.Contains(err.Error(), "newer version") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestStateIsPrivate holds the files to their owner.
func TestStateIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	send(s, http.MethodPut, metadataPath(s, "m"), fmt.Sprintf(metadataBody, "1.0.0"))
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) < 4 {
		t.Fatal(list, err)
	}
	for _, f := range list {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", f.Name(), info.Mode())
		}
	}
}

// TestContestedEtags lets writers race with one etag: exactly one wins each round.
func TestContestedEtags(t *testing.T) {
	s := open(t, "")
	w := send(s, http.MethodPut, metadataPath(s, "m"), fmt.Sprintf(metadataBody, "1.0.0"))
	for round := range 50 {
		etag := w.Header().Get("ETag")
		won := make(chan *httptest.ResponseRecorder, 8)
		for i := range 8 {
			go func() {
				r := httptest.NewRequest(http.MethodPut, metadataPath(s, "m"), strings.NewReader(fmt.Sprintf(metadataBody, fmt.Sprint("1.", round, ".", i))))
				r.Header.Set("Authorization", "Bearer x")
				r.Header.Set("If-Match", etag)
				w := httptest.NewRecorder()
				s.Handler().ServeHTTP(w, r)
				won <- w
			}()
		}
		winners := 0
		for range 8 {
			a := <-won
			switch a.Code {
			case 200:
				winners++
				w = a
			case 412:
			default:
				t.Fatal(a.Code, a.Body)
			}
		}
		if winners != 1 {
			t.Fatalf("round %d has %d winners", round, winners)
		}
	}
}

// TestLogTellsNoSecrets plants texts where secrets travel, and looks for them in the log.
func TestLogTellsNoSecrets(t *testing.T) {
	var log strings.Builder
	s, err := New(Options{Now: clock, Secret: "canary-secret", Log: func(l string) { log.WriteString(l + "\n") }})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/t/oauth2/v2.0/token?sig=canary-query", strings.NewReader("client_id=a&client_secret=canary-body&grant_type=client_credentials&scope=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer canary-token")
	r.Header.Set("Cookie", "canary-cookie")
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if !strings.Contains(log.String(), "POST /t/oauth2/v2.0/token 401") {
		t.Errorf("log: %s", log.String())
	}
	if all := log.String() + w.Body.String(); strings.Contains(all, "canary") {
		t.Errorf("a secret shows: %s", all)
	}
}

// TestFolderIsHeld keeps a second server out while the first is there.
func TestFolderIsHeld(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: no lock on windows")
	}
	dir := t.TempDir()
	s := open(t, dir)
	if _, err := New(Options{State: dir}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatal(err)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// newRecorder sends a request as it is.
func newRecorder(s *Server, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}
