package syntax

import (
	"reflect"
	"testing"
)

// TestWalk compares Walk with what reflection finds in the fields of every node in testdata.
func TestWalk(t *testing.T) {
	seen := map[string]bool{}
	for _, file := range scriptFiles(t) {
		for _, s := range readScript(t, file) {
			for _, statement := range Parse(s.query).Statements {
				var got, want []Node
				Walk(statement, func(n Node) bool {
					got = append(got, n)
					seen[reflect.TypeOf(n).Elem().Name()] = true
					return true
				})
				reflectNodes(reflect.ValueOf(statement), &want)
				if !reflect.DeepEqual(got, want) {
					t.Errorf("%s: walked %d nodes, the fields hold %d", s.title, len(got), len(want))
				}
			}
		}
	}
	if len(seen) < 90 {
		t.Errorf("testdata holds only %d types of nodes", len(seen))
	}
	n := 0
	Walk(Parse("T | where a == 1").Statements[0], func(Node) bool { n++; return false })
	if n != 1 {
		t.Errorf("visited %d nodes after false", n)
	}
}

func reflectNodes(v reflect.Value, into *[]Node) {
	switch v.Kind() {
	case reflect.Interface:
		reflectNodes(v.Elem(), into)
	case reflect.Slice:
		for i := 0; i < v.Len(); i++ {
			reflectNodes(v.Index(i), into)
		}
	case reflect.Pointer:
		n, ok := v.Interface().(Node)
		if !ok || v.IsNil() {
			return
		}
		*into = append(*into, n)
		for i := 0; i < v.Elem().NumField(); i++ {
			if v.Elem().Type().Field(i).IsExported() {
				reflectNodes(v.Elem().Field(i), into)
			}
		}
	}
}
