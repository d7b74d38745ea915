package server

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// FuzzRoute sends any request: every one gets an answer with a status of HTTP, and no panic.
func FuzzRoute(f *testing.F) {
	s, err := New(Options{Now: clock})
	if err != nil {
		f.Fatal(err)
	}
	ws := s.WorkspaceResource()
	si := ws + "/providers/Microsoft.SecurityInsights"
	for _, x := range [][3]string{
		{"PUT", si + "/alertRules/a?api-version=2025-09-01", `{"kind":"Scheduled","properties":{"displayName":"a","enabled":true,"severity":"Low","query":"T","queryFrequency":"PT5M","queryPeriod":"PT5M","triggerOperator":"Equal","triggerThreshold":1e2,"suppressionEnabled":true,"suppressionDuration":"PT5M","entityMappings":[{}],"customDetails":[]}}`},
		{"GET", si + "/alertRules?api-version=2025-09-01&$skipToken=MQ", ""},
		{"PUT", si + "/watchlists/a?api-version=2025-09-01", `{"properties":{"displayName":"a","provider":"b","itemsSearchKey":"A","rawContent":"A\n\"1","numberOfLinesToSkip":1}}`},
		{"PUT", si + "/incidents/a?api-version=2025-09-01", `{"properties":{"title":"a","severity":"Low","status":"New"}}`},
		{"PUT", ws + "/savedSearches/a?api-version=2020-08-01", `{"properties":{"category":"a","displayName":"a","query":"a","functionAlias":"a","functionParameters":"a:string=\"x\", T:(*)"}}`},
		{"PUT", "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/soc/providers/Microsoft.Resources/deployments/a?api-version=2021-04-01", `{"properties":{"mode":"Incremental","template":{"$schema":"a","contentVersion":"a","variables":{"a":"[format('{0}', if(true(), 1, guid('a')))]"},"resources":[{"type":"Microsoft.SecurityInsights/metadata","apiVersion":"2025-09-01","name":"a","scope":"[resourceId('A/b','c')]"}]}}}`},
		{"POST", "/v1/workspaces/sentinel/query?timespan=P1D", `{"query":"T"}`},
		{"POST", "/$batch", `{"requests":[{"id":"1","workspace":"sentinel","body":{"query":"T"}}]}`},
		{"POST", "/v2/rest/query", `{"db":"a","csl":".show tables","properties":"{\"Options\":{}}"}`},
		{"POST", "/dataCollectionRules/a/streams/Custom-A?api%2Dversion=2023-01-01", `[{}]`},
		{"POST", "/t/oauth2/v2.0/token", `grant_type=client_credentials&client_id=a&scope=b&client_secret=c`},
		{"GET", "//providers//a/", ""},
		{"POST", "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/soc/providers/Microsoft.Resources/deployments/a/whatIf?api-version=2021-04-01", `{properties: {mode: 'Incremental', template: {"$schema": "a", "contentVersion": "a", "resources": [{"type": "Microsoft.OperationalInsights/workspaces/savedSearches", "apiVersion": "2020-08-01", "name": "sentinel/a", "properties": {"query": null}}],}}} // x`},
		{"GET", si + "/incidents?api-version=2025-09-01&$filter=not(properties/status+eq+'New')&$orderby=name+desc&$skip=1", ""},
		{"PUT", si + "/incidents/a/relations/b?api-version=2025-09-01", `{"properties":{"relatedResourceId":"` + si + `/incidents/a"}}`},
		{"PUT", si + "/bookmarks/a?api-version=2025-09-01", `{"properties":{"displayName":"a","query":"b"}}`},
		{"HEAD", si + "/incidents/a?api-version=2025-09-01", ""},
		{"GET", "/metadata/endpoints?api-version=2015-01-01", ""},
		{"POST", ws + "/schema?api-version=2020-08-01", ""},
		{"POST", "/reset", ""},
	} {
		f.Add(x[0], x[1], x[2])
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		if !isMethod(method) || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \t\r\n\x00#") || len(path) > 4000 {
			return
		}
		for i := range len(path) {
			if path[i] < 0x21 || path[i] > 0x7e || path[i] == '%' {
				return // the client library refuses to write it
			}
		}
		r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer x")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code < 200 || w.Code > 599 {
			t.Errorf("status %d", w.Code)
		}
	})
}

// FuzzFault reads any text: what is taken can be written down and read again to the same.
func FuzzFault(f *testing.F) {
	for _, x := range []string{"429:PUT:alertRules@3x2~1s", "drop", "slow~2s", "half:/query", "etag:PUT", "cut@1", "500:GET:x", "429x2"} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseFault(text)
		if err != nil {
			return
		}
		b, err := ParseFault(a.String())
		if err != nil || a != b {
			t.Errorf("%q is %+v, written %q, read %+v (%v)", text, a, a.String(), b, err)
		}
	})
}

// FuzzTimespan reads any text: a span that is taken never ends before it begins.
func FuzzTimespan(f *testing.F) {
	for _, x := range []string{"PT1H", "P1D", "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z", "2026-01-01/P1D", "PT5M/2026-01-01T00:00:00.5+02:00", "P/P", "/"} {
		f.Add(x)
	}
	now := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseTimespan(text, now)
		if err == nil && s.to.Before(s.from) {
			t.Errorf("%q is %v", text, s)
		}
	})
}

// FuzzFilter reads any $filter and $orderby: what is taken can be asked of a resource, and asking twice gives the same.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{"properties/status eq 'Closed' and not (properties/n gt 3 or contains(properties/title, 'it''s'))", "a eq null", "(((", "x in ('a')", "properties/t le 2026-01-05T12:00:00Z", "a desc, b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := map[string]any{"name": "a", "properties": map[string]any{"status": "Closed", "n": number("4"), "title": "It's", "t": "2026-01-05T12:00:00.0000000Z", "flag": true, "list": []any{}}}
		if c, e := parseFilter(text); e == nil && c != nil && c(r) != c(r) {
			t.Errorf("%q", text)
		}
		list := []map[string]any{r, {"name": "b"}, {"properties": map[string]any{"n": number("1")}}}
		_ = orderBy(list, text)
		if len(list) != 3 {
			t.Errorf("%q", text)
		}
	})
}
