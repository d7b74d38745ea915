package generate

import (
	"fmt"
	"strings"
)

// caState is the outcome of Conditional Access for a row.
type caState uint8

const (
	caSuccess caState = iota
	caFailure
	caNotApplied
)

// policySet holds the ready values of ConditionalAccessPolicies: for each outcome a few variants, as the policies
// that apply differ by application and person. It is the biggest column of a sign-in by far.
type policySet struct {
	variants [3][]text
	status   [3]text
	applied  [3]text // AppliedConditionalAccessPolicies
}

const policyVariants = 8

var policyNames = []struct {
	name, grant, session string
}{
	{"CA001 Multifactor for all users", `"Mfa"`, ``},
	{"CA002 Block legacy authentication", `"Block"`, ``},
	{"CA003 Compliant device for office applications", `"RequireCompliantDevice","RequireDomainJoinedDevice"`, ``},
	{"CA004 Sign-in frequency on unmanaged devices", ``, `"SignInFrequency","PersistentBrowserSessionMode"`},
	{"CA005 Multifactor for administrators", `"Mfa"`, `"SignInFrequency"`},
	{"CA006 Terms of use for guests", `"TermsOfUse"`, ``},
	{"CA007 Approved application on phones", `"RequireApprovedApp"`, ``},
	{"CA008 Block sign-ins of high risk", `"Block"`, ``},
	{"CA009 Multifactor for Azure management", `"Mfa"`, ``},
	{"CA010 Token protection for Windows", ``, `"SecureSignIn"`},
	{"CA011 Block unknown device platforms", `"Block"`, ``},
	{"CA012 Limited SharePoint from unmanaged devices", ``, `"CloudAppSecurity"`},
	{"CA013 Continuous access evaluation, strict location", ``, `"ContinuousAccessEvaluation"`},
}

func preparePolicies(seed uint64) policySet {
	var ps policySet
	for _, state := range []caState{caSuccess, caFailure, caNotApplied} {
		for v := range policyVariants {
			ps.variants[state] = append(ps.variants[state], newText(policies(seed, state, v)))
		}
	}
	ps.status = [3]text{newText("success"), newText("failure"), newText("notApplied")}
	ps.applied = [3]text{newText("1"), newText("1"), newText("0")}
	return ps
}

func policies(seed uint64, state caState, variant int) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, p := range policyNames {
		outcome := "notApplied"
		switch {
		case state == caNotApplied:
		case i == 0 && state == caFailure:
			outcome = "failure"
		case i == 0 || mix(uint64(variant), uint64(i))%4 == 0:
			outcome = "success"
		case i == 10:
			outcome = "reportOnlyNotApplied"
		}
		satisfied, not := "application,users", "none"
		if outcome == "notApplied" || outcome == "reportOnlyNotApplied" {
			not = [...]string{"clientType", "users", "application", "devicePlatform"}[mix(uint64(variant), uint64(i), 7)%4]
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%s","displayName":%q,"enforcedGrantControls":[%s],"enforcedSessionControls":[%s],`+
			`"result":%q,"conditionsSatisfied":%q,"conditionsNotSatisfied":%q}`,
			uuidOf(seed, hashText("policy"), uint64(i)), p.name, p.grant, p.session, outcome, satisfied, not)
	}
	b.WriteByte(']')
	return b.String()
}
