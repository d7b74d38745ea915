package bind

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// How Kusto names a result that the query does not name: a column has its own name, a path the names of its steps joined
// by _, a call what symbol.Naming says; all else is Column1, Column2, ...

func (it *item) setName(name string) { it.name, it.named = name, true }

// callName names a call by its function's rule.
func (b *binder) callName(it *item, f *symbol.Function, args []*item) {
	first := func() (string, bool) {
		if len(args) == 0 {
			return "", false
		}
		return args[0].name, args[0].named
	}
	switch f.Naming {
	case symbol.PrefixAndFirst:
		name, _ := first()
		it.setName(f.Prefix + "_" + name)
	case symbol.FirstArgument:
		if name, ok := first(); ok {
			it.setName(name)
		}
	case symbol.OnlyArgument:
		if name, ok := first(); ok && len(args) == 1 {
			it.setName(name)
		}
	case symbol.PrefixOnly:
		it.setName(f.Prefix)
	case symbol.ColumnIfKnown:
		if len(args) > 0 && b.row != nil {
			if name, ok := args[0].text(); ok && b.row.column(name) != nil {
				it.setName(name)
			}
		}
	}
}

// joinNames names a step into a dynamic value: base_step, or the step alone.
func joinNames(base *item, step string) string {
	if base.named && strings.TrimSpace(base.name) != "" {
		return base.name + "_" + step
	}
	return step
}

// pathNames reports whether a step into the item is named base_step: into a bag, an array, or something unknown.
func pathNames(base *item) bool {
	return base.typ.Unknown() || base.typ.Dynamic() && base.typ.Content != symbol.ScalarContent
}

// literalText writes a constant as it shows in a column's name.
func literalText(v value.Value) string {
	switch v.Type {
	case value.String, value.GUID:
		return v.S
	case value.Int, value.Long:
		return strconv.FormatInt(v.I, 10)
	case value.Bool:
		if v.I != 0 {
			return "True"
		}
		return "False"
	case value.Real:
		return strconv.FormatFloat(v.F, 'g', -1, 64)
	case value.Decimal:
		if v.Dec != nil {
			return v.Dec.Text('f')
		}
	}
	return ""
}

// fragment makes text fit for a part of a name: percentile_x_99_9.
func fragment(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '_'
	}, s)
}

// uniqueNames hands out names: a name that is taken gets the next free number.
type uniqueNames struct {
	b    *binder
	last map[string]int
}

func (u *uniqueNames) take(name string) {
	if name == "" {
		return
	}
	if u.last == nil {
		u.last = u.b.numbers()
	}
	if _, ok := u.last[name]; !ok {
		u.last[name] = 0
	}
}

// get returns name when it is free; else base (name, when base is "") with the least free number after the last given.
func (u *uniqueNames) get(name, base string) string {
	if u.last == nil {
		u.last = u.b.numbers()
	}
	n, taken := u.last[name]
	if !taken {
		u.last[name] = 0
		return name
	}
	if base == "" {
		base = name
	}
	for {
		n++
		next := base + strconv.Itoa(n)
		if _, ok := u.last[next]; !ok {
			u.last[name] = n
			u.last[next] = 0
			return next
		}
	}
}

// defaultName returns the next Column1, Column2, ... that means nothing yet.
func (b *binder) defaultName(withRow bool) string {
	for {
		name := "Column" + strconv.Itoa(b.suffix)
		b.suffix++
		if withRow && b.row != nil && b.row.column(name) != nil || b.scope.find(name) != nil {
			continue
		}
		return name
	}
}
