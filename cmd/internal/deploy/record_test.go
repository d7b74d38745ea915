package deploy

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func recorded(t *testing.T, columns []result.Column, rows ...[]value.Value) string {
	t.Helper()
	tab := &result.Table{Columns: columns, Rows: len(rows)}
	for j, c := range columns {
		var col []value.Value
		for _, r := range rows {
			col = append(col, r[j])
		}
		tab.Vectors = append(tab.Vectors, vector.FromValues(c.Type, col...))
	}
	a, err := NewAnonymiser(nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := a.Record(tab)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRecordHidesWhoAndKeepsShapes(t *testing.T) {
	s := value.NewString
	dyn := func(text string) value.Value { return value.NewDynamic(value.ParseDynamic(text)) }
	columns := []result.Column{{Name: "TimeGenerated", Type: value.DateTime}, {Name: "UserPrincipalName", Type: value.String}, {Name: "UserId", Type: value.String}, {Name: "IPAddress", Type: value.String},
		{Name: "ResultType", Type: value.String}, {Name: "AppId", Type: value.String}, {Name: "LocationDetails", Type: value.Dynamic}, {Name: "UserAgent", Type: value.String}, {Name: "Unheard", Type: value.String},
		{Name: "Count", Type: value.Long}, {Name: "_ResourceId", Type: value.String}, {Name: "DeviceText", Type: value.String}, {Name: "ResultDescription", Type: value.String}}
	when, _ := value.ParseDateTime("2026-01-05T10:00:00.1234567Z")
	row := func(upn, id, ip string) []value.Value {
		return []value.Value{value.NewDateTime(when), s(upn), s(id), s(ip), s("50126"), s("04b07795-8ddb-461a-bbee-02f9e1bf7b46"),
			dyn(`{"city":"Springfield","countryOrRegion":"US","geoCoordinates":{"latitude":12.5,"longitude":-3.25}}`), s("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0.0.0"), s("Project Zanzibar by " + upn), value.NewLong(9007199254740993), s("/subscriptions/x"),
			s(`{"deviceId":"11111111-2222-3333-4444-555555555555","displayName":"LAPTOP-ALICE","operatingSystem":"Windows 10"}`), s("Error validating credentials for alice.smith@fabrikam.com.")}
	}
	text := recorded(t, columns, row("alice.smith@fabrikam.com", "9a9a9a9a-1111-2222-3333-444444444444", "8.8.4.4"), row("ALICE.SMITH@FABRIKAM.COM", "9A9A9A9A-1111-2222-3333-444444444444", "8.8.4.4"),
		row("bob@fabrikam.com", "8b8b8b8b-1111-2222-3333-444444444444", "2a02:1234:5678:9abc::1"), row("eve@tailspin.net", "7c7c7c7c-1111-2222-3333-444444444444", "2a02:1234:5678:9abc::2"))
	low := strings.ToLower(text)
	for _, secret := range []string{"alice", "smith", "fabrikam", "bob", "tailspin", "9a9a9a9a", "8.8.4.4", "2a02", "springfield", "zanzibar", "laptop", "11111111", "12.5", "subscriptions"} {
		if strings.Contains(low, secret) {
			t.Errorf("%q is still there:\n%s", secret, text)
		}
	}
	for _, kept := range []string{`"50126"`, "04b07795-8ddb-461a-bbee-02f9e1bf7b46", `"US"`, "Chrome/120.0.0.0", "9007199254740993", "2026-01-05T10:00:00.1234567Z", "Windows 10", "Error validating credentials"} {
		if !strings.Contains(text, kept) {
			t.Errorf("%q is gone:\n%s", kept, text)
		}
	}
	var rows []map[string]any
	for _, l := range strings.Split(strings.TrimSpace(text), "\n") {
		var m map[string]any
		if err := json.Unmarshal([]byte(l), &m); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, m)
	}
	get := func(i int, k string) string { return fmt.Sprint(rows[i][k]) }
	if !strings.EqualFold(get(0, "UserPrincipalName"), get(1, "UserPrincipalName")) || !strings.EqualFold(get(0, "UserId"), get(1, "UserId")) || get(0, "IPAddress") != get(1, "IPAddress") {
		t.Error("equal values became different")
	}
	if get(0, "UserPrincipalName") == get(2, "UserPrincipalName") || get(0, "UserId") == get(2, "UserId") {
		t.Error("different values became equal")
	}
	domain := func(i int) string {
		return strings.ToLower(get(i, "UserPrincipalName")[strings.IndexByte(get(i, "UserPrincipalName"), '@')+1:])
	}
	if domain(0) != domain(2) || domain(0) == domain(3) || !strings.HasSuffix(domain(0), ".example") {
		t.Errorf("domains: %s %s %s", domain(0), domain(2), domain(3))
	}
	if !regexp.MustCompile(`^[a-z]{5}\.[a-z]{5}@`).MatchString(get(0, "UserPrincipalName")) || !isGUIDText(get(0, "UserId")) {
		t.Errorf("shapes: %v", rows[0])
	}
	for i, network := range []string{"192.0.2.0/24", "192.0.2.0/24", "2001:db8::/32", "2001:db8::/32"} {
		if ip, err := netip.ParseAddr(get(i, "IPAddress")); err != nil || !netip.MustParsePrefix(network).Contains(ip) {
			t.Errorf("address %s is not in %s", get(i, "IPAddress"), network)
		}
	}
	a, b := netip.MustParseAddr(get(2, "IPAddress")), netip.MustParseAddr(get(3, "IPAddress"))
	if p, _ := a.Prefix(64); !p.Contains(b) || a == b {
		t.Errorf("two addresses of one network: %s and %s", a, b)
	}
	// Another run has another key.
	if again := recorded(t, columns, row("alice.smith@fabrikam.com", "9a9a9a9a-1111-2222-3333-444444444444", "8.8.4.4")); strings.Contains(again, get(0, "UserId")) {
		t.Error("two runs replace alike")
	}
}

func TestManyValuesStayDifferent(t *testing.T) {
	a, err := NewAnonymiser(nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for i := range 3000 {
		for _, v := range []string{fmt.Sprintf("1.%d.%d.9", i/250, i%250), fmt.Sprintf("u%d", i), fmt.Sprint(i % 1000), fmt.Sprintf("x@d%d.com", i)} {
			r := a.Text("Unknown", v)
			if old, ok := seen[strings.ToLower(r)]; ok && old != v {
				t.Fatalf("%s and %s both become %s", old, v, r)
			}
			seen[strings.ToLower(r)] = v
			if r == v {
				t.Fatalf("%s stays itself", v)
			}
		}
	}
}
