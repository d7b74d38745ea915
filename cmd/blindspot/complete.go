package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/cmd/internal/scaffold"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
	"github.com/seed-caab1ad3/blindspot/validate/explain"
)

// completeWord is the hidden command that the scripts of completion call: what follows are the words of the line as it
// stands, the last one that which is being typed. Answers are lines, a value and after a tab what it means; the line :files
// says that names of files fit as well.
const completeWord = "__complete"

// emptyWord stands for a last word of no letters where a shell cannot pass such an argument.
const emptyWord = "__empty"

type candidate struct{ value, text string }

// complete answers a shell.
func complete(app *cli.App, words []string, w io.Writer) error {
	if len(words) == 0 {
		words = []string{""}
	}
	current := words[len(words)-1]
	if current == emptyWord {
		current = ""
	}
	list, files := candidates(app, words[:len(words)-1], current)
	b := bufio.NewWriter(w)
	for _, c := range list {
		if len(c.value) < len(current) || !strings.EqualFold(c.value[:len(current)], current) {
			continue
		}
		b.WriteString(c.value)
		if c.text != "" {
			fmt.Fprintf(b, "\t%s", c.text)
		}
		b.WriteByte('\n')
	}
	if files {
		b.WriteString(":files\n")
	}
	return b.Flush()
}

// candidates are what can stand where current is being typed, and whether a file can.
func candidates(app *cli.App, before []string, current string) ([]candidate, bool) {
	var command *cli.Command
	name := ""
	commands, flags := app.Commands, app.Flags
	var pending cli.Flag
	used := map[string]bool{}
	args, plain := 0, false
	for _, word := range before {
		switch {
		case pending != nil:
			pending = nil
		case plain:
			args++
		case word == "--":
			plain = true
		case len(word) > 1 && word[0] == '-':
			typed, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
			f := flagNamed(slices.Concat(flags, app.Flags), typed)
			if f == nil {
				continue
			}
			used[f.Names()[0]] = true
			if takesValue([]cli.Flag{f}, word) {
				pending = f
			}
		default:
			i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(word) })
			if i < 0 || args > 0 {
				args++
				continue
			}
			command = commands[i]
			name = strings.TrimSpace(name + " " + command.Name)
			commands, flags = command.Subcommands, command.Flags
		}
	}
	switch {
	case pending != nil:
		return valuesOf(name, pending, current)
	case !plain && strings.HasPrefix(current, "--") && strings.Contains(current, "="):
		typed, value, _ := strings.Cut(current, "=")
		f := flagNamed(slices.Concat(flags, app.Flags), strings.TrimLeft(typed, "-"))
		if f == nil {
			return nil, false
		}
		list, files := valuesOf(name, f, value)
		for i := range list {
			list[i].value = typed + "=" + list[i].value
		}
		return list, files
	case !plain && strings.HasPrefix(current, "-"):
		var list []candidate
		for _, f := range slices.Concat(flags, app.Flags) {
			long := f.Names()[0]
			if used[long] && !repeats(f) {
				continue
			}
			text := ""
			if d := flagsOf([]cli.Flag{f}); len(d) > 0 {
				text = d[0].Text
			}
			list = append(list, candidate{"--" + long, text})
		}
		return append(list, candidate{"--help", "show help"}), false
	case len(commands) > 0 && args == 0:
		var list []candidate
		for _, c := range commands {
			list = append(list, candidate{c.Name, c.Usage})
		}
		return list, false
	case command == nil:
		return nil, false
	}
	return argumentsOf(name, args)
}

func flagNamed(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func repeats(f cli.Flag) bool {
	switch x := f.(type) {
	case *cli.StringSliceFlag:
		return true
	case *cli.GenericFlag:
		_, ok := x.Value.(*repeated)
		return ok
	}
	return false
}

// valuesOf are what can stand behind a flag.
func valuesOf(command string, f cli.Flag, current string) ([]candidate, bool) {
	words := func(list ...string) ([]candidate, bool) {
		var out []candidate
		for _, v := range list {
			out = append(out, candidate{value: v})
		}
		return out, false
	}
	if list := formatsOf(f); list != nil {
		return words(list...)
	}
	switch flag := f.Names()[0]; flag {
	case "color":
		return words("auto", "always", "never")
	case "check":
		return checksAndCodes(""), false
	case "level":
		if id, _, ok := strings.Cut(current, "="); ok {
			return words(id+"=error", id+"=warning", id+"=info", id+"=off")
		}
		return append(checksAndCodes("="), candidate{"all=", "every check"}), false
	case "workspace":
		if command == "serve" {
			return nil, false
		}
		return words(workspaceNames()...)
	case "attack":
		var out []candidate
		for _, a := range generate.Attacks() {
			out = append(out, candidate{a.Name, "of the rule " + a.Rule})
		}
		return append(out, candidate{"all", "every attack"}), false
	case "fault":
		if command == "generate" {
			return words("late-rows", "missing-table=", "emptied-columns=", "duplicates")
		}
		return nil, false
	case "streams":
		return words("interactive", "noninteractive", "serviceprincipal", "managedidentity", "audit")
	case "to":
		if command == "export" {
			return words("arm", "bicep", "terraform", "yaml", "package", "defender")
		}
		return nil, command != "backtest"
	case "delay":
		return words("none", "agent", "resource", "activity", "entra")
	case "profile":
		return words("sentinel", "hunting", "adx")
	case "severity":
		return words("High", "Medium", "Low", "Informational")
	case "table":
		return words(tables.Names(tables.Sentinel)...)
	case "test":
		return nil, false
	case "only":
		return words("rule/*", "hunting/*", "function/*", "watchlist/*", "workbook/*")
	case "run", "title", "id", "days", "users", "seed", "start", "ratio", "jobs", "from", "now", "timespan", "sweep", "min-score", "until", "since", "category", "set", "price", "volume", "setting", "take", "keep", "generate", "addr", "tls-addr":
		return nil, false
	}
	return nil, true
}

// argumentsOf are what can stand as an argument of a command, of which there are n already.
func argumentsOf(command string, n int) ([]candidate, bool) {
	words := func(list []string) []candidate {
		var out []candidate
		for _, v := range list {
			out = append(out, candidate{value: v})
		}
		return out
	}
	switch command {
	case "test", "backtest":
		return ruleNames(), true
	case "explain":
		if n > 0 {
			return nil, false
		}
		return append(checksAndCodes(""), ruleNames()...), true
	case "schema":
		if n > 0 {
			return nil, false
		}
		var out []candidate
		titles := outputs()
		for _, s := range schemaNames() {
			out = append(out, candidate{s, titles[s].title})
		}
		return out, false
	case "help":
		if n > 0 {
			return nil, false
		}
		out := words(topicNames())
		for _, c := range commands() {
			out = append(out, candidate{c.Name, c.Usage})
		}
		return out, false
	case "completion":
		return words([]string{"bash", "zsh", "fish", "powershell"}), false
	case "new":
		if n == 0 {
			return words(scaffold.Kinds()), false
		}
		return nil, true
	case "connect enable", "connect disable":
		var out []string
		for _, s := range streamsOf(&loaded{Bundle: &content.Bundle{}}) {
			out = append(out, s.Category)
		}
		return words(out), false
	case "record":
		return words(tables.Names(tables.Sentinel)), false
	case "validate", "plan", "apply", "export", "import", "docs", "fmt", "workbook test", "workbook render", "connect status", "config show":
		return nil, true
	}
	return nil, false
}

// checksAndCodes are the ids of findings, each with an ending.
func checksAndCodes(ending string) []candidate {
	var out []candidate
	for _, e := range explain.All() {
		out = append(out, candidate{e.ID + ending, e.Title})
	}
	return out
}

// ruleNames are the rules of ./content, or of the pack, by the names of their files.
func ruleNames() []candidate {
	l, err := loadContent(nil)
	if err != nil {
		return nil
	}
	var out []candidate
	for _, r := range l.Rules {
		base := r.File()[strings.LastIndexByte(r.File(), '/')+1:]
		out = append(out, candidate{strings.TrimSuffix(base, ".yaml"), r.Name})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].value < out[j].value })
	return out
}

// workspaceNames are those of blindspot.yaml and of the person's own file.
func workspaceNames() []string {
	project, _, _ := configOf(nil)
	user, _ := userConfig()
	var out []string
	for _, doc := range []*content.Document{project, user} {
		targets, err := azure.Targets(doc)
		if err != nil {
			continue
		}
		for _, t := range targets {
			if !slices.Contains(out, t.Name) {
				out = append(out, t.Name)
			}
		}
	}
	return out
}
