package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/scaffold"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
)

func newCommand() *cli.Command {
	return &cli.Command{
		Name:      "new",
		Usage:     "make a rule, hunting query, workbook, function, watchlist, test, or a whole repository",
		ArgsUsage: "KIND NAME",
		Description: `KIND is rule, hunting, workbook, function, watchlist, test or repo. NAME is a plain name, which goes into the folder of its kind
below content/, or a path. What is made validates and passes its test at once; nothing is overwritten, nothing is asked.
The id is derived from the kind and the name, so that the same words give the same id. The files made are named on stdout.

Examples:
   blindspot new repo contoso-content
   blindspot new rule password-spray
   blindspot new rule content/rules/vpn/odd-action.yaml --table CommonSecurityLog --title 'Odd VPN action'
   blindspot new test content/rules/old-rule.yaml`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "title", Usage: "the name for people; made of NAME unless given"},
			&cli.StringFlag{Name: "table", Usage: "`TABLE` that the query reads; the sign-in streams unless given"},
			&cli.StringFlag{Name: "severity", Value: "Medium", Usage: "of a rule: High, Medium, Low or Informational"},
			&cli.StringFlag{Name: "id", Usage: "`GUID`, instead of the derived one"},
			&cli.BoolFlag{Name: "nrt", Usage: "a rule that runs near real time"},
		},
		Action: runNew,
	}
}

func runNew(c *cli.Context) error {
	if c.Args().Len() != 2 {
		return fail(exitUsage, "name a kind and a name, for instance 'blindspot new rule password-spray'; kinds are %s", strings.Join(scaffold.Kinds(), ", "))
	}
	kind, name := c.Args().Get(0), filepath.ToSlash(c.Args().Get(1))
	if !slices.Contains(scaffold.Kinds(), kind) {
		if n := nearest.Of(kind, scaffold.Kinds()); n != "" {
			return fail(exitUsage, "%q is no kind; the nearest is %q", kind, n)
		}
		return fail(exitUsage, "%q is no kind; kinds are %s", kind, strings.Join(scaffold.Kinds(), ", "))
	}
	r := scaffold.Request{Kind: kind, Title: c.String("title"), Table: c.String("table"), ID: c.String("id"), Severity: c.String("severity"), NRT: c.Bool("nrt")}
	if !slices.Contains([]string{"High", "Medium", "Low", "Informational"}, r.Severity) {
		return fail(exitUsage, "--severity %q is unknown; it is High, Medium, Low or Informational", r.Severity)
	}
	if r.ID != "" && !regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`).MatchString(r.ID) {
		return fail(exitUsage, "--id %q is no GUID; leave it out to have one derived", r.ID)
	}
	file, err := newFile(kind, name)
	if err != nil {
		return err
	}
	r.File = file
	if kind == "test" {
		if err := forRule(&r, name); err != nil {
			return err
		}
	}
	files, err := scaffold.Make(r)
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	for _, f := range files {
		if _, err := os.Lstat(f.Name); err == nil {
			return fail(exitUsage, "%s is there already; nothing was written", f.Name)
		}
	}
	for _, f := range files {
		if err := createFile(f); err != nil {
			return err
		}
		fmt.Fprintln(c.App.Writer, f.Name)
	}
	if kind == "repo" {
		fmt.Fprintf(remarks(c), "next: cd %s && blindspot validate && blindspot test\n", name)
	}
	return nil
}

// createFile writes a file that was not there; one that appeared in the meantime is left alone.
func createFile(f scaffold.File) error {
	if err := os.MkdirAll(filepath.Dir(f.Name), 0o755); err != nil {
		return fail(exitUsage, "%s: %s", f.Name, plainCause(err))
	}
	w, err := os.OpenFile(f.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fail(exitUsage, "%s is there already", f.Name)
		}
		return fail(exitUsage, "%s: %s", f.Name, plainCause(err))
	}
	_, err = w.WriteString(f.Text)
	if e := w.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fail(exitUsage, "%s: %s", f.Name, plainCause(err))
	}
	return nil
}

// newFile turns a name into the file that is made: a plain name goes into the folder of its kind.
func newFile(kind, name string) (string, error) {
	base := path.Base(name)
	stem := strings.TrimSuffix(base, path.Ext(base))
	if strings.TrimSpace(stem) == "" || stem == "." || stem == ".." {
		return "", fail(exitUsage, "%q is no name", name)
	}
	folder, extension := scaffold.Folder(kind)
	if kind == "repo" {
		return path.Clean(name), nil
	}
	if kind == "function" || kind == "watchlist" {
		for i, c := range stem {
			if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
				return "", fail(exitUsage, "%q is no name of a %s: queries call it by this name, so it is made of letters, digits and _", stem, kind)
			}
		}
	}
	switch path.Ext(name) {
	case "":
		name += extension
	case ".yaml", ".yml", ".json":
	default:
		return "", fail(exitUsage, "%s: the file of a %s ends in %s", name, kind, extension)
	}
	if strings.Contains(name, "/") {
		return path.Clean(name), nil
	}
	if _, err := os.Stat("content"); err != nil && isRoot(".") {
		return path.Join(folder, name), nil // the current folder is the content
	}
	return path.Join("content", folder, name), nil
}

// forRule points a test's request at its rule: the test lies beside it, and reads the tables that the rule reads.
func forRule(r *scaffold.Request, name string) error {
	rule := name
	if _, err := os.Stat(rule); err != nil {
		if _, err := os.Stat(r.File); err != nil {
			return fail(exitUsage, "%s: no such rule; name the rule's file", name)
		}
		rule = r.File
	}
	l, err := loadContent([]string{rule})
	if err != nil {
		return err
	}
	for _, x := range l.Rules {
		if l.wanted(x.File()) {
			r.File = strings.TrimSuffix(rule, path.Ext(rule)) + ".test.yaml"
			r.Rule, r.Severity = path.Base(rule), x.Severity
			if res := newCompiler().Check(x.Query, "sentinel", l.Bundle); r.Table == "" && len(res.Tables) > 0 {
				r.Table = res.Tables[0]
			}
			return nil
		}
	}
	return fail(exitUsage, "%s is no rule", rule)
}
