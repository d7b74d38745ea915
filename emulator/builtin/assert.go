package builtin

import (
	"fmt"

	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// assert gives true, or ends the query with its message when the condition does not hold in every row.
func assert(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	v := truths(args[0])
	msg := texts(args[1])
	out := make([]bool, n)
	for i := range out {
		if v.IsNull(i) || !v.At(i) {
			return nil, fmt.Errorf("assert() has failed with message: %q", msg.At(i))
		}
		out[i] = true
	}
	return &vector.Bools{Data: out}, nil
}
