package exec

import (
	"github.com/seed-caab1ad3/blindspot/emulator/builtin"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/plan"
)

// Supports reports whether the engine runs a function, aggregate, operator or plugin, by its canonical name. It is the
// HasKernel of kql.Options.
func Supports(kind symbol.FunctionKind, name string) bool {
	switch kind {
	case symbol.Aggregate:
		if name == "arg_max" || name == "arg_min" {
			return true
		}
		_, ok := builtin.LookupAggregate(name)
		return ok
	case symbol.Plugin:
		return pluginNamed(name) != nil
	}
	switch name {
	case "and", "or", "iff", "case", "in", "!in", "in~", "!in~", "ingestion_time":
		return true
	}
	if plan.IsWindow(name) {
		return true
	}
	_, ok := builtin.Lookup(name)
	return ok
}
