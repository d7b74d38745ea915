package deploy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// canaries are secrets as they are met, each with the text it stands in when a service or a library quotes it.
func canaries() map[string]string {
	return map[string]string{
		"kanarie-bearer-0123456789abcdef":    "Authorization: Bearer kanarie-bearer-0123456789abcdef",
		"eyJrYW5hcmllMDE.eyJib2R5IjoxfQ.sig": "token eyJrYW5hcmllMDE.eyJib2R5IjoxfQ.sig was refused",
		"kanarie-client-secret":              "client_secret=kanarie-client-secret&grant_type=client_credentials",
		"kanarieSas%2Bsig%3D":                "https://contoso.example/x?sv=2024&sig=kanarieSas%2Bsig%3D&se=1",
		"kanarie-cert-password":              `password="kanarie-cert-password"`,
		"kanarie-cookie-value":               "Cookie: kanarie-cookie-value",
		"kanarie-set-cookie":                 "Set-Cookie: kanarie-set-cookie",
		"kanarie-hook-path":                  "https://hooks.slack.example/api/webhooks/kanarie-hook-path",
		"kanarieLogicSig":                    "https://prod-1.westeurope.logic.azure.example/workflows/x/triggers/manual/paths/invoke?sp=1&sig=kanarieLogicSig",
		"kanarie-account-key":                "AccountName=x;AccountKey=kanarie-account-key;EndpointSuffix=x",
		"kanarie-shared-access-key":          "Endpoint=sb://x;SharedAccessKey=kanarie-shared-access-key",
		"kanarie-refresh":                    `{"refresh_token":"kanarie-refresh"}`,
		"kanarie-access":                     `{"access_token": "kanarie-access"}`,
		"kanarie-id-token":                   "id_token=kanarie-id-token",
		"kanarie-assertion":                  "client_assertion=kanarie-assertion",
		"kanarie-api-key":                    "api-key: kanarie-api-key",
		"kanarie-apikey":                     "apikey=kanarie-apikey",
		"kanarie-function-key":               "x-functions-key: kanarie-function-key",
		"kanarie-function-code":              "https://x.example/api/f?code=kanarie-function-code",
		"kanarie-subscription":               "Ocp-Apim-Subscription-Key: kanarie-subscription",
		"kanarie-identity-header":            "X-IDENTITY-HEADER: kanarie-identity-header",
		"kanarie-basic-dXNlcg":               "Authorization: Basic kanarie-basic-dXNlcg",
		"kanarie-url-user:kanarie-url-pass":  "https://kanarie-url-user:kanarie-url-pass@contoso.example/x",
		"MIIkanarieprivatekey":               "-----BEGIN RSA PRIVATE KEY-----\nMIIkanarieprivatekey\n-----END RSA PRIVATE KEY-----",
		"ghp_kanarie0123456789012345678901":  "remote https: ghp_kanarie0123456789012345678901",
	}
}

// TestSecretsAppearNowhere plants 25 secrets where they can come from: the environment, answers and errors of the service,
// resources, texts; and looks for them in logs, plans of every form, saved plans, snapshots, the journal and errors.
func TestSecretsAppearNowhere(t *testing.T) {
	planted := canaries()
	if len(planted) != 25 {
		t.Fatalf("%d canaries", len(planted))
	}
	var seen bytes.Buffer
	trigger := "https://prod-1.westeurope.logic.azure.example/workflows/x/triggers/manual/paths/invoke?sp=1&sig=kanarieLogicSig"
	t.Setenv("HOOK_OF_TEST", trigger)
	x := newStandIn(t, server.Options{Secret: testSecret})
	c := azure.StandInCloud(x.server.SecureURL())
	w, err := azure.Open(context.Background(), x.target, azure.Options{Transport: x.wire, Cloud: &c, Retry: x.retry, Log: func(l string) { fmt.Fprintln(&seen, l) }})
	if err != nil {
		t.Fatal(err)
	}
	x.w = w
	files := kitchen()
	files["actions/a.arm.json"] = `{"resource":"action","id":"` + guid(1) + `/` + guid(70) + `","properties":{"logicAppResourceId":"/subscriptions/x/resourceGroups/g/providers/Microsoft.Logic/workflows/x","triggerUri":"${env:HOOK_OF_TEST}"}}`
	dir := t.TempDir()
	d := x.desired(files)
	p := x.plan(d, PlanOptions{})
	show := func(p *Plan, d *Desired) {
		for _, err := range []error{p.WriteText(terminal.Stream{Writer: &seen, Width: 80}), p.WriteJSON(&seen), p.WriteMarkdown(&seen)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		b, err := p.Save(d, PlanOptions{})
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(b)
	}
	show(p, d)
	out, err := x.applier(dir).Apply(context.Background(), p)
	if err != nil || !out.Whole() {
		t.Fatal(err, errorsOf(out.Failed))
	}
	// The service and what stands before it quote secrets in errors, headers and bodies.
	for secret, text := range planted {
		for _, status := range []int{400, 401, 403, 409, 500} {
			x.wire.spoil = func(_ int, r *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
				quoted := compact(text)
				return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}, "Set-Cookie": {"s=" + secret}, "Www-Authenticate": {"Bearer x=" + secret}}, Request: r,
					Body: io.NopCloser(strings.NewReader(`{"error":{"code":"X","message":` + string(quoted) + `,"innererror":{"message":` + string(quoted) + `}},"access_token":"` + secret + `"}`))}, nil
			}
			x.retry.MaxRetries = -1
			_, err := x.w.Do(context.Background(), azure.Request{Method: http.MethodGet, Path: "/subscriptions/x/providers/y", Version: "1"})
			fmt.Fprintf(&seen, "%v\n", err)
			_, err = x.w.Query(context.Background(), "print 1", azure.QueryOptions{})
			fmt.Fprintf(&seen, "%v\n", err)
		}
		x.wire.spoil = func(_ int, r *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
			return nil, fmt.Errorf("dial: %s", text)
		}
		_, err := x.w.Do(context.Background(), azure.Request{Method: http.MethodGet, Path: "/subscriptions/x/providers/y", Version: "1"})
		fmt.Fprintf(&seen, "%v\n%s\n", err, azure.Redact("panic: "+text))
	}
	x.wire.spoil = nil
	// A change that is shown has the secret out of it.
	changed := kitchen()
	i := 0
	for _, text := range planted {
		if strings.Contains(text, "logic.azure") {
			continue
		}
		changed["rules/a.yaml"] = strings.Replace(kitchen()["rules/a.yaml"], "  Says what it is for.", "  "+strings.ReplaceAll(text, "\n", " "), 1)
		if p := x.plan(x.desired(changed), PlanOptions{}); p.Summary.Update != 1 {
			t.Fatalf("%d: %v", i, lines(p))
		} else if err := p.WriteText(terminal.Stream{Writer: &seen, Width: 80}); err != nil {
			t.Fatal(err)
		} else if err := p.WriteJSON(&seen); err != nil {
			t.Fatal(err)
		} else if err := p.WriteMarkdown(&seen); err != nil {
			t.Fatal(err)
		}
		i++
	}
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %v", name, info.Mode())
		}
		b, err := os.ReadFile(name)
		seen.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := seen.String()
	for secret := range planted {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("%q is shown: ...%s...", secret, text[max(0, i-120):min(len(text), i+80)])
		}
	}
	if strings.Contains(text, testSecret) {
		t.Error("the client secret is shown")
	}
	if !strings.Contains(text, "PUT /subscriptions/") {
		t.Error("the log has no requests in it: the test looks at nothing")
	}
}
