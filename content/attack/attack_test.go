package attack

import (
	"slices"
	"strings"
	"testing"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		id, name string
		tactics  string // "" means not found
	}{
		{"T1001", "Data Obfuscation", "CommandAndControl"},
		{"T1078.004", "Cloud Accounts", "InitialAccess Persistence PrivilegeEscalation DefenseEvasion"},
		{"T1110.003", "Password Spraying", "CredentialAccess"},
		{"T1621", "Multi-Factor Authentication Request Generation", "CredentialAccess"},
		{"T1528", "Steal Application Access Token", "CredentialAccess"},
		{"T9999", "", ""},
		{"", "", ""},
		{"T1", "", ""},
		{"ZZZ", "", ""},
	} {
		got, ok := Lookup(c.id)
		if ok != (c.tactics != "") || got.Name != c.name || strings.Join(got.Tactics, " ") != c.tactics {
			t.Errorf("Lookup(%q) = %+v, %v", c.id, got, ok)
		}
	}
}

// Every line must be found by the search, and name only tactics of the list.
func TestTable(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	if !slices.IsSorted(lines) || len(lines) < 600 {
		t.Fatalf("%d lines, sorted: %v", len(lines), slices.IsSorted(lines))
	}
	for _, l := range lines {
		id, _, _ := strings.Cut(l, "\t")
		got, ok := Lookup(id)
		if !ok || len(got.Tactics) == 0 || got.Name == "" {
			t.Errorf("%s: %+v %v", id, got, ok)
		}
	}
}
