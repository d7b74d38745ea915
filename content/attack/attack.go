// Package attack knows MITRE ATT&CK's enterprise techniques, version 18.0: their names and the tactics they serve, by
// Sentinel's names of tactics. A technique's id comes in, its name and tactics come out; judging a rule by them is for
// package check.
//
// © 2025 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation.
// ATT&CK is a registered trademark of The MITRE Corporation. Only ids, names and the tactics of techniques are reproduced.
package attack

import (
	_ "embed"
	"slices"
	"strings"
)

// Version is the release of ATT&CK that the table follows.
const Version = "18.0"

//go:embed techniques.tsv
var table string

// Technique is a technique (T1078) or sub-technique (T1078.004).
type Technique struct {
	ID      string
	Name    string
	Tactics []string // Sentinel's names: InitialAccess, CredentialAccess, ...
}

// tactics in the order of the letters a, b, c ... of the table.
var tactics = [...]string{"Reconnaissance", "ResourceDevelopment", "InitialAccess", "Execution", "Persistence", "PrivilegeEscalation",
	"DefenseEvasion", "CredentialAccess", "Discovery", "LateralMovement", "Collection", "CommandAndControl", "Exfiltration", "Impact"}

// service holds the tactics that Sentinel takes beside the enterprise ones: the retired PreAttack and two of the matrix for
// industrial control systems.
var service = [...]string{"PreAttack", "ImpairProcessControl", "InhibitResponseFunction"}

// Tactics returns the names of all tactics that Sentinel takes.
func Tactics() []string { return append(slices.Clone(tactics[:]), service[:]...) }

// IsTactic says whether Sentinel takes a tactic by this name.
func IsTactic(name string) bool {
	return slices.Contains(tactics[:], name) || slices.Contains(service[:], name)
}

// Lookup returns a technique by its id. The lines of the table are sorted, so it is searched as it lies.
func Lookup(id string) (Technique, bool) {
	lo, hi := 0, len(table)
	for lo < hi {
		start := (lo + hi) / 2
		for start > lo && table[start-1] != '\n' {
			start--
		}
		end := start + strings.IndexByte(table[start:], '\n')
		this, rest, _ := strings.Cut(table[start:end], "\t")
		switch {
		case this == id:
			letters, name, _ := strings.Cut(rest, "\t")
			t := Technique{ID: id, Name: name}
			for i := 0; i < len(letters); i++ {
				t.Tactics = append(t.Tactics, tactics[letters[i]-'a'])
			}
			return t, true
		case this < id:
			lo = end + 1
		default:
			hi = start
		}
	}
	return Technique{}, false
}

// All returns every technique, sorted by id.
func All() []Technique {
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	out := make([]Technique, 0, len(lines))
	for _, line := range lines {
		id, _, _ := strings.Cut(line, "\t")
		if t, ok := Lookup(id); ok {
			out = append(out, t)
		}
	}
	return out
}
