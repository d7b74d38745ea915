package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
	"github.com/seed-caab1ad3/blindspot/content"
)

func exportCommand() *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "write content as ARM, Bicep, Terraform, YAML, a content hub package, or Defender detections",
		ArgsUsage: "[PATH...]",
		Description: `Works without a workspace; with --workspace its values and overrides are used. One ARM template goes to stdout, other
forms need a folder.

Examples:
   blindspot export --to arm > sentinel.json
   blindspot export --to bicep --out bicep
   blindspot export --to terraform --out tf content/rules
   blindspot export --to package --out package
   blindspot export --to defender --out detections`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "arm, bicep, terraform, yaml, package, defender"},
			&cli.StringFlag{Name: "out", Usage: "`FOLDER` to write to"},
			&cli.StringFlag{Name: "workspace", Aliases: []string{"w"}, Usage: "`NAME` in blindspot.yaml whose values are used"},
			&cli.StringSliceFlag{Name: "only", Usage: "only what fits this `PATTERN`; may be repeated"},
			&cli.BoolFlag{Name: "force", Usage: "overwrite files"},
		},
		Action: runExport,
	}
}

// nowhere stands for a workspace that is not known: exports name none.
func nowhere() *azure.Target {
	return &azure.Target{Name: "export", Subscription: "SUBSCRIPTION", ResourceGroup: "RESOURCE-GROUP", Workspace: "WORKSPACE", Values: map[string]string{}, Overrides: map[string]map[string]any{}}
}

func runExport(c *cli.Context) error {
	paths := c.Args().Slice()
	if c.String("to") == "" {
		return fail(exitUsage, "say in which form with --to: arm, bicep, terraform, yaml, package or defender")
	}
	t := nowhere()
	if c.IsSet("workspace") {
		var err error
		if t, _, err = targetOf(c, paths); err != nil {
			return err
		}
	}
	l, err := loadContent(paths)
	if err != nil {
		return err
	}
	for _, p := range l.Problems {
		if p.Severity == content.Error {
			return fail(exitUsage, "%v", p)
		}
	}
	p := &place{content: l, target: t}
	if !l.Shipped {
		folders := paths
		if len(folders) == 0 {
			folders = []string{"content"}
		}
		if p.raw, err = deploy.RawFiles(folders...); err != nil {
			return fail(exitUsage, "%v", err)
		}
	}
	d, err := p.wanted()
	if err != nil {
		return err
	}
	list, err := deploy.Only(d.Resources, c.StringSlice("only"))
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	files, notes, err := deploy.Export(c.String("to"), list, t)
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	for _, n := range notes {
		fmt.Fprintf(remarks(c), "Note: %s\n", n)
	}
	if c.String("out") == "" {
		if len(files) != 1 {
			return fail(exitUsage, "%d files are to be written; name a folder with --out", len(files))
		}
		_, err := c.App.Writer.Write(files[0].Data)
		return err
	}
	return writeNew(c, files, c.String("out"))
}

// writeNew writes files into a folder; files that are there already are overwritten only with --force.
func writeNew(c *cli.Context, files []deploy.File, dir string) error {
	var there []string
	for i := range files {
		files[i].Name = filepath.ToSlash(filepath.Join(dir, files[i].Name))
		if _, err := os.Lstat(files[i].Name); !errors.Is(err, fs.ErrNotExist) {
			there = append(there, files[i].Name)
		}
	}
	if len(there) > 0 && !c.Bool("force") {
		sort.Strings(there)
		return fail(exitUsage, "%s is there already (and %d more); give --force to overwrite, or another folder", there[0], len(there)-1)
	}
	if err := deploy.WriteFiles(files); err != nil {
		return fail(exitUsage, "%v", err)
	}
	fmt.Fprintf(remarks(c), "%d files written to %s\n", len(files), dir)
	return nil
}

func importCommand() *cli.Command {
	return &cli.Command{
		Name:      "import",
		Usage:     "read ARM templates, exports of the portal and workbooks as content",
		ArgsUsage: "FILE...",
		Description: `Rules, hunting queries, functions, watchlists, workbooks, automation rules and data connectors of the files become files
of content. What an expression hides from anybody but a deployment is left out and said.

Examples:
   blindspot import Azure_Sentinel_analytics_rule.json
   blindspot import --to content mainTemplate.json workbook.json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Value: "content", Usage: "`FOLDER` to write to"},
			&cli.BoolFlag{Name: "force", Usage: "overwrite files"},
		},
		Action: func(c *cli.Context) error {
			if !c.Args().Present() {
				return fail(exitUsage, "name the files to import")
			}
			var all []*deploy.Resource
			for _, name := range c.Args().Slice() {
				b, err := os.ReadFile(name)
				if err != nil {
					return fail(exitUsage, "%s: %s", name, plainCause(err))
				}
				list, notes, err := deploy.Import(filepath.ToSlash(name), b, nowhere())
				for _, n := range notes {
					fmt.Fprintf(remarks(c), "Note: %s\n", n)
				}
				if err != nil {
					return fail(exitUsage, "%v", err)
				}
				all = append(all, list...)
			}
			files, err := deploy.FilesOf(all, "", nowhere())
			if err != nil {
				return fail(exitUsage, "%v", err)
			}
			return writeNew(c, files, c.String("to"))
		},
	}
}
