// Command sbom writes what built programs are made of: the modules that Go noted in each of them come out as one CycloneDX
// document. The same programs give the same bytes.
//
//	go run ./cmd/sbom dist/blindspot-* > dist/sbom.json
package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"sort"
)

type bom struct {
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "sbom: name the programs")
		os.Exit(2)
	}
	if err := write(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom: "+err.Error())
		os.Exit(1)
	}
}

func write(w io.Writer, files []string) error {
	modules := map[string]component{}
	var main component
	sort.Strings(files)
	for _, file := range files {
		info, err := buildinfo.ReadFile(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if main.Name == "" {
			main = module(info.Main.Path, info.Main.Version)
			main.Type = "application"
		}
		main.Properties = append(main.Properties, property{"go:" + filepath.Base(file), info.GoVersion})
		std := module("std", info.GoVersion)
		modules[std.Ref] = std
		for _, d := range info.Deps {
			if d.Replace != nil {
				d = d.Replace
			}
			c := module(d.Path, d.Version)
			if d.Sum != "" {
				c.Properties = []property{{"go:sum", d.Sum}}
			}
			modules[c.Ref] = c
		}
	}
	b := bom{Format: "CycloneDX", SpecVersion: "1.5", Version: 1, Metadata: metadata{main}}
	refs := make([]string, 0, len(modules))
	for ref := range modules {
		refs = append(refs, ref)
	}
	sort.Strings(refs)
	for _, ref := range refs {
		b.Components = append(b.Components, modules[ref])
	}
	b.Dependencies = []dependency{{main.Ref, refs}}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(b)
}

func module(name, version string) component {
	purl := "pkg:golang/" + path.Clean(name) + "@" + version
	return component{Type: "library", Ref: purl, Name: name, Version: version, PURL: purl}
}
