package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Tokens run out by the machine's clock, not the workspace's, because clients look at theirs.
const tokenLife = time.Hour

// authority is the address of the TLS listener, which clients of tokens insist on.
func (s *Server) authority(r *http.Request) string {
	if r.TLS == nil && s.safe != nil {
		return s.SecureURL()
	}
	return "https://" + r.Host
}

// adfs is the tenant of an authority that is no cloud's. Clients that see it as the first part of an authority's path do not
// ask login.microsoftonline.com whether the authority may be trusted, as they do for all other hosts that they do not know.
//
// Source: MSAL for Python 1.21, authority.py, and MSAL for Go and JavaScript; Azure Stack documentation, "az cloud register".
const adfs = "adfs"

// openIDConfiguration answers what azidentity asks first.
func (s *Server) openIDConfiguration(w http.ResponseWriter, r *http.Request, tenant string) {
	base := s.authority(r) + "/" + tenant
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                base + "/v2.0",
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"token_endpoint":                        base + "/oauth2/v2.0/token",
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"response_types_supported":              []string{"code", "id_token"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (s *Server) instanceDiscovery(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": s.authority(r) + "/" + s.opts.Tenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata":                  []any{map[string]any{"preferred_network": r.Host, "preferred_cache": r.Host, "aliases": []string{r.Host}}},
	})
}

// oauthError answers in the shape of token endpoints.
func oauthError(w http.ResponseWriter, status int, code, text string) {
	writeJSON(w, status, map[string]any{"error": code, "error_description": text, "error_codes": []int{}})
}

// token is the client credentials grant: a secret or an assertion (certificate, workload identity).
func (s *Server) token(w http.ResponseWriter, r *http.Request, tenant string) {
	if err := r.ParseForm(); err != nil {
		oauthError(w, http.StatusBadRequest, "invalid_request", "AADSTS900144: The request body could not be read.")
		return
	}
	if g := r.PostForm.Get("grant_type"); g != "client_credentials" {
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "AADSTS70003: The stand-in gives tokens for client_credentials only.")
		return
	}
	if r.PostForm.Get("client_id") == "" || r.PostForm.Get("scope") == "" {
		oauthError(w, http.StatusBadRequest, "invalid_request", "AADSTS900144: The request body must contain client_id and scope.")
		return
	}
	secret := r.PostForm.Get("client_secret")
	if secret == "" && r.PostForm.Get("client_assertion") == "" {
		oauthError(w, http.StatusUnauthorized, "invalid_client", "AADSTS7000216: 'client_assertion' or 'client_secret' is required.")
		return
	}
	if s.opts.Secret != "" && secret != "" && !same(secret, s.opts.Secret) {
		oauthError(w, http.StatusUnauthorized, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
		return
	}
	scope, _, _ := strings.Cut(r.PostForm.Get("scope"), " ")
	writeJSON(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": int(tokenLife.Seconds()) - 1, "ext_expires_in": int(tokenLife.Seconds()) - 1,
		"access_token": s.issue(s.tenantOf(tenant), r.PostForm.Get("client_id"), strings.TrimSuffix(scope, "/.default")),
	})
}

// tenantOf is the tenant that a token is for: an authority without one means the server's own.
func (s *Server) tenantOf(name string) string {
	if name == adfs || name == "common" || name == "organizations" {
		return s.opts.Tenant
	}
	return name
}

// managedIdentity is the endpoint that IDENTITY_ENDPOINT names.
func (s *Server) managedIdentity(w http.ResponseWriter, r *http.Request) {
	h := r.Header.Get("X-IDENTITY-HEADER")
	if h == "" || s.opts.Secret != "" && !same(h, s.opts.Secret) {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"statusCode": 401, "message": "The header X-IDENTITY-HEADER is missing or wrong."})
		return
	}
	resource := r.URL.Query().Get("resource")
	if resource == "" {
		writeJSON(w, http.StatusBadRequest, map[string]any{"statusCode": 400, "message": "The query parameter resource is missing."})
		return
	}
	client := "00000000-0000-4000-8000-0000000000c1"
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": s.issue(s.opts.Tenant, client, resource), "expires_on": strconv.FormatInt(time.Now().Add(tokenLife).Unix(), 10),
		"resource": resource, "token_type": "Bearer", "client_id": client,
	})
}

// same compares secrets in a time that does not tell where they differ.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// issue makes a token in the form of a JWT that clients can read, signed with a key that lives as long as the process.
func (s *Server) issue(tenant, client, audience string) string {
	part := func(v any) string { return base64.RawURLEncoding.EncodeToString(appendJSON(nil, v)) }
	now := time.Now()
	text := part(map[string]any{"typ": "JWT", "alg": "HS256"}) + "." +
		part(map[string]any{"aud": audience, "iss": "blindspot stand-in", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenLife).Unix(), "appid": client, "oid": client, "tid": tenant})
	return text + "." + base64.RawURLEncoding.EncodeToString(s.sign(text))
}

func (s *Server) sign(text string) []byte {
	m := hmac.New(sha256.New, s.key[:])
	m.Write([]byte(text))
	return m.Sum(nil)
}

// issued reports whether a token was given by this server and has not run out.
func (s *Server) issued(token string) bool {
	i := strings.LastIndexByte(token, '.')
	if i < 0 {
		return false
	}
	sum, err := base64.RawURLEncoding.DecodeString(token[i+1:])
	if err != nil || !hmac.Equal(sum, s.sign(token[:i])) {
		return false
	}
	_, claims, _ := strings.Cut(token[:i], ".")
	b, err := base64.RawURLEncoding.DecodeString(claims)
	if err != nil {
		return false
	}
	var c struct {
		Exp int64 `json:"exp"`
	}
	return json.Unmarshal(b, &c) == nil && time.Now().Unix() < c.Exp
}
