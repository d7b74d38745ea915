package kql_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// judgeCatalog is the workspace that the language service is asked about: schemas as JSON, in the files that the judge
// reads. Its tables are those of one service with those of the others behind.
type judgeCatalog struct {
	tables    map[string]*symbol.Table
	functions map[string]*symbol.StoredFunction
	order     []string
}

type jsonColumn struct{ Name, Type string }

func (c *jsonColumn) UnmarshalJSON(b []byte) error {
	var pair []string
	if json.Unmarshal(b, &pair) == nil && len(pair) == 2 {
		c.Name, c.Type = pair[0], pair[1]
		return nil
	}
	var object struct{ Name, Type string }
	err := json.Unmarshal(b, &object)
	c.Name, c.Type = object.Name, object.Type
	return err
}

type jsonFunction struct {
	Params []struct {
		Name, Type string
		Optional   bool
	}
	Returns string
	Columns []jsonColumn
}

// schemas is what the files hold.
type schemas struct {
	la, xdr, custom, adx map[string][]jsonColumn
	names                map[string][]string // of each file, in its order
	functions            map[string]jsonFunction
	asim                 map[string][]jsonColumn
}

// readSchemas reads the folder of schemas, nil when there is none.
func readSchemas(t *testing.T, dir string) *schemas {
	s := &schemas{names: map[string][]string{}}
	for _, f := range []struct {
		file string
		into *map[string][]jsonColumn
	}{{"tables.json", &s.la}, {"tables-xdr.json", &s.xdr}, {"tables-custom.json", &s.custom}, {"tables-adx.json", &s.adx}} {
		b, err := os.ReadFile(filepath.Join(dir, f.file))
		if err != nil {
			return nil
		}
		if err := json.Unmarshal(b, f.into); err != nil {
			t.Fatalf("%s: %v", f.file, err)
		}
		d := json.NewDecoder(strings.NewReader(string(b)))
		d.Token()
		for d.More() {
			name, _ := d.Token()
			s.names[f.file] = append(s.names[f.file], name.(string))
			var skip json.RawMessage
			d.Decode(&skip)
		}
	}
	var f struct {
		Functions   map[string]jsonFunction
		AsimSchemas map[string][]jsonColumn
	}
	b, err := os.ReadFile(filepath.Join(dir, "functions.json"))
	if err != nil || json.Unmarshal(b, &f) != nil {
		return nil
	}
	s.functions, s.asim = f.Functions, f.AsimSchemas
	return s
}

func symbolColumns(list []jsonColumn) []symbol.Column {
	var out []symbol.Column
	for _, c := range list {
		typ, _ := value.ParseType(c.Type)
		out = append(out, symbol.Column{Name: c.Name, Type: typ, Hidden: hiddenName(c.Name)})
	}
	return out
}

func (s *schemas) catalog(env string) *judgeCatalog {
	c := &judgeCatalog{tables: map[string]*symbol.Table{}, functions: map[string]*symbol.StoredFunction{}}
	add := func(file string, list map[string][]jsonColumn, more ...map[string][]jsonColumn) {
		for _, name := range s.names[file] {
			if c.tables[name] != nil {
				continue
			}
			t := &symbol.Table{Name: name, Columns: symbolColumns(list[name])}
			have := map[string]bool{}
			for _, col := range t.Columns {
				have[col.Name] = true
			}
			for _, m := range more {
				for _, col := range symbolColumns(m[name]) {
					if !have[col.Name] {
						have[col.Name] = true
						t.Columns = append(t.Columns, col)
					}
				}
			}
			t.Open = name == "AzureDiagnostics" || strings.HasSuffix(name, "_CL")
			if env == "adx" {
				t.Open = len(t.Columns) == 0
			} else {
				for _, h := range []symbol.Column{{Name: "_ItemId", Type: value.String}, {Name: "_TimeReceived", Type: value.DateTime}, {Name: "_ResourceId", Type: value.String},
					{Name: "_SubscriptionId", Type: value.String}, {Name: "_IsBillable", Type: value.String}, {Name: "_BilledSize", Type: value.Real}, {Name: "_Internal_WorkspaceResourceId", Type: value.String}} {
					if !have[h.Name] {
						h.Hidden = true
						t.Columns = append(t.Columns, h)
					}
				}
			}
			c.tables[name] = t
			c.order = append(c.order, name)
		}
	}
	switch env {
	case "la":
		add("tables.json", s.la)
		add("tables-xdr.json", s.xdr)
		add("tables-custom.json", s.custom)
	case "xdr":
		rest := map[string][]jsonColumn{}
		for name, cols := range s.custom {
			rest[name] = cols
		}
		for name, cols := range s.la {
			rest[name] = cols
		}
		add("tables-xdr.json", s.xdr, rest)
		add("tables.json", s.la)
		add("tables-custom.json", s.custom)
	case "adx":
		add("tables-adx.json", s.adx)
		return c
	default:
		return nil
	}
	for name, f := range s.functions {
		c.functions[name] = s.function(name, f)
	}
	return c
}

func (s *schemas) function(name string, f jsonFunction) *symbol.StoredFunction {
	out := &symbol.StoredFunction{Name: name}
	for _, p := range f.Params {
		typ, _ := value.ParseType(p.Type)
		table := p.Type == "*"
		out.Parameters = append(out.Parameters, symbol.Parameter{Name: p.Name, Type: typ, Tabular: table, HasDefault: p.Optional && !table})
	}
	standard := []jsonColumn{{"TimeGenerated", "datetime"}, {"Type", "string"}}
	schema, asim := strings.CutPrefix(f.Returns, "asim:")
	scalar, isScalar := strings.CutPrefix(f.Returns, "scalar:")
	switch {
	case f.Returns == "invoke":
		out.Extends = symbolColumns(f.Columns)
	case isScalar:
		out.ReturnType, _ = value.ParseType(scalar)
	case f.Returns == "database":
		out.Remote = symbol.SameTables
	case f.Returns == "opendatabase":
		out.Remote = symbol.ForeignTables
	case asim && s.asim[schema] != nil:
		cols := append(standard, jsonColumn{"_ResourceId", "string"})
		for _, c := range s.asim[schema] {
			if c.Name != "TimeGenerated" && c.Name != "Type" && c.Name != "_ResourceId" {
				cols = append(cols, c)
			}
		}
		out.Returns = &symbol.Table{Name: name, Columns: symbolColumns(cols), Open: true}
	case f.Returns == "open" || asim:
		if f.Columns == nil {
			f.Columns = standard
		}
		out.Returns = &symbol.Table{Name: name, Columns: symbolColumns(f.Columns), Open: true}
	default:
		out.Returns = &symbol.Table{Name: name, Columns: symbolColumns(f.Columns)}
	}
	return out
}

func (c *judgeCatalog) Table(name string) (*symbol.Table, bool) {
	t, ok := c.tables[name]
	return t, ok
}

func (c *judgeCatalog) Function(name string) (*symbol.StoredFunction, bool) {
	f, ok := c.functions[name]
	return f, ok
}

func (c *judgeCatalog) Watchlist(string) (*symbol.Watchlist, bool) { return nil, false }

func (c *judgeCatalog) TableNames(pattern string) []string {
	var out []string
	for _, name := range c.order {
		if ok, _ := filepath.Match(pattern, name); ok {
			out = append(out, name)
		}
	}
	return out
}

func (c *judgeCatalog) NearestTable(string) string { return "" }
