package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	yaml "go.yaml.in/yaml/v4"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/terminal"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate"
	"github.com/seed-caab1ad3/blindspot/validate/schema"
)

func configCommand() *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "show which settings count and where each comes from",
		Description: `Examples:
   blindspot config show
   blindspot config show --all content/rules --format json`,
		Subcommands: []*cli.Command{{
			Name:      "show",
			Usage:     "every setting with its value and its origin: a flag, a variable, a line of blindspot.yaml or of your own file, or the default",
			ArgsUsage: "[PATH...]",
			Description: `A flag goes before a variable, that before blindspot.yaml, that before your own file, that before the default. blindspot.yaml
is the nearest one in the folder of PATH, or above it. Your own file is ~/.config/blindspot/config.yaml (or below XDG_CONFIG_HOME, or
%AppData%\blindspot\config.yaml); it has defaults: and workspaces:, and nothing that content is judged by. Secrets are never
settings; values that look like one are not shown.

Examples:
   blindspot config show
   blindspot config show --all --format json`,
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "format", Value: "text", Usage: "`FORMAT`: text, json"},
				&cli.BoolFlag{Name: "all", Usage: "also what has its default"},
			},
			Action: runConfigShow,
		}},
	}
}

// setting is one value with where it comes from.
type setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

type settingsJSON struct {
	SchemaVersion int       `json:"schemaVersion"`
	File          string    `json:"file"` // "" where there is no blindspot.yaml
	Settings      []setting `json:"settings"`
}

func runConfigShow(c *cli.Context) error {
	format := c.String("format")
	if format != "text" && format != "json" {
		return fail(exitUsage, "--format %q is unknown; it is text or json", format)
	}
	doc, _, err := configOf(c.Args().Slice())
	if err != nil {
		return err
	}
	user, err := userConfig()
	if err != nil {
		return err
	}
	list, err := standingValues(c, sources{doc, user})
	if err != nil {
		return err
	}
	file := ""
	if doc != nil {
		file = doc.File()
		violations, err := schema.Check(doc)
		if err != nil {
			return fail(exitUsage, "%s: %v", file, err)
		}
		if len(violations) > 0 {
			v := violations[0]
			return fail(exitUsage, "%s: %s; %s", v.Span, v.Message, v.Help)
		}
		if _, err := configuredLevels(doc); err != nil {
			return err
		}
		if _, err := readPathLevels(doc); err != nil {
			return err
		}
		list = append(list, leaves(doc, doc.Root, nil)...)
	}
	if user != nil {
		for _, s := range leaves(user, user.Root, nil) {
			name := strings.Split(s.Key, ".") // a workspace of the same name in blindspot.yaml is the one
			if len(name) < 2 || name[0] != "workspaces" || doc == nil || !doc.Has("workspaces", name[1]) {
				list = append(list, s)
			}
		}
	}
	list = slices.DeleteFunc(list, func(s setting) bool { return strings.HasPrefix(s.Key, "defaults.") })
	set := map[string]bool{}
	for _, s := range list {
		set[s.Key] = true
	}
	for _, name := range []string{"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CI", "TERM", "GOGC", "GOMEMLIMIT", "GITHUB_STEP_SUMMARY", "AGENT_TEMPDIRECTORY", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"} {
		if v := os.Getenv(name); v != "" {
			list = append(list, setting{name, masked(name, v), "environment"})
		}
	}
	if c.Bool("all") {
		for _, r := range validate.Rules() {
			if key := "checks." + r.ID; !set[key] && !set["checks.all"] {
				list = append(list, setting{key, r.Level.String(), "default"})
			}
		}
		if len(c.Args().Slice()) == 0 {
			list = append(list, setting{"PATH", defaultPath(), "default"})
		}
	}
	if format == "json" {
		if list == nil {
			list = []setting{}
		}
		e := json.NewEncoder(c.App.Writer)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(settingsJSON{1, file, list})
	}
	w := out(c)
	if file == "" {
		fmt.Fprintln(w, "no blindspot.yaml here or above")
	} else {
		fmt.Fprintf(w, "%s\n", w.Paint(terminal.Bold, file))
	}
	wide := 0
	for _, s := range list {
		wide = max(wide, min(len(s.Key), 48))
	}
	for _, s := range list {
		fmt.Fprintf(w, "%-*s  %-24s %s\n", wide, s.Key, s.Value, w.Paint(terminal.Dim, s.Origin))
	}
	return nil
}

// standingValues are the settings that need not be typed, each with the value that counts.
func standingValues(c *cli.Context, f sources) ([]setting, error) {
	var list []setting
	for _, s := range standingSettings() {
		v, origin, err := f.given(s)
		if err != nil {
			return nil, err
		}
		if typed := c.String("color"); s.name == "color" && typed != v && typed != s.ordinary {
			v, origin = typed, "--color"
		}
		if v == "" {
			v, origin = s.ordinary, "default"
		}
		list = append(list, setting{s.name, masked(s.name, v), origin})
	}
	return list, nil
}

func defaultPath() string {
	if st, err := os.Stat("content"); err == nil && st.IsDir() {
		return "content"
	}
	return "the pack inside the program"
}

// leaves lists the scalars of a document with their places, in the order of the file.
func leaves(doc *content.Document, n *yaml.Node, path []string) []setting {
	var out []setting
	switch {
	case n == nil:
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, leaves(doc, n.Content[i+1], append(path[:len(path):len(path)], n.Content[i].Value))...)
		}
	case n.Kind == yaml.SequenceNode:
		for i, x := range n.Content {
			out = append(out, leaves(doc, x, append(path[:len(path):len(path)], fmt.Sprint(i)))...)
		}
	case n.Kind == yaml.ScalarNode:
		key := strings.Join(path, ".")
		out = append(out, setting{key, masked(key, n.Value), doc.NodeSpan(n).String()})
	}
	return out
}

// masked hides values whose name says that they are secret.
func masked(name, value string) string {
	low := strings.ToLower(name)
	for _, w := range [...]string{"secret", "password", "token", "identity_header", "sas"} {
		if strings.Contains(low, w) && !strings.Contains(low, "_file") {
			return "(set, not shown)"
		}
	}
	return value
}
