package main

import (
	"fmt"
	"runtime"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/content/nearest"
)

// commands lists the subcommands in the order in which help shows them.
func commands() []*cli.Command {
	return []*cli.Command{
		validateCommand(),
		testCommand(),
		backtestCommand(),
		explainCommand(),
		lastseenCommand(),
		queryCommand(),
		generateCommand(),
		pullCommand(),
		planCommand(),
		applyCommand(),
		rollbackCommand(),
		connectCommand(),
		recordCommand(),
		exportCommand(),
		importCommand(),
		serveCommand(),
		workbookCommand(),
		newCommand(),
		lspCommand(),
		fmtCommand(),
		docsCommand(),
		schemaCommand(),
		configCommand(),
		completionCommand(),
		versionCommand(),
		helpCommand(),
	}
}

type versionJSON struct {
	SchemaVersion int    `json:"schemaVersion"`
	Version       string `json:"version"`
	OS            string `json:"os"`
	Arch          string `json:"arch"`
	Go            string `json:"go"`
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Description: `Examples:
   blindspot version
   blindspot version --format json`,
		Flags: []cli.Flag{&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json"}},
		Action: func(c *cli.Context) error {
			if c.String("format") == "json" {
				return writeIndented(c, versionJSON{1, version, runtime.GOOS, runtime.GOARCH, runtime.Version()})
			}
			_, err := fmt.Fprintf(c.App.Writer, "blindspot %s %s/%s %s\n", version, runtime.GOOS, runtime.GOARCH, runtime.Version())
			return err
		},
	}
}

// unknownCommand answers a word that is no command, with the nearest one.
func unknownCommand(c *cli.Context, word string) error {
	var names []string
	list, help := c.App.Commands, "blindspot --help"
	if c.Command != nil && c.Command.Name != c.App.Name && len(c.Command.Subcommands) > 0 {
		list, help = c.Command.Subcommands, "blindspot "+c.Command.Name+" --help"
	}
	for _, k := range list {
		names = append(names, k.Name)
	}
	if n := nearest.Of(word, names); n != "" {
		return fail(exitUsage, "%q is no command; the nearest is %q", word, n)
	}
	return fail(exitUsage, "%q is no command; '%s' lists them", word, help)
}
