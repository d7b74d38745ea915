package builtin

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func dictStrings(values []string, codes ...uint32) *vector.Strings {
	return &vector.Strings{Typ: value.String, Dict: &vector.Dict{Values: values}, Codes: codes}
}

// A function is computed once a distinct value, and string results keep a dictionary of their own distinct values.
func TestPerDistinct(t *testing.T) {
	computed := 0
	fn := &Scalar{Name: "counted", Kernel: func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		computed += n
		return textToText(strings.ToLower)(c, args, n)
	}}
	call := newTestCall(fn, value.String)
	col := dictStrings([]string{"A", "a", "B"}, 0, 1, 2, 2, 0)
	for range 3 {
		got, err := call.Apply([]vector.Column{col}, 5)
		if err != nil {
			t.Fatal(err)
		}
		s := got.(*vector.Strings)
		if s.Dict == nil || len(s.Dict.Values) != 2 || s.At(0) != "a" || s.At(1) != "a" || s.At(3) != "b" || s.Codes[0] != s.Codes[1] {
			t.Errorf("got %v of %v", s.Codes, s.Dict)
		}
	}
	if computed != 3 {
		t.Errorf("%d values computed, want 3", computed)
	}
}

// Of a large dictionary only what occurs is computed until the rows seen pay for all of it.
func TestPerDistinctOfLargeDictionary(t *testing.T) {
	values := make([]string, 1000)
	for i := range values {
		values[i] = fmt.Sprintf("V%d", i)
	}
	computed := 0
	fn := &Scalar{Name: "counted", Kernel: func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		computed += n
		return textToText(strings.ToLower)(c, args, n)
	}}
	call := newTestCall(fn, value.String)
	dict := &vector.Dict{Values: values}
	batch := func(n int) []vector.Column {
		codes := make([]uint32, n)
		for i := range codes {
			codes[i] = uint32(i % 7)
		}
		return []vector.Column{&vector.Strings{Typ: value.String, Dict: dict, Codes: codes}}
	}
	got, err := call.Apply(batch(20), 20)
	if err != nil || computed != 7 || got.Value(9).S != "v2" {
		t.Errorf("%d values computed, row 9 is %v, %v", computed, got.Value(9), err)
	}
	if _, err = call.Apply(batch(600), 600); err != nil || computed != 1007 {
		t.Errorf("%d values computed in all, want 1007 (%v)", computed, err)
	}
	if _, err = call.Apply(batch(600), 600); err != nil || computed != 1007 {
		t.Errorf("%d values computed in all, want 1007 (%v)", computed, err)
	}
}

// A value that is an error and that no row holds does no harm.
func TestPerDistinctErrors(t *testing.T) {
	fn := &Scalar{Name: "picky", Kernel: func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		s := texts(args[0])
		for i := 0; i < n; i++ {
			if s.At(i) == "bad" {
				return nil, errors.New("bad value")
			}
		}
		return textToText(strings.ToUpper)(c, args, n)
	}}
	values := []string{"good", "bad"}
	call := newTestCall(fn, value.String)
	if got, err := call.Apply([]vector.Column{dictStrings(values, 0, 0)}, 2); err != nil || got.Value(1).S != "GOOD" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := call.Apply([]vector.Column{dictStrings(values, 0, 1)}, 2); err == nil {
		t.Error("the bad value is no error where it occurs")
	}
}

// A constant that differs between batches is not answered from what was kept for another.
func TestConstantsMayChange(t *testing.T) {
	col := dictStrings([]string{"alpha", "beta"}, 0, 1)
	for _, name := range []string{"has", "in", "has_any", "startswith", "matches regex"} {
		fn, _ := Lookup(name)
		call := newTestCall(fn, value.Bool)
		for _, word := range []string{"alpha", "beta", "alpha"} {
			got, err := call.Apply([]vector.Column{col, vector.ConstOf(value.NewString(word), 2)}, 2)
			if err != nil || got.Value(0).Bool() != (word == "alpha") || got.Value(1).Bool() != (word == "beta") {
				t.Errorf("%s %q: %v %v, %v", name, word, got.Value(0), got.Value(1), err)
			}
		}
	}
}

func TestAssert(t *testing.T) {
	fn, _ := Lookup("assert")
	call := newTestCall(fn, value.Bool)
	message := vector.ConstOf(value.NewString("needs text"), 2)
	if got, err := call.Apply([]vector.Column{&vector.Bools{Data: []bool{true, true}}, message}, 2); err != nil || !got.Value(1).Bool() {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := call.Apply([]vector.Column{&vector.Bools{Data: []bool{true, false}}, message}, 2); err == nil || !strings.Contains(err.Error(), "needs text") {
		t.Errorf("got %v", err)
	}
}

func TestChanceIsSeeded(t *testing.T) {
	for _, name := range []string{"rand", "new_guid"} {
		fn, _ := Lookup(name)
		out := value.Real
		if name == "new_guid" {
			out = value.GUID
		}
		a, _ := newTestCall(fn, out).Apply(nil, 3)
		b, _ := newTestCall(fn, out).Apply(nil, 3)
		if !value.Equal(a.Value(2), b.Value(2)) || value.Equal(a.Value(0), a.Value(1)) {
			t.Errorf("%s: %v and %v", name, a.Value(2), b.Value(2))
		}
	}
}

func TestBadPatternIsNamed(t *testing.T) {
	fn, _ := Lookup("matches regex")
	_, err := newTestCall(fn, value.Bool).Apply([]vector.Column{dictStrings([]string{"a"}, 0), vector.ConstOf(value.NewString("a("), 1)}, 1)
	if err == nil || !strings.Contains(err.Error(), `"a("`) {
		t.Errorf("got %v", err)
	}
}

// Aggregates take any type of column and no rows at all.
func TestAggregatesAreRobust(t *testing.T) {
	odd := oddValues()
	for _, name := range AggregateNames() {
		agg, _ := LookupAggregate(name)
		for typ := value.Bool; typ <= value.Dynamic; typ++ {
			for _, out := range []value.Type{value.Long, value.Real, value.Decimal, value.DateTime, value.Dynamic, typ} {
				col := vector.FromValues(typ, odd[typ]...)
				n := col.Len()
				args := []vector.Column{col, vector.ConstOf(value.NewLong(1), n), vector.ConstOf(value.NewBool(true), n)}
				a := agg.New([]value.Type{typ, value.Long, value.Bool}, []value.Value{{}, value.NewLong(1), value.NewBool(true)}, out)
				b := agg.New([]value.Type{typ, value.Long, value.Bool}, []value.Value{{}, value.NewLong(1), value.NewBool(true)}, out)
				a.Resize(2)
				b.Resize(1)
				a.Update(args, nil, n)
				b.Update(args, nil, n)
				a.Update([]vector.Column{col.Slice(0, 0), args[1].Slice(0, 0), args[2].Slice(0, 0)}, nil, 0)
				a.Merge(b, []int32{1})
				if got := a.Finish().Len(); got != 2 {
					t.Errorf("%s of %s: %d rows, want 2", name, typ, got)
				}
			}
		}
	}
}
