package nearest

import "testing"

func TestOf(t *testing.T) {
	candidates := []string{"severity", "query", "queryPeriod", "queryFrequency", "UserPrincipalName", "id"}
	for in, want := range map[string]string{
		"sevrity": "severity", "Severity": "severity", "queryperiod": "queryPeriod", "qurey": "query", "UserPrincipleName": "UserPrincipalName",
		"frequency": "", "zzz": "", "": "", "query": "", "di": "id", "x": "", "userprincipalname": "UserPrincipalName", "UserPrincpalName": "UserPrincipalName", "Id": "id",
	} {
		if got := Of(in, candidates); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
