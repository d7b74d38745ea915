package azure

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-caab1ad3/blindspot/content"
)

const good = `values: { team: Blue, shared: x }
workspaces:
  prod: { subscription: s, resourceGroup: g, workspace: w, tenant: t, cloud: usgovernment, auth: cli, owner: me, values: { team: Red, days: 14 }, overrides: { AB-1: { severity: Low } } }
  test: { url: "http://127.0.0.1:8080" }
`

func TestTargets(t *testing.T) {
	doc, problems := content.Parse("blindspot.yaml", []byte(good))
	if doc == nil {
		t.Fatal(problems)
	}
	list, err := Targets(doc)
	if err != nil {
		t.Fatal(err)
	}
	p := list[0]
	if p.Name != "prod" || p.Cloud != "usgovernment" || p.Auth != "cli" || p.Ours() != "me" || p.Overrides["ab-1"]["severity"] != "Low" {
		t.Errorf("%+v", p)
	}
	if d := cmp.Diff(map[string]string{"team": "Red", "shared": "x", "days": "14"}, p.Values); d != "" {
		t.Error(d)
	}
	if !list[1].OtherValueName["days"] || list[1].Values["team"] != "Blue" || list[1].Ours() != "default" {
		t.Errorf("%+v", list[1])
	}
	if p.ResourceID() != "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w" {
		t.Error(p.ResourceID())
	}
	for name, want := range map[string]string{"": "which workspace", "prd": `did you mean "prod"`, "http://192.0.2.1": "not on this machine", "http://169.254.169.254/": "not on this machine", "ftp://localhost": "not the URL"} {
		if _, err := Find(list, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	if x, err := Find(list, "http://localhost:1"); err != nil || x.URL == "" {
		t.Errorf("%v %v", x, err)
	}
}

func TestTargetMistakesHaveTheirPlace(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"workspaces:\n  a: { subscription: s, resourceGroup: g }", `blindspot.yaml:2:3: the workspace "a" has no workspace`},
		{"workspaces:\n  a:\n    subscripton: s", `blindspot.yaml:3:5: a workspace has no key "subscripton"; did you mean "subscription"?`},
		{"workspaces:\n  a: { subscription: s, resourceGroup: g, workspace: w, cloud: mars }", `the cloud "mars" is not known`},
		{"workspaces:\n  a: { subscription: s, resourceGroup: g, workspace: w, auth: password }", `auth "password" is not known`},
		{"workspaces:\n  a: { subscription: ../s, resourceGroup: g, workspace: w }", "holds a character"},
		{"workspaces:\n  a: { url: \"http://contoso.example\" }", "not on this machine"},
		{"workspaces: [a]", "not a mapping"},
		{"workspaces:\n  a: { subscription: s, resourceGroup: g, workspace: w, values: { x: [1] } }", `the value "x"`},
	} {
		doc, problems := content.Parse("blindspot.yaml", []byte(tt.text))
		if doc == nil {
			t.Fatal(problems)
		}
		if _, err := Targets(doc); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.want)
		}
	}
}

func TestMissingSecretsAreDenied(t *testing.T) {
	for _, k := range []string{"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH"} {
		t.Setenv(k, "")
	}
	for auth, want := range map[string]string{"secret": "AZURE_CLIENT_SECRET", "certificate": "AZURE_CLIENT_CERTIFICATE_PATH"} {
		_, err := Open(context.Background(), &Target{Name: "a", Subscription: "s", ResourceGroup: "g", Workspace: "w", Tenant: "00000000-0000-4000-8000-000000000001", ClientID: "c", Cloud: "public", Auth: auth}, Options{})
		if !IsDenied(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", auth, err)
		}
	}
}

func TestFailuresAreTold(t *testing.T) {
	if f := failure(context.Canceled); !errors.Is(f, context.Canceled) {
		t.Error("the end of a context is lost")
	}
	if !IsUncertain(failure(errors.New("connection reset"))) || IsUncertain(&Failure{Status: http.StatusBadRequest}) || !IsConflict(&Failure{Status: http.StatusPreconditionFailed}) {
		t.Error("kinds of failures are mixed up")
	}
	for _, plain := range []string{"The query has a syntax error at code 12", "'where' operator: Failed to resolve column named 'token'", "queryPeriod should be >= queryFrequency"} {
		if Redact(plain) != plain {
			t.Errorf("%q became %q", plain, Redact(plain))
		}
	}
}
