package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
	"github.com/seed-caab1ad3/blindspot/content"
)

func pullCommand() *cli.Command {
	return &cli.Command{
		Name:  "pull",
		Usage: "write a workspace's content to files",
		Description: `Existing files are found by id and edited in place: comments, order and quotes stay. Content of the workspace that is
not ours and in no file is listed; --adopt writes files for it. A first pull into an empty folder takes everything.

Examples:
   blindspot pull --workspace prod --to content
   blindspot pull --workspace prod --adopt
   blindspot pull --workspace prod --only 'rule/*' --dry-run`,
		Flags: workspaceFlags(
			&cli.StringFlag{Name: "to", Value: "content", Usage: "`FOLDER` of the files"},
			&cli.BoolFlag{Name: "adopt", Usage: "write files also for what is not managed"},
			&cli.StringSliceFlag{Name: "only", Usage: "only what fits this `PATTERN` (kind, id, name, kind/id; * and ?); may be repeated"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be written, and write nothing"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json"},
		),
		Action: runPull,
	}
}

type pullJSON struct {
	SchemaVersion int              `json:"schemaVersion"`
	Workspace     string           `json:"workspace"`
	Created       []string         `json:"created"` // files
	Changed       []string         `json:"changed"` // files
	Same          int              `json:"same"`
	Unmanaged     []deploy.Foreign `json:"unmanaged"`
	Missing       []string         `json:"missing"` // files whose content is not in the workspace
}

func runPull(c *cli.Context) error {
	if f := c.String("format"); f != "text" && f != "json" {
		return fail(exitUsage, "--format %q is unknown; it is text or json", f)
	}
	if c.Args().Present() {
		return fail(exitUsage, "pull takes no arguments; name the folder with --to")
	}
	dir := filepath.ToSlash(filepath.Clean(c.String("to")))
	where := dir
	if _, err := os.Stat(dir); err != nil {
		where = "."
	}
	t, _, err := targetOf(c, []string{where})
	if err != nil {
		return err
	}
	w, err := openWorkspace(c, t)
	if err != nil {
		return err
	}
	p := &place{target: &w.Target, content: &loaded{Bundle: &content.Bundle{}}}
	if st, err := os.Stat(dir); err == nil && st.IsDir() {
		b, problems := content.Load(os.DirFS(dir), content.Options{Prefix: dir})
		for _, x := range problems {
			if x.Severity == content.Error && x.Code != content.CodeNoContent {
				return fail(exitUsage, "%v", x)
			}
		}
		p.content.Bundle = b
		if p.raw, err = deploy.RawFiles(dir); err != nil {
			return fail(exitUsage, "%v", err)
		}
	}
	d, err := p.wanted()
	if err != nil {
		return err
	}
	s, err := deploy.Read(c.Context, w, deploy.ReadOptions{})
	if err != nil {
		return remoteError(err)
	}
	pulled, err := deploy.BuildPull(d, s, dir, deploy.PullOptions{Adopt: c.Bool("adopt"), Only: c.StringSlice("only")})
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	if err := c.Context.Err(); err != nil {
		return err
	}
	if !c.Bool("dry-run") {
		if err := deploy.WriteFiles(pulled.Files); err != nil {
			return fail(exitUsage, "%v", err)
		}
	}
	for _, n := range append(s.Notes, pulled.Warnings...) {
		fmt.Fprintf(remarks(c), "Note: %s\n", n)
	}
	if c.String("format") == "json" {
		list := func(l []string) []string { return append([]string{}, l...) }
		return writeIndented(c, pullJSON{1, w.Name, list(pulled.Created), list(pulled.Changed), pulled.Same, append([]deploy.Foreign{}, pulled.Unmanaged...), list(pulled.Missing)})
	}
	for _, n := range pulled.Created {
		fmt.Fprintf(c.App.Writer, "+ %s\n", n)
	}
	for _, n := range pulled.Changed {
		fmt.Fprintf(c.App.Writer, "~ %s\n", n)
	}
	for _, u := range pulled.Unmanaged {
		fmt.Fprintf(c.App.Writer, "? %s %q (%s)\n", u.Kind, u.Name, u.ID)
	}
	fmt.Fprintf(c.App.Writer, "%d new, %d changed, %d as they were, %d not managed.\n", len(pulled.Created), len(pulled.Changed), pulled.Same, len(pulled.Unmanaged))
	if len(pulled.Unmanaged) > 0 {
		fmt.Fprintln(remarks(c), "Lines with ? are in no file and not ours; --adopt writes files for them.")
	}
	for _, n := range pulled.Missing {
		fmt.Fprintf(remarks(c), "Note: what %s describes is not in the workspace\n", n)
	}
	return nil
}
