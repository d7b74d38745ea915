package workbook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
)

// The item types that are known.
const (
	typeText       = 1
	typeQuery      = 3
	typeParameters = 9
	typeMetric     = 10
	typeLinks      = 11
	typeGroup      = 12
)

// maxDepth bounds how far groups nest.
const maxDepth = 20

// Workbook is a workbook's page as a tree of items.
type Workbook struct {
	File  string
	Name  string
	Items []*Item
}

// Item is one part of the page. Which fields are set depends on Type.
type Item struct {
	Type    int
	Name    string
	Path    string // its place in the JSON: items.3.content.items.0
	Width   int    // percent, 0 when not said
	Visible []Condition

	Text       string // 1: Markdown
	Style      string // 1: info, warning, error, success, upsell; 9: pills, above; 11: tabs, list, ...
	Query      *Query
	Parameters []*Parameter
	Links      []Link
	Items      []*Item // 12
	Title      string  // 12
}

// Condition says that a parameter must, or must not, have a value.
type Condition struct {
	Parameter string
	Not       bool
	Value     string
}

// Link is one of a links item. A tab sets Parameter to Value.
type Link struct {
	Label     string
	Target    string // linkTarget: parameter, Url, ...
	Parameter string
	Value     string
}

// Query is what a query item runs and how it shows the result.
type Query struct {
	Text          string
	Title         string
	NoData        string
	Visualization string
	Size          int
	TimeParameter string // timeContextFromParameter
	TimeMs        int64  // timeContext.durationMs, 0 when the query bounds its time itself
	QueryType     int
	Exports       []Export
	Grid          Grid
	Tiles         *Tiles
	Chart         Chart
	Map           *Map
}

// Export is a parameter that a click on a result sets. An empty Field exports the whole row.
type Export struct {
	Field      string
	Parameter  string
	Default    string
	HasDefault bool
}

// Grid is how a table is shown.
type Grid struct {
	Formatters []Formatter
	Labels     map[string]string
	SortBy     []Sort
	RowLimit   int
	Hierarchy  *Hierarchy
}

// Formatter shows the columns that match a pattern. Kind is the number of the format.
type Formatter struct {
	Match   string
	Kind    int
	Palette string
	Min     *float64
	Max     *float64
	Unit    int
	Style   string // of the number format: decimal, percent
	Digits  int    // most digits after the point, -1 when not said
	Limits  []Threshold
}

// Threshold turns a value into an icon or colour with a text.
type Threshold struct {
	Operator       string
	Value          string
	Representation string
	Text           string
}

// Sort orders rows by a column.
type Sort struct {
	Column     string
	Descending bool
}

// Hierarchy makes a tree of a table: of ids and parents (Type 0), or by grouping columns (Type 1).
type Hierarchy struct {
	Type     int
	ID       string
	Parent   string
	Expander string
	GroupBy  []string
}

// Tiles is how a row becomes a tile. An empty column is not shown.
type Tiles struct {
	Title, Subtitle, Left, Right, Secondary Formatter
}

// Chart names a chart's columns, where they are said.
type Chart struct {
	X      string
	Y      []string
	Series string
}

// Map names the columns of a map.
type Map struct {
	Latitude, Longitude, Size, Label string
}

// Parse reads a workbook's tree. Errors name the place in the JSON.
func Parse(w *content.Workbook) (*Workbook, error) {
	var root struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(w.Raw, []byte("\xEF\xBB\xBF")), &root); err != nil {
		return nil, fmt.Errorf("%s: %v", w.File(), err)
	}
	items, err := parseItems(root.Items, "items", 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %v", w.File(), err)
	}
	return &Workbook{File: w.File(), Name: w.Name, Items: items}, nil
}

type jsonItem struct {
	Type         json.Number     `json:"type"`
	Name         string          `json:"name"`
	CustomWidth  string          `json:"customWidth"`
	Visibility   *jsonCondition  `json:"conditionalVisibility"`
	Visibilities []jsonCondition `json:"conditionalVisibilities"`
	Content      jsonContent     `json:"content"`
}

type jsonCondition struct {
	Parameter  string  `json:"parameterName"`
	Comparison string  `json:"comparison"`
	Value      *string `json:"value"`
}

type jsonContent struct {
	JSON       string            `json:"json"`
	Style      string            `json:"style"`
	Title      string            `json:"title"`
	Items      []json.RawMessage `json:"items"`
	Links      []jsonLink        `json:"links"`
	Parameters []json.RawMessage `json:"parameters"`
	jsonQuery
}

type jsonLink struct {
	CellValue  string `json:"cellValue"`
	LinkTarget string `json:"linkTarget"`
	LinkLabel  string `json:"linkLabel"`
	SubTarget  string `json:"subTarget"`
}

type jsonQuery struct {
	Query         string `json:"query"`
	Visualization string `json:"visualization"`
	NoData        string `json:"noDataMessage"`
	Size          int    `json:"size"`
	QueryType     int    `json:"queryType"`
	TimeFrom      string `json:"timeContextFromParameter"`
	TimeContext   *struct {
		DurationMs int64 `json:"durationMs"`
	} `json:"timeContext"`
	ExportField   *string      `json:"exportFieldName"`
	ExportName    string       `json:"exportParameterName"`
	ExportDefault *string      `json:"exportDefaultValue"`
	Exported      []jsonExport `json:"exportedParameters"`
	Brush         string       `json:"timeBrushParameterName"`
	Grid          *jsonGrid    `json:"gridSettings"`
	Tile          *jsonTiles   `json:"tileSettings"`
	Chart         *jsonChart   `json:"chartSettings"`
	Map           *jsonMap     `json:"mapSettings"`
	SortBy        []jsonSort   `json:"sortBy"`
}

type jsonExport struct {
	Field   string  `json:"fieldName"`
	Name    string  `json:"parameterName"`
	Default *string `json:"defaultValue"`
}

type jsonSort struct {
	Key   string `json:"itemKey"`
	Order int    `json:"sortOrder"`
}

type jsonGrid struct {
	Formatters []jsonFormatter `json:"formatters"`
	RowLimit   int             `json:"rowLimit"`
	SortBy     []jsonSort      `json:"sortBy"`
	Labels     []struct {
		Column string `json:"columnId"`
		Label  string `json:"label"`
	} `json:"labelSettings"`
	Hierarchy *struct {
		TreeType int      `json:"treeType"`
		GroupBy  []string `json:"groupBy"`
		ID       string   `json:"idColumn"`
		Parent   string   `json:"parentColumn"`
		Expander string   `json:"expanderColumn"`
	} `json:"hierarchySettings"`
}

type jsonFormatter struct {
	Match   string `json:"columnMatch"`
	Kind    int    `json:"formatter"`
	Options struct {
		Palette string   `json:"palette"`
		Min     *float64 `json:"min"`
		Max     *float64 `json:"max"`
		Limits  []struct {
			Operator       string  `json:"operator"`
			Value          *string `json:"thresholdValue"`
			Representation *string `json:"representation"`
			Text           string  `json:"text"`
		} `json:"thresholdsGrid"`
	} `json:"formatOptions"`
	Number struct {
		Unit    int `json:"unit"`
		Options struct {
			Style  string `json:"style"`
			Digits *int   `json:"maximumFractionDigits"`
		} `json:"options"`
	} `json:"numberFormat"`
}

type jsonTiles struct {
	Title     jsonFormatter `json:"titleContent"`
	Subtitle  jsonFormatter `json:"subtitleContent"`
	Left      jsonFormatter `json:"leftContent"`
	Right     jsonFormatter `json:"rightContent"`
	Secondary jsonFormatter `json:"secondaryContent"`
}

type jsonChart struct {
	X     string          `json:"xAxis"`
	Y     []string        `json:"yAxis"`
	Group json.RawMessage `json:"group"`
}

type jsonMap struct {
	Latitude  string `json:"latitude"`
	Longitude string `json:"longitude"`
	Size      string `json:"sizeSettings"`
	Label     string `json:"labelSettings"`
}

func parseItems(raw []json.RawMessage, at string, depth int) ([]*Item, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%s: groups nest more than %d deep", at, maxDepth)
	}
	var list []*Item
	for i, r := range raw {
		path := fmt.Sprintf("%s.%d", at, i)
		it, err := parseItem(r, path, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, it)
	}
	return list, nil
}

func parseItem(raw json.RawMessage, path string, depth int) (*Item, error) {
	var j jsonItem
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, fmt.Errorf("%s: %v", path, err)
	}
	kind, err := j.Type.Int64()
	if err != nil {
		return nil, fmt.Errorf("%s: the item has no type; write the number of its kind, 3 for a query", path)
	}
	it := &Item{Type: int(kind), Name: j.Name, Path: path, Style: j.Content.Style, Title: j.Content.Title}
	fmt.Sscanf(j.CustomWidth, "%d", &it.Width)
	if j.Visibility != nil {
		j.Visibilities = append([]jsonCondition{*j.Visibility}, j.Visibilities...)
	}
	for _, v := range j.Visibilities {
		c := Condition{Parameter: v.Parameter, Not: v.Comparison == "isNotEqualTo"}
		if v.Value != nil {
			c.Value = *v.Value
		}
		it.Visible = append(it.Visible, c)
	}
	switch it.Type {
	case typeText:
		it.Text = j.Content.JSON
	case typeQuery:
		it.Query = parseQuery(&j.Content)
	case typeParameters:
		for i, r := range j.Content.Parameters {
			p, err := parseParameter(r, fmt.Sprintf("%s.content.parameters.%d", path, i))
			if err != nil {
				return nil, err
			}
			it.Parameters = append(it.Parameters, p)
		}
	case typeLinks:
		for _, l := range j.Content.Links {
			link := Link{Label: l.LinkLabel, Target: l.LinkTarget}
			if l.LinkTarget == "parameter" {
				link.Parameter, link.Value = l.CellValue, l.SubTarget
			}
			it.Links = append(it.Links, link)
		}
	case typeGroup:
		if it.Items, err = parseItems(j.Content.Items, path+".content.items", depth+1); err != nil {
			return nil, err
		}
	}
	return it, nil
}

func parseQuery(c *jsonContent) *Query {
	q := &Query{Text: c.Query, Title: c.Title, NoData: c.NoData, Visualization: c.Visualization, Size: c.Size, QueryType: c.QueryType, TimeParameter: c.TimeFrom}
	if c.TimeContext != nil {
		q.TimeMs = c.TimeContext.DurationMs
	}
	if c.ExportName != "" {
		e := Export{Parameter: c.ExportName}
		if c.ExportField != nil {
			e.Field = *c.ExportField
		}
		if c.ExportDefault != nil {
			e.Default, e.HasDefault = *c.ExportDefault, true
		}
		q.Exports = append(q.Exports, e)
	}
	for _, x := range c.Exported {
		e := Export{Field: x.Field, Parameter: x.Name}
		if x.Default != nil {
			e.Default, e.HasDefault = *x.Default, true
		}
		q.Exports = append(q.Exports, e)
	}
	if g := c.Grid; g != nil {
		q.Grid.RowLimit = g.RowLimit
		for _, f := range g.Formatters {
			q.Grid.Formatters = append(q.Grid.Formatters, f.formatter())
		}
		q.Grid.Labels = map[string]string{}
		for _, l := range g.Labels {
			q.Grid.Labels[l.Column] = l.Label
		}
		c.SortBy = append(g.SortBy, c.SortBy...)
		if h := g.Hierarchy; h != nil {
			q.Grid.Hierarchy = &Hierarchy{Type: h.TreeType, ID: h.ID, Parent: h.Parent, Expander: h.Expander, GroupBy: h.GroupBy}
		}
	}
	for _, s := range c.SortBy {
		q.Grid.SortBy = append(q.Grid.SortBy, Sort{Column: generatedKey(s.Key), Descending: s.Order == 2})
	}
	if t := c.Tile; t != nil {
		q.Tiles = &Tiles{Title: t.Title.formatter(), Subtitle: t.Subtitle.formatter(), Left: t.Left.formatter(), Right: t.Right.formatter(), Secondary: t.Secondary.formatter()}
	}
	if ch := c.Chart; ch != nil {
		q.Chart = Chart{X: ch.X, Y: ch.Y}
		_ = json.Unmarshal(ch.Group, &q.Chart.Series) // another form than a name is not used
	}
	if m := c.Map; m != nil {
		q.Map = &Map{Latitude: m.Latitude, Longitude: m.Longitude, Size: m.Size, Label: m.Label}
	}
	return q
}

// generatedKey takes the column out of a sort key such as $gen_heatmap_Rows_2, which the portal writes for formatted columns.
func generatedKey(key string) string {
	rest, ok := strings.CutPrefix(key, "$gen_")
	if !ok {
		return key
	}
	_, rest, _ = strings.Cut(rest, "_")
	if i := strings.LastIndexByte(rest, '_'); i > 0 {
		rest = rest[:i]
	}
	return rest
}

func (j jsonFormatter) formatter() Formatter {
	f := Formatter{Match: j.Match, Kind: j.Kind, Palette: j.Options.Palette, Min: j.Options.Min, Max: j.Options.Max, Unit: j.Number.Unit, Style: j.Number.Options.Style, Digits: -1}
	if d := j.Number.Options.Digits; d != nil {
		f.Digits = *d
	}
	for _, l := range j.Options.Limits {
		t := Threshold{Operator: l.Operator, Text: l.Text}
		if l.Value != nil {
			t.Value = *l.Value
		}
		if l.Representation != nil {
			t.Representation = *l.Representation
		}
		f.Limits = append(f.Limits, t)
	}
	return f
}

// walk visits every item, an item before those in it.
func walk(items []*Item, visit func(*Item)) {
	for _, it := range items {
		visit(it)
		walk(it.Items, visit)
	}
}
