package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/monitor/azquery"
)

// The SDK's own clients, unmodified, over TLS.

func cloudOf(s *Server) cloud.Configuration {
	return cloud.Configuration{ActiveDirectoryAuthorityHost: s.SecureURL(), Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
		azquery.ServiceNameLogs: {Endpoint: s.SecureURL() + "/v1", Audience: "https://api.loganalytics.io"},
		cloud.ResourceManager:   {Endpoint: s.SecureURL(), Audience: s.SecureURL()},
	}}
}

func clientOptions(s *Server, c *http.Client) policy.ClientOptions {
	return policy.ClientOptions{Cloud: cloudOf(s), Transport: c, Retry: policy.RetryOptions{MaxRetries: 2, RetryDelay: time.Millisecond, MaxRetryDelay: 10 * time.Millisecond}}
}

func secretCredential(t *testing.T, s *Server, c *http.Client, secret string) azcore.TokenCredential {
	t.Helper()
	cred, err := azidentity.NewClientSecretCredential(s.opts.Tenant, "00000000-0000-4000-8000-0000000000c1", secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: clientOptions(s, c), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

func TestAzquery(t *testing.T) {
	s, c := started(t, Options{Secret: "correct", Log: asked(t, "go")})
	ctx := context.Background()
	logs, err := azquery.NewLogsClient(secretCredential(t, s, c, "correct"), &azquery.LogsClientOptions{ClientOptions: clientOptions(s, c)})
	if err != nil {
		t.Fatal(err)
	}
	text := "SigninLogs | where ResultType != '0' | project TimeGenerated, UserPrincipalName | sort by UserPrincipalName asc"
	for name, query := range map[string]func(azquery.Body, *azquery.LogsQueryOptions) (azquery.Results, error){
		"workspace": func(b azquery.Body, o *azquery.LogsQueryOptions) (azquery.Results, error) {
			r, err := logs.QueryWorkspace(ctx, s.opts.WorkspaceID, b, &azquery.LogsClientQueryWorkspaceOptions{Options: o})
			return r.Results, err
		},
		"resource": func(b azquery.Body, o *azquery.LogsQueryOptions) (azquery.Results, error) {
			r, err := logs.QueryResource(ctx, s.WorkspaceResource(), b, &azquery.LogsClientQueryResourceOptions{Options: o})
			return r.Results, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := &azquery.LogsQueryOptions{Statistics: to.Ptr(true), Visualization: to.Ptr(true), Wait: to.Ptr(30)}
			r, err := query(azquery.Body{Query: to.Ptr(text + " | render table"), Timespan: to.Ptr(azquery.NewTimeInterval(testNow.Add(-20*time.Minute), testNow))}, o)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Tables) != 1 || len(r.Tables[0].Rows) != 1 || r.Tables[0].Rows[0][1] != "carol@contoso.example" {
				t.Errorf("rows: %v", r.Tables[0].Rows)
			}
			if *r.Tables[0].Columns[0].Type != azquery.LogsColumnTypeDatetime || r.Tables[0].Rows[0][0] != "2026-01-05T11:45:00.0000000Z" {
				t.Errorf("time: %v", r.Tables[0].Rows[0][0])
			}
			if !strings.Contains(string(r.Statistics), "executionTime") || !strings.Contains(string(r.Visualization), `"table"`) {
				t.Errorf("statistics %s, visualization %s", r.Statistics, r.Visualization)
			}
		})
	}
	t.Run("error", func(t *testing.T) {
		_, err := logs.QueryWorkspace(ctx, s.opts.WorkspaceID, azquery.Body{Query: to.Ptr("SigninLogs | where Nix == 1")}, nil)
		var refused *azcore.ResponseError
		if !errors.As(err, &refused) || refused.StatusCode != 400 || refused.ErrorCode != "BadArgumentError" {
			t.Errorf("error: %v", err)
		}
	})
	t.Run("batch", func(t *testing.T) {
		r, err := logs.QueryBatch(ctx, azquery.BatchRequest{Requests: []*azquery.BatchQueryRequest{
			to.Ptr(azquery.NewBatchQueryRequest(s.opts.WorkspaceID, "SigninLogs | count", azquery.NewTimeInterval(testNow.Add(-24*time.Hour), testNow), "1", azquery.LogsQueryOptions{})),
			to.Ptr(azquery.NewBatchQueryRequest(s.opts.WorkspaceID, "Nix", azquery.NewTimeInterval(testNow.Add(-24*time.Hour), testNow), "2", azquery.LogsQueryOptions{})),
		}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Responses) != 2 || r.Responses[0].Body.Tables[0].Rows[0][0] != 3.0 || *r.Responses[1].Status != 400 || r.Responses[1].Body.Error.Code != "BadArgumentError" {
			b, _ := json.Marshal(r.Responses)
			t.Errorf("responses: %s", b)
		}
	})
	t.Run("wrong secret", func(t *testing.T) {
		bad, err := azquery.NewLogsClient(secretCredential(t, s, c, "wrong"), &azquery.LogsClientOptions{ClientOptions: clientOptions(s, c)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = bad.QueryWorkspace(ctx, s.opts.WorkspaceID, azquery.Body{Query: to.Ptr("print 1")}, nil)
		if err == nil || !strings.Contains(err.Error(), "AADSTS7000215") {
			t.Errorf("error: %v", err)
		}
	})
}

func TestManagedIdentityAndARM(t *testing.T) {
	s, c := started(t, Options{Secret: "correct", Log: asked(t, "go-arm")})
	t.Setenv("IDENTITY_ENDPOINT", s.URL()+"/msi/token")
	t.Setenv("IDENTITY_HEADER", "correct")
	cred, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ClientOptions: clientOptions(s, c)})
	if err != nil {
		t.Fatal(err)
	}
	client, err := arm.NewClient("blindspot/test", "v0.0.0", cred, &arm.ClientOptions{ClientOptions: clientOptions(s, c), DisableRPRegistration: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	call := func(method, path string, body any) (*http.Response, map[string]any) {
		t.Helper()
		r, err := runtime.NewRequest(ctx, method, client.Endpoint()+path)
		if err != nil {
			t.Fatal(err)
		}
		if body != nil {
			if err := runtime.MarshalAsJSON(r, body); err != nil {
				t.Fatal(err)
			}
		}
		a, err := client.Pipeline().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(a.Body)
		if err != nil {
			t.Fatal(err)
		}
		var out map[string]any
		if len(b) > 0 {
			if err := json.Unmarshal(b, &out); err != nil {
				t.Fatal(err)
			}
		}
		return a, out
	}
	for i := range 230 { // over two pages
		id := s.WorkspaceResource() + "/providers/Microsoft.SecurityInsights/metadata/m" + strings.Repeat("i", i) + "?api-version=2025-09-01"
		if a, out := call(http.MethodPut, id, map[string]any{"properties": map[string]any{"parentId": "x", "kind": "AnalyticsRule"}}); a.StatusCode != 201 {
			t.Fatal(a.StatusCode, out)
		}
	}
	next, total, pages := s.WorkspaceResource()+"/providers/Microsoft.SecurityInsights/metadata?api-version=2025-09-01", 0, 0
	for next != "" {
		_, out := call(http.MethodGet, next, nil)
		total += len(out["value"].([]any))
		pages++
		link, _ := out["nextLink"].(string)
		next = strings.TrimPrefix(link, s.SecureURL())
	}
	if total != 230 || pages != 3 {
		t.Errorf("%d resources on %d pages, want 230 on 3", total, pages)
	}
}

func TestUnsignedTokensAreRefused(t *testing.T) {
	s, c := started(t, Options{Secret: "correct"})
	good := s.issue("t", "c", "a")
	for token, want := range map[string]int{good: 200, good + "x": 401, "x": 401, "x.y.z": 401} {
		r, err := http.NewRequest(http.MethodGet, s.SecureURL()+"/subscriptions?api-version=2021-04-01", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		a, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != want {
			t.Errorf("token %q: %d, want %d", token, a.StatusCode, want)
		}
	}
}

// TestRetries shows that the SDK's client waits and comes again, and that what was told to fail fails as told.
func TestRetries(t *testing.T) {
	for _, text := range []string{"429:POST:query@0x1", "503:POST:query@0x2", "500:POST:query@0x1", "drop:POST:query@0x1"} {
		t.Run(text, func(t *testing.T) {
			f, err := ParseFault(text)
			if err != nil {
				t.Fatal(err)
			}
			s, c := started(t, Options{Faults: []Fault{f}})
			logs, err := azquery.NewLogsClient(secretCredential(t, s, c, "any"), &azquery.LogsClientOptions{ClientOptions: clientOptions(s, c)})
			if err != nil {
				t.Fatal(err)
			}
			r, err := logs.QueryWorkspace(context.Background(), s.opts.WorkspaceID, azquery.Body{Query: to.Ptr("SigninLogs | count")}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Tables[0].Rows[0][0] != 3.0 {
				t.Error(r.Tables[0].Rows)
			}
		})
	}
}

// TestHalfAnswer shows that half an answer reaches the client as an error, never as fewer rows.
func TestHalfAnswer(t *testing.T) {
	f, err := ParseFault("half:POST:query@0x1")
	if err != nil {
		t.Fatal(err)
	}
	s, c := started(t, Options{Faults: []Fault{f}})
	logs, err := azquery.NewLogsClient(secretCredential(t, s, c, "any"), &azquery.LogsClientOptions{ClientOptions: clientOptions(s, c)})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true} {
		_, err := logs.QueryWorkspace(context.Background(), s.opts.WorkspaceID, azquery.Body{Query: to.Ptr("SigninLogs")}, nil)
		if (err == nil) != want {
			t.Errorf("request %d: %v", i, err)
		}
	}
}
