package vector

import (
	"math"

	"github.com/cespare/xxhash/v2"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

const (
	mixOdd   = 0x9E3779B97F4A7C15
	nullHash = 0x5bd1e9955bd1e995
)

// mix64 spreads the bits of x over the whole word.
func mix64(x uint64) uint64 {
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	return x
}

// Hash folds a column's rows into hashes, one a row: start with zeros and call it for each column of a key. Equal values give equal
// hashes whatever their encoding: int and long alike, 0.0 and -0.0 alike, all NaN alike. The result does not vary between runs.
func Hash(col Column, hashes []uint64) {
	switch c := col.(type) {
	case *Longs:
		for i, v := range c.Data {
			h := mix64(uint64(v) + mixOdd)
			if c.Nulls.Has(i) {
				h = nullHash
			}
			hashes[i] = fold(hashes[i], h)
		}
	case *Bools:
		for i, b := range c.Data {
			hashes[i] = fold(hashes[i], hashBool(b, c.Nulls.Has(i)))
		}
	case *Strings:
		if c.Dict != nil && c.Dict.asked(len(c.Codes)) {
			byCode := c.Dict.Hashes()
			for i, code := range c.Codes {
				hashes[i] = fold(hashes[i], byCode[code])
			}
			return
		}
		for i := range hashes[:c.Len()] {
			hashes[i] = fold(hashes[i], xxhash.Sum64String(c.At(i)))
		}
	case *Const:
		h := HashValue(c.Val)
		for i := range hashes[:c.N] {
			hashes[i] = fold(hashes[i], h)
		}
	default:
		for i := range hashes[:col.Len()] {
			hashes[i] = fold(hashes[i], HashValue(col.Value(i)))
		}
	}
}

func fold(seed, h uint64) uint64 { return mix64(seed*mixOdd ^ h) }

func hashBool(b, null bool) uint64 {
	switch {
	case null:
		return nullHash
	case b:
		return mix64(1 + mixOdd)
	}
	return mix64(mixOdd)
}

// HashValue returns the hash of one value, which Hash folds.
func HashValue(v value.Value) uint64 {
	switch v.Type {
	case value.String, value.GUID:
		return xxhash.Sum64String(v.S)
	}
	if v.Null {
		return nullHash
	}
	switch v.Type {
	case value.Real:
		return hashReal(v.F)
	case value.Decimal:
		return hashReal(value.RealOfDecimal(v.Dec))
	case value.Dynamic, value.Unknown:
		return hashNode(v.Dyn)
	}
	return mix64(uint64(v.I) + mixOdd)
}

func hashReal(f float64) uint64 {
	switch {
	case f == 0:
		f = 0
	case math.IsNaN(f):
		f = math.NaN()
	}
	return mix64(math.Float64bits(f) + mixOdd)
}

// hashNode agrees with value.EqualNodes: numbers by value, bags whatever the order of their keys.
func hashNode(n *value.Node) uint64 {
	if n.IsNull() {
		return nullHash
	}
	switch n.Kind {
	case value.KindLong, value.KindReal, value.KindDecimal:
		return hashReal(n.Float())
	case value.KindString, value.KindGUID:
		return xxhash.Sum64String(n.S)
	case value.KindArray:
		h := uint64(len(n.Elems)) + 7
		for _, e := range n.Elems {
			h = fold(h, hashNode(e))
		}
		return h
	case value.KindBag:
		h := uint64(len(n.Elems)) + 11
		for i, e := range n.Elems {
			h += fold(xxhash.Sum64String(n.Keys[i]), hashNode(e))
		}
		return mix64(h)
	}
	return mix64(uint64(n.I) + uint64(n.Kind)*mixOdd)
}

// Equal reports whether two rows of columns of one type are equal. Null equals null, NaN equals NaN: groups go by it;
// a join asks IsNull first.
func Equal(a Column, i int, b Column, j int) bool {
	switch x := a.(type) {
	case *Strings:
		if y, ok := b.(*Strings); ok {
			if x.Dict != nil && x.Dict == y.Dict {
				return x.Codes[i] == y.Codes[j]
			}
			return x.At(i) == y.At(j)
		}
	case *Longs:
		if y, ok := b.(*Longs); ok {
			xn, yn := x.Nulls.Has(i), y.Nulls.Has(j)
			return xn == yn && (xn || x.Data[i] == y.Data[j])
		}
	case *Dynamics:
		if y, ok := b.(*Dynamics); ok && x.Text != nil && x.Text == y.Text && x.Codes[i] == y.Codes[j] {
			return true
		}
	}
	return value.Compare(a.Value(i), b.Value(j)) == 0
}

// MixGroup folds a group's number into a hash of Hash.
func MixGroup(group int32, h uint64) uint64 { return fold(h, uint64(uint32(group))*mixOdd) }
