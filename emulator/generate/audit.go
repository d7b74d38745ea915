package generate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// audit is one row of AuditLogs. There are few, so its documents are built a row.
type audit struct {
	at              ticks
	id              string
	correlation     uuid
	operation       string
	category        string
	service         string
	kind            string // AADOperationType
	identity        string
	initiatedBy     []byte
	targetResources []byte
	details         []byte
	result          string
}

// property is one entry of modifiedProperties; old and new are JSON texts that AuditLogs carries as strings.
type property struct {
	Name string `json:"displayName"`
	Old  string `json:"oldValue"`
	New  string `json:"newValue"`
}

type target struct {
	ID         string     `json:"id"`
	Name       string     `json:"displayName,omitempty"`
	Type       string     `json:"type"`
	UPN        string     `json:"userPrincipalName,omitempty"`
	Properties []property `json:"modifiedProperties"`
}

type actorUser struct {
	ID    string   `json:"id"`
	Name  string   `json:"displayName,omitempty"`
	UPN   string   `json:"userPrincipalName"`
	IP    string   `json:"ipAddress"`
	Roles []string `json:"roles"`
}

type actorApp struct {
	Name        string `json:"displayName"`
	PrincipalID string `json:"servicePrincipalId"`
	AppID       string `json:"appId,omitempty"`
}

type initiator struct {
	User *actorUser `json:"user,omitempty"`
	App  *actorApp  `json:"app,omitempty"`
}

// encode renders strings and string-only structs, which cannot fail.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return b
}

func byPerson(p *person, net *network) initiator {
	return initiator{User: &actorUser{
		ID: p.id.String(), Name: string(p.name.plain), UPN: string(p.upn.plain), IP: string(net.address.plain), Roles: []string{},
	}}
}

func byPrincipal(p *principal) initiator {
	return initiator{App: &actorApp{Name: string(p.name.plain), PrincipalID: p.id.String(), AppID: p.appID.String()}}
}

func (w *world) newAudit(r *rand.Rand, at ticks, operation, category, kind string, by initiator, targets ...target) *audit {
	for i := range targets {
		if targets[i].Properties == nil {
			targets[i].Properties = []property{}
		}
	}
	a := &audit{
		at: at, correlation: newUUID(r), operation: operation, category: category, kind: kind,
		service: "Core Directory", result: "success",
		initiatedBy: encode(by), targetResources: encode(targets), details: []byte("[]"),
	}
	a.id = fmt.Sprintf("Directory_%s_%05d", a.correlation, r.IntN(100000))
	switch {
	case by.User != nil:
		a.identity = by.User.Name
	case by.App != nil:
		a.identity = by.App.Name
	}
	return a
}

func onPerson(p *person, props ...property) target {
	return target{ID: p.id.String(), Type: "User", UPN: string(p.upn.plain), Properties: props}
}

func onPrincipal(p *principal, props ...property) target {
	return target{ID: p.id.String(), Name: string(p.name.plain), Type: "ServicePrincipal", Properties: props}
}

// onApplication names the application object; Azure logs the service principal beside it where there is one.
func (w *world) onApplication(p *principal, props ...property) target {
	return target{
		ID: uuidOf(w.seed, hashText("application"), uint64(p.index)).String(), Name: string(p.name.plain), Type: "Application",
		Properties: props,
	}
}

// keyDescription is the KeyDescription of AuditLogs: a JSON list of bracketed texts.
func keyDescription(keys ...uuid) string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = fmt.Sprintf("[KeyIdentifier=%s,KeyType=Password,KeyUsage=Verify,DisplayName=rotated]", k)
	}
	return string(encode(list))
}

// The operation names carry the service's own en dash and trailing space.
const (
	opCredentials   = "Update application – Certificates and secrets management "
	opResetPassword = "Reset user password"
	opRevoke        = "Update StsRefreshTokenValidFrom Timestamp"
	opDisable       = "Disable account"
	opUpdateApp     = "Update application"
	opFederation    = "Set federation settings on domain"
	opAuthDomain    = "Set domain authentication"
)

func auditFields() []field[audit] {
	type s = audit
	str := func(get func(*s) string) func(*world, *Row, *s) {
		return func(_ *world, r *Row, x *s) { r.values = append(r.values, Value{Text: []byte(get(x))}) }
	}
	doc := func(get func(*s) []byte) func(*world, *Row, *s) {
		return func(_ *world, r *Row, x *s) { b := get(x); r.doc(text{b, b}) }
	}
	constant := func(v string) func(*world, *Row, *s) {
		t := newText(v)
		return func(_ *world, r *Row, _ *s) { r.text(t) }
	}
	return []field[audit]{
		{"SourceSystem", String, constant("Azure AD")},
		{"TimeGenerated", Datetime, func(_ *world, r *Row, x *s) { r.datetime(x.at) }},
		{"ResourceId", String, func(w *world, r *Row, _ *s) { r.text(w.words.resourceID) }},
		{"OperationName", String, str(func(x *s) string { return x.operation })},
		{"OperationVersion", String, constant("1.0")},
		{"Category", String, str(func(x *s) string { return x.category })},
		{"ResultType", String, constant("")},
		{"ResultSignature", String, constant("None")},
		{"ResultDescription", String, constant("")},
		{"DurationMs", Long, func(_ *world, r *Row, _ *s) { r.long(0) }},
		{"CorrelationId", String, func(_ *world, r *Row, x *s) { r.uuid(x.correlation) }},
		{"Resource", String, constant("Microsoft.aadiam")},
		{"ResourceGroup", String, constant("Microsoft.aadiam")},
		{"Identity", String, str(func(x *s) string { return x.identity })},
		{"Level", String, constant("4")},
		{"AdditionalDetails", Dynamic, doc(func(x *s) []byte { return x.details })},
		{"Id", String, str(func(x *s) string { return x.id })},
		{"InitiatedBy", Dynamic, doc(func(x *s) []byte { return x.initiatedBy })},
		{"LoggedByService", String, str(func(x *s) string { return x.service })},
		{"Result", String, str(func(x *s) string { return x.result })},
		{"ResultReason", String, constant("")},
		{"TargetResources", Dynamic, doc(func(x *s) []byte { return x.targetResources })},
		{"AADTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"ActivityDisplayName", String, str(func(x *s) string { return x.operation })},
		{"ActivityDateTime", Datetime, func(_ *world, r *Row, x *s) { r.datetime(x.at) }},
		{"AADOperationType", String, str(func(x *s) string { return x.kind })},
		{"Type", String, constant(tableAudit)},
		{"TenantId", String, func(w *world, r *Row, _ *s) { r.text(w.workspace) }},
	}
}
