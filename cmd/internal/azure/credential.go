package azure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// credential makes the way to sign in that a target asks for. Secrets come from the environment alone (AZURE_CLIENT_SECRET,
// AZURE_CLIENT_CERTIFICATE_PASSWORD), never from a file or a flag.
func credential(t *Target, c cloud.Configuration, o policy.ClientOptions) (azcore.TokenCredential, error) {
	o.Cloud = c
	env := func(name string) (string, error) {
		if v := os.Getenv(name); v != "" {
			return v, nil
		}
		return "", denied("auth %q needs the environment variable %s, which is not set", t.Auth, name)
	}
	client := func() (string, error) {
		if t.ClientID != "" {
			return t.ClientID, nil
		}
		return env("AZURE_CLIENT_ID")
	}
	tenant := func() (string, error) {
		if t.Tenant != "" {
			return t.Tenant, nil
		}
		return env("AZURE_TENANT_ID")
	}
	// An authority given by the environment is the user's own; the public list of authorities does not know it.
	own := os.Getenv("AZURE_AUTHORITY_HOST") != ""
	switch t.Auth {
	case "cli":
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: t.Tenant})
	case "secret":
		id, err := client()
		if err != nil {
			return nil, err
		}
		ten, err := tenant()
		if err != nil {
			return nil, err
		}
		secret, err := env("AZURE_CLIENT_SECRET")
		if err != nil {
			return nil, err
		}
		return azidentity.NewClientSecretCredential(ten, id, secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: o, DisableInstanceDiscovery: own})
	case "certificate":
		id, err := client()
		if err != nil {
			return nil, err
		}
		ten, err := tenant()
		if err != nil {
			return nil, err
		}
		file, err := env("AZURE_CLIENT_CERTIFICATE_PATH")
		if err != nil {
			return nil, err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, denied("the certificate of AZURE_CLIENT_CERTIFICATE_PATH cannot be read")
		}
		certs, key, err := azidentity.ParseCertificates(data, []byte(os.Getenv("AZURE_CLIENT_CERTIFICATE_PASSWORD")))
		if err != nil {
			return nil, denied("the certificate of AZURE_CLIENT_CERTIFICATE_PATH cannot be used; it must be PEM or PFX with its private key, and the password in AZURE_CLIENT_CERTIFICATE_PASSWORD")
		}
		return azidentity.NewClientCertificateCredential(ten, id, certs, key, &azidentity.ClientCertificateCredentialOptions{ClientOptions: o, DisableInstanceDiscovery: own, SendCertificateChain: true})
	case "managed-identity":
		m := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: o}
		if t.ClientID != "" {
			m.ID = azidentity.ClientID(t.ClientID)
		}
		return azidentity.NewManagedIdentityCredential(m)
	case "workload-identity":
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{ClientOptions: o, ClientID: t.ClientID, TenantID: t.Tenant, DisableInstanceDiscovery: own})
	}
	return azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: o, TenantID: t.Tenant, DisableInstanceDiscovery: own})
}

// standInCredential takes tokens from the managed identity endpoint of a `blindspot serve`.
type standInCredential struct {
	base   *url.URL
	client policy.Transporter
}

func (c *standInCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	resource := "https://management.azure.com"
	if len(o.Scopes) > 0 {
		resource = o.Scopes[0]
	}
	u := *c.base
	u.Path = "/msi/token"
	u.RawQuery = url.Values{"api-version": {"2019-08-01"}, "resource": {resource}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	header := "blindspot" // any does, unless the stand-in was given a secret and its environment is ours
	if h := os.Getenv("IDENTITY_HEADER"); h != "" && strings.HasPrefix(os.Getenv("IDENTITY_ENDPOINT"), c.base.Scheme+"://"+c.base.Host+"/") {
		header = h
	}
	req.Header.Set("X-IDENTITY-HEADER", header)
	resp, err := c.client.Do(req)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	defer resp.Body.Close()
	var a struct {
		Token   string `json:"access_token"`
		Expires string `json:"expires_on"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&a); err != nil || resp.StatusCode != http.StatusOK {
		return azcore.AccessToken{}, fmt.Errorf("the stand-in gave no token (status %d)", resp.StatusCode)
	}
	at, err := strconv.ParseInt(a.Expires, 10, 64)
	if err != nil {
		at = time.Now().Add(time.Hour).Unix()
	}
	return azcore.AccessToken{Token: a.Token, ExpiresOn: time.Unix(at, 0)}, nil
}
