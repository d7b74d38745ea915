package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// flagsFirst moves flags before the arguments of their command, so that "test rules --verbose" means "test --verbose rules",
// and those that every command knows before the command. What follows -- is left alone, and so is a flag that the command
// does not know, which the parser then names.
func flagsFirst(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	front, out := []string{args[0]}, []string{}
	rest := args[1:]
	flags, commands := app.Flags, app.Commands
	everywhere := func(arg string) bool {
		name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		return !knows(flags, name) && (name == "color" || name == "quiet" || name == "q")
	}
	for {
		var moved, plain []string
		var next *cli.Command
		i := 0
		for ; i < len(rest) && next == nil; i++ {
			a := rest[i]
			switch {
			case a == "--":
				plain = append(plain, rest[i:]...)
				i = len(rest)
			case len(a) > 1 && a[0] == '-' && everywhere(a):
				front = append(front, a)
				if takesValue(app.Flags, a) && i+1 < len(rest) {
					i++
					front = append(front, rest[i])
				}
			case len(a) > 1 && a[0] == '-':
				moved = append(moved, a)
				if takesValue(flags, a) && i+1 < len(rest) {
					i++
					moved = append(moved, rest[i])
				}
			default:
				if len(plain) == 0 {
					if k := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(a) }); k >= 0 {
						next = commands[k]
						moved = append(moved, a)
						continue
					}
				}
				plain = append(plain, a)
			}
		}
		out = append(append(out, moved...), plain...)
		if next == nil {
			return append(front, out...)
		}
		rest, flags, commands = rest[i:], next.Flags, next.Subcommands
	}
}

func knows(flags []cli.Flag, name string) bool {
	return slices.ContainsFunc(flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) })
}

// takesValue reports whether the word after a flag is its value.
func takesValue(flags []cli.Flag, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range flags {
		if !slices.Contains(f.Names(), name) {
			continue
		}
		_, boolean := f.(*cli.BoolFlag)
		return !boolean
	}
	return false
}
