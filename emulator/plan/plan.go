// Package plan rewrites a bound query so that it does less work for the same answer. In goes the tree of package bind,
// which is the logical plan; out goes another tree of the same kind, and Explain's text of it. The trees that come in
// are never changed: a compiled query may be planned and run many times, by several goroutines.
//
// Every rewrite keeps rows, columns, values and their order exactly; running with and without Optimize gives equal bytes.
// How relations are run is left to package exec.
package plan

import (
	"context"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
)

// Optimize returns a relation that yields the same rows as rel, in the same order, with the same visible columns; hidden
// ones may be gone.
func Optimize(rel bind.Rel) bind.Rel {
	out, _ := OptimizeWithin(context.Background(), rel)
	return out
}

// OptimizeWithin is Optimize until ctx ends; then it returns ctx's cause.
func OptimizeWithin(ctx context.Context, rel bind.Rel) (out bind.Rel, err error) {
	o := &optimizer{ctx: ctx, defs: map[*bind.SharedDef]*bind.SharedDef{}}
	defer func() {
		if r := recover(); r != nil {
			s, ok := r.(stopped)
			if !ok {
				panic(r)
			}
			out, err = nil, s.cause
		}
	}()
	return o.optimize(rel), nil
}

// stopped unwinds the rewrites when the context has ended.
type stopped struct{ cause error }

// alive stops the rewrites when the context has ended. Each calls it once an operator.
func (o *optimizer) alive() {
	if o.steps++; o.steps&0x3f == 1 && o.ctx.Err() != nil {
		panic(stopped{context.Cause(o.ctx)})
	}
}

func (o *optimizer) optimize(rel bind.Rel) bind.Rel {
	rel = o.inline(rel)
	rel = o.pushdown(rel)
	rel = o.topFromSort(rel)
	need := columnSet{}
	for _, c := range rel.Columns() {
		if !c.Hidden {
			need.add(c)
		}
	}
	return o.prune(rel, need)
}

// optimizer holds what one run of Optimize remembers: the rewritten form of each shared definition, by rewrite.
type optimizer struct {
	ctx   context.Context
	steps int
	defs  map[*bind.SharedDef]*bind.SharedDef
}

// rewriteDef returns use with its definition rewritten by f, once a definition.
func (o *optimizer) rewriteDef(use *bind.Shared, f func(bind.Rel) bind.Rel) bind.Rel {
	def, ok := o.defs[use.Def]
	if !ok {
		rel := f(use.Def.Rel)
		def = use.Def
		if rel != use.Def.Rel {
			copied := *use.Def
			copied.Rel = rel
			def = &copied
		}
		o.defs[use.Def] = def
	}
	if def == use.Def {
		return use
	}
	copied := *use
	copied.Def = def
	return &copied
}

// withDefs runs a whole-tree rewrite with its own memory of shared definitions.
func (o *optimizer) withDefs(f func()) {
	saved := o.defs
	o.defs = map[*bind.SharedDef]*bind.SharedDef{}
	f()
	o.defs = saved
}
