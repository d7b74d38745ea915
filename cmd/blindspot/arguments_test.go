package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestFlagsFirst(t *testing.T) {
	app := &cli.App{
		Flags: []cli.Flag{&cli.StringFlag{Name: "color"}},
		Commands: []*cli.Command{
			{Name: "test", Flags: []cli.Flag{&cli.StringFlag{Name: "run"}, &cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}}}},
			{Name: "workbook", Subcommands: []*cli.Command{{Name: "render", Flags: []cli.Flag{&cli.StringFlag{Name: "out"}}}}},
		},
	}
	for _, c := range []struct{ in, want string }{
		{"b", "b"},
		{"b test rules -v", "b test -v rules"},
		{"b test rules --run x more", "b test --run x rules more"},
		{"b test rules --run=x more", "b test --run=x rules more"},
		{"b --color never test a -v", "b --color never test -v a"},
		{"b workbook render f.json --out o.html", "b workbook render --out o.html f.json"},
		{"b test a -- -v", "b test a -- -v"},
		{"b test - -v", "b test -v -"},
		{"b test test -v", "b test -v test"},
		{"b test a --unknown b", "b test --unknown a b"},
	} {
		if got := flagsFirst(app, strings.Fields(c.in)); !reflect.DeepEqual(got, strings.Fields(c.want)) {
			t.Errorf("%s: %q, want %q", c.in, got, c.want)
		}
	}
}
