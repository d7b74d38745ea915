// Package terminal knows what the two output streams are: whether a person watches, whether colour is wanted, and how
// wide the window is. Data goes to stdout and talk to stderr; neither is decorated unless a terminal shows it.
package terminal

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// Stream is an output with what is known of it.
type Stream struct {
	io.Writer
	TTY    bool // a person watches
	Colour bool
	Width  int // columns; 80 when unknown
}

// Of describes a file. mode is the --color flag: "auto", "always" or "never". NO_COLOR (when not empty), TERM=dumb and
// CI turn colour and animation off in mode auto, CLICOLOR=0 colour; FORCE_COLOR and CLICOLOR_FORCE turn colour on.
func Of(f *os.File, mode string) Stream {
	s := Stream{Writer: f, Width: 80}
	fd := int(f.Fd())
	tty := term.IsTerminal(fd)
	s.TTY = tty && os.Getenv("TERM") != "dumb" && os.Getenv("CI") == ""
	if w, _, err := term.GetSize(fd); err == nil && w > 0 {
		s.Width = w
	}
	switch mode {
	case "always":
		s.Colour = true
	case "never":
	default:
		forced := on("FORCE_COLOR") || on("CLICOLOR_FORCE")
		s.Colour = os.Getenv("NO_COLOR") == "" && (forced || s.TTY && os.Getenv("CLICOLOR") != "0")
	}
	return s
}

func on(name string) bool {
	v := os.Getenv(name)
	return v != "" && v != "0"
}

// Paint wraps text in a colour when the stream takes colour. The colours are of the sixteen that every palette has.
func (s Stream) Paint(c Colour, text string) string {
	if !s.Colour || text == "" {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", int(c), text)
}

// Colour is an ANSI colour or attribute.
type Colour int

// The colours in use; nothing is told by colour alone.
const (
	Bold   Colour = 1
	Dim    Colour = 2
	Red    Colour = 31
	Green  Colour = 32
	Yellow Colour = 33
	Blue   Colour = 34
	Cyan   Colour = 36
)
