package plan

import "github.com/seed-caab1ad3/blindspot/emulator/kql/bind"

// topFromSort makes one top of a take that follows a sort, so that only the best rows are kept while reading.
func (o *optimizer) topFromSort(rel bind.Rel) bind.Rel {
	var visit func(bind.Rel) bind.Rel
	visit = func(rel bind.Rel) bind.Rel {
		o.alive()
		if use, ok := rel.(*bind.Shared); ok {
			return o.rewriteDef(use, visit)
		}
		rel = mapInputs(rel, visit)
		take, ok := rel.(*bind.Take)
		if !ok {
			return rel
		}
		sort, ok := take.Input.(*bind.Sort)
		if !ok {
			return rel
		}
		return &bind.Top{Unary: bind.Unary{RelBase: take.RelBase, Input: sort.Input}, Count: take.Count, Keys: sort.Keys}
	}
	var out bind.Rel
	o.withDefs(func() { out = visit(rel) })
	return out
}
