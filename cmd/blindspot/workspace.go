package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/schema"
)

// workspaceFlags are the flags of every command that talks to a workspace.
func workspaceFlags(more ...cli.Flag) []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "workspace", Aliases: []string{"w"}, Usage: "`NAME` in blindspot.yaml, or the URL of a blindspot serve"},
		&cli.BoolFlag{Name: "verbose", Usage: "say every request on stderr: method, path, status, time"},
	}, more...)
}

func stateFlag() cli.Flag {
	return &cli.StringFlag{Name: "state", Usage: "`FOLDER` of the journal and the snapshots (default: .blindspot beside blindspot.yaml)"}
}

// place is a folder of content with the workspace it is for.
type place struct {
	content *loaded
	raw     []*deploy.Resource
	target  *azure.Target
	home    string // where blindspot.yaml lies, or the current folder
}

// targetOf finds the workspace that the flags mean.
func targetOf(c *cli.Context, paths []string) (*azure.Target, string, error) {
	doc, home, err := configOf(paths)
	if err != nil {
		return nil, "", err
	}
	if doc != nil {
		if err := unreadKeys(doc); err != nil {
			return nil, "", err
		}
	}
	targets, err := azure.Targets(doc)
	if err != nil {
		return nil, "", fail(exitUsage, "%v", err)
	}
	user, err := userConfig()
	if err != nil {
		return nil, "", err
	}
	own, err := azure.Targets(user)
	if err != nil {
		return nil, "", fail(exitUsage, "%v", err)
	}
	if c.String("workspace") != "" { // else a repository's one workspace would no longer be the only one
		for _, t := range own {
			if !slices.ContainsFunc(targets, func(x *azure.Target) bool { return x.Name == t.Name }) {
				targets = append(targets, t)
			}
		}
	} else if len(targets) == 0 {
		targets = own
	}
	t, err := azure.Find(targets, c.String("workspace"))
	if err != nil {
		return nil, "", fail(exitUsage, "%v", err)
	}
	return t, home, nil
}

// unreadKeys refuses keys at the top of blindspot.yaml that nothing reads: a mistyped one would pass for a workspace without
// values, or for none.
func unreadKeys(doc *content.Document) error {
	list, err := schema.Check(doc)
	if err != nil {
		return fail(exitUsage, "%s: %v", doc.File(), err)
	}
	var bad []string
	for _, v := range list {
		if strings.HasPrefix(v.Message, "nothing reads") && !strings.Contains(v.Path, ".") {
			bad = append(bad, fmt.Sprintf("%v: %s; %s", v.Span, v.Message, v.Help))
		}
	}
	if len(bad) > 0 {
		return fail(exitUsage, "%s", strings.Join(bad, "\n"))
	}
	return nil
}

// transport carries requests; nil is the ordinary one. Tests put faults here.
var transport policy.Transporter

// openWorkspace signs in to a target.
func openWorkspace(c *cli.Context, t *azure.Target) (*azure.Workspace, error) {
	o := azure.Options{Transport: transport}
	if c.Bool("verbose") {
		o.Log = func(line string) { fmt.Fprintln(c.App.ErrWriter, line) }
	}
	w, err := azure.Open(c.Context, t, o)
	if err != nil {
		return nil, remoteError(err)
	}
	return w, nil
}

// placeOf reads the content for a workspace. Content that cannot be read is refused: a plan must not rest on half of it.
func placeOf(c *cli.Context, paths []string) (*place, *azure.Workspace, error) {
	t, home, err := targetOf(c, paths)
	if err != nil {
		return nil, nil, err
	}
	l, err := loadContent(paths)
	if err != nil {
		return nil, nil, err
	}
	var bad []string
	for _, p := range l.Problems {
		if p.Severity == content.Error {
			bad = append(bad, p.Error())
		}
	}
	if len(bad) > 0 {
		if len(bad) > 20 {
			bad = append(bad[:20], fmt.Sprintf("... and %d more", len(bad)-20))
		}
		return nil, nil, fail(exitUsage, "%s", strings.Join(bad, "\n"))
	}
	p := &place{content: l, home: home}
	if !l.Shipped {
		folders := paths
		if len(folders) == 0 {
			folders = []string{"content"}
		}
		if p.raw, err = deploy.RawFiles(folders...); err != nil {
			return nil, nil, fail(exitUsage, "%v", err)
		}
	}
	w, err := openWorkspace(c, t)
	if err != nil {
		return nil, nil, err
	}
	p.target = &w.Target
	return p, w, nil
}

// wanted turns the content into resources.
func (p *place) wanted() (*deploy.Desired, error) {
	d, err := deploy.Wanted(p.content.Bundle, p.raw, p.target)
	if err != nil {
		return nil, fail(exitUsage, "%v", err)
	}
	return d, nil
}

// store is the state folder of the workspace.
func (p *place) store(c *cli.Context) *deploy.Store { return storeOf(c, p.home, p.target) }

func storeOf(c *cli.Context, home string, t *azure.Target) *deploy.Store {
	dir := c.String("state")
	if dir == "" {
		dir = filepath.Join(home, ".blindspot")
	}
	return deploy.OpenStore(dir, t)
}

// remoteError gives an error of the service its exit code.
func remoteError(err error) error {
	var coded *codedError
	var bug *azure.Bug
	var file *deploy.FileError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bug):
		return err
	case errors.As(err, &coded):
		return err
	case errors.Is(err, context.Canceled):
		return fail(exitInterrupted, "interrupted")
	case errors.As(err, &file):
		return fail(exitUsage, "%v", err)
	case azure.IsDenied(err):
		return fail(exitDenied, "%s", azure.Redact(err.Error()))
	}
	return fail(exitRefused, "%s", azure.Redact(err.Error()))
}

// failJSON writes an error as the JSON document that a command promised, when it promised one.
func failJSON(c *cli.Context, err error) error {
	if err == nil || c.String("format") != "json" {
		return err
	}
	message := err.Error()
	e := json.NewEncoder(c.App.Writer)
	e.SetEscapeHTML(false)
	_ = e.Encode(map[string]any{"schemaVersion": 1, "workspace": c.String("workspace"), "actions": []any{}, "error": map[string]any{"message": message}})
	return err
}

// ask adapts a workspace to what plans need: rows as text.
func ask(w *azure.Workspace) deploy.Asker {
	return func(ctx context.Context, kql string) ([][]string, error) {
		r, err := w.Query(ctx, kql, azure.QueryOptions{Partial: func(string) {}})
		if err != nil {
			return nil, err
		}
		t := r.Primary()
		out := make([][]string, t.Rows)
		for i := range out {
			for j := range t.Columns {
				out[i] = append(out[i], cellOf(t, i, j))
			}
		}
		return out, nil
	}
}
