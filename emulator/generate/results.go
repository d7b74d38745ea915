package generate

import "fmt"

// result is one AADSTS code as the sign-in tables carry it.
type result struct {
	code        string
	description string
	// interrupt marks a step that the user simply goes through: a success follows in the same attempt.
	interrupt bool

	typ    text // ResultType
	desc   text // ResultDescription
	status text // Status
	failed bool
}

// resultList follows the code table of the AADSTS reference
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes). The texts are ours: content must
// never depend on them, since the service changes its own (Azure/Azure-Sentinel PR 14655).
var resultList = []result{
	{code: "0"},
	{code: "16000", description: "Several accounts are signed in; the user picks one.", interrupt: true},
	{code: "16001", description: "The user chose to sign in with another account.", interrupt: true},
	{code: "50011", description: "The reply address does not match one registered for the application."},
	{code: "50034", description: "The account does not exist in the directory."},
	{code: "50053", description: "The account is locked, or the address is known for malicious activity."},
	{code: "50055", description: "The password has expired.", interrupt: true},
	{code: "50057", description: "The account is disabled."},
	{code: "50058", description: "A silent sign-in was asked for but nobody is signed in.", interrupt: true},
	{code: "50072", description: "The user must enrol for a second factor.", interrupt: true},
	{code: "50074", description: "A second factor was asked for.", interrupt: true},
	{code: "50076", description: "A policy or a new place asks for a second factor.", interrupt: true},
	{code: "50079", description: "The user must enrol for a second factor.", interrupt: true},
	{code: "50097", description: "Device authentication is required.", interrupt: true},
	{code: "50105", description: "The user is not assigned to a role of the application."},
	{code: "50125", description: "A password reset or registration interrupted the sign-in.", interrupt: true},
	{code: "50126", description: "The user name or the password is wrong."},
	{code: "50129", description: "The device is not joined to the workplace.", interrupt: true},
	{code: "50132", description: "The session is no longer valid: the password changed or expired."},
	{code: "50133", description: "The session is no longer valid: the password expired or changed lately."},
	{code: "50140", description: "The user was asked whether to stay signed in.", interrupt: true},
	{code: "50173", description: "The grant was revoked; a fresh token is needed."},
	{code: "50196", description: "The client repeats the same request in a loop."},
	{code: "50199", description: "The user was asked to confirm the application.", interrupt: true},
	{code: "53000", description: "The device does not meet the compliance policy."},
	{code: "53003", description: "Access was blocked by a Conditional Access policy."},
	{code: "65001", description: "Nobody has consented to the application."},
	{code: "70043", description: "The refresh token expired by the sign-in frequency of a policy."},
	{code: "70044", description: "The session expired by the sign-in frequency of a policy."},
	{code: "70046", description: "The session expired or failed a re-authentication check."},
	{code: "81004", description: "Kerberos authentication of seamless single sign-on failed."},
	{code: "81010", description: "The Kerberos ticket has expired or is not valid."},
	{code: "81011", description: "No user was found for the Kerberos ticket."},
	{code: "90033", description: "A transient error occurred."},
	{code: "500121", description: "The second factor was refused or timed out."},
	{code: "700016", description: "The application was not found in the directory."},
	{code: "700027", description: "The signature of the client assertion is not valid."},
	{code: "700082", description: "The refresh token expired by inactivity."},
	{code: "7000215", description: "The client secret is wrong."},
	{code: "7000222", description: "The client secret has expired."},
}

type results struct {
	list   []result
	byCode map[string]uint8
}

func prepareResults() results {
	rs := results{list: make([]result, len(resultList)), byCode: make(map[string]uint8, len(resultList))}
	for i, r := range resultList {
		r.typ = newText(r.code)
		r.desc = newText(r.description)
		r.failed = r.code != "0"
		if r.failed {
			r.status = newText(fmt.Sprintf(`{"errorCode":%s,"failureReason":%q}`, r.code, r.description))
		} else {
			r.status = newText(`{"errorCode":0}`)
		}
		rs.list[i] = r
		rs.byCode[r.code] = uint8(i)
	}
	return rs
}

// mixed is a weighted choice of codes.
type mixed struct {
	codes   []uint8
	weights []int
	total   int
}

func (rs results) mix(pairs ...any) mixed {
	var m mixed
	for i := 0; i < len(pairs); i += 2 {
		m.codes = append(m.codes, rs.byCode[pairs[i].(string)])
		m.weights = append(m.weights, pairs[i+1].(int))
		m.total += pairs[i+1].(int)
	}
	return m
}

func (m mixed) pick(n uint64) uint8 {
	left := int(n % uint64(m.total))
	for i, w := range m.weights {
		if left -= w; left < 0 {
			return m.codes[i]
		}
	}
	return m.codes[0]
}
