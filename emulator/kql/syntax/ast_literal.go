package syntax

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Span is source.Span, spelled short for fields.
type Span = source.Span

// Literal is a bool, int, long, real, decimal, datetime, timespan or guid: 5, 1h, true, datetime(2026-01-05), long(null).
//
// Value.Type tells which; Value.Null is set for (null) forms. Datetimes are 100 ns ticks since 0001-01-01, timespans 100 ns
// ticks. Invalid says that the text between the brackets cannot be read as the type, which a diagnostic also says; Value is
// then null.
type Literal struct {
	node
	Value   value.Value
	Raw     string
	Invalid bool
}

// StringLiteral is one string, or several that stand side by side and count as one.
type StringLiteral struct {
	node
	// Value is the text: quotes gone, escapes decoded.
	Value string
	// Raw is the written form, from the first quote to the last.
	Raw string
	// Hidden says that a part is h'...', which logs must not show.
	Hidden bool
	// Parts is the number of strings that stand side by side.
	Parts int
}

// DynamicLiteral is dynamic(...). Value is nil for dynamic(null). Invalid says that the content could not be read, which a
// diagnostic also says.
type DynamicLiteral struct {
	node
	Value   *value.Node
	Raw     string
	Invalid bool
}
