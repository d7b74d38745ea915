package source

import "testing"

func TestPosition(t *testing.T) {
	text := "a\r\nb😀c\rd\né!"
	x := NewLineIndex(text)
	for _, c := range []struct {
		offset int
		want   Position
	}{
		{0, Position{1, 1, 0}}, {1, Position{1, 2, 1}}, {3, Position{2, 1, 3}}, {8, Position{2, 3, 6}},
		{10, Position{3, 1, 8}}, {12, Position{4, 1, 10}}, {14, Position{4, 2, 11}}, {99, Position{4, 3, 12}}, {-1, Position{1, 1, 0}},
	} {
		if got := x.Position(c.offset); got != c.want {
			t.Errorf("Position(%d) = %+v, want %+v", c.offset, got, c.want)
		}
	}
	for n, want := range []string{"", "a", "b😀c", "d", "é!", ""} {
		if got := x.Line(n); got != want {
			t.Errorf("Line(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestSpanText(t *testing.T) {
	if got := (Span{2, 99}).Text("abcd"); got != "cd" {
		t.Errorf("got %q", got)
	}
	if got := (Span{-3, 1}).Text("abcd"); got != "a" {
		t.Errorf("got %q", got)
	}
	if got := (Span{9, 4}).Text("abcd"); got != "" {
		t.Errorf("got %q", got)
	}
}
