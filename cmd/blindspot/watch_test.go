package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func TestTouches(t *testing.T) {
	l, err := loadContent([]string{filepath.Join("..", "..", "content")})
	if err != nil {
		t.Fatal(err)
	}
	root := "../../content/"
	for _, c := range []struct {
		changed   string
		least     int
		most      int
		mustTouch string
	}{
		{root + "rules/cross-stream/spray-across-streams.yaml", 1, 1, root + "rules/cross-stream/spray-across-streams.test.yaml"},
		{root + "rules/cross-stream/spray-across-streams.test.yaml", 1, 1, root + "rules/cross-stream/spray-across-streams.test.yaml"},
		{root + "functions/bs_Signins.yaml", 5, len(l.Tests) - 1, root + "rules/cross-stream/spray-across-streams.test.yaml"},
		{root + "events/signin.yaml", len(l.Tests), len(l.Tests), root + "rules/cross-stream/spray-across-streams.test.yaml"},
		{root + "workbooks/x.json", 0, 0, ""},
	} {
		touched := touches(l, []string{c.changed})
		n, found := 0, c.mustTouch == ""
		for _, f := range l.Tests {
			if touched(f) {
				n++
				found = found || f.File() == c.mustTouch
			}
		}
		if n < c.least || n > c.most || !found {
			t.Errorf("%s touches %d tests, %q among them: %v; want %d to %d", c.changed, n, c.mustTouch, found, c.least, c.most)
		}
	}
}

// A burst of writes is one change, told when the folder is quiet.
func TestChangesAreGathered(t *testing.T) {
	dir := t.TempDir()
	w, err := fsnotify.NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Add(dir); err != nil {
		t.Fatal(err)
	}
	go func() {
		for _, n := range []string{"a.yaml", "b.yaml", "a.yaml", ".hidden", "b.yaml~"} {
			_ = os.WriteFile(filepath.Join(dir, n), []byte("x"), 0o644)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	got, err := nextChange(ctx, w)
	if err != nil || len(got) != 2 {
		t.Errorf("changed %q, %v; want two files", got, err)
	}
}
