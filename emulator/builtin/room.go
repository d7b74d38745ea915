package builtin

import (
	"fmt"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// The largest text or array that a function makes, and the most text that one call makes of a batch. A text is made of others by
// functions that can be nested, so what a query makes of a few bytes has no bound of its own.
const (
	maxText      = 64 << 20
	maxBatchText = 128 << 20
	maxElements  = 4 << 20
)

// room reports whether a text of so many bytes may be made. Where it may not, the call fails.
func (c *Call) room(bytes int) bool {
	if bytes > maxText && c.refused == nil {
		c.refused = fmt.Errorf("%s(): a text of more than %d MiB comes out, the limit", c.Fn.Name, maxText>>20)
	}
	return bytes <= maxText
}

// places is room for the elements of an array.
func (c *Call) places(n int) bool {
	if n > maxElements && c.refused == nil {
		c.refused = fmt.Errorf("%s(): an array of more than %d elements comes out, the limit", c.Fn.Name, maxElements)
	}
	return n <= maxElements
}

// large is what is worth a look at the time and the memory that the query has left.
const large = 1 << 14

// over returns an error when the call has refused a row, or when what it made is large and the query is over.
func (c *Call) over(v value.Value) error {
	if c.refused != nil {
		err := c.refused
		c.refused = nil
		return err
	}
	if c.Ctx != nil && c.Ctx.Over != nil && (len(v.S) > large || v.Dyn != nil && len(v.Dyn.Elems) > large) {
		return c.Ctx.Over()
	}
	return nil
}
