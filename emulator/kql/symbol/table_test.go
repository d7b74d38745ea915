package symbol

import (
	"sort"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Every line of every table is found by its name and read without a rest that nobody understands.
func TestTablesAreReadWhole(t *testing.T) {
	for kind, table := range map[FunctionKind]string{Scalar: scalarTable, Aggregate: aggregateTable, Plugin: pluginTable, Operator: operatorTable} {
		lines := strings.Split(strings.Trim(table, "\n"), "\n")
		var names []string
		count := map[string]int{}
		for _, line := range lines {
			name := line[:strings.IndexByte(line, '(')]
			names = append(names, name)
			count[name]++
		}
		if !sort.StringsAreSorted(names) {
			t.Errorf("the table of %ss is not sorted", kind)
		}
		for name, n := range count {
			f := lookup(kind, table, name)
			if f == nil {
				t.Errorf("%s %q is not found", kind, name)
				continue
			}
			if len(f.Signatures) != n {
				t.Errorf("%s %q has %d overloads, want %d", kind, name, len(f.Signatures), n)
			}
			for _, s := range f.Signatures {
				if s.Return == ReturnsType && s.Type.Unknown() {
					t.Errorf("%s %q has a result of no type", kind, name)
				}
				for _, p := range s.Params {
					if p.Kind == Exactly && (len(p.Types) == 0 || p.Types[0].Unknown()) {
						t.Errorf("%s %q: parameter %q has no type", kind, name, p.Name)
					}
				}
			}
		}
	}
	for _, name := range []string{"", "x", "zzz", "StrCat", "abs(", "\n"} {
		if LookupFunction(name) != nil {
			t.Errorf("%q is found", name)
		}
	}
}

func TestSignatures(t *testing.T) {
	f := LookupFunction("strcat")
	if f == nil || !f.Foldable || f.Signatures[0].MaxArgs() != 64 || f.Signatures[0].Type.Scalar != value.String {
		t.Errorf("strcat: %+v", f)
	}
	f = LookupFunction("iif")
	if f.Canonical != "iff" || f.Signatures[0].Return != ReturnsCommon {
		t.Errorf("iif: %+v", f)
	}
	f = LookupAggregate("make_set")
	if f.Naming != PrefixAndFirst || f.Prefix != "set" || f.Signatures[0].Return != ReturnsArrayOf {
		t.Errorf("make_set: %+v", f)
	}
	if f = LookupFunction("row_number"); f.Kind != Window {
		t.Errorf("row_number: %+v", f)
	}
	if f = LookupFunction("parse_url"); f.Signatures[0].Type.Content != BagContent {
		t.Errorf("parse_url: %+v", f)
	} else if s, ok := f.Signatures[0].Type.Slot("Query Parameters"); !ok || s != Any {
		t.Errorf("parse_url has no Query Parameters: %+v", s)
	}
	if f = LookupFunction("convert_length"); len(f.Signatures[0].Params[1].Named) < 20 {
		t.Errorf("convert_length: %+v", f.Signatures[0].Params[1])
	}
	if f = LookupFunction("case"); !f.Signatures[0].Block {
		t.Errorf("case: %+v", f)
	}
}

func BenchmarkLookupFirst(b *testing.B) {
	for b.Loop() {
		find(scalarTable, "tostring")
	}
}
