package builtin

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// oddValues are values of each type that functions trip over.
func oddValues() map[value.Type][]value.Value {
	m := map[value.Type][]value.Value{}
	for t := value.Bool; t <= value.Dynamic; t++ {
		m[t] = append(m[t], value.Null(t))
	}
	add := func(vs ...value.Value) {
		for _, v := range vs {
			m[v.Type] = append(m[v.Type], v)
		}
	}
	add(value.NewBool(true), value.NewBool(false))
	for _, i := range []int64{0, 1, -1, 2, 7, 24, math.MaxInt64, math.MinInt64, 1 << 33} {
		add(value.NewLong(i), value.NewTimespan(i))
		if i == int64(int32(i)) {
			add(value.NewInt(i))
		}
		if value.InDateTime(i) {
			add(value.NewDateTime(i))
		}
	}
	add(value.NewDateTime(value.MaxDateTime), value.NewTimespan(value.TicksPerDay), value.NewInt(math.MinInt32))
	for _, f := range []float64{0, 1, -1, 0.5, 1e300, -1e300, math.NaN(), math.Inf(1), math.Inf(-1), 1e19} {
		add(value.NewReal(f))
	}
	for _, s := range []string{"0", "1", "-1.5", "99999999999999999999999999999999999999999", "1e30"} {
		d, _ := value.ParseDecimal(s)
		add(value.NewDecimal(d))
	}
	for _, s := range []string{"", "a", "\xff\xfe", "ÄÖ\u200bß", "(", "a(b)*", "192.0.2.1/24", "::1/300", "2001:db8::1", "%", "%zz", "$.a[", "$..", `{"a":[1,{"b":null}]}`,
		"[[]", "2026-01-05T10:00:00Z", "1.02:03:04", "yyyy-MM-dd", "ffffffffff", "<a b='c'>", "xn--", "POLYGON ((0 0, 1 1))", "H4sIAAAAAAAA/", "day", "Europe/Berlin",
		`"a b\" \\\\"`, "C:\\x:y", "http://@:/?#", "1.2.3.4.5", "windows", "regex", "89c25"} {
		add(value.NewString(s), value.NewDynamic(value.ParseDynamic(s)))
	}
	add(value.NewGUID("0a1b2c3d-0000-4000-8000-00000000abcd"))
	for _, s := range []string{"[]", "{}", "[null]", "[1,2,3]", "[1.5,null,\"x\",[]]", "[[1,2],[3]]", "[\"a\",\"b\"]", "0", "true", `{"a":{"b":[]}}`, "[9223372036854775807,-9223372036854775808]",
		`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`, `{"type":"Polygon","coordinates":[[0]]}`, `{"type":"LineString","coordinates":[[0,0],[1]]}`,
		`{"type":"LineString","coordinates":[[0,0],[0,0]]}`, `{"type":"LineString","coordinates":[[0,0],[1,1]]}`, `{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}`} {
		add(value.NewDynamic(value.ParseDynamic(s)))
	}
	return m
}

// drawn returns a value that a parameter takes.
func drawn(r *rand.Rand, odd map[value.Type][]value.Value, p *symbol.Param) value.Value {
	t := value.Type(1 + r.IntN(int(value.Dynamic)))
	switch p.Kind {
	case symbol.Exactly:
		t = p.Types[r.IntN(len(p.Types))].Scalar
	case symbol.Number, symbol.RealOrDecimal, symbol.NumberOrBool:
		t = []value.Type{value.Int, value.Long, value.Real, value.Decimal}[r.IntN(4)]
	case symbol.Integer, symbol.IntegerOrArray:
		t = []value.Type{value.Int, value.Long}[r.IntN(2)]
	case symbol.Summable:
		t = []value.Type{value.Int, value.Long, value.Real, value.Decimal, value.DateTime, value.Timespan}[r.IntN(6)]
	case symbol.StringOrDynamic, symbol.StringOrArray:
		t = []value.Type{value.String, value.Dynamic}[r.IntN(2)]
	case symbol.DynamicArray, symbol.DynamicBag:
		t = value.Dynamic
	}
	if len(p.Named) > 0 && r.IntN(2) == 0 {
		return value.NewString(p.Named[r.IntN(len(p.Named))])
	}
	list := odd[t]
	if len(list) == 0 {
		return value.Null(value.Long)
	}
	return list[r.IntN(len(list))]
}

// No kernel panics or gives rows of the wrong number or type, whatever values it meets. Errors are well.
func TestKernelsAreRobust(t *testing.T) {
	odd := oddValues()
	r := rand.New(rand.NewPCG(1, 2))
	rounds := 25
	if testing.Short() {
		rounds = 20
	}
	for _, name := range Names() {
		rounds := rounds
		f := symbol.LookupFunction(name)
		if f == nil {
			f = symbol.LookupOperator(name)
		}
		fn, _ := Lookup(name)
		if name == "range" { // its arrays are as long as they may be
			rounds = 2
		}
		for range rounds {
			sig := &f.Signatures[r.IntN(len(f.Signatures))]
			var args []value.Value
			for i := range sig.Params {
				p := &sig.Params[i]
				if p.Kind == symbol.Tabular {
					args = nil
					break
				}
				n := p.Min
				if p.Max != p.Min && r.IntN(2) == 0 {
					n++
				}
				if name == "case" || name == "bag_pack" || name == "bag_pack_columns" {
					n = 1
				}
				for range n {
					args = append(args, drawn(r, odd, p))
				}
			}
			if args == nil && len(sig.Params) > 0 {
				continue
			}
			if name == "bag_pack_columns" {
				args = append(args, args[0])
			}
			out := resultOf(sig, args)
			if name == "bin_auto" {
				out = args[0].Type
			}
			if out == value.Unknown {
				continue
			}
			tryKernel(t, fn, args, out)
		}
	}
}

// resultOf is the type that package bind would ask for; Unknown where the arguments cannot stand together.
func resultOf(sig *symbol.Signature, args []value.Value) value.Type {
	switch sig.Return {
	case symbol.ReturnsType:
		return sig.Type.Scalar
	case symbol.ReturnsArg:
		return args[sig.Arg].Type
	case symbol.ReturnsTypeOf, symbol.ReturnsArgAsLong:
		return value.Long
	case symbol.ReturnsWidest:
		widest := value.Int
		for _, a := range args {
			if a.Type.Numeric() {
				widest = max(widest, a.Type)
			}
		}
		return widest
	case symbol.ReturnsCommon:
		return args[len(args)-1].Type
	}
	return value.Dynamic
}

func tryKernel(t *testing.T, fn *Scalar, args []value.Value, out value.Type) {
	t.Helper()
	describe := func() string {
		s := fn.Name
		for _, a := range args {
			s += fmt.Sprintf(" %s", show(a))
		}
		return s
	}
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: panic: %v\n%s", describe(), p, debug.Stack())
		}
	}()
	for _, enc := range encodings(args) {
		got, err := newTestCall(fn, out).Apply(enc.args, enc.n)
		if err != nil {
			continue
		}
		if got.Len() != enc.n {
			t.Errorf("%s, %s: %d rows, want %d", describe(), enc.name, got.Len(), enc.n)
		}
		if got.Type() != out {
			t.Errorf("%s, %s: %s, want %s", describe(), enc.name, got.Type(), out)
		}
		for i := 0; i < got.Len(); i++ {
			got.Value(i)
		}
	}
}
