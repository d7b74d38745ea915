package generate

// signin is one row of SigninLogs or AADNonInteractiveUserSignInLogs before it is written.
type signin struct {
	at, created                     ticks
	id, correlation, session, token uuid

	who      *person
	net      *network
	client   *client
	resource *resource
	result   *result

	agent, detail text // UserAgent, DeviceDetail
	clientApp     text // ClientAppUsed
	protocol      text // AuthenticationProtocol
	incoming      text // IncomingTokenType
	transfer      text // OriginalTransferMethod
	protection    text // TokenProtectionStatusDetails
	details       *stamped
	interactive   bool
	browser       bool
	multi         bool // AuthenticationRequirement
	federated     bool
	ca            caState
	variant       uint8 // which ConditionalAccessPolicies
	durationMs    int64
	risk          text
}

// field is one column and how a T fills it. A fill function adds exactly one value.
type field[T any] struct {
	name string
	typ  Type
	fill func(w *world, r *Row, s *T)
}

func columnsOf[T any](fields []field[T]) []Column {
	out := make([]Column, len(fields))
	for i, f := range fields {
		out[i] = Column{f.name, f.typ}
	}
	return out
}

func signatureOf(w *world, failed bool) text {
	if failed {
		return w.words.signature[1]
	}
	return w.words.signature[0]
}

func requirementOf(w *world, multi bool) text {
	if multi {
		return w.words.multi
	}
	return w.words.single
}

func issuerOf(w *world, federated bool) (typ, name text) {
	if federated {
		return w.words.issuerFS, w.words.issuerName
	}
	return w.words.issuerAD, w.words.empty
}

// The five columns that clash between the two user tables are the dynamic ones here and strings below:
// ConditionalAccessPolicies, DeviceDetail, LocationDetails, MfaDetail, Status
// (https://learn.microsoft.com/azure/azure-monitor/reference/tables/signinlogs and .../aadnoninteractiveusersigninlogs).
func signinFields() []field[signin] {
	type s = signin
	return []field[signin]{
		{"TenantId", String, func(w *world, r *Row, _ *s) { r.text(w.workspace) }},
		{"SourceSystem", String, func(w *world, r *Row, _ *s) { r.text(w.words.source) }},
		{"TimeGenerated", Datetime, func(_ *world, r *Row, x *s) { r.datetime(x.at) }},
		{"ResourceId", String, func(w *world, r *Row, _ *s) { r.text(w.words.resourceID) }},
		{"OperationName", String, func(w *world, r *Row, _ *s) { r.text(w.words.opName) }},
		{"OperationVersion", String, func(w *world, r *Row, _ *s) { r.text(w.words.opVersion) }},
		{"Category", String, func(w *world, r *Row, _ *s) { r.text(w.words.signinCategory) }},
		{"ResultType", String, func(_ *world, r *Row, x *s) { r.text(x.result.typ) }},
		{"ResultSignature", String, func(w *world, r *Row, x *s) { r.text(signatureOf(w, x.result.failed)) }},
		{"ResultDescription", String, func(_ *world, r *Row, x *s) { r.text(x.result.desc) }},
		{"DurationMs", Long, func(_ *world, r *Row, x *s) { r.long(0) }},
		{"CorrelationId", String, func(_ *world, r *Row, x *s) { r.uuid(x.correlation) }},
		{"Resource", String, func(w *world, r *Row, _ *s) { r.text(w.words.resourceGroup) }},
		{"ResourceGroup", String, func(w *world, r *Row, _ *s) { r.text(w.words.resourceGroup) }},
		{"Identity", String, func(_ *world, r *Row, x *s) { r.text(x.who.name) }},
		{"Level", String, func(w *world, r *Row, _ *s) { r.text(w.words.info) }},
		{"Location", String, func(_ *world, r *Row, x *s) { r.text(x.net.place.code) }},
		{"AlternateSignInName", String, func(_ *world, r *Row, x *s) { r.text(x.who.upn) }},
		{"AppDisplayName", String, func(_ *world, r *Row, x *s) { r.text(x.client.display) }},
		{"AppId", String, func(_ *world, r *Row, x *s) { r.text(x.client.appID) }},
		{"AuthenticationContextClassReferences", String, func(w *world, r *Row, _ *s) { r.text(w.words.emptyList) }},
		{"AuthenticationDetails", String, func(_ *world, r *Row, x *s) { r.stamped(*x.details, x.created, x.created+9*second) }},
		{"AppliedEventListeners", Dynamic, func(w *world, r *Row, _ *s) { r.doc(w.words.listeners) }},
		{"AuthenticationMethodsUsed", String, func(w *world, r *Row, _ *s) { r.text(w.words.empty) }},
		{"AuthenticationProcessingDetails", String, func(w *world, r *Row, _ *s) { r.text(w.words.processing) }},
		{"AuthenticationRequirement", String, func(w *world, r *Row, x *s) { r.text(requirementOf(w, x.multi)) }},
		{"AuthenticationRequirementPolicies", String, func(w *world, r *Row, x *s) { requirementPolicies(w, r, x) }},
		{"ClientAppUsed", String, func(_ *world, r *Row, x *s) { r.text(x.clientApp) }},
		{"ConditionalAccessPolicies", Dynamic, func(w *world, r *Row, x *s) { r.doc(w.policies.variants[x.ca][x.variant]) }},
		{"ConditionalAccessStatus", String, func(w *world, r *Row, x *s) { r.text(w.policies.status[x.ca]) }},
		{"CreatedDateTime", Datetime, func(_ *world, r *Row, x *s) { r.datetime(x.created) }},
		{"DeviceDetail", Dynamic, func(_ *world, r *Row, x *s) { r.doc(x.detail) }},
		{"IsInteractive", Bool, func(_ *world, r *Row, _ *s) { r.bool(true) }},
		{"Id", String, func(_ *world, r *Row, x *s) { r.uuid(x.id) }},
		{"IPAddress", String, func(_ *world, r *Row, x *s) { r.text(x.net.address) }},
		{"IsRisky", Bool, func(_ *world, r *Row, _ *s) { r.null() }},
		{"LocationDetails", Dynamic, func(_ *world, r *Row, x *s) { r.doc(x.net.place.location) }},
		{"MfaDetail", Dynamic, func(w *world, r *Row, x *s) { r.doc(mfaOf(w, x)) }},
		{"NetworkLocationDetails", String, func(_ *world, r *Row, x *s) { r.text(x.net.named) }},
		{"OriginalRequestId", String, func(_ *world, r *Row, x *s) { r.uuid(x.id) }},
		{"ProcessingTimeInMilliseconds", String, func(_ *world, r *Row, x *s) { r.digits(x.durationMs) }},
		{"RiskDetail", String, func(w *world, r *Row, _ *s) { r.text(w.words.none) }},
		{"RiskEventTypes", String, func(w *world, r *Row, _ *s) { r.text(w.words.emptyList) }},
		{"RiskEventTypes_V2", String, func(w *world, r *Row, _ *s) { r.text(w.words.emptyList) }},
		{"RiskLevelAggregated", String, func(w *world, r *Row, _ *s) { r.text(w.words.none) }},
		{"RiskLevelDuringSignIn", String, func(w *world, r *Row, _ *s) { r.text(w.words.none) }},
		{"RiskState", String, func(w *world, r *Row, _ *s) { r.text(w.words.none) }},
		{"ResourceDisplayName", String, func(_ *world, r *Row, x *s) { r.text(x.resource.display) }},
		{"ResourceIdentity", String, func(_ *world, r *Row, x *s) { r.text(x.resource.identity) }},
		{"ResourceServicePrincipalId", String, func(_ *world, r *Row, x *s) { r.uuid(x.resource.principal) }},
		{"ServicePrincipalId", String, func(w *world, r *Row, _ *s) { r.text(w.words.empty) }},
		{"ServicePrincipalName", String, func(w *world, r *Row, _ *s) { r.text(w.words.empty) }},
		{"Status", Dynamic, func(_ *world, r *Row, x *s) { r.doc(x.result.status) }},
		{"TokenIssuerName", String, func(w *world, r *Row, x *s) { _, n := issuerOf(w, x.federated); r.text(n) }},
		{"TokenIssuerType", String, func(w *world, r *Row, x *s) { t, _ := issuerOf(w, x.federated); r.text(t) }},
		{"UserAgent", String, func(_ *world, r *Row, x *s) { r.text(x.agent) }},
		{"UserDisplayName", String, func(_ *world, r *Row, x *s) { r.text(x.who.name) }},
		{"UserId", String, func(_ *world, r *Row, x *s) { r.uuid(x.who.id) }},
		{"UserPrincipalName", String, func(_ *world, r *Row, x *s) { r.text(x.who.upn) }},
		{"AADTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"UserType", String, func(_ *world, r *Row, x *s) { r.text(x.who.typ) }},
		{"FlaggedForReview", Bool, func(_ *world, r *Row, _ *s) { r.null() }},
		{"IPAddressFromResourceProvider", String, func(w *world, r *Row, _ *s) { r.text(w.words.empty) }},
		{"SignInIdentifier", String, func(_ *world, r *Row, x *s) { r.text(x.who.upn) }},
		{"SignInIdentifierType", String, func(_ *world, r *Row, x *s) { r.text(x.who.idType) }},
		{"ResourceTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"HomeTenantId", String, func(_ *world, r *Row, x *s) { r.uuid(x.who.homeID) }},
		{"UniqueTokenIdentifier", String, func(_ *world, r *Row, x *s) { r.token(x.token) }},
		{"SessionId", String, func(_ *world, r *Row, x *s) { r.uuidOrEmpty(x.session) }},
		{"SessionLifetimePolicies", String, func(w *world, r *Row, x *s) { sessionPolicies(w, r, x) }},
		{"AutonomousSystemNumber", String, func(_ *world, r *Row, x *s) { r.text(x.net.asn) }},
		{"AuthenticationProtocol", String, func(_ *world, r *Row, x *s) { r.text(x.protocol) }},
		{"CrossTenantAccessType", String, func(_ *world, r *Row, x *s) { r.text(x.who.cross) }},
		{"ClientCredentialType", String, func(w *world, r *Row, _ *s) { r.text(w.words.credNone) }},
		{"HomeTenantName", String, func(_ *world, r *Row, x *s) { r.text(x.who.homeName) }},
		{"IncomingTokenType", String, func(_ *world, r *Row, x *s) { r.text(x.incoming) }},
		{"IsTenantRestricted", Bool, func(_ *world, r *Row, _ *s) { r.bool(false) }},
		{"IsThroughGlobalSecureAccess", Bool, func(_ *world, r *Row, _ *s) { r.bool(false) }},
		{"OriginalTransferMethod", String, func(_ *world, r *Row, x *s) { r.text(x.transfer) }},
		{"TokenProtectionStatusDetails", Dynamic, func(_ *world, r *Row, x *s) { r.doc(x.protection) }},
		{"AppOwnerTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"ResourceOwnerTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"AppliedConditionalAccessPolicies", String, func(w *world, r *Row, x *s) { r.text(w.policies.applied[x.ca]) }},
		{"RiskLevel", String, func(w *world, r *Row, _ *s) { r.text(w.words.none) }},
		{"Type", String, func(w *world, r *Row, _ *s) { r.text(w.words.signinType) }},
	}
}

func backgroundFields() []field[signin] {
	type s = signin
	return []field[signin]{
		{"TenantId", String, func(w *world, r *Row, _ *s) { r.text(w.workspace) }},
		{"SourceSystem", String, func(w *world, r *Row, _ *s) { r.text(w.words.source) }},
		{"TimeGenerated", Datetime, func(_ *world, r *Row, x *s) { r.datetime(x.at) }},
		{"OperationName", String, func(w *world, r *Row, _ *s) { r.text(w.words.opName) }},
		{"OperationVersion", String, func(w *world, r *Row, _ *s) { r.text(w.words.opVersion) }},
		{"Category", String, func(w *world, r *Row, _ *s) { r.text(w.words.backgroundCategory) }},
		{"ResultType", String, func(_ *world, r *Row, x *s) { r.text(x.result.typ) }},
		{"ResultSignature", String, func(w *world, r *Row, x *s) { r.text(signatureOf(w, x.result.failed)) }},
		{"ResultDescription", String, func(_ *world, r *Row, x *s) { r.text(x.result.desc) }},
		{"DurationMs", Long, func(_ *world, r *Row, x *s) { r.long(0) }},
		{"CorrelationId", String, func(_ *world, r *Row, x *s) { r.uuid(x.correlation) }},
		{"ResourceGroup", String, func(w *world, r *Row, _ *s) { r.text(w.words.resourceGroup) }},
		{"Identity", String, func(_ *world, r *Row, x *s) { r.text(x.who.name) }},
		{"Level", String, func(w *world, r *Row, _ *s) { r.text(w.words.info) }},
		{"Location", String, func(_ *world, r *Row, x *s) { r.text(x.net.place.code) }},
		{"AADTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"AlternateSignInName", String, func(_ *world, r *Row, x *s) { r.text(x.who.upn) }},
		{"AppDisplayName", String, func(_ *world, r *Row, x *s) { r.text(x.client.display) }},
		{"AppId", String, func(_ *world, r *Row, x *s) { r.text(x.client.appID) }},
		{"AppliedEventListeners", Dynamic, func(w *world, r *Row, _ *s) { r.doc(w.words.listeners) }},
		{"AppOwnerTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"AuthenticationContextClassReferences", String, func(w *world, r *Row, _ *s) { r.text(w.words.emptyList) }},
		{"AuthenticationDetails", String, func(_ *world, r *Row, x *s) { r.stamped(*x.details, x.created, x.created+9*second) }},
		{"AuthenticationMethodsUsed", String, func(w *world, r *Row, _ *s) { r.text(w.words.empty) }},
		{"AuthenticationProcessingDetails", String, func(w *world, r *Row, _ *s) { r.text(w.words.processing) }},
		{"AuthenticationProtocol", String, func(_ *world, r *Row, x *s) { r.text(x.protocol) }},
		{"AuthenticationRequirement", String, func(w *world, r *Row, x *s) { r.text(requirementOf(w, x.multi)) }},
		{"AuthenticationRequirementPolicies", String, func(w *world, r *Row, x *s) { requirementPolicies(w, r, x) }},
		{"AutonomousSystemNumber", String, func(_ *world, r *Row, x *s) { r.text(x.net.asn) }},
		{"ClientAppUsed", String, func(_ *world, r *Row, x *s) { r.text(x.clientApp) }},
		{"ClientCredentialType", String, func(w *world, r *Row, _ *s) { r.text(w.words.credNone) }},
		{"ConditionalAccessPolicies", String, func(w *world, r *Row, x *s) { r.text(w.policies.variants[x.ca][x.variant]) }},
		{"ConditionalAccessStatus", String, func(w *world, r *Row, x *s) { r.text(w.policies.status[x.ca]) }},
		{"CreatedDateTime", Datetime, func(_ *world, r *Row, x *s) { r.datetime(x.created) }},
		{"CrossTenantAccessType", String, func(_ *world, r *Row, x *s) { r.text(x.who.cross) }},
		{"DeviceDetail", String, func(_ *world, r *Row, x *s) { r.text(x.detail) }},
		{"HomeTenantId", String, func(_ *world, r *Row, x *s) { r.uuid(x.who.homeID) }},
		{"HomeTenantName", String, func(_ *world, r *Row, x *s) { r.text(x.who.homeName) }},
		{"Id", String, func(_ *world, r *Row, x *s) { r.uuid(x.id) }},
		{"IncomingTokenType", String, func(_ *world, r *Row, x *s) { r.text(x.incoming) }},
		{"IPAddress", String, func(_ *world, r *Row, x *s) { r.text(x.net.address) }},
		{"IsInteractive", Bool, func(_ *world, r *Row, _ *s) { r.bool(false) }},
		{"IsRisky", Bool, func(_ *world, r *Row, _ *s) { r.null() }},
		{"IsTenantRestricted", Bool, func(_ *world, r *Row, _ *s) { r.bool(false) }},
		{"IsThroughGlobalSecureAccess", Bool, func(_ *world, r *Row, _ *s) { r.bool(false) }},
		{"LocationDetails", String, func(_ *world, r *Row, x *s) { r.text(x.net.place.location) }},
		{"MfaDetail", String, func(w *world, r *Row, x *s) { r.text(w.words.empty) }},
		{"NetworkLocationDetails", String, func(_ *world, r *Row, x *s) { r.text(x.net.named) }},
		{"OriginalRequestId", String, func(_ *world, r *Row, x *s) { r.uuid(x.id) }},
		{"OriginalTransferMethod", String, func(_ *world, r *Row, x *s) { r.text(x.transfer) }},
		{"ProcessingTimeInMs", String, func(_ *world, r *Row, x *s) { r.digits(x.durationMs) }},
		{"ResourceDisplayName", String, func(_ *world, r *Row, x *s) { r.text(x.resource.display) }},
		{"ResourceIdentity", String, func(_ *world, r *Row, x *s) { r.text(x.resource.identity) }},
		{"ResourceOwnerTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"ResourceServicePrincipalId", String, func(_ *world, r *Row, x *s) { r.uuid(x.resource.principal) }},
		{"ResourceTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"RiskDetail", String, func(w *world, r *Row, _ *s) { r.text(w.words.none) }},
		{"RiskEventTypes", String, func(w *world, r *Row, _ *s) { r.text(w.words.emptyList) }},
		{"RiskEventTypes_V2", String, func(w *world, r *Row, _ *s) { r.text(w.words.emptyList) }},
		{"RiskLevelAggregated", String, func(w *world, r *Row, _ *s) { r.text(w.words.none) }},
		{"RiskLevelDuringSignIn", String, func(w *world, r *Row, _ *s) { r.text(w.words.none) }},
		{"RiskState", String, func(w *world, r *Row, _ *s) { r.text(w.words.none) }},
		{"SessionId", String, func(_ *world, r *Row, x *s) { r.uuidOrEmpty(x.session) }},
		{"SessionLifetimePolicies", String, func(w *world, r *Row, x *s) { sessionPolicies(w, r, x) }},
		{"SignInEventTypes", String, func(w *world, r *Row, _ *s) { r.text(w.words.eventBackground) }},
		{"SignInIdentifierType", String, func(_ *world, r *Row, x *s) { r.text(x.who.idType) }},
		{"TokenProtectionStatusDetails", String, func(_ *world, r *Row, x *s) { r.text(x.protection) }},
		{"Status", String, func(_ *world, r *Row, x *s) { r.text(x.result.status) }},
		{"TokenIssuerName", String, func(w *world, r *Row, x *s) { _, n := issuerOf(w, x.federated); r.text(n) }},
		{"TokenIssuerType", String, func(w *world, r *Row, x *s) { t, _ := issuerOf(w, x.federated); r.text(t) }},
		{"UniqueTokenIdentifier", String, func(_ *world, r *Row, x *s) { r.token(x.token) }},
		{"UserAgent", String, func(_ *world, r *Row, x *s) { r.text(x.agent) }},
		{"UserDisplayName", String, func(_ *world, r *Row, x *s) { r.text(x.who.name) }},
		{"UserId", String, func(_ *world, r *Row, x *s) { r.uuid(x.who.id) }},
		{"UserPrincipalName", String, func(_ *world, r *Row, x *s) { r.text(x.who.upn) }},
		{"UserType", String, func(_ *world, r *Row, x *s) { r.text(x.who.typ) }},
		{"Type", String, func(w *world, r *Row, _ *s) { r.text(w.words.backgroundType) }},
	}
}

func requirementPolicies(w *world, r *Row, x *signin) {
	if x.multi {
		r.text(w.words.requirementPolicies)
	} else {
		r.text(w.words.emptyList)
	}
}

func sessionPolicies(w *world, r *Row, x *signin) {
	if x.browser {
		r.text(w.words.sessionPolicies)
	} else {
		r.text(w.words.emptyList)
	}
}

func mfaOf(w *world, x *signin) text {
	if x.multi && !x.result.failed {
		return w.words.mfaDetail
	}
	return w.words.mfaNone
}
