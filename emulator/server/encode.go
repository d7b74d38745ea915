package server

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// cells is how the values of a column are written: Log Analytics writes dynamic as a string of JSON, Kusto as JSON.
type cells struct{ dynamicAsText bool }

// rows appends the rows of a table as JSON arrays, newest columns last, and a mark between rows.
func (c cells) rows(dst []byte, vectors []vector.Column, n int) []byte {
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '[')
		for j, col := range vectors {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = c.cell(dst, col, i)
		}
		dst = append(dst, ']')
	}
	return append(dst, ']')
}

// cell writes one value: numbers of int and long in full, real in its shortest form with NaN and infinities as texts,
// datetime with seven digits, timespan, guid and decimal as texts, null where there is no value.
//
// Source: the clients' own readers, measured with azquery 1.2.0, azkustodata 1.2.3 and @azure/monitor-query 1.3.3.
func (c cells) cell(dst []byte, col vector.Column, i int) []byte {
	v := col.Value(i)
	if v.Null {
		return append(dst, "null"...)
	}
	switch v.Type {
	case value.Bool:
		return strconv.AppendBool(dst, v.I != 0)
	case value.Int, value.Long:
		return strconv.AppendInt(dst, v.I, 10)
	case value.Real:
		switch {
		case math.IsNaN(v.F):
			return append(dst, `"NaN"`...)
		case math.IsInf(v.F, 1):
			return append(dst, `"Infinity"`...)
		case math.IsInf(v.F, -1):
			return append(dst, `"-Infinity"`...)
		}
		b, err := json.Marshal(v.F)
		if err != nil {
			return append(dst, "null"...)
		}
		return append(dst, b...)
	case value.DateTime:
		dst = append(dst, '"')
		dst = value.AppendDateTime(dst, v.I)
		return append(dst, '"')
	case value.Timespan:
		dst = append(dst, '"')
		dst = value.AppendTimespan(dst, v.I)
		return append(dst, '"')
	case value.Dynamic:
		if v.Dyn == nil {
			return append(dst, "null"...)
		}
		text := value.AppendJSON(nil, v.Dyn)
		if c.dynamicAsText {
			return value.AppendQuoted(dst, string(text))
		}
		return append(dst, text...)
	case value.Decimal:
		return value.AppendQuoted(dst, value.FormatDecimal(v.Dec))
	}
	return value.AppendQuoted(dst, v.S)
}

// kustoColumn and logsColumn are a column's head in the two protocols.
type kustoColumn struct {
	ColumnName string
	ColumnType string
}

type logsColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func logsColumns(cols []result.Column) []logsColumn {
	out := make([]logsColumn, len(cols))
	for i, c := range cols {
		out[i] = logsColumn{c.Name, c.Type.String()}
	}
	return out
}

func kustoColumns(cols []result.Column) []kustoColumn {
	out := make([]kustoColumn, len(cols))
	for i, c := range cols {
		out[i] = kustoColumn{c.Name, c.Type.String()}
	}
	return out
}
