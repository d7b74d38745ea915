package kql

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
)

// Format writes a query in the canonical layout; see syntax.Format. A text that does not parse comes back as it is, with the
// diagnostics.
func Format(text string) (string, []source.Diagnostic) { return syntax.Format(text) }
