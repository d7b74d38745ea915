package server

import (
	"context"
	"errors"
	"strings"
	"time"
)

// compileTime bounds the compilation of one query.
const compileTime = 10 * time.Second

// checkRuleQuery compiles the rule's query and looks its columns up, as the service does when a rule is saved (facts S88 to S90, S96).
func (c *checking) checkRuleQuery() *armError {
	q := c.r.text("query")
	if banned(q) {
		return bad("Scheduled alert rule query should not contain 'search' or 'union *'")
	}
	if c.server.opts.Engine == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), compileTime)
	defer cancel()
	columns, err := c.server.opts.Engine.Check(ctx, q, c.library())
	if err != nil {
		var e *QueryError
		switch {
		case !errors.As(err, &e):
			return &armError{500, "InternalServerError", "The query could not be compiled: " + err.Error()}
		case e.Kind == UnknownTable:
			return bad("Failed to run the analytics rule query. One of the tables does not exist.")
		}
		return bad("Failed to run the analytics rule query. %s", e.Error())
	}
	has := make(map[string]bool, len(columns))
	for _, x := range columns {
		has[x.Name] = true
	}
	return checkColumns(c.r, has)
}

// checkColumns holds mappings, details and overrides against the columns of the query's result.
func checkColumns(r *resource, has map[string]bool) *armError {
	absent := func(where, column string) *armError {
		if column == "" || has[column] {
			return nil
		}
		return bad("Error in %s: The given column '%s' does not exist.", where, column)
	}
	mappings, _ := r.Properties["entityMappings"].([]any)
	for _, x := range mappings {
		m, _ := x.(map[string]any)
		fields, _ := m["fieldMappings"].([]any)
		for _, y := range fields {
			f, _ := y.(map[string]any)
			column, _ := f["columnName"].(string)
			if e := absent("EntityMappings", column); e != nil {
				return e
			}
		}
	}
	sentinel, _ := r.Properties["sentinelEntitiesMappings"].([]any)
	for _, x := range sentinel {
		m, _ := x.(map[string]any)
		column, _ := m["columnName"].(string)
		if e := absent("SentinelEntitiesMappings", column); e != nil {
			return e
		}
	}
	details, _ := r.Properties["customDetails"].(map[string]any)
	for _, k := range sortedKeys(details) {
		column, _ := details[k].(string)
		if e := absent("CustomDetails", column); e != nil {
			return e
		}
	}
	over, _ := r.Properties["alertDetailsOverride"].(map[string]any)
	var named []string
	for _, k := range []string{"alertTacticsColumnName", "alertSeverityColumnName"} {
		column, _ := over[k].(string)
		named = append(named, column)
	}
	for _, k := range []string{"alertDisplayNameFormat", "alertDescriptionFormat"} {
		format, _ := over[k].(string)
		named = append(named, placeholders(format)...)
	}
	dynamic, _ := over["alertDynamicProperties"].([]any)
	for _, x := range dynamic {
		m, _ := x.(map[string]any)
		column, _ := m["value"].(string)
		named = append(named, column)
	}
	for _, column := range named {
		if e := absent("AlertDetailsOverride", column); e != nil {
			return e
		}
	}
	return nil
}

// placeholders returns the columns in double braces.
func placeholders(format string) (out []string) {
	for {
		_, rest, ok := strings.Cut(format, "{{")
		if !ok {
			return out
		}
		name, after, ok := strings.Cut(rest, "}}")
		if !ok {
			return out
		}
		out = append(out, strings.TrimSpace(name))
		format = after
	}
}

// banned reports whether a query has the search operator or reads all tables, comments and texts aside.
func banned(q string) bool {
	words := kqlWords(q)
	for i, w := range words {
		first := i == 0 || words[i-1] == ";" || words[i-1] == "|" || words[i-1] == "(" || words[i-1] == "="
		switch {
		case strings.EqualFold(w, "search") && first && i+1 < len(words) && words[i+1] != "=" && words[i+1] != "|" && words[i+1] != ";" && words[i+1] != ")":
			return true
		case strings.EqualFold(w, "union") && first:
			for j := i + 1; j < len(words) && words[j] != "|" && words[j] != ";" && words[j] != ")"; j++ {
				if words[j] == "*" && (j == i+1 || words[j-1] == "," || identifier(words[j-1]) || words[j-1] == ")") {
					return true
				}
			}
		}
	}
	return false
}

// kqlWords splits a query into names and single characters, without comments and texts.
func kqlWords(q string) (out []string) {
	letter := func(b byte) bool {
		return b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
	}
	for i := 0; i < len(q); {
		switch b := q[i]; {
		case strings.HasPrefix(q[i:], "//"):
			n := strings.IndexByte(q[i:], '\n')
			if n < 0 {
				return out
			}
			i += n
		case b == '"' || b == '\'':
			verbatim := i > 0 && q[i-1] == '@'
			i++
			for i < len(q) && q[i] != b {
				if q[i] == '\\' && !verbatim {
					i++
				}
				i++
			}
			i++
			out = append(out, `""`)
		case letter(b):
			from := i
			for i < len(q) && letter(q[i]) {
				i++
			}
			out = append(out, q[from:i])
		case b == ' ' || b == '\t' || b == '\r' || b == '\n':
			i++
		default:
			out = append(out, q[i:i+1])
			i++
		}
	}
	return out
}
