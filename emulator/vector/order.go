package vector

import (
	"cmp"
	"math"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Comparer returns a function that orders the rows of a column, as a sort key: descending or not, nulls first or last
// whatever the direction. NaN counts as smaller than all other reals. Strings go by their bytes; a dictionary is ranked once when that pays.
func Comparer(col Column, descending, nullsFirst bool) func(i, j int32) int {
	sign, null := 1, 1
	if descending {
		sign = -1
	}
	if nullsFirst {
		null = -1
	}
	switch c := col.(type) {
	case *Const:
		return func(i, j int32) int { return 0 }
	case *Longs:
		return plainComparer(c.Data, c.Nulls, sign, null)
	case *Reals:
		return plainComparer(c.Data, c.Nulls, sign, null)
	case *Strings:
		if c.Typ == value.String {
			return stringComparer(c, sign)
		}
	}
	return func(i, j int32) int {
		a, b := col.Value(int(i)), col.Value(int(j))
		if a.Null || b.Null {
			return nullOrder(a.Null, b.Null, null)
		}
		return sign * value.Compare(a, b)
	}
}

func nullOrder(a, b bool, null int) int {
	switch {
	case a && b:
		return 0
	case a:
		return null
	}
	return -null
}

func plainComparer[T int64 | float64](data []T, nulls Nulls, sign, null int) func(i, j int32) int {
	if nulls == nil {
		return func(i, j int32) int { return sign * cmp.Compare(data[i], data[j]) }
	}
	return func(i, j int32) int {
		a, b := nulls.Has(int(i)), nulls.Has(int(j))
		if a || b {
			return nullOrder(a, b, null)
		}
		return sign * cmp.Compare(data[i], data[j])
	}
}

func stringComparer(c *Strings, sign int) func(i, j int32) int {
	if c.Dict == nil {
		return func(i, j int32) int { return sign * strings.Compare(c.Flat[i], c.Flat[j]) }
	}
	if len(c.Dict.Values) > 2*len(c.Codes) || len(c.Dict.Values) > math.MaxInt32 {
		return func(i, j int32) int {
			return sign * strings.Compare(c.Dict.Values[c.Codes[i]], c.Dict.Values[c.Codes[j]])
		}
	}
	ranks := c.Dict.Ranks()
	return func(i, j int32) int { return sign * cmp.Compare(ranks[c.Codes[i]], ranks[c.Codes[j]]) }
}
