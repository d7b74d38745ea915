package plan

import "github.com/seed-caab1ad3/blindspot/emulator/kql/bind"

// inline puts the definition of a shared relation that is used once in the place of its use, so that filters and column
// lists can move through it. What materialize() decrees stays shared.
func (o *optimizer) inline(rel bind.Rel) bind.Rel {
	uses := map[*bind.SharedDef]int{}
	countUses(rel, uses)
	var visit func(bind.Rel) bind.Rel
	visit = func(rel bind.Rel) bind.Rel {
		o.alive()
		use, ok := rel.(*bind.Shared)
		if !ok {
			return mapInputs(rel, visit)
		}
		if use.Def.Uses != 1 || uses[use.Def] != 1 || use.Def.Materialize {
			return o.rewriteDef(use, visit)
		}
		in := visit(use.Def.Rel)
		from := use.Def.Rel.Columns()
		if len(from) != len(use.Cols) {
			return o.rewriteDef(use, visit)
		}
		p := &bind.Project{Unary: bind.Unary{RelBase: use.RelBase, Input: in}, KeepsRest: isOpen(use.Def.Rel)}
		for i, c := range use.Cols {
			p.Assign = append(p.Assign, bind.Assignment{Column: c, Expr: bind.NewColumnRef(from[i], use.At)})
		}
		return p
	}
	var out bind.Rel
	o.withDefs(func() { out = visit(rel) })
	return out
}

// countUses counts how often each definition is named in rel and in the definitions it uses.
func countUses(rel bind.Rel, uses map[*bind.SharedDef]int) {
	mapInputs(rel, func(in bind.Rel) bind.Rel { countUses(in, uses); return in })
	if use, ok := rel.(*bind.Shared); ok {
		uses[use.Def]++
		if uses[use.Def] == 1 {
			countUses(use.Def.Rel, uses)
		}
	}
}

// isOpen reports whether a relation's rows may bring columns that only the data can name.
func isOpen(rel bind.Rel) bool {
	switch r := rel.(type) {
	case *bind.Evaluate:
		return r.Open
	case *bind.Project:
		return r.KeepsRest && isOpen(r.Input)
	case *bind.Filter:
		return isOpen(r.Input)
	case *bind.Sort:
		return isOpen(r.Input)
	case *bind.Top:
		return isOpen(r.Input)
	case *bind.Take:
		return isOpen(r.Input)
	case *bind.Sample:
		return isOpen(r.Input)
	case *bind.Serialize:
		return isOpen(r.Input)
	case *bind.Shared:
		return isOpen(r.Def.Rel)
	}
	return false
}
