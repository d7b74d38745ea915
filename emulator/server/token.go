package server

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const tokenLife = time.Hour

// openIDConfiguration answers what azidentity asks first.
func (s *Server) openIDConfiguration(w http.ResponseWriter, r *http.Request, tenant string) {
	base := "https://" + r.Host + "/" + tenant
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
		"tenant_discovery_endpoint": "https://" + r.Host + "/" + s.opts.Tenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata":                  []any{map[string]any{"preferred_network": r.Host, "preferred_cache": r.Host, "aliases": []string{r.Host}}},
	})
}

// token is the client credentials grant: a secret or an assertion (certificate, workload identity).
func (s *Server) token(w http.ResponseWriter, r *http.Request, tenant string) {
	oauthError := func(status int, code, text string) {
		writeJSON(w, status, map[string]any{"error": code, "error_description": text, "error_codes": []int{}})
	}
	if r.Method != http.MethodPost {
		oauthError(http.StatusMethodNotAllowed, "invalid_request", "AADSTS900561: The endpoint only accepts POST requests.")
		return
	}
	if err := r.ParseForm(); err != nil {
		oauthError(http.StatusBadRequest, "invalid_request", "AADSTS900144: The request body could not be read.")
		return
	}
	if g := r.PostForm.Get("grant_type"); g != "client_credentials" {
		oauthError(http.StatusBadRequest, "unsupported_grant_type", "AADSTS70003: The stand-in gives tokens for client_credentials only.")
		return
	}
	if r.PostForm.Get("client_id") == "" || r.PostForm.Get("scope") == "" {
		oauthError(http.StatusBadRequest, "invalid_request", "AADSTS900144: The request body must contain client_id and scope.")
		return
	}
	secret := r.PostForm.Get("client_secret")
	if secret == "" && r.PostForm.Get("client_assertion") == "" {
		oauthError(http.StatusUnauthorized, "invalid_client", "AADSTS7000216: 'client_assertion' or 'client_secret' is required.")
		return
	}
	if s.opts.Secret != "" && secret != "" && secret != s.opts.Secret {
		oauthError(http.StatusUnauthorized, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
		return
	}
	scope, _, _ := strings.Cut(r.PostForm.Get("scope"), " ")
	writeJSON(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "expires_in": int(tokenLife.Seconds()) - 1, "ext_expires_in": int(tokenLife.Seconds()) - 1,
		"access_token": s.issue(tenant, r.PostForm.Get("client_id"), strings.TrimSuffix(scope, "/.default")),
	})
}

// managedIdentity is the endpoint that IDENTITY_ENDPOINT names.
func (s *Server) managedIdentity(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-IDENTITY-HEADER") == "" {
		writeJSON(w, http.StatusUnauthorized, map[string]any{"statusCode": 401, "message": "The header X-IDENTITY-HEADER is missing."})
		return
	}
	resource := r.URL.Query().Get("resource")
	if resource == "" {
		writeJSON(w, http.StatusBadRequest, map[string]any{"statusCode": 400, "message": "The query parameter resource is missing."})
		return
	}
	client := "00000000-0000-4000-8000-0000000000c1"
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": s.issue(s.opts.Tenant, client, resource), "expires_on": strconv.FormatInt(s.opts.Now().Add(tokenLife).Unix(), 10),
		"resource": resource, "token_type": "Bearer", "client_id": client,
	})
}

// issue makes a token in the form of a JWT that clients can read; it has no signature that anything else would accept.
func (s *Server) issue(tenant, client, audience string) string {
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	now := s.opts.Now()
	return part(map[string]any{"typ": "JWT", "alg": "none"}) + "." +
		part(map[string]any{"aud": audience, "iss": "blindspot stand-in", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenLife).Unix(), "appid": client, "oid": client, "tid": tenant}) + "." +
		base64.RawURLEncoding.EncodeToString([]byte("none"))
}
