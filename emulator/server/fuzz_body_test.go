package server

import (
	"bytes"
	"compress/gzip"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bodies are the places that read a body, each with one that is well.
func bodies(s *Server) [][3]string {
	si := s.WorkspaceResource() + "/providers/Microsoft.SecurityInsights"
	deploy := "/subscriptions/" + s.opts.Subscription + "/resourceGroups/" + s.opts.ResourceGroup + "/providers/Microsoft.Resources/deployments/a"
	return [][3]string{
		{"PUT", si + "/alertRules/a?api-version=2025-09-01", `{"kind":"Scheduled","properties":{"displayName":"a","enabled":true,"severity":"Low","query":"SigninLogs","queryFrequency":"PT5M","queryPeriod":"PT5M","triggerOperator":"GreaterThan","triggerThreshold":0,"suppressionEnabled":false,"suppressionDuration":"PT5M","entityMappings":[{"entityType":"IP","fieldMappings":[{"identifier":"Address","columnName":"IPAddress"}]}]}}`},
		{"PUT", deploy + "?api-version=2021-04-01", `{"properties":{"mode":"Incremental","parameters":{"p":{"value":"x"}},"template":{"$schema":"a","contentVersion":"1.0.0.0","parameters":{"p":{"type":"string","defaultValue":"[resourceGroup().location]"}},"variables":{"a":"[format('{0}-{1}', parameters('p'), if(equals(1, 2), guid('a'), concat('b', string(createArray(1)))))]"},"resources":[{"type":"Microsoft.OperationalInsights/workspaces/savedSearches","apiVersion":"2020-08-01","name":"[concat('sentinel/', variables('a'))]","properties":{"category":"c","displayName":"d","query":"SigninLogs"}}],"outputs":{"o":{"type":"string","value":"[base64ToString(base64(uniqueString('a')))]"}}}}}`},
		{"PUT", si + "/watchlists/a?api-version=2025-09-01", `{"properties":{"displayName":"a","provider":"b","itemsSearchKey":"A","rawContent":"x\nA,B\n\"1\n2\",3\n","numberOfLinesToSkip":1,"contentType":"text/csv"}}`},
		{"POST", "/v2/rest/query", `{"db":"a","csl":"let a = 1; SigninLogs | where a == 1 | take 1","properties":{"Options":{"servertimeout":"00:01:00"}}}`},
		{"POST", "/v1/rest/mgmt", `{"db":"a","csl":".show tables | project TableName"}`},
		{"POST", "/v1/rest/ingest/db/Own?streamFormat=csv", "a,b\n1,\"2\n3\"\n"},
		{"POST", "/v1/workspaces/" + s.opts.WorkspaceID + "/query", `{"query":"SigninLogs | summarize count() by Location","timespan":"P1D"}`},
		{"POST", "/dataCollectionRules/d/streams/Custom-Own_CL?api-version=2023-01-01", `[{"TimeGenerated":"2026-01-05T10:00:00Z","a":{"b":[1]}}]`},
		{"POST", "/t/oauth2/v2.0/token", `grant_type=client_credentials&client_id=a&scope=b&client_secret=c&client_assertion=eyJ.eyJ.x`},
		{"PUT", si + "/incidents/a?api-version=2025-09-01", `{"etag":"\"x\"","properties":{"title":"a","severity":"Low","status":"New","labels":[{"labelName":"a"}],"owner":{"assignedTo":null}}}`},
		{"PUT", s.WorkspaceResource() + "/savedSearches/a?api-version=2020-08-01", `{"properties":{"category":"a","displayName":"a","query":"T","functionAlias":"a","functionParameters":"a:string=\"x\", T:(*), t:timespan=time(1d)","tags":[{"name":"a","value":"b"}]}}`},
		{"PUT", s.WorkspaceResource() + "/tables/A_CL?api-version=2022-10-01", `{"properties":{"schema":{"name":"A_CL","columns":[{"name":"TimeGenerated","type":"datetime"},{"name":"b","type":"dynamic"}]}}}`},
		{"POST", "/$batch", `{"requests":[{"id":"1","workspace":"sentinel","body":{"query":"print 1"}},{"id":"2","workspace":"x","body":{}}]}`},
	}
}

// FuzzBody sends any body to each place that reads one: every one gets an answer with a status of HTTP, a body that is refused a
// reason, and nothing in the server panics.
func FuzzBody(f *testing.F) {
	s, err := New(Options{Now: clock, Engine: testEngine(f)})
	if err != nil {
		f.Fatal(err)
	}
	places := bodies(s)
	for i, x := range places {
		f.Add(uint8(i), x[2])
		w := send(s, x[0], x[1], x[2])
		if w.Code >= 300 && x[1] != "/t/oauth2/v2.0/token" && !strings.HasPrefix(x[1], "/v1/rest/") {
			f.Errorf("%s %s: the body that is well is answered %d %s", x[0], x[1], w.Code, w.Body)
		}
	}
	f.Fuzz(func(t *testing.T, place uint8, body string) {
		if len(body) > 1<<15 {
			return
		}
		s.throttle.n = 0
		x := places[int(place)%len(places)]
		w := send(s, x[0], x[1], body)
		switch {
		case w.Code < 200 || w.Code > 599:
			t.Errorf("%s %s: status %d", x[0], x[1], w.Code)
		case w.Code >= 500:
			t.Errorf("%s %s: %d %s", x[0], x[1], w.Code, w.Body)
		case w.Code >= 400 && !strings.Contains(w.Body.String(), "rror"):
			t.Errorf("%s %s: %d without a reason: %s", x[0], x[1], w.Code, w.Body)
		case strings.Contains(w.Body.String(), "a bug of ours"):
			t.Errorf("%s %s: %s", x[0], x[1], w.Body)
		}
	})
}

// FuzzState puts anything where the state is: a server begins with it and serves it, or says which file is bad.
func FuzzState(f *testing.F) {
	first := f.TempDir()
	s, err := New(Options{State: first, Now: clock})
	if err != nil {
		f.Fatal(err)
	}
	send(s, "PUT", metadataPath(s, "m"), strings.Replace(metadataBody, "%s", "1.0.0", 1))
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(first, name))
		if err != nil && !os.IsNotExist(err) {
			f.Fatal(err)
		}
		return b
	}
	pem, ca := read(certificateFile), read(authorityFile)
	f.Add([]byte(`{"format":1,"resources":[null,{"id":"/a","type":"b","sequence":1,"body":{}},{}]}`), read(journalFile), []byte(`{"format":1,"table":"T_CL","arrived":"2026-01-05T00:00:00Z","lines":"{\"a\":1}\n"}`+"\n"))
	f.Add([]byte(`{"format":99}`), []byte(`{"deletes":["x"],"puts":[null]}`+"\n"), []byte("{}\n"))
	f.Add([]byte(``), []byte("{\"puts\":[null]}\n"), []byte(``))
	f.Add([]byte(``), []byte("null\n{}\n{\"puts\":[{}]}\n{"), []byte("null\n"))
	if err := s.store.lock.Close(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, resources, journal, rows []byte) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{stateFile: resources, journalFile: journal, rowsFile: rows, certificateFile: pem, authorityFile: ca} {
			if len(b) == 0 {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := New(Options{State: dir, Now: clock, Engine: testEngine(t)})
		if err != nil {
			if !strings.Contains(err.Error(), dir) {
				t.Errorf("an error that names no file: %v", err)
			}
			return
		}
		for _, path := range []string{s.WorkspaceResource() + "/providers/Microsoft.SecurityInsights/alertRules?api-version=2025-09-01", s.WorkspaceResource() + "/savedSearches?api-version=2020-08-01", s.WorkspaceResource() + "/tables?api-version=2022-10-01"} {
			if w := send(s, "GET", path, ""); w.Code >= 500 {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		if w := send(s, "PUT", metadataPath(s, "n"), strings.Replace(metadataBody, "%s", "1.0.0", 1)); w.Code >= 500 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		abandon(t, s)
	})
}

// FuzzToken presents anything as a token: only what was issued is taken.
func FuzzToken(f *testing.F) {
	s, err := New(Options{Now: clock, Secret: "x"})
	if err != nil {
		f.Fatal(err)
	}
	good := s.issue("t", "c", "a")
	f.Add(good)
	f.Add(good + "A")
	f.Add(good[:len(good)-2])
	f.Add("eyJ..")
	f.Add("..")
	f.Add("Bearer")
	f.Fuzz(func(t *testing.T, token string) {
		if s.issued(token) && token != good {
			t.Errorf("%q is taken for issued", token)
		}
		r := httptest.NewRequest("GET", "http://localhost"+s.WorkspaceResource()+"?api-version=2022-10-01", nil)
		r.Header["Authorization"] = []string{"Bearer " + token}
		s.throttle.n = 0
		if w := newRecorder(s, r); token != good && w.Code != 401 && w.Code != 403 {
			t.Errorf("%q: %d", token, w.Code)
		}
	})
}

// FuzzGzip sends any bytes as a body that is packed with gzip: it is read, or refused as the request's fault.
func FuzzGzip(f *testing.F) {
	s, err := New(Options{Now: clock, Engine: testEngine(f)})
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(`{"query":"print 1"}`)); err != nil {
		f.Fatal(err)
	}
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(append(b.Bytes(), b.Bytes()...))
	f.Add(b.Bytes()[:20])
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, packed []byte) {
		r := httptest.NewRequest("POST", "/v1/workspaces/"+s.opts.WorkspaceID+"/query", bytes.NewReader(packed))
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("Content-Encoding", "gzip")
		if w := newRecorder(s, r); w.Code != 200 && (w.Code < 400 || w.Code > 499) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
