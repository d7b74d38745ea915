package value

import (
	"cmp"
	"math"
	"strings"
)

// Compare orders two values of one type: null first, then by size; strings and guids by their bytes, NaN before all other reals.
// Dynamic values are ordered as CompareNodes says.
func Compare(a, b Value) int {
	if a.Null || b.Null {
		switch {
		case a.Null && b.Null:
			return 0
		case a.Null:
			return -1
		}
		return 1
	}
	switch a.Type {
	case Real:
		return cmp.Compare(a.F, b.F)
	case Decimal:
		return a.Dec.Cmp(b.Dec)
	case String, GUID:
		return strings.Compare(a.S, b.S)
	case Dynamic:
		return CompareNodes(a.Dyn, b.Dyn)
	}
	return cmp.Compare(a.I, b.I)
}

// Equal reports whether two values of one type are equal; null equals null, NaN equals NaN.
func Equal(a, b Value) bool { return a.Type == b.Type && Compare(a, b) == 0 }

// kindRank puts kinds in the order of CompareNodes; numbers share a rank.
func kindRank(n *Node) int {
	if n == nil {
		return 0
	}
	switch n.Kind {
	case KindNull:
		return 0
	case KindBool:
		return 1
	case KindLong, KindReal, KindDecimal:
		return 2
	case KindDateTime:
		return 3
	case KindTimespan:
		return 4
	case KindGUID:
		return 5
	case KindString:
		return 6
	case KindArray:
		return 7
	}
	return 8
}

// CompareNodes orders dynamic values: null, bool, numbers by their value, datetime, timespan, guid, string, arrays by their
// elements, bags by their slots.
func CompareNodes(a, b *Node) int {
	ra, rb := kindRank(a), kindRank(b)
	if ra != rb {
		return cmp.Compare(ra, rb)
	}
	switch ra {
	case 0:
		return 0
	case 2:
		return compareNumbers(a, b)
	case 5, 6:
		return strings.Compare(a.S, b.S)
	case 7:
		for i := 0; i < len(a.Elems) && i < len(b.Elems); i++ {
			if c := CompareNodes(a.Elems[i], b.Elems[i]); c != 0 {
				return c
			}
		}
		return cmp.Compare(len(a.Elems), len(b.Elems))
	case 8:
		return compareBags(a, b)
	}
	return cmp.Compare(a.I, b.I)
}

func compareNumbers(a, b *Node) int {
	switch {
	case a.Kind == KindLong && b.Kind == KindLong:
		return cmp.Compare(a.I, b.I)
	case a.Kind == KindDecimal && b.Kind == KindDecimal:
		return a.Dec.Cmp(b.Dec)
	}
	return cmp.Compare(a.Float(), b.Float())
}

// compareBags compares slot by slot; the order of keys does not matter for equality.
func compareBags(a, b *Node) int {
	if c := cmp.Compare(len(a.Elems), len(b.Elems)); c != 0 {
		return c
	}
	same := true
	for i, k := range a.Keys {
		other := i
		if b.Keys[i] != k {
			if other = slotOf(b.Keys, nil, k); other < 0 {
				same = false
				break
			}
		}
		if CompareNodes(a.Elems[i], b.Elems[other]) != 0 {
			same = false
			break
		}
	}
	if same {
		return 0
	}
	for i, k := range a.Keys {
		if c := strings.Compare(k, b.Keys[i]); c != 0 {
			return c
		}
		if c := CompareNodes(a.Elems[i], b.Elems[i]); c != 0 {
			return c
		}
	}
	return 0
}

// EqualNodes reports whether two dynamic values are equal. Numbers are compared by value (1 and 1.0 are equal), the order of
// a bag's keys does not matter.
func EqualNodes(a, b *Node) bool { return a == b || CompareNodes(a, b) == 0 }

// Float returns a number's value as a real, NaN for what is no number.
func (n *Node) Float() float64 {
	if n != nil {
		switch n.Kind {
		case KindLong, KindBool:
			return float64(n.I)
		case KindReal:
			return n.F
		case KindDecimal:
			return RealOfDecimal(n.Dec)
		}
	}
	return math.NaN()
}
