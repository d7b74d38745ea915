package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// canary is a secret, where it is planted, and the words in which it is met.
type canary struct{ name, secret, says, where string }

// canaries are the planted secrets. Those of the environment and the tokens of sign-ins are quoted bare, with nothing beside
// them that says what they are; the others in the words in which services and libraries quote them.
func canaryTable() []canary {
	return []canary{
		{"token of managed identity", "kanarie-msi-opaque-token-01", "kanarie-msi-opaque-token-01", "answer of /msi/token; Authorization of every request; quoted bare by errors"},
		{"client secret", "kanarie-env-client-secret-02", "kanarie-env-client-secret-02", "AZURE_CLIENT_SECRET; quoted bare"},
		{"certificate password", "kanarie-env-cert-password-03", "kanarie-env-cert-password-03", "AZURE_CLIENT_CERTIFICATE_PASSWORD; quoted bare"},
		{"identity header", "kanarie-env-identity-header-04", "kanarie-env-identity-header-04", "IDENTITY_HEADER; quoted bare"},
		{"playbook address", "kanarieHookSig05", "https://prod-1.logic.azure.example/workflows/x/triggers/manual/paths/invoke?sp=1&sig=kanarieHookSig05", "${env:HOOK} of a rule's action; quoted whole"},
		{"pipeline token", "kanarie-system-access-token-06", "kanarie-system-access-token-06", "SYSTEM_ACCESSTOKEN; quoted bare"},
		{"bearer", "kanarie-bearer-07-abcdefghij", "Authorization: Bearer kanarie-bearer-07-abcdefghij", "errors, headers, redirects"},
		{"JWT", "eyJrYW5hcmllMDg.eyJib2R5IjoxfQ.sig", "token eyJrYW5hcmllMDg.eyJib2R5IjoxfQ.sig was refused", "errors, headers, redirects"},
		{"form secret", "kanarie-form-secret-09", "client_secret=kanarie-form-secret-09&grant_type=x", "errors, headers, redirects"},
		{"SAS", "kanarieSas10%2Bsig%3D", "https://contoso.example/x?sv=2024&sig=kanarieSas10%2Bsig%3D&se=1", "errors, headers, redirects"},
		{"password", "kanarie-password-11", `password="kanarie-password-11"`, "errors, headers, redirects"},
		{"cookie", "kanarie-cookie-12", "Cookie: kanarie-cookie-12", "errors, headers, redirects"},
		{"set-cookie", "kanarie-set-cookie-13", "Set-Cookie: kanarie-set-cookie-13", "errors, headers, redirects"},
		{"webhook", "kanarie-hook-14", "https://hooks.slack.example/api/webhooks/kanarie-hook-14", "errors, headers, redirects"},
		{"account key", "kanarie-account-key-15", "AccountName=x;AccountKey=kanarie-account-key-15;EndpointSuffix=x", "errors, headers, redirects"},
		{"shared access key", "kanarie-shared-key-16", "Endpoint=sb://x;SharedAccessKey=kanarie-shared-key-16", "errors, headers, redirects"},
		{"refresh token", "kanarie-refresh-17", `{"refresh_token":"kanarie-refresh-17"}`, "errors, headers, redirects"},
		{"access token", "kanarie-access-18", `{"access_token": "kanarie-access-18"}`, "errors, headers, redirects"},
		{"id token", "kanarie-id-token-19", "id_token=kanarie-id-token-19", "errors, headers, redirects"},
		{"assertion", "kanarie-assertion-20", "client_assertion=kanarie-assertion-20", "errors, headers, redirects"},
		{"API key", "kanarie-api-key-21", "api-key: kanarie-api-key-21", "errors, headers, redirects"},
		{"function key", "kanarie-function-key-22", "x-functions-key: kanarie-function-key-22", "errors, headers, redirects"},
		{"basic", "kanarie-basic-23-dXNlcg", "Authorization: Basic kanarie-basic-23-dXNlcg", "errors, headers, redirects"},
		{"address with a password", "kanarie-user24:kanarie-pass24", "https://kanarie-user24:kanarie-pass24@contoso.example/x", "errors, headers, redirects; --workspace"},
		{"private key", "MIIkanariekey25", "-----BEGIN RSA PRIVATE KEY-----\nMIIkanariekey25\n-----END RSA PRIVATE KEY-----", "errors, headers, redirects"},
		{"token of az", "kanarie-az-opaque-token-26", "kanarie-az-opaque-token-26", "standard output and standard error of az; Authorization; quoted bare"},
	}
}

// allCanaries is one text in which every secret is met.
func allCanaries() string {
	var b strings.Builder
	for _, c := range canaryTable() {
		if c.name != "token of az" { // met where az signs in
			b.WriteString(c.says + " ; ")
		}
	}
	return b.String()
}

// leaks lists the secrets that a text holds.
func leaks(text string) (out []string) {
	for _, c := range canaryTable() {
		if i := strings.Index(text, c.secret); i >= 0 {
			out = append(out, fmt.Sprintf("%s: ...%s...", c.name, text[max(0, i-160):min(len(text), i+60)]))
		}
	}
	return out
}

// shapes are the forms in which errors come: the service's, older ones, those of gateways and proxies.
func errorShapes() map[string]func(quote string) (status int, contentType, body string) {
	js := func(v any) string {
		b, _ := json.Marshal(v)
		return string(b)
	}
	type m = map[string]any
	j := "application/json"
	return map[string]func(string) (int, string, string){
		"arm":      func(q string) (int, string, string) { return 400, j, js(m{"error": m{"code": "X", "message": q}}) },
		"code too": func(q string) (int, string, string) { return 400, j, js(m{"error": m{"code": q, "message": "m"}}) },
		"inner": func(q string) (int, string, string) {
			return 400, j, js(m{"error": m{"message": "m", "innererror": m{"code": q, "message": q}}})
		},
		"deep inner": func(q string) (int, string, string) {
			return 400, j, js(m{"error": m{"message": "m", "innererror": m{"innererror": m{"message": q}}}})
		},
		"details": func(q string) (int, string, string) {
			return 409, j, js(m{"error": m{"code": "Conflict", "message": q, "details": []any{m{"message": q, "target": q}}}})
		},
		"oauth": func(q string) (int, string, string) {
			return 401, j, js(m{"error": "invalid_client", "error_description": q, "error_uri": q})
		},
		"error is a text": func(q string) (int, string, string) { return 403, j, js(m{"error": q}) },
		"capital letters": func(q string) (int, string, string) { return 400, j, js(m{"Error": m{"Code": q, "Message": q}}) },
		"flat":            func(q string) (int, string, string) { return 400, j, js(m{"code": q, "message": q}) },
		"odata": func(q string) (int, string, string) {
			return 400, j, js(m{"odata.error": m{"code": q, "message": m{"lang": "en", "value": q}}})
		},
		"problem": func(q string) (int, string, string) {
			return 422, "application/problem+json", js(m{"title": q, "detail": q, "instance": q})
		},
		"list":   func(q string) (int, string, string) { return 400, j, js([]any{m{"error": m{"message": q}}}) },
		"a text": func(q string) (int, string, string) { return 400, j, js(q) },
		"numbers": func(q string) (int, string, string) {
			return 400, j, `{"error":{"code":1,"message":["` + "x" + `"]},"trace":` + js(q) + `}`
		},
		"half a document": func(q string) (int, string, string) { return 400, j, `{"error":{"message":` + js(q)[:len(js(q))/2] },
		"plain":           func(q string) (int, string, string) { return 400, "text/plain", q },
		"HTML": func(q string) (int, string, string) {
			return 502, "text/html", "<html><title>" + q + "</title><body>" + q + "</body></html>"
		},
		"XML": func(q string) (int, string, string) {
			return 403, "application/xml", "<Error><Code>" + q + "</Code><Message>" + q + "</Message></Error>"
		},
		"kusto": func(q string) (int, string, string) {
			return 400, j, js(m{"error": m{"code": "General_BadRequest", "message": q, "@type": q, "@message": q, "@context": m{"authorization": q}}})
		},
		"good, no JSON":      func(q string) (int, string, string) { return 200, "text/plain", q },
		"good, another JSON": func(q string) (int, string, string) { return 200, j, js([]any{q}) },
		"good, wrong types": func(q string) (int, string, string) {
			return 200, j, js(m{"value": q, "tables": q, "properties": q, "nextLink": q})
		},
		"next page": func(q string) (int, string, string) {
			return 200, j, js(m{"value": []any{}, "nextLink": "https://contoso.example/?sig=kanarieSas10%2Bsig%3D&token=" + url.QueryEscape(q)})
		},
		"partial error": func(q string) (int, string, string) {
			return 200, j, js(m{"tables": []any{}, "error": m{"code": "PartialError", "message": q, "details": []any{m{"message": q}}}})
		},
		"redirect": func(q string) (int, string, string) { return 307, "text/html", "<a href=\"" + q + "\">" + q + "</a>" },
		"empty":    func(q string) (int, string, string) { return 400, j, "" },
	}
}

// quietly runs the program in this process with its streams in files, and returns what it said.
func quietly(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	dir := t.TempDir()
	open := func(name string) *os.File {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	o, e := open("out"), open("err")
	code = run(context.Background(), append([]string{"blindspot"}, args...), strings.NewReader(""), o, e)
	o.Close()
	e.Close()
	for _, n := range []string{"out", "err"} {
		b, err := os.ReadFile(filepath.Join(dir, n))
		if err != nil {
			t.Fatal(err)
		}
		said += string(b)
	}
	return code, said
}

// plantCanaries makes a repository, plants what comes from the environment, and moves there.
func plantCanaries(t *testing.T) (dir string) {
	t.Helper()
	dir = killContent(t)
	for k, v := range map[string]string{"AZURE_CLIENT_SECRET": "kanarie-env-client-secret-02", "AZURE_CLIENT_CERTIFICATE_PASSWORD": "kanarie-env-cert-password-03", "IDENTITY_HEADER": "kanarie-env-identity-header-04",
		"HOOK": "https://prod-1.logic.azure.example/workflows/x/triggers/manual/paths/invoke?sp=1&sig=kanarieHookSig05", "SYSTEM_ACCESSTOKEN": "kanarie-system-access-token-06"} {
		t.Setenv(k, v)
	}
	action := `{"resource":"action","id":"6d1a1d3c-6f4e-4f37-9c3e-5a1a6c1b0100/6d1a1d3c-6f4e-4f37-9c3e-5a1a6c1b0200","properties":{"logicAppResourceId":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Logic/workflows/x","triggerUri":"${env:HOOK}"}}`
	if err := os.WriteFile(filepath.Join(dir, "a.arm.json"), []byte(action), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	return dir
}

// inFiles is all that is in a folder.
func inFiles(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		fmt.Fprintf(&b, "%s\n%s\n", name, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// remoteCommands are the command lines that talk to a workspace, as loud as they can be.
func remoteCommands() [][]string {
	return [][]string{
		{"plan", "--verbose", "--format", "text", "."}, {"plan", "--verbose", "--format", "json", "--out", "p.plan", "."}, {"plan", "--format", "markdown", "."},
		{"apply", "--verbose", "--yes", "."}, {"apply", "--verbose", "--yes", "--plan", "p.plan"}, {"rollback", "--verbose", "--yes"}, {"pull", "--verbose", "--to", ".pulled", "--adopt"},
		{"query", "--verbose", "print 1"}, {"query", "--format", "json", "print 1"}, {"record", "--verbose", "print 1"}, {"connect", "status", "--verbose", "."},
		{"connect", "enable", "--verbose", "--yes", "SignInLogs"}, {"connect", "disable", "--yes", "SignInLogs"},
	}
}

// TestSecretsInAnswers puts a hostile service before every command: it echoes the Authorization header and every planted
// secret in its errors, in 26 forms, for all requests, for writes alone and for queries alone. None is shown or written.
func TestSecretsInAnswers(t *testing.T) {
	if n := len(canaryTable()); n < 25 {
		t.Fatalf("%d canaries", n)
	}
	back, err := url.Parse(standIn(t))
	if err != nil {
		t.Fatal(err)
	}
	var elsewhere []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		elsewhere = append(elsewhere, r.URL.String()+fmt.Sprint(r.Header))
	}))
	defer other.Close()
	var mu sync.Mutex
	var shape func(string) (int, string, string)
	spoiled := func(*http.Request) bool { return true }
	proxy := httputil.NewSingleHostReverseProxy(back)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	hostile := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		f, hit := shape, spoiled(r)
		mu.Unlock()
		switch {
		case r.URL.Path == "/msi/token":
			fmt.Fprintf(w, `{"access_token":"kanarie-msi-opaque-token-01","expires_on":"%d","token_type":"Bearer","resource":"x"}`, time.Now().Add(time.Hour).Unix())
		case r.URL.Path == "/" || f == nil || !hit:
			proxy.ServeHTTP(w, r)
		default:
			q := "sent " + r.Header.Get("Authorization") + " and " + allCanaries()
			status, typ, body := f(q)
			h := w.Header()
			h.Set("Content-Type", typ)
			h.Set("Retry-After-Ms", "1")
			line := strings.ReplaceAll(q, "\n", " ")
			h.Set("X-Ms-Error-Code", line)
			h.Set("Www-Authenticate", "Bearer error=\""+line+"\"")
			h.Set("Set-Cookie", line)
			h.Set("ETag", line)
			h.Set("Location", other.URL+"/?token=kanarie-access-18&sig=kanarieSas10%2Bsig%3D")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}))
	defer hostile.Close()
	dir := plantCanaries(t)
	if code, said := quietly(t, "apply", "--yes", "--workspace", hostile.URL, "."); code != exitWell || !strings.Contains(said, "Done: 7 of 7") {
		t.Fatalf("a first apply that goes well: %d\n%s", code, said)
	}
	where := map[string]func(*http.Request) bool{
		"all":     func(*http.Request) bool { return true },
		"writes":  func(r *http.Request) bool { return r.Method == http.MethodPut || r.Method == http.MethodDelete },
		"queries": func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/query") },
		"lists":   func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/alertRules") },
	}
	runs := 0
	for name, f := range errorShapes() {
		for at, hit := range where {
			// The rules differ from those in the workspace, so that there is something to write.
			rule := filepath.Join(dir, "rules", "r1.yaml")
			b, err := os.ReadFile(rule)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(rule, append(b, []byte("# again\n")...), 0o600); err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(b), "severity: Low", "severity: High", 1)
			if err := os.WriteFile(rule, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			shape, spoiled = f, hit
			mu.Unlock()
			for _, args := range remoteCommands() {
				_, said := quietly(t, append(append([]string{args[0]}, args[1:]...), "--workspace", hostile.URL)...)
				runs++
				for _, l := range leaks(said) {
					t.Errorf("%s for %s, %v: %s", name, at, args, l)
				}
			}
			mu.Lock()
			shape = nil
			mu.Unlock()
			if err := os.WriteFile(rule, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if t.Failed() {
				return
			}
		}
	}
	for _, l := range leaks(inFiles(t, dir)) {
		t.Errorf("a file holds %s", l)
	}
	if len(elsewhere) > 0 {
		t.Errorf("a redirect was followed: %q", elsewhere)
	}
	if code, said := quietly(t, "plan", "--workspace", "https://kanarie-user24:kanarie-pass24@contoso.example/x", "."); code != exitUsage || len(leaks(said)) > 0 {
		t.Errorf("an address with a password in it: %d %s", code, said)
	}
	t.Logf("%d commands", runs)
}

// panicking is a transport that panics at one request, with all that is under way in the panic's value.
type panicking struct {
	next http.RoundTripper
	mu   sync.Mutex
	left int
	hit  bool
	// signed says that a token was given: it is in flight from then on.
	signed bool
}

func (p *panicking) Do(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.left--
	now := p.left == 0
	p.hit = p.hit || now
	p.mu.Unlock()
	if now {
		body := ""
		if r.Body != nil {
			b, _ := io.ReadAll(r.Body)
			body = string(b)
		}
		quoted := allCanaries()
		if !p.signed { // nobody can quote a token that was not given yet
			quoted = strings.ReplaceAll(quoted, "kanarie-msi-opaque-token-01", "")
		}
		panic(fmt.Sprintf("request %v %s, environment %q, and %s", r.Header, body, os.Environ(), quoted))
	}
	if r.URL.Path == "/msi/token" {
		p.mu.Lock()
		p.signed = true
		p.mu.Unlock()
		return &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(fmt.Sprintf(`{"access_token":"kanarie-msi-opaque-token-01","expires_on":"%d"}`, time.Now().Add(time.Hour).Unix())))}, nil
	}
	return p.next.RoundTrip(r)
}

// TestSecretsInPanics breaks each command at each of its requests, in whatever goroutine makes it, by a panic whose value
// holds the request's headers and body, the environment and every planted secret. The report says that it is a bug of ours and
// shows none of them; the next apply finishes the work.
func TestSecretsInPanics(t *testing.T) {
	address := standIn(t)
	dir := plantCanaries(t)
	defer func() { transport = nil }()
	crashes := 0
	for _, args := range remoteCommands() {
		for n := 1; n < 60; n++ {
			p := &panicking{next: http.DefaultTransport, left: n}
			transport = p
			code, said := quietly(t, append(append([]string{args[0]}, args[1:]...), "--workspace", address)...)
			if !p.hit {
				break
			}
			crashes++
			if code != exitBug || !strings.Contains(said, "a bug of ours") {
				t.Fatalf("%v, a panic at request %d: exit code %d\n%.1500s", args, n, code, said)
			}
			for _, l := range leaks(said) {
				t.Errorf("%v, a panic at request %d: %s", args, n, l)
			}
			if t.Failed() {
				return
			}
		}
	}
	transport = nil
	for _, l := range leaks(inFiles(t, dir)) {
		t.Errorf("a file holds %s", l)
	}
	if code, said := quietly(t, "apply", "--yes", "--workspace", address, "."); code != exitWell {
		t.Errorf("the apply after the crashes: %d %s", code, said)
	}
	if crashes < 50 {
		t.Errorf("only %d crashes", crashes)
	}
	t.Logf("%d crashes", crashes)
}

// azure2standIn sends what is meant for the public cloud to the stand-in.
type azure2standIn struct{ host string }

func (a azure2standIn) Do(r *http.Request) (*http.Response, error) {
	c := r.Clone(r.Context())
	c.URL.Scheme, c.URL.Host, c.Host = "http", a.host, a.host
	return http.DefaultTransport.RoundTrip(c)
}

// TestSecretsInProcesses signs in through a child process, an az that writes down how it was called, and looks at the
// arguments of every process of the machine while commands run: no secret stands in one, and no child is given one. An az that
// fails and prints a token says nothing of it.
func TestSecretsInProcesses(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux shows processes as files")
	}
	u, err := url.Parse(standIn(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := plantCanaries(t)
	transport = azure2standIn{u.Host}
	defer func() { transport = nil }()
	config := "workspaces:\n  prod:\n    subscription: 00000000-0000-4000-8000-000000000001\n    resourceGroup: soc\n    workspace: sentinel\n    tenant: 00000000-0000-4000-8000-0000000000ff\n    auth: cli\n"
	resp, err := http.Get(u.String())
	if err != nil {
		t.Fatal(err)
	}
	var names struct{ Subscription, ResourceGroup, Workspace string }
	if err := json.NewDecoder(resp.Body).Decode(&names); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for from, to := range map[string]string{"00000000-0000-4000-8000-000000000001": names.Subscription, "resourceGroup: soc": "resourceGroup: " + names.ResourceGroup, "workspace: sentinel": "workspace: " + names.Workspace} {
		if !strings.HasSuffix(to, " ") && to != "" {
			config = strings.Replace(config, from, to, 1)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "blindspot.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	az := func(script string) {
		if err := os.WriteFile(filepath.Join(bin, "az"), []byte("#!/bin/sh\nprintf '%s\\n' \"$0 $*\" >> '"+bin+"/calls'\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	az("sleep 0.2\necho '{\"accessToken\":\"kanarie-az-opaque-token-26\",\"expiresOn\":\"2099-01-01 00:00:00.000000\",\"expires_on\":4070908800,\"subscription\":\"s\",\"tenant\":\"t\",\"tokenType\":\"Bearer\"}'\n")
	stop := make(chan struct{})
	var lines []string
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
			}
			files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			for _, f := range files {
				if b, err := os.ReadFile(f); err == nil {
					lines = append(lines, strings.ReplaceAll(string(b), "\x00", " "))
				}
			}
		}
	}()
	var said strings.Builder
	for _, args := range remoteCommands() {
		_, text := quietly(t, append(append([]string{args[0]}, args[1:]...), "--workspace", "prod")...)
		said.WriteString(text)
	}
	close(stop)
	wg.Wait()
	if !strings.Contains(said.String(), "Done: 7 of 7") {
		t.Errorf("az did not sign in: %.1500s", said.String())
	}
	az("echo \"ERROR: token kanarie-az-opaque-token-26 Bearer kanarie-bearer-07-abcdefghij\" >&2\necho '{\"accessToken\":\"kanarie-az-opaque-token-26\"'\nexit 1\n")
	for _, args := range remoteCommands()[:4] {
		code, text := quietly(t, append(append([]string{args[0]}, args[1:]...), "--workspace", "prod")...)
		if code != exitDenied {
			t.Errorf("%v with an az that fails: exit code %d: %s", args, code, text)
		}
		said.WriteString(text)
	}
	calls, err := os.ReadFile(filepath.Join(bin, "calls"))
	if err != nil || !strings.Contains(string(calls), "get-access-token") {
		t.Fatalf("az was not called: %s %v", calls, err)
	}
	all := strings.Join(lines, "\n")
	if !strings.Contains(all, "get-access-token") {
		t.Error("the process list never showed az: the test looks at nothing")
	}
	for what, text := range map[string]string{"the output": said.String(), "az's arguments": string(calls), "the process list": all, "a file": inFiles(t, dir)} {
		for _, l := range leaks(text) {
			t.Errorf("%s holds %s", what, l)
		}
	}
}

// TestNoFlagTakesASecret reads the names of all flags.
func TestNoFlagTakesASecret(t *testing.T) {
	for _, c := range commands() {
		list := c.Flags
		for _, s := range c.Subcommands {
			list = append(list, s.Flags...)
		}
		for _, f := range list {
			for _, n := range f.Names() {
				for _, w := range []string{"secret", "password", "token", "key", "credential", "sas"} {
					if strings.Contains(strings.ToLower(n), w) {
						t.Errorf("%s --%s: what a flag is given stands in the process list and in the shell's history", c.Name, n)
					}
				}
			}
		}
	}
}
