package workbook

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// maxDurationMs bounds a time range: ten years.
const maxDurationMs = 3653 * 24 * 60 * 60 * 1000

// The kinds of parameters that are known.
const (
	kindText     = 1
	kindDropDown = 2
	kindTime     = 4
	kindResource = 5
	kindOptions  = 10
)

// Parameter is one parameter of a parameters item.
type Parameter struct {
	Name, Label string
	Path        string
	Kind        int
	Required    bool
	Multi       bool
	Hidden      bool
	Quote       string
	Delimiter   string
	Query       string
	JSON        string
	SelectAll   string   // selectAllValue: what All stands for; "" lists every value
	Values      []string // chosen: values, or value::all, value::1 and the like
	TimeFrom    string
	TimeMs      int64
	Time        *TimeRange // the value of a time range, relative until it is resolved
	DurationMs  int64
	Unknown     bool // of a kind that is not resolved
}

type jsonParameter struct {
	Name      string          `json:"name"`
	Label     string          `json:"label"`
	Type      int             `json:"type"`
	Required  bool            `json:"isRequired"`
	Multi     bool            `json:"multiSelect"`
	Hidden    bool            `json:"isHiddenWhenLocked"`
	Quote     *string         `json:"quote"`
	Delimiter *string         `json:"delimiter"`
	Query     string          `json:"query"`
	JSON      json.RawMessage `json:"jsonData"`
	Value     json.RawMessage `json:"value"`
	Default   json.RawMessage `json:"defaultValue"`
	TimeFrom  string          `json:"timeContextFromParameter"`
	Time      *struct {
		DurationMs int64 `json:"durationMs"`
	} `json:"timeContext"`
	Settings struct {
		SelectAll string `json:"selectAllValue"`
	} `json:"typeSettings"`
}

func parseParameter(raw json.RawMessage, path string) (*Parameter, error) {
	var j jsonParameter
	if err := json.Unmarshal(raw, &j); err != nil {
		return nil, fmt.Errorf("%s: %v", path, err)
	}
	if j.Name == "" {
		return nil, fmt.Errorf("%s: the parameter has no name", path)
	}
	p := &Parameter{Name: j.Name, Label: j.Label, Path: path, Kind: j.Type, Required: j.Required, Multi: j.Multi, Hidden: j.Hidden, Delimiter: ",",
		Query: j.Query, SelectAll: j.Settings.SelectAll, TimeFrom: j.TimeFrom}
	if p.Label == "" {
		p.Label = p.Name
	}
	if j.Quote != nil {
		p.Quote = *j.Quote
	}
	if j.Delimiter != nil {
		p.Delimiter = *j.Delimiter
	}
	if j.Time != nil {
		p.TimeMs = j.Time.DurationMs
	}
	// jsonData is a text that holds JSON; older files hold the JSON itself.
	if err := json.Unmarshal(j.JSON, &p.JSON); err != nil {
		p.JSON = string(j.JSON)
	}
	value := j.Value
	if len(value) == 0 || string(value) == "null" {
		value = j.Default
	}
	switch p.Kind {
	case kindTime:
		if err := p.parseTime(value); err != nil {
			return nil, fmt.Errorf("%s: %v", path, err)
		}
	case kindText, kindDropDown, kindResource, kindOptions:
		p.Values = texts(value)
	default:
		p.Unknown = true
		p.Values = texts(value)
	}
	return p, nil
}

// texts reads a value: a text, number, bool, list of them, or an object with a list in value.
func texts(raw json.RawMessage) []string {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	var list []string
	var add func(any)
	add = func(v any) {
		switch v := v.(type) {
		case string:
			list = append(list, v)
		case float64:
			list = append(list, strconv.FormatFloat(v, 'f', -1, 64))
		case bool:
			list = append(list, strconv.FormatBool(v))
		case []any:
			for _, e := range v {
				add(e)
			}
		case map[string]any:
			add(v["value"])
		}
	}
	add(v)
	return list
}

func (p *Parameter) parseTime(raw json.RawMessage) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var j struct {
		DurationMs int64  `json:"durationMs"`
		Start      string `json:"startTime"`
		End        string `json:"endTime"`
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return fmt.Errorf("the value of time range %s: %v", p.Name, err)
	}
	if j.DurationMs < 0 || j.DurationMs > maxDurationMs {
		return fmt.Errorf("time range %s lasts %d ms; at most ten years are read", p.Name, j.DurationMs)
	}
	p.DurationMs = j.DurationMs
	if j.Start == "" {
		return nil
	}
	start, err := time.Parse(time.RFC3339, j.Start)
	if err != nil {
		return fmt.Errorf("the start of time range %s: %v", p.Name, err)
	}
	end := start.Add(time.Duration(j.DurationMs) * time.Millisecond)
	if j.End != "" {
		if end, err = time.Parse(time.RFC3339, j.End); err != nil {
			return fmt.Errorf("the end of time range %s: %v", p.Name, err)
		}
	}
	p.Time = &TimeRange{Start: start.UTC(), End: end.UTC()}
	return nil
}

// Option is a value that a drop-down offers.
type Option struct {
	Value, Label string
	Selected     bool
}

// jsonOptions reads jsonData: a list of texts, or of objects with value, label and selected.
func jsonOptions(text string) ([]Option, error) {
	if text == "" || text == "null" {
		return nil, nil
	}
	var raw []json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, fmt.Errorf("jsonData is no list: %v", err)
	}
	var list []Option
	for _, r := range raw {
		var o struct {
			Value    json.RawMessage `json:"value"`
			Label    string          `json:"label"`
			Selected bool            `json:"selected"`
		}
		if json.Unmarshal(r, &o) != nil || len(o.Value) == 0 {
			for _, v := range texts(r) {
				list = append(list, Option{Value: v, Label: v})
			}
			continue
		}
		for _, v := range texts(o.Value) {
			if o.Label == "" {
				o.Label = v
			}
			list = append(list, Option{Value: v, Label: o.Label, Selected: o.Selected})
		}
	}
	return list, nil
}
