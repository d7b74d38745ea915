package content

import (
	"path"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// Kind says what a file of content is.
type Kind uint8

// The kinds of files. Ignored files are part of no kind on purpose (README.md, the CSV body of a watchlist).
const (
	KindUnknown Kind = iota
	KindRule
	KindHunting
	KindFunction
	KindWatchlist
	KindWorkbook
	KindEvents
	KindStream
	KindTable
	KindTest
	KindConfig
	KindSummary
)

var kindNames = [...]string{"unknown", "rule", "hunting query", "function", "watchlist", "workbook", "event templates", "stream", "table", "rule test", "configuration", "summary rule"}

// String returns the kind's name for people: "rule", "hunting query".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// folders names the kind of a folder's files. The first group are this project's names, the rest those of Azure-Sentinel.
func folderKind(name string) Kind {
	switch strings.ToLower(name) {
	case "rules", "analytic rules", "analytics rules", "detections", "analyticrules", "analyticalrules":
		return KindRule
	case "hunting", "hunting queries", "huntingqueries":
		return KindHunting
	case "functions", "parsers":
		return KindFunction
	case "watchlists":
		return KindWatchlist
	case "summaries", "summary rules", "summaryrules":
		return KindSummary
	case "workbooks":
		return KindWorkbook
	case "events":
		return KindEvents
	case "streams":
		return KindStream
	case "tables":
		return KindTable
	}
	return KindUnknown
}

// kindOfPath decides by name alone: tests and the configuration by file name, the rest by the nearest folder that says it.
func kindOfPath(file string) Kind {
	base := strings.ToLower(path.Base(file))
	switch {
	case strings.HasSuffix(base, ".test.yaml") || strings.HasSuffix(base, ".test.yml"):
		return KindTest
	case base == "blindspot.yaml" || base == "blindspot.yml":
		return KindConfig
	}
	for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if k := folderKind(path.Base(dir)); k != KindUnknown {
			return k
		}
	}
	return KindUnknown
}

// kindOfShape decides by the keys of a document, for files outside the known folders.
func kindOfShape(n *yaml.Node) Kind {
	if n == nil || n.Kind != yaml.MappingNode {
		return KindUnknown
	}
	keys := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		keys[n.Content[i].Value] = n.Content[i+1]
	}
	has := func(names ...string) bool {
		for _, name := range names {
			if keys[name] == nil {
				return false
			}
		}
		return true
	}
	switch {
	case has("items") && has("version") && strings.HasPrefix(keys["version"].Value, "Notebook/"):
		return KindWorkbook
	case has("rule", "tests"):
		return KindTest
	case has("itemsSearchKey"), has("watchlistAlias"):
		return KindWatchlist
	case has("ParserQuery"), has("FunctionQuery"), has("FunctionAlias"), has("alias", "query"), has("parameters", "query"):
		return KindFunction
	case has("binSize"), has("destinationTable", "query"):
		return KindSummary
	case has("queryFrequency"), has("queryPeriod"), has("triggerThreshold"):
		return KindRule
	case has("kind") && (keys["kind"].Value == "Scheduled" || strings.EqualFold(keys["kind"].Value, "NRT")):
		return KindRule
	case has("query", "name"):
		return KindHunting
	case has("name", "columns"):
		return KindTable
	case has("table", "category"):
		return KindStream
	}
	return KindUnknown
}
