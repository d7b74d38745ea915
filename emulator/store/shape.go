package store

import (
	"maps"
	"slices"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Shape is the columns of a table, as a list and by name. It is never changed once it is made: tables of one kind share it.
type Shape struct {
	columns []Column
	index   map[string]int
}

// NewShape returns the shape of columns; of two with one name the first counts.
func NewShape(columns []Column) *Shape {
	s := &Shape{columns: make([]Column, 0, len(columns)), index: make(map[string]int, len(columns))}
	for _, c := range columns {
		s.add(c)
	}
	return s
}

func (s *Shape) add(c Column) {
	if _, ok := s.index[c.Name]; !ok {
		s.index[c.Name] = len(s.columns)
		s.columns = append(s.columns, c)
	}
}

func (s *Shape) clone() *Shape { return &Shape{slices.Clone(s.columns), maps.Clone(s.index)} }

// typeOf returns a column's type, Unknown for one that the shape lacks.
func (s *Shape) typeOf(name string) value.Type {
	if at, ok := s.index[name]; ok {
		return s.columns[at].Type
	}
	if name == TimeColumn {
		return value.DateTime
	}
	return value.Unknown
}
