package builtin

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func schemaAggregates() []Aggregate {
	return []Aggregate{{Name: "buildschema", New: func([]value.Type, []value.Value, value.Type) Accumulator { return &schemas{} }}}
}

// schema is what has been seen at one place of a tree: names of plain types and one object, in the order they came.
type schema struct {
	kinds   []string // "" stands for the object
	keys    []string
	slots   map[string]*schema
	indexer *schema
}

func (s *schema) kind(name string) {
	for _, k := range s.kinds {
		if k == name {
			return
		}
	}
	s.kinds = append(s.kinds, name)
}

func (s *schema) slot(key string) *schema {
	if s.slots == nil {
		s.slots = map[string]*schema{}
	}
	t := s.slots[key]
	if t == nil {
		t = &schema{}
		s.slots[key] = t
		s.keys = append(s.keys, key)
	}
	return t
}

func (s *schema) add(n *value.Node) {
	if n.IsNull() {
		return
	}
	switch n.Kind {
	case value.KindBag:
		s.kind("")
		for i, k := range n.Keys {
			s.slot(k).add(n.Elems[i])
		}
	case value.KindArray:
		s.kind("")
		if s.indexer == nil {
			s.indexer = &schema{}
		}
		for _, e := range n.Elems {
			s.indexer.add(e)
		}
	case value.KindReal:
		s.kind("double")
	default:
		s.kind(n.Scalar().Type.String())
	}
}

func (s *schema) merge(o *schema) {
	for _, k := range o.kinds {
		s.kind(k)
	}
	for _, k := range o.keys {
		s.slot(k).merge(o.slots[k])
	}
	if o.indexer != nil {
		if s.indexer == nil {
			s.indexer = &schema{}
		}
		s.indexer.merge(o.indexer)
	}
}

func (s *schema) node() *value.Node {
	var alternatives []*value.Node
	for _, k := range s.kinds {
		if k != "" {
			alternatives = append(alternatives, value.NodeString(k))
			continue
		}
		var b bag
		if s.indexer != nil {
			b.set("`indexer`", s.indexer.node(), true)
		}
		for _, key := range s.keys {
			b.set(key, s.slots[key].node(), true)
		}
		alternatives = append(alternatives, b.node())
	}
	switch len(alternatives) {
	case 0:
		return value.NodeBag(nil, nil)
	case 1:
		return alternatives[0]
	}
	return value.NodeArray(alternatives...)
}

type schemas struct{ groups []schema }

func (a *schemas) Resize(groups int) { a.groups = grown(a.groups, groups) }

func (a *schemas) Update(args []vector.Column, group []int32, n int) {
	v := trees(args[0])
	for i, g := range groupsOf(group, n)[:n] {
		a.groups[g].add(v.At(i))
	}
}

func (a *schemas) Merge(other Accumulator, remap []int32) {
	o := other.(*schemas)
	for g := range o.groups {
		a.groups[remap[g]].merge(&o.groups[g])
	}
}

func (a *schemas) Finish() vector.Column {
	out := make([]*value.Node, len(a.groups))
	for g := range a.groups {
		if len(a.groups[g].kinds) > 0 { // nothing but nulls has no schema
			out[g] = a.groups[g].node()
		}
	}
	return &vector.Dynamics{Nodes: out}
}
