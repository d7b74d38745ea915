package generate

// workload is one row of AADServicePrincipalSignInLogs or AADManagedIdentitySignInLogs before it is written.
type workload struct {
	at, created            ticks
	id, correlation, token uuid
	who                    *principal
	net                    *network // nil for a managed identity: its address is not published
	resource               *resource
	result                 *result
	credential             credential
	key                    uuid // ServicePrincipalCredentialKeyId
	thumbprint             text
	subject                text // FederatedCredentialId
	durationMs             int64
}

func (x *workload) address(w *world) text {
	if x.net == nil {
		return w.words.empty
	}
	return x.net.address
}

func (x *workload) country(w *world) text {
	if x.net == nil {
		return w.words.empty
	}
	return x.net.place.code
}

func (x *workload) location(w *world) text {
	if x.net == nil {
		return w.words.empty
	}
	return x.net.place.location
}

func (x *workload) asn(w *world) text {
	if x.net == nil {
		return w.words.empty
	}
	return x.net.asn
}

func (x *workload) credentialType(w *world) text {
	switch x.credential {
	case secret:
		return w.words.credentialSecret
	default:
		return w.words.credentialCert
	}
}

func principalFields() []field[workload] {
	type s = workload
	return []field[workload]{
		{"TenantId", String, func(w *world, r *Row, _ *s) { r.text(w.workspace) }},
		{"SourceSystem", String, func(w *world, r *Row, _ *s) { r.text(w.words.source) }},
		{"TimeGenerated", Datetime, func(_ *world, r *Row, x *s) { r.datetime(x.at) }},
		{"OperationName", String, func(w *world, r *Row, _ *s) { r.text(w.words.opName) }},
		{"OperationVersion", String, func(w *world, r *Row, _ *s) { r.text(w.words.opVersion) }},
		{"Category", String, func(w *world, r *Row, _ *s) { r.text(w.words.principalCategory) }},
		{"ResultType", String, func(_ *world, r *Row, x *s) { r.text(x.result.typ) }},
		{"ResultSignature", String, func(w *world, r *Row, x *s) { r.text(signatureOf(w, x.result.failed)) }},
		{"ResultDescription", String, func(_ *world, r *Row, x *s) { r.text(x.result.desc) }},
		{"DurationMs", Long, func(_ *world, r *Row, x *s) { r.long(x.durationMs) }},
		{"CorrelationId", String, func(_ *world, r *Row, x *s) { r.uuid(x.correlation) }},
		{"ResourceGroup", String, func(w *world, r *Row, _ *s) { r.text(w.words.resourceGroup) }},
		{"Identity", String, func(_ *world, r *Row, x *s) { r.text(x.who.name) }},
		{"Level", String, func(w *world, r *Row, _ *s) { r.text(w.words.info) }},
		{"Location", String, func(w *world, r *Row, x *s) { r.text(x.country(w)) }},
		{"AppId", String, func(_ *world, r *Row, x *s) { r.text(x.who.appIDText) }},
		{"AppOwnerTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"AuthenticationContextClassReferences", String, func(w *world, r *Row, _ *s) { r.text(w.words.emptyList) }},
		{"AutonomousSystemNumber", String, func(w *world, r *Row, x *s) { r.text(x.asn(w)) }},
		{"AuthenticationProcessingDetails", String, func(w *world, r *Row, _ *s) { r.text(w.words.processing) }},
		{"ClientCredentialType", String, func(w *world, r *Row, x *s) { r.text(x.credentialType(w)) }},
		{"ConditionalAccessPolicies", String, func(w *world, r *Row, _ *s) { r.text(w.words.emptyList) }},
		{"ConditionalAccessStatus", String, func(w *world, r *Row, _ *s) { r.text(w.policies.status[caNotApplied]) }},
		{"CreatedDateTime", Datetime, func(_ *world, r *Row, x *s) { r.datetime(x.created) }},
		{"FederatedCredentialId", String, func(_ *world, r *Row, x *s) { r.text(x.subject) }},
		{"Id", String, func(_ *world, r *Row, x *s) { r.uuid(x.id) }},
		{"IPAddress", String, func(w *world, r *Row, x *s) { r.text(x.address(w)) }},
		{"LocationDetails", String, func(w *world, r *Row, x *s) { r.text(x.location(w)) }},
		{"NetworkLocationDetails", String, func(w *world, r *Row, _ *s) { r.text(w.words.emptyList) }},
		{"ResourceDisplayName", String, func(_ *world, r *Row, x *s) { r.text(x.resource.display) }},
		{"ResourceIdentity", String, func(_ *world, r *Row, x *s) { r.text(x.resource.identity) }},
		{"ResourceOwnerTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"ResourceServicePrincipalId", String, func(_ *world, r *Row, x *s) { r.uuid(x.resource.principal) }},
		{"ServicePrincipalCredentialKeyId", String, func(_ *world, r *Row, x *s) { r.uuidOrEmpty(x.key) }},
		{"ServicePrincipalCredentialThumbprint", String, func(_ *world, r *Row, x *s) { r.text(x.thumbprint) }},
		{"ServicePrincipalId", String, func(_ *world, r *Row, x *s) { r.text(x.who.idText) }},
		{"ServicePrincipalName", String, func(_ *world, r *Row, x *s) { r.text(x.who.name) }},
		{"UniqueTokenIdentifier", String, func(_ *world, r *Row, x *s) { r.token(x.token) }},
		{"AADTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"Type", String, func(w *world, r *Row, _ *s) { r.text(w.words.principalType) }},
	}
}

func identityFields() []field[workload] {
	type s = workload
	return []field[workload]{
		{"TenantId", String, func(w *world, r *Row, _ *s) { r.text(w.workspace) }},
		{"SourceSystem", String, func(w *world, r *Row, _ *s) { r.text(w.words.source) }},
		{"TimeGenerated", Datetime, func(_ *world, r *Row, x *s) { r.datetime(x.at) }},
		{"OperationName", String, func(w *world, r *Row, _ *s) { r.text(w.words.opName) }},
		{"OperationVersion", String, func(w *world, r *Row, _ *s) { r.text(w.words.opVersion) }},
		{"Category", String, func(w *world, r *Row, _ *s) { r.text(w.words.identityCat) }},
		{"ResultType", String, func(_ *world, r *Row, x *s) { r.text(x.result.typ) }},
		{"ResultSignature", String, func(w *world, r *Row, x *s) { r.text(signatureOf(w, x.result.failed)) }},
		{"ResultDescription", String, func(_ *world, r *Row, x *s) { r.text(x.result.desc) }},
		{"DurationMs", Long, func(_ *world, r *Row, x *s) { r.long(x.durationMs) }},
		{"CorrelationId", String, func(_ *world, r *Row, x *s) { r.uuid(x.correlation) }},
		{"ResourceGroup", String, func(w *world, r *Row, _ *s) { r.text(w.words.resourceGroup) }},
		{"Identity", String, func(_ *world, r *Row, x *s) { r.text(x.who.name) }},
		{"Level", String, func(w *world, r *Row, _ *s) { r.text(w.words.info) }},
		{"Location", String, func(w *world, r *Row, x *s) { r.text(x.country(w)) }},
		{"AADTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"AppId", String, func(_ *world, r *Row, x *s) { r.text(x.who.appIDText) }},
		{"AppOwnerTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"AuthenticationContextClassReferences", String, func(w *world, r *Row, _ *s) { r.text(w.words.emptyList) }},
		{"AuthenticationProcessingDetails", String, func(w *world, r *Row, _ *s) { r.text(w.words.processing) }},
		{"ClientCredentialType", String, func(w *world, r *Row, _ *s) { r.text(w.words.credNone) }},
		{"ConditionalAccessPolicies", String, func(w *world, r *Row, _ *s) { r.text(w.words.emptyList) }},
		{"ConditionalAccessStatus", String, func(w *world, r *Row, _ *s) { r.text(w.policies.status[caNotApplied]) }},
		{"CreatedDateTime", Datetime, func(_ *world, r *Row, x *s) { r.datetime(x.created) }},
		{"Id", String, func(_ *world, r *Row, x *s) { r.uuid(x.id) }},
		{"IPAddress", String, func(w *world, r *Row, x *s) { r.text(x.address(w)) }},
		{"LocationDetails", String, func(w *world, r *Row, x *s) { r.text(x.location(w)) }},
		{"ManagedServiceIdentity", String, func(_ *world, r *Row, x *s) { r.text(x.who.azureID) }},
		{"ResourceDisplayName", String, func(_ *world, r *Row, x *s) { r.text(x.resource.display) }},
		{"ResourceIdentity", String, func(_ *world, r *Row, x *s) { r.text(x.resource.identity) }},
		{"ResourceOwnerTenantId", String, func(w *world, r *Row, _ *s) { r.text(w.tenantID) }},
		{"ResourceServicePrincipalId", String, func(_ *world, r *Row, x *s) { r.uuid(x.resource.principal) }},
		{"ServicePrincipalCredentialKeyId", String, func(_ *world, r *Row, x *s) { r.uuidOrEmpty(x.key) }},
		{"ServicePrincipalCredentialThumbprint", String, func(_ *world, r *Row, x *s) { r.text(x.thumbprint) }},
		{"ServicePrincipalId", String, func(_ *world, r *Row, x *s) { r.text(x.who.idText) }},
		{"ServicePrincipalName", String, func(_ *world, r *Row, x *s) { r.text(x.who.name) }},
		{"UniqueTokenIdentifier", String, func(_ *world, r *Row, x *s) { r.token(x.token) }},
		{"Type", String, func(w *world, r *Row, _ *s) { r.text(w.words.identityType) }},
	}
}
