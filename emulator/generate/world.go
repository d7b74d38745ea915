package generate

import "fmt"

// world is the sample company: everything that stays the same from the first row to the last.
// It is a pure function of Config and read-only once attacks are laid.
type world struct {
	seed      uint64
	start     ticks
	days      int
	ratio     float64
	tenant    uuid
	workspace text
	tenantID  text

	homes, clouds, fars []place
	offices             []*network
	noNames             text // NetworkLocationDetails of an unnamed place
	noDevice            text // DeviceDetail when nothing is known
	results             results
	clients             []client
	resources           []resource
	policies            policySet
	words               words

	people     []*person
	users      int // people without the service mailboxes
	principals []*principal
	identities []*principal

	extra []laid // rows of the attacks, in no order
	truth []Attack
	muted []mute // what the attacks on the streams themselves do
}

func (w *world) end() ticks { return w.start + ticks(w.days)*day }

func newWorld(cfg Config) *world {
	w := &world{seed: cfg.Seed, start: ticksOf(cfg.Start), days: cfg.Days, ratio: cfg.Ratio}
	w.tenant = uuidOf(cfg.Seed, hashText("tenant"))
	w.tenantID = newText(w.tenant.String())
	w.workspace = newText(uuidOf(cfg.Seed, hashText("workspace")).String())
	w.homes = preparePlaces(homePlaceList)
	w.clouds = preparePlaces(cloudPlaceList)
	w.fars = preparePlaces(farPlaceList)
	w.noNames = newText("[]")
	w.noDevice = newText(`{"deviceId":""}`)
	w.results = prepareResults()
	w.clients = prepareClients()
	w.resources = prepareResources(cfg.Seed)
	w.policies = preparePolicies(cfg.Seed)
	w.words = prepareWords()
	w.words.resourceID = newText("/tenants/" + w.tenant.String() + "/providers/Microsoft.aadiam")
	for i := range w.homes {
		named := newText(fmt.Sprintf(`[{"networkType":"trustedNamedLocation","networkNames":["Office %s"]}]`, w.homes[i].city))
		w.offices = append(w.offices, newNetwork(&w.homes[i], fmt.Sprintf("192.0.2.%d", 10+i), asnOffice, named))
	}
	w.makePeople(cfg.Users)
	w.users = cfg.Users
	w.makePrincipals(cfg.Users)
	return w
}

// words are the values of the many columns with a small vocabulary.
type words struct {
	opName, opVersion, azureAD, info, errorLevel, source, resourceGroup text
	signature                                                           [2]text // success, failure
	signinType, backgroundType, principalType, identityType             text
	signinCategory, backgroundCategory, principalCategory, identityCat  text
	browserApp, nativeApp                                               text
	protocolNone, oauth2, ropc, deviceCode, saml                        text
	tokenNone, refresh, primary                                         text
	transferNone, transferDevice                                        text
	none, empty, emptyList, unknownFuture                               text
	single, multi                                                       text
	issuerAD, issuerFS, issuerName                                      text
	eventInteractive, eventBackground                                   text
	mfaDetail, mfaNone, methods                                         text
	sessionPolicies, listeners, requirementPolicies, processing, notSet text
	tokenProtection, bound, credentialSecret, credentialCert, credNone  text
	resourceID                                                          text
	details, detailsMFA, detailsFailed, detailsDenied                   stamped
}

func prepareWords() words {
	return words{
		opName:             newText("Sign-in activity"),
		opVersion:          newText("1.0"),
		azureAD:            newText("Azure AD"),
		source:             newText("Azure AD"),
		info:               newText("4"),
		errorLevel:         newText("4"),
		resourceGroup:      newText("Microsoft.aadiam"),
		signature:          [2]text{newText("SUCCESS"), newText("FAILURE")},
		signinType:         newText(tableSignin),
		backgroundType:     newText(tableBackground),
		principalType:      newText(tablePrincipal),
		identityType:       newText(tableIdentity),
		signinCategory:     newText("SignInLogs"),
		backgroundCategory: newText("NonInteractiveUserSignInLogs"),
		principalCategory:  newText("ServicePrincipalSignInLogs"),
		identityCat:        newText("ManagedIdentitySignInLogs"),
		browserApp:         newText("Browser"),
		nativeApp:          newText("Mobile Apps and Desktop clients"),
		protocolNone:       newText("none"),
		oauth2:             newText("oAuth2"),
		ropc:               newText("ropc"),
		deviceCode:         newText("deviceCode"),
		saml:               newText("saml20"),
		tokenNone:          newText("none"),
		refresh:            newText("refreshToken"),
		primary:            newText("primaryRefreshToken"),
		transferNone:       newText("none"),
		transferDevice:     newText("deviceCodeFlow"),
		none:               newText("none"),
		empty:              newText(""),
		emptyList:          newText("[]"),
		single:             newText("singleFactorAuthentication"),
		multi:              newText("multiFactorAuthentication"),
		issuerAD:           newText("AzureAD"),
		issuerFS:           newText("ADFederationServices"),
		issuerName:         newText("http://sts.contoso.example/adfs/services/trust"),
		eventInteractive:   newText(`["interactiveUser"]`),
		eventBackground:    newText(`["nonInteractiveUser"]`),
		mfaDetail:          newText(`{"authMethod":"Mobile app notification","authDetail":""}`),
		mfaNone:            newText("{}"),
		methods:            newText("Previously satisfied"),
		sessionPolicies:    newText(`[{"expirationRequirement":"signInFrequencyPeriodicReauthentication","detail":"Required"}]`),
		requirementPolicies: newText(
			`[{"requirementProvider":"multiConditionalAccess","detail":"Conditional Access"}]`),
		processing: newText(`[{"key":"Legacy TLS (TLS 1.0, 1.1, 3DES)","value":"False"},{"key":"Is CAE Token","value":"False"}]`),
		listeners:  newText("[]"),
		tokenProtection: newText(
			`{"signInSessionStatus":"unbound","signInSessionStatusCode":1002}`),
		bound:            newText(`{"signInSessionStatus":"bound","signInSessionStatusCode":0}`),
		credentialSecret: newText("clientSecret"),
		credentialCert:   newText("clientAssertion"),
		credNone:         newText("none"),
		details: newStamped(`[{"authenticationStepDateTime":"@","authenticationMethod":"Previously satisfied","succeeded":true,` +
			`"authenticationStepResultDetail":"First factor requirement satisfied by claim in the token",` +
			`"authenticationStepRequirement":"Primary authentication","StatusSequence":0,"RequestSequence":0}]`),
		detailsMFA: newStamped(`[{"authenticationStepDateTime":"@","authenticationMethod":"Password","authenticationMethodDetail":"Password in the cloud",` +
			`"succeeded":true,"authenticationStepResultDetail":"Correct password","authenticationStepRequirement":"Primary authentication",` +
			`"StatusSequence":0,"RequestSequence":1},{"authenticationStepDateTime":"@","authenticationMethod":"Mobile app notification",` +
			`"succeeded":true,"authenticationStepResultDetail":"MFA completed in Azure AD","authenticationStepRequirement":"",` +
			`"StatusSequence":0,"RequestSequence":2}]`),
		detailsFailed: newStamped(`[{"authenticationStepDateTime":"@","authenticationMethod":"Password","authenticationMethodDetail":"Password in the cloud",` +
			`"succeeded":false,"authenticationStepResultDetail":"Invalid username or password","authenticationStepRequirement":"Primary authentication",` +
			`"StatusSequence":0,"RequestSequence":0}]`),
		detailsDenied: newStamped(`[{"authenticationStepDateTime":"@","authenticationMethod":"Password","authenticationMethodDetail":"Password in the cloud",` +
			`"succeeded":true,"authenticationStepResultDetail":"Correct password","authenticationStepRequirement":"Primary authentication",` +
			`"StatusSequence":0,"RequestSequence":1},{"authenticationStepDateTime":"@","authenticationMethod":"Mobile app notification",` +
			`"succeeded":false,"authenticationStepResultDetail":"MFA denied; user declined the authentication","authenticationStepRequirement":"",` +
			`"StatusSequence":0,"RequestSequence":2}]`),
	}
}
