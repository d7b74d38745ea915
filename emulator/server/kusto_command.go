package server

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// command answers the management commands that tools send before they query. Others are refused by name.
//
// Source: Azure Data Explorer documentation, the pages of each command.
func (s *Server) command(text string) (*result.Table, error) {
	words := strings.Fields(strings.ToLower(strings.TrimRight(text, "; \n")))
	original := strings.Fields(strings.TrimRight(text, "; \n"))
	line := strings.Join(words, " ")
	var tables []TableInfo
	if s.opts.Engine != nil {
		tables = s.opts.Engine.Tables()
	}
	database := s.opts.Workspace
	switch {
	case line == ".show version":
		return textTable([]string{"BuildVersion", "BuildTime", "ServiceType", "ProductVersion"}, [][]string{{"1.0.0", stamp(s.opts.Now()), "Engine", "blindspot"}}), nil
	case line == ".show databases":
		return textTable([]string{"DatabaseName", "PersistentStorage", "Version", "IsCurrent", "DatabaseAccessMode", "PrettyName"}, [][]string{{database, "", "v1.0", "true", "ReadWrite", ""}}), nil
	case line == ".show tables":
		var rows [][]string
		for _, t := range tables {
			rows = append(rows, []string{t.Name, database, "", ""})
		}
		return textTable([]string{"TableName", "DatabaseName", "Folder", "DocString"}, rows), nil
	case len(words) == 4 && words[0] == ".show" && words[1] == "table" && words[3] == "cslschema":
		name := strings.Trim(original[2], `['"]`)
		for _, t := range tables {
			if t.Name != name {
				continue
			}
			var columns []string
			for _, c := range t.Columns {
				columns = append(columns, c.Name+":"+c.Type.String())
			}
			return textTable([]string{"TableName", "Schema", "DatabaseName", "Folder", "DocString"}, [][]string{{t.Name, strings.Join(columns, ","), database, "", ""}}), nil
		}
		return nil, fmt.Errorf("there is no table %q", name)
	case line == ".show schema as json", line == ".show database schema as json":
		schema := map[string]any{}
		for _, t := range tables {
			columns := []any{}
			for _, c := range t.Columns {
				columns = append(columns, map[string]any{"Name": c.Name, "CslType": c.Type.String(), "Type": "System." + dotNetType(c.Type)})
			}
			schema[t.Name] = map[string]any{"Name": t.Name, "OrderedColumns": columns}
		}
		b, err := json.Marshal(map[string]any{"Databases": map[string]any{database: map[string]any{"Name": database, "Tables": schema, "Functions": map[string]any{}}}})
		return textTable([]string{"DatabaseSchema"}, [][]string{{string(b)}}), err
	case line == ".show database schema", line == ".show schema":
		var rows [][]string
		for _, t := range tables {
			for _, c := range t.Columns {
				rows = append(rows, []string{database, t.Name, c.Name, "System." + dotNetType(c.Type), c.Type.String()})
			}
		}
		return textTable([]string{"DatabaseName", "TableName", "ColumnName", "ColumnType", "CslType"}, rows), nil
	}
	first := line
	if len(words) > 2 {
		first = strings.Join(words[:2], " ")
	}
	return nil, fmt.Errorf("the command %q is not supported by the stand-in", first)
}

// textTable is a table of texts.
func textTable(names []string, rows [][]string) *result.Table {
	t := &result.Table{Name: "PrimaryResult", Rows: len(rows)}
	for j, n := range names {
		values := make([]value.Value, len(rows))
		for i, r := range rows {
			values[i] = value.NewString(r[j])
		}
		t.Columns = append(t.Columns, result.Column{Name: n, Type: value.String})
		t.Vectors = append(t.Vectors, vector.FromValues(value.String, values...))
	}
	return t
}
