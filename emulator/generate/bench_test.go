package generate

import (
	"context"
	"io"
	"testing"
)

type discard struct{ n int64 }

func (d *discard) Write(b []byte) (int, error) { d.n += int64(len(b)); return len(b), nil }
func (d *discard) Close() error                { return nil }

// one measured day of 500 people a round, JSON lines to nowhere: the generator alone.
func BenchmarkGenerateJSONL(b *testing.B) {
	cfg := DefaultConfig()
	cfg.Days = 1
	for b.Loop() {
		var out discard
		sink := NewJSONLines(func(string) (io.WriteCloser, error) { return &out, nil })
		if _, err := Generate(context.Background(), cfg, sink); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(out.n)
	}
}

// the same day to files.
func BenchmarkGenerateToDir(b *testing.B) {
	cfg := DefaultConfig()
	cfg.Days = 1
	dir := b.TempDir()
	for b.Loop() {
		sum, err := ToDir(context.Background(), dir, "jsonl", cfg)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(sum.Bytes())
	}
}

func BenchmarkGenerateParquet(b *testing.B) {
	cfg := DefaultConfig()
	cfg.Days, cfg.Users = 1, 100
	dir := b.TempDir()
	for b.Loop() {
		sum, err := ToDir(context.Background(), dir, "parquet", cfg)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(sum.Bytes())
	}
}

// what an engine sees that takes the rows in memory; the bytes are those of the values.
func BenchmarkGenerateRows(b *testing.B) {
	cfg := DefaultConfig()
	cfg.Days = 1
	for b.Loop() {
		n := int64(0)
		if _, err := Generate(context.Background(), cfg, NewCallback(func(_ string, r *Row) error {
			for i := range r.Len() {
				n += int64(len(r.Value(i).Text))
			}
			return nil
		})); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(n)
	}
}
