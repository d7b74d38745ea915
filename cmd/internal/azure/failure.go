package azure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// Failure is what went wrong with a request, in words that hold no secret.
type Failure struct {
	Status  int    // 0 when no answer came
	Code    string // the service's error code, "" when there is none
	Message string
	Denied  bool // not signed in, or not allowed
	Cause   error
}

func (f *Failure) Error() string {
	switch {
	case f.Code != "" && f.Status != 0:
		return fmt.Sprintf("%d %s: %s", f.Status, f.Code, f.Message)
	case f.Status != 0:
		return fmt.Sprintf("%d: %s", f.Status, f.Message)
	}
	return f.Message
}

// Unwrap reaches context errors.
func (f *Failure) Unwrap() error { return f.Cause }

func denied(format string, args ...any) error {
	return &Failure{Denied: true, Message: Redact(fmt.Sprintf(format, args...))}
}

// IsDenied reports whether an error means that the person is not signed in or lacks a role.
func IsDenied(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.Denied
}

// IsMissing reports whether an error means that the resource is not there.
func IsMissing(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.Status == http.StatusNotFound
}

// IsUnknown reports whether an error means that a cloud does not have a type of resource, or not in that api-version.
func IsUnknown(err error) bool {
	var f *Failure
	return errors.As(err, &f) && (f.Code == "NoRegisteredProviderFound" || f.Code == "InvalidResourceType" || f.Code == "InvalidApiVersionParameter")
}

// IsConflict reports whether an error means that the resource has changed meanwhile: 409 or 412.
func IsConflict(err error) bool {
	var f *Failure
	return errors.As(err, &f) && (f.Status == http.StatusConflict || f.Status == http.StatusPreconditionFailed)
}

// IsUncertain reports whether a request may have been carried out although no good answer came: a cut connection, a
// time-out, or an error of the server's own.
func IsUncertain(err error) bool {
	var f *Failure
	return errors.As(err, &f) && (f.Status == 0 && !f.Denied || f.Status == http.StatusRequestTimeout || f.Status >= 500)
}

// failure turns an error of the SDK into one of ours. SDK errors print whole responses, and responses can hold what must
// not be shown, so only the code and the message are taken.
func failure(err error) error {
	if err == nil {
		return nil
	}
	var f *Failure
	var bug *Bug
	if errors.As(err, &f) || errors.As(err, &bug) {
		return err
	}
	var re *azcore.ResponseError
	if errors.As(err, &re) {
		out := &Failure{Status: re.StatusCode, Code: Redact(re.ErrorCode), Denied: re.StatusCode == http.StatusUnauthorized || re.StatusCode == http.StatusForbidden}
		out.Message = Redact(serviceMessage(re))
		return out
	}
	if errors.Is(err, context.Canceled) {
		return &Failure{Message: "interrupted", Cause: context.Canceled}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Failure{Message: "the service did not answer in time", Cause: context.DeadlineExceeded}
	}
	var auth *azidentity.AuthenticationFailedError
	if errors.As(err, &auth) {
		if text := err.Error(); strings.Contains(text, "AzureCLICredential") && !strings.Contains(text, "AADSTS") {
			return &Failure{Denied: true, Message: "az gave no token; run `az login`, with --tenant when blindspot.yaml names one, and look whether `az account show` answers"}
		} else if strings.Contains(text, "dial tcp") || strings.Contains(text, "no such host") || strings.Contains(text, "connection refused") {
			return &Failure{Denied: true, Message: "signing in failed: the sign-in service cannot be reached; check the network and the proxy (HTTPS_PROXY)"}
		}
		code := ""
		if m := aadCode().FindString(err.Error()); m != "" {
			code = " (" + m + ")"
		}
		return &Failure{Denied: true, Message: "signing in failed" + code + "; check auth, tenant and clientId in blindspot.yaml, and the secret in the environment"}
	}
	var required *azidentity.AuthenticationRequiredError
	if errors.As(err, &required) || strings.Contains(err.Error(), "CredentialUnavailable") || strings.Contains(err.Error(), "failed to acquire a token") || strings.Contains(err.Error(), "Azure CLI not found") || strings.Contains(err.Error(), "az login") {
		return &Failure{Denied: true, Message: "not signed in: no credential of the chain could be used; run `az login`, or set auth in blindspot.yaml"}
	}
	return &Failure{Message: Redact(firstLine(err.Error())), Cause: err}
}

var aadCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`AADSTS\d+`) })

// serviceMessage is error.message of a response's body with the inner messages of a query error behind it.
func serviceMessage(re *azcore.ResponseError) string {
	type inner struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Inner   *inner `json:"innererror"`
	}
	var body struct {
		Error inner `json:"error"`
	}
	if re.RawResponse != nil && re.RawResponse.Body != nil {
		if b, err := payload(re.RawResponse); err == nil {
			_ = json.Unmarshal(b, &body)
		}
	}
	text := body.Error.Message
	for in := body.Error.Inner; in != nil; in = in.Inner {
		if in.Message != "" && !strings.Contains(text, in.Message) {
			text += " " + in.Message
		}
	}
	if text == "" {
		text = http.StatusText(re.StatusCode)
	}
	return clip(text, 600)
}

func clip(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "") + "..."
	}
	return s
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return clip(s, 300)
}

// secrets are the shapes of what must never be shown: tokens, signatures, keys and passwords in texts and addresses.
var secrets = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`(?i)\b(bearer|basic|sharedaccesssignature|sharedkey)\s+[A-Za-z0-9._~+/=:%&-]{8,}`),
		regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*){0,2}`),
		regexp.MustCompile(`(?i)((?:^|[?&;\s"'{,])(?:sig|signature|code|client_secret|client_assertion|clientsecret|password|passwd|pwd|secret|token|access_token|refresh_token|id_token|accountkey|sharedaccesskey|sharedaccesssignature|api[-_]?key|x-functions-key|subscription-key|ocp-apim-subscription-key|cookie|set-cookie|authorization|x-identity-header|connectionstring)["']?\s*[=:]\s*["']?)[^\s"'&;,}]+`),
		regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)`),
		regexp.MustCompile(`(?i)https?://[^\s/@"']+:[^\s/@"']+@`),
		regexp.MustCompile(`(?i)(https?://[^\s"']*(?:webhook|logic\.azure|/triggers/|hooks\.slack|api/webhooks)[^\s"'?]*)(/[^\s"']*|\?[^\s"']*)?`),
		regexp.MustCompile(`\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}|[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{30,40})`),
		regexp.MustCompile(`\b[A-Za-z0-9+/]{86}==`),
	}
})

// known are the secrets that this process holds itself, for Redact: a service or a library may quote them in a text in which
// nothing tells that they are secret.
var known struct {
	sync.RWMutex
	list []string
}

// maxKnown bounds how many are remembered; tokens are renewed about once an hour.
const maxKnown = 200

// KnowSecret takes in a secret that must never be shown. Short texts are left alone: they would hide ordinary words.
func KnowSecret(s string) {
	if len(s) < 8 {
		return
	}
	known.Lock()
	defer known.Unlock()
	for _, form := range [...]string{s, url.QueryEscape(s), url.PathEscape(s)} {
		if !slices.Contains(known.list, form) && len(known.list) < maxKnown {
			known.list = append(known.list, form)
		}
	}
}

// environmentSecrets are variables that hold a secret for signing in, here or in a pipeline.
var environmentSecrets = [...]string{"AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_PASSWORD", "IDENTITY_HEADER", "MSI_SECRET",
	"SYSTEM_ACCESSTOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RUNTIME_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"}

// discreet remembers the tokens that a credential gives.
type discreet struct{ azcore.TokenCredential }

func (d discreet) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	var t azcore.AccessToken
	// The SDK makes others wait for a token that is being asked for; a panic here would have them wait for ever.
	err := Caught(func() (err error) {
		t, err = d.TokenCredential.GetToken(ctx, o)
		return err
	})
	KnowSecret(t.Token)
	return t, err
}

// Redact replaces what looks like a secret in a text for people, and what is one that this process holds.
func Redact(s string) string {
	known.RLock()
	for _, k := range known.list {
		s = strings.ReplaceAll(s, k, "(hidden)")
	}
	known.RUnlock()
	for i, re := range secrets() {
		switch i {
		case 2:
			s = re.ReplaceAllString(s, "${1}(hidden)")
		default:
			s = re.ReplaceAllString(s, "(hidden)")
		}
	}
	return s
}
