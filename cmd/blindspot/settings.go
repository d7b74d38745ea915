package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
)

// standing is a setting that need not be typed each time: a flag goes before its variable, the variable before defaults: of
// blindspot.yaml, that before defaults: of the person's own file.
type standing struct {
	name string
	// reads checks a value and says what is wrong with it, "" when nothing is.
	reads func(value string) string
	// of are the commands to which it applies; nil is all that have the flag.
	of []string
	// ordinary is the value where nobody says anything.
	ordinary string
}

// variable is the setting's name in the environment.
func (s standing) variable() string {
	return "BLINDSPOT_" + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

// standingSettings lists them in the order of config show. A workspace is taken only where a command cannot do without one:
// query, test and backtest would else leave the machine by a line in a file.
func standingSettings() []standing {
	whole := func(v string) string {
		if n, err := strconv.Atoi(v); err != nil || n < 0 {
			return fmt.Sprintf("%q is no whole number from 0 up", v)
		}
		return ""
	}
	return []standing{
		{"color", func(v string) string {
			if v != "auto" && v != "always" && v != "never" {
				return fmt.Sprintf("%q is unknown; it is auto, always or never", v)
			}
			return ""
		}, nil, "auto"},
		{"quiet", func(v string) string {
			if _, err := strconv.ParseBool(v); err != nil {
				return fmt.Sprintf("%q is neither true nor false", v)
			}
			return ""
		}, nil, "false"},
		{"jobs", whole, []string{"test", "backtest", "query", "generate", "lastseen refresh"}, "0"},
		{"min-score", func(v string) string {
			if n, err := strconv.ParseFloat(v, 64); err != nil || !(n >= 0 && n <= 100) {
				return fmt.Sprintf("%q is no number from 0 to 100", v)
			}
			return ""
		}, []string{"test"}, "0"},
		{"workspace", func(string) string { return "" }, []string{"pull", "plan", "apply", "rollback", "record", "connect status", "connect enable", "connect disable"}, ""},
	}
}

// userFile is where a person's own settings lie: $XDG_CONFIG_HOME/blindspot/config.yaml, ~/.config unless that is set, and
// %AppData%\blindspot\config.yaml on Windows. It is "" where nobody has a home.
func userFile() string {
	dir := os.Getenv("XDG_CONFIG_HOME")
	switch {
	case runtime.GOOS == "windows":
		dir = os.Getenv("AppData")
	case !filepath.IsAbs(dir): // unset, or to be ignored as the specification of these folders says
		home, err := os.UserHomeDir()
		if err != nil || home == "" {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "blindspot", "config.yaml")
}

// userConfig reads a person's own settings; nil where there are none.
func userConfig() (*content.Document, error) {
	file := userFile()
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) && !readable(file) {
		return nil, nil
	}
	if err != nil {
		return nil, fail(exitUsage, "%s: %s", file, plainCause(err))
	}
	doc, problems := content.Parse(filepath.ToSlash(file), data)
	if doc == nil {
		return nil, fail(exitUsage, "%v", problems[0])
	}
	doc.Kind = content.KindConfig
	keys := []string{"defaults", "workspaces"}
	for _, key := range sortedKeys(configRoot(doc)) {
		switch key {
		case "defaults", "workspaces":
		case "checks", "paths", "values":
			return nil, fail(exitUsage, "%s: %s belongs to a repository: write it into blindspot.yaml, so that everybody finds the same", doc.WhereKey(key), key)
		default:
			return nil, unread(doc, key, keys, key)
		}
	}
	return doc, checkDefaults(doc)
}

// readable reports whether a file's folder can be looked into at all: a home of somebody else is no mistake of this one.
func readable(file string) bool {
	_, err := os.Stat(filepath.Dir(file))
	return err == nil
}

// checkDefaults finds a key under defaults: that nothing reads, and a value that cannot be.
func checkDefaults(doc *content.Document) error {
	root := configRoot(doc)
	all, ok := root["defaults"].(map[string]any)
	if !ok {
		if root["defaults"] != nil {
			return fail(exitUsage, "%s: defaults is not a mapping of settings to values", doc.Where("defaults"))
		}
		return nil
	}
	var names []string
	known := map[string]standing{}
	for _, s := range standingSettings() {
		names = append(names, s.name)
		known[s.name] = s
	}
	for _, key := range sortedKeys(all) {
		s, ok := known[key]
		if !ok {
			return unread(doc, key, names, "defaults", key)
		}
		if wrong := s.reads(plainValue(all[key])); wrong != "" {
			return fail(exitUsage, "%s: %s", doc.Where("defaults", key), wrong)
		}
	}
	return nil
}

func unread(doc *content.Document, key string, names []string, path ...any) error {
	if n := nearest.Of(key, names); n != "" {
		return fail(exitUsage, "%s: nothing reads the key %q; the nearest is %q", doc.WhereKey(path...), key, n)
	}
	return fail(exitUsage, "%s: nothing reads the key %q; there are %s", doc.WhereKey(path...), key, strings.Join(names, ", "))
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// plainValue is a scalar of a settings file as it would stand behind a flag.
func plainValue(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// sources are the two files that settings come from; each may be nil.
type sources struct{ project, user *content.Document }

// given finds what is said of a setting beside a flag, and where; "" where nothing is.
func (f sources) given(s standing) (value, origin string, err error) {
	if v := os.Getenv(s.variable()); v != "" {
		if wrong := s.reads(v); wrong != "" {
			return "", "", fail(exitUsage, "%s: %s", s.variable(), wrong)
		}
		return v, s.variable(), nil
	}
	for _, doc := range []*content.Document{f.project, f.user} {
		if doc == nil || !doc.Has("defaults", s.name) {
			continue
		}
		all, _ := configRoot(doc)["defaults"].(map[string]any)
		return plainValue(all[s.name]), doc.Where("defaults", s.name).String(), nil
	}
	return "", "", nil
}

// settle gives the flags of a command that were not typed the values that stand for them.
func settle(c *cli.Context) error {
	user, err := userConfig()
	if err != nil {
		return err
	}
	name := commandName(c.Command)
	var project *content.Document
	if file, err := configFile(c.Args().Slice()); err == nil && file != "" {
		if project, _, err = configOf(c.Args().Slice()); err != nil {
			project = nil // the command says so when it reads it
		} else if err := checkDefaults(project); err != nil {
			switch name {
			case "validate", "lsp", "config show", "help", "version", "completion", "schema":
				project = nil // validate finds it and shows the line
			default:
				return err
			}
		}
	}
	f := sources{project, user}
	for _, s := range standingSettings() {
		if s.of != nil && !has(s.of, name) || c.IsSet(s.name) {
			continue
		}
		v, _, err := f.given(s)
		if err != nil {
			return err
		}
		if v != "" {
			_ = c.Set(s.name, v) // a command without the flag has no use for it
		}
	}
	return nil
}

func has(list []string, word string) bool {
	for _, x := range list {
		if x == word {
			return true
		}
	}
	return false
}
