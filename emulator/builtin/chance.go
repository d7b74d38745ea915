package builtin

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func chanceKernels() []Scalar {
	return []Scalar{
		{Name: "rand", Impure: true, Kernel: random},
		{Name: "new_guid", Impure: true, Kernel: newGUID},
		{Name: "current_cluster_endpoint", Kernel: fromContext(func(c *Context) string { return c.Cluster })},
		{Name: "current_database", Kernel: fromContext(func(c *Context) string { return c.Database })},
		{Name: "current_principal", Kernel: fromContext(func(c *Context) string { return c.User })},
	}
}

// random gives reals from 0 to below 1, or whole numbers from 0 to below a bound.
func random(c *Call, args []vector.Column, n int) (vector.Column, error) {
	r := c.Ctx.random()
	out := make([]float64, n)
	for i := range out {
		out[i] = r.Float64()
		if len(args) > 0 {
			if bound := longOr([]value.Value{args[0].Value(i)}, 0, 1); bound > 1 {
				out[i] = float64(r.Int64N(bound))
			}
		}
	}
	return &vector.Reals{Data: out}, nil
}

// newGUID draws random guids (version 4) from the query's own source.
func newGUID(c *Call, _ []vector.Column, n int) (vector.Column, error) {
	r := c.Ctx.random()
	out := make([]string, n)
	for i := range out {
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], r.Uint64())
		binary.BigEndian.PutUint64(b[8:], r.Uint64())
		b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
		out[i], _ = value.ParseGUID(hex.EncodeToString(b[:]))
	}
	return &vector.Strings{Typ: value.GUID, Flat: out}, nil
}

func fromContext(f func(*Context) string) Kernel {
	return func(c *Call, _ []vector.Column, n int) (vector.Column, error) {
		return vector.ConstOf(value.NewString(f(c.Ctx)), n), nil
	}
}
