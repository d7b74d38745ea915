// Command blindspot holds Microsoft Sentinel content as code: it validates rules, runs them over sample events, and
// keeps a workspace equal to a folder. Each subcommand is one thin file: it reads flags, calls a room, and prints.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
)

// version is set by the linker.
var version = "dev"

// Exit codes, one table for all commands.
const (
	exitWell        = 0
	exitFindings    = 1   // findings, failed tests, drift
	exitUsage       = 2   // used wrongly, or content that cannot be read
	exitDenied      = 4   // not signed in, or not allowed
	exitRefused     = 5   // the service refused, or a plan was applied in part
	exitBug         = 70  // a bug of ours
	exitInterrupted = 130 // Ctrl-C
)

func main() {
	limitMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program with its streams given; it returns the exit code and never panics.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr *os.File) (code int) {
	defer func() {
		if p := recover(); p != nil {
			if bug, ok := p.(*azure.Bug); ok {
				tellBug(stderr, bug.Value, bug.Stack)
			} else {
				tellBug(stderr, p, debug.Stack())
			}
			code = exitBug
		}
	}()
	written := &tally{File: stdout}
	app := newApp(stdin, written, stderr)
	if len(args) > 1 && args[1] == completeWord {
		_ = complete(app, args[2:], written)
		return exitWell
	}
	err := app.RunContext(ctx, flagsFirst(app, args))
	switch format := wantedFormat(args); {
	case err == nil:
	case format == "json" && written.bytes == 0:
		writeFailure(stdout, err)
	case format == "jsonl" && writesEvents(args) && (written.bytes == 0 || err.Error() != ""): // else the last event has said it
		_ = eventStream{stdout}.write(errorEventJSON{Event: "error", Error: messageJSON{gist(err)}})
	}
	switch {
	case ctx.Err() != nil && err != nil:
		fmt.Fprintln(stderr, "blindspot: interrupted")
		return exitInterrupted
	case err == nil:
		return exitWell
	}
	var bug *azure.Bug
	if errors.As(err, &bug) {
		tellBug(stderr, bug.Value, bug.Stack)
		return exitBug
	}
	var coded *codedError
	if errors.As(err, &coded) {
		if coded.message != "" {
			fmt.Fprintln(stderr, "blindspot: "+coded.message)
		}
		return coded.code
	}
	if errors.Is(err, syscall.EPIPE) {
		return exitWell
	}
	fmt.Fprintln(stderr, "blindspot: "+err.Error())
	return exitUsage
}

// tellBug prints a panic for a report. Its value may hold anything that was under way, so secrets are taken out.
func tellBug(w io.Writer, value any, stack []byte) {
	fmt.Fprintf(w, "blindspot: a bug of ours: %s\nPlease report it with the command line and this trace (version %s, %s/%s):\n%s",
		azure.Redact(fmt.Sprint(value)), version, runtime.GOOS, runtime.GOARCH, azure.Redact(string(stack)))
}

// codedError ends a command with an exit code; an empty message says nothing more, because the command has said it: said
// is then its gist for who reads JSON.
type codedError struct {
	code    int
	message string
	said    string
}

func (e *codedError) Error() string { return e.message }

// fail ends a command with a code and a message.
func fail(code int, format string, args ...any) error {
	return &codedError{code: code, message: fmt.Sprintf(format, args...)}
}

// quiet ends a command whose output has said everything.
func quiet(code int) error { return &codedError{code: code} }

// newApp assembles the command line.
func newApp(stdin io.Reader, stdout io.Writer, stderr *os.File) *cli.App {
	app := &cli.App{
		Name:      "blindspot",
		Usage:     "Microsoft Sentinel content as code: validate, test, backtest, deploy",
		Version:   version,
		Reader:    stdin,
		Writer:    stdout,
		ErrWriter: stderr,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "color", Value: "auto", Usage: "colour: `WHEN` is auto, always or never"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "only data and errors: no remarks, no totals, no progress"},
			cli.HelpFlag, // the library adds it only where no command is named help
		},
		HideHelpCommand:           true,
		DisableSliceFlagSeparator: true, // paths may hold commas
		UseShortOptionHandling:    false,
		Suggest:                   true,
		Commands:                  commands(),
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError: func(c *cli.Context, err error, _ bool) error {
			return wrongFlag(c, err)
		},
		CommandNotFound: func(c *cli.Context, name string) {},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return unknownCommand(c, c.Args().First())
			}
			return firstWords(c)
		},
	}
	helpPrinter()
	for _, c := range app.Commands {
		c.HideHelpCommand = true
		c.OnUsageError, c.Before = app.OnUsageError, plausible
		for _, s := range c.Subcommands {
			s.HideHelpCommand = true
			s.OnUsageError, s.Before = app.OnUsageError, plausible
		}
		if len(c.Subcommands) > 0 && c.Action == nil {
			c.Action = func(c *cli.Context) error {
				if c.Args().Present() {
					return unknownCommand(c, c.Args().First())
				}
				return cli.ShowSubcommandHelp(c)
			}
		}
	}
	return app
}

// plausible takes in what stands for flags that were not typed, and refuses values that every command refuses.
func plausible(c *cli.Context) error {
	if err := settle(c); err != nil {
		return err
	}
	switch c.String("color") {
	case "auto", "always", "never":
	default:
		return fail(exitUsage, "--color %q is unknown; it is auto, always or never", c.String("color"))
	}
	for _, f := range c.Command.Flags {
		if list := formatsOf(f); len(list) > 0 && !slices.Contains(list, c.String("format")) {
			return fail(exitUsage, "--format %q is unknown; it is %s", c.String("format"), alternatives(list))
		}
	}
	if n := c.Int("jobs"); n < 0 {
		return fail(exitUsage, "--jobs is %d; give 1 or more, or 0 for one a processor", n)
	}
	return nil
}

// wrongFlag says that a flag is none, with the nearest one, or what else is wrong with the flags.
func wrongFlag(c *cli.Context, err error) error {
	command := commandName(c.Command)
	if c.Command.Name == c.App.Name {
		command = "blindspot"
	}
	word, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		return fail(exitUsage, "%v; see 'blindspot %s --help'", err, command)
	}
	var names []string
	for _, f := range slices.Concat(c.Command.Flags, c.App.Flags) {
		names = append(names, f.Names()[0])
	}
	if n := nearest.Of(word, names); n != "" {
		return fail(exitUsage, "--%s is no flag of %s; the nearest is --%s", word, command, n)
	}
	return fail(exitUsage, "--%s is no flag of %s; 'blindspot help %s' lists them", word, command, command)
}

// formatsOf are the values of a --format flag, as its help lists them; nil for another flag.
func formatsOf(f cli.Flag) []string {
	s, ok := f.(*cli.StringFlag)
	if !ok || s.Name != "format" {
		return nil
	}
	_, list, _ := strings.Cut(s.Usage, ": ")
	var out []string
	for _, part := range strings.Split(list, ",") {
		if word := strings.Fields(part); len(word) > 0 && !strings.Contains(part, ")") || len(word) > 0 && strings.Contains(part, "(") {
			out = append(out, word[0])
		}
	}
	return out
}

// alternatives lists words as a sentence does: a, b or c.
func alternatives(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

// out and talk are the command's two streams as terminals: data and words.
func out(c *cli.Context) terminal.Stream {
	if t, ok := c.App.Writer.(*tally); ok {
		s := terminal.Of(t.File, c.String("color"))
		s.Writer = t
		return s
	}
	return terminal.Stream{Writer: c.App.Writer, Width: 80}
}

// talk is where what must be heard goes; remarks are what --quiet leaves out.
func talk(c *cli.Context) terminal.Stream {
	if f, ok := c.App.ErrWriter.(*os.File); ok {
		return terminal.Of(f, c.String("color"))
	}
	return terminal.Stream{Writer: c.App.ErrWriter, Width: 80}
}

// remarks is talk, or nothing when quiet is wanted.
func remarks(c *cli.Context) terminal.Stream {
	if c.Bool("quiet") {
		return terminal.Stream{Writer: io.Discard, Width: 80}
	}
	return talk(c)
}
