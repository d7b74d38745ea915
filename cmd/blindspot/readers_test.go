package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// gates are the calls by which bytes from outside come in or are decoded.
var gates = map[string]bool{
	"os.ReadFile": true, "os.Open": true, "os.OpenFile": true, "fs.ReadFile": true, "io.ReadAll": true,
	"bufio.NewScanner": true, "bufio.NewReader": true, "bufio.NewReaderSize": true,
	"json.Unmarshal": true, "json.NewDecoder": true, "yaml.Unmarshal": true, "yaml.NewDecoder": true,
	"xml.Unmarshal": true, "xml.NewDecoder": true, "csv.NewReader": true, "toml.Unmarshal": true, "toml.Decode": true, "gob.NewDecoder": true, "asn1.Unmarshal": true,
	"gzip.NewReader": true, "zlib.NewReader": true, "flate.NewReader": true, "bzip2.NewReader": true, "zstd.NewReader": true, "zip.NewReader": true, "zip.OpenReader": true, "tar.NewReader": true,
	"parquet.NewReader": true, "parquet.NewGenericReader": true, "parquet.OpenFile": true, "http.ReadRequest": true, "http.ReadResponse": true, "mime.ParseMediaType": true, "multipart.NewReader": true,
	"hex.DecodeString": true, "base64.StdEncoding.DecodeString": true, "base64.RawURLEncoding.DecodeString": true, "pem.Decode": true, "x509.ParseCertificate": true,
}

// readerOf says by what a function reads bytes from outside, "" when it does not.
func readerOf(fn *ast.FuncDecl) string {
	why := ""
	if fn.Body != nil {
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok && why == "" {
				f := c.Fun
				if x, ok := f.(*ast.IndexExpr); ok {
					f = x.X
				}
				if name := types.ExprString(f); gates[name] {
					why = "calls " + name
				}
			}
			return true
		})
	}
	if why != "" || !fn.Name.IsExported() {
		return why
	}
	for _, not := range []string{"Append", "Write", "Replace", "Hash"} { // bytes that it adds to, or that are ours
		if strings.HasPrefix(fn.Name.Name, not) {
			return ""
		}
	}
	if name := fn.Name.Name; fn.Recv != nil && (name == "Read" || name == "ReadFrom") {
		return "" // a stream that hands on
	}
	for _, p := range fn.Type.Params.List {
		if typ := types.ExprString(p.Type); typ == "io.Reader" || typ == "[]byte" || typ == "fs.FS" {
			return "takes " + typ
		}
	}
	return ""
}

// TestReadersAreFuzzed holds the table of testdata/readers.txt: every function that reads bytes from outside has a fuzz target
// there, or a reason why it needs none; every target that it names exists, and every target of the tree is named.
func TestReadersAreFuzzed(t *testing.T) {
	root := filepath.Join("..", "..")
	readers, functions, targets := map[string]string{}, map[string]bool{}, map[string]bool{}
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == "dist" || d.Name() == "bench" || rel == "content/tables/gen") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		f, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if strings.HasSuffix(rel, "_test.go") {
				if strings.HasPrefix(fn.Name.Name, "Fuzz") {
					targets[filepath.ToSlash(filepath.Dir(rel))+"."+fn.Name.Name] = true
				}
				continue
			}
			key := rel + " "
			if fn.Recv != nil {
				of, _, _ := strings.Cut(strings.TrimPrefix(types.ExprString(fn.Recv.List[0].Type), "*"), "[")
				key += of + "."
			}
			key += fn.Name.Name
			functions[key] = true
			if why := readerOf(fn); why != "" {
				readers[key] = why
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(readers) < 80 || len(targets) < 26 {
		t.Fatalf("%d readers and %d targets: the test looks at nothing", len(readers), len(targets))
	}
	const table = "testdata/readers.txt"
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	named, seen := map[string]bool{}, map[string]bool{}
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at := fmt.Sprintf("%s:%d", table, i+1)
		words := strings.Fields(line)
		if len(words) < 3 {
			t.Errorf("%s: want a file, a function and a target, or - and a reason", at)
			continue
		}
		key := words[0] + " " + words[1]
		if !functions[key] {
			t.Errorf("%s: there is no function %s in %s", at, words[1], words[0])
		}
		if seen[key] {
			t.Errorf("%s: %s is there twice", at, key)
		}
		seen[key] = true
		if words[2] == "-" {
			if len(words) < 5 {
				t.Errorf("%s: %s has no target, and no reason", at, key)
			}
			continue
		}
		for _, target := range words[2:] {
			if !targets[target] {
				t.Errorf("%s: there is no fuzz target %s", at, target)
			}
			named[target] = true
		}
	}
	for key, why := range readers {
		if !seen[key] {
			t.Errorf("%s %s and is not in %s: name the fuzz target that reaches it", key, why, table)
		}
	}
	for target := range targets {
		if !named[target] {
			t.Errorf("%s is named by no line of %s", target, table)
		}
	}
	t.Logf("%d readers, %d lines, %d targets", len(readers), len(seen), len(targets))
}
