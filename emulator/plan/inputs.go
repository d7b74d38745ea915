package plan

import "github.com/seed-caab1ad3/blindspot/emulator/kql/bind"

// mapInputs returns rel with f applied to each of its inputs and to the body of an mv-apply or partition: rel itself when
// f changes none, a copy otherwise. Definitions of Shared are not inputs.
func mapInputs(rel bind.Rel, f func(bind.Rel) bind.Rel) bind.Rel {
	switch r := rel.(type) {
	case *bind.Filter:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Project:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Aggregate:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.MakeSeries:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Sort:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Top:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Take:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Sample:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.SampleDistinct:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Count:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Serialize:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.MvExpand:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Parse:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.ParseKv:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.TopNested:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.GetSchema:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Consume:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Scanner:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Reduce:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.Unsupportable:
		if in := f(r.Input); in != r.Input {
			c := *r
			c.Input = in
			return &c
		}
	case *bind.GraphMatch:
		if g := mapGraph(r.Graph, f); g != r.Graph {
			c := *r
			c.Graph = g
			return &c
		}
	case *bind.GraphTable:
		if g := mapGraph(r.Graph, f); g != r.Graph {
			c := *r
			c.Graph = g
			return &c
		}
	case *bind.MvApply:
		if in, body := f(r.Input), f(r.Body); in != r.Input || body != r.Body {
			c := *r
			c.Input, c.Body = in, body
			return &c
		}
	case *bind.Partition:
		if in, body := f(r.Input), f(r.Body); in != r.Input || body != r.Body {
			c := *r
			c.Input, c.Body = in, body
			return &c
		}
	case *bind.Join:
		if left, right := f(r.Left), f(r.Right); left != r.Left || right != r.Right {
			c := *r
			c.Left, c.Right = left, right
			return &c
		}
	case *bind.Lookup:
		if left, right := f(r.Left), f(r.Right); left != r.Left || right != r.Right {
			c := *r
			c.Left, c.Right = left, right
			return &c
		}
	case *bind.Evaluate:
		in, right := r.Input, r.Right
		if in != nil {
			in = f(in)
		}
		if right != nil {
			right = f(right)
		}
		if in != r.Input || right != r.Right {
			c := *r
			c.Input, c.Right = in, right
			return &c
		}
	case *bind.Union:
		rels := make([]bind.Rel, len(r.Rels))
		changed := false
		for i, in := range r.Rels {
			rels[i] = f(in)
			changed = changed || rels[i] != in
		}
		if changed {
			c := *r
			c.Rels = rels
			return &c
		}
	}
	return rel
}

// mapGraph applies f to the relations that a graph is built of.
func mapGraph(g *bind.Graph, f func(bind.Rel) bind.Rel) *bind.Graph {
	c := *g
	c.Edges = f(g.Edges)
	changed := c.Edges != g.Edges
	c.Tables = make([]bind.GraphNodes, len(g.Tables))
	for i, t := range g.Tables {
		c.Tables[i] = t
		c.Tables[i].Rel = f(t.Rel)
		changed = changed || c.Tables[i].Rel != t.Rel
	}
	if !changed {
		return g
	}
	return &c
}
