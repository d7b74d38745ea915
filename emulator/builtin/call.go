package builtin

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Call is one place in a query where a function is applied, with what is kept between batches: results by distinct
// value and what a kernel prepared from constant arguments. It serves one goroutine at a time; workers make their own.
type Call struct {
	Ctx *Context
	Fn  *Scalar
	Out value.Type

	memo     Memo
	prepared any
	consts   []value.Value
	refused  error // what came out of a row was too large
}

// NewCall returns a call of fn whose result has type out.
func NewCall(ctx *Context, fn *Scalar, out value.Type) *Call {
	return &Call{Ctx: ctx, Fn: fn, Out: out}
}

// Apply computes the call over n rows. With constant arguments only it computes one row and returns a Const. When the only
// argument that is not constant has a dictionary, it computes the distinct values and gathers.
func (c *Call) Apply(args []vector.Column, n int) (vector.Column, error) {
	if c.Fn.Impure {
		return c.Fn.Kernel(c, args, n)
	}
	varying := -1
	for i, a := range args {
		if _, ok := a.(*vector.Const); ok {
			continue
		}
		if varying >= 0 {
			return c.Fn.Kernel(c, args, n)
		}
		varying = i
	}
	if varying < 0 {
		return c.applyConst(args, n)
	}
	if dictOf(args[varying]) == nil {
		return c.Fn.Kernel(c, args, n)
	}
	return c.memo.PerDistinct(args[varying], func(distinct vector.Column) (vector.Column, error) {
		m := distinct.Len()
		inner := make([]vector.Column, len(args))
		for i, a := range args {
			if k, ok := a.(*vector.Const); ok {
				inner[i] = &vector.Const{Val: k.Val, N: m}
			}
		}
		inner[varying] = distinct
		return c.Fn.Kernel(c, inner, m)
	}, args)
}

func (c *Call) applyConst(args []vector.Column, n int) (vector.Column, error) {
	one := make([]vector.Column, len(args))
	for i, a := range args {
		one[i] = &vector.Const{Val: a.(*vector.Const).Val, N: 1}
	}
	r, err := c.Fn.Kernel(c, one, 1)
	if err != nil {
		return nil, err
	}
	return &vector.Const{Val: r.Value(0), N: n}, nil
}

// prepare returns what make built from the constant arguments, built anew when a constant differs from the last batch's.
func prepare[T any](c *Call, args []vector.Column, build func() T) T {
	if p, ok := c.prepared.(T); ok && sameConsts(c.consts, args) {
		return p
	}
	c.consts = constsOf(args)
	p := build()
	c.prepared = p
	return p
}

func constsOf(args []vector.Column) []value.Value {
	out := make([]value.Value, len(args))
	for i, a := range args {
		if k, ok := a.(*vector.Const); ok {
			out[i] = k.Val
		}
	}
	return out
}

func sameConsts(consts []value.Value, args []vector.Column) bool {
	if len(consts) != len(args) {
		return false
	}
	for i, a := range args {
		k, ok := a.(*vector.Const)
		if !ok {
			if consts[i].Type != value.Unknown {
				return false
			}
			continue
		}
		if k.Val != consts[i] && !(k.Val.Type == consts[i].Type && value.Equal(k.Val, consts[i])) {
			return false
		}
	}
	return true
}
