package generate

import (
	"context"
	"os"
	"testing"
)

func TestQuick(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Days = 7
	if err := Describe(context.Background(), cfg, os.Stdout); err != nil {
		t.Fatal(err)
	}
	cfg.Days = 2
	s, err := ToDir(context.Background(), "/tmp/gen/out", "jsonl", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s)
}
