package store

import (
	"math/rand/v2"
	"testing"
)

// The scan by eight bytes finds what a look at each byte finds.
func TestSpecialAndClosing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alphabet := []byte("abc\"\\\n\x00\x1f \x7f\x80\xa2\xdc\xff!#[]{")
	for range 20_000 {
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = 'x'
			if r.IntN(6) == 0 {
				b[i] = alphabet[r.IntN(len(alphabet))]
			}
		}
		from := 0
		if len(b) > 0 {
			from = r.IntN(len(b))
		}
		want := from
		for want < len(b) && b[want] != '"' && b[want] != '\\' && b[want] >= 0x20 {
			want++
		}
		if got := special(b, from); got != want {
			t.Fatalf("special(%q, %d) = %d, want %d", b, from, got, want)
		}
		for want = from; want < len(b) && b[want] != '"'; want++ {
			if b[want] == '\\' {
				want++
			}
		}
		if got := closing(b, from); got != min(want, len(b)) {
			t.Fatalf("closing(%q, %d) = %d, want %d", b, from, got, want)
		}
	}
}
