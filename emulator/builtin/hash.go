package builtin

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"

	"github.com/cespare/xxhash/v2"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func hashKernels() []Scalar {
	return []Scalar{
		{Name: "hash", Kernel: rows(hashValue)},
		{Name: "hash_md5", Kernel: textToText(func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) })},
		{Name: "hash_sha1", Kernel: textToText(func(s string) string { h := sha1.Sum([]byte(s)); return hex.EncodeToString(h[:]) })},
		{Name: "hash_sha256", Kernel: textToText(func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) })},
	}
}

// hashValue is xxHash64 of a text's bytes or of a number's eight bytes, little-endian; with a modulus its remainder.
//
// Source: Kusto documentation, "hash()", whose examples agree for string and datetime.
func hashValue(_ *Call, a []value.Value) value.Value {
	v := a[0]
	if v.Null {
		return value.Null(value.Long)
	}
	var h uint64
	switch v.Type {
	case value.Int, value.Long, value.DateTime, value.Timespan, value.Bool:
		h = hashWord(uint64(v.I))
	case value.Real:
		h = hashWord(math.Float64bits(v.F))
	default:
		h = xxhash.Sum64String(v.Text())
	}
	if len(a) > 1 {
		mod := longOr(a, 1, 0)
		if mod <= 0 {
			return value.Null(value.Long)
		}
		return value.NewLong(int64(h % uint64(mod)))
	}
	return value.NewLong(int64(h))
}

func hashWord(w uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], w)
	return xxhash.Sum64(b[:])
}
