package result

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func sample() *Result {
	node, _ := value.ParseJSON(`{"a":[1,"x"],"t":null}`)
	rows := []struct {
		t value.Type
		n string
		v []value.Value
	}{
		{value.DateTime, "When", []value.Value{value.NewDateTime(639032076000000000), value.Null(value.DateTime)}},
		{value.String, "Who", []value.Value{value.NewString("a \"b\",\nc"), value.NewString("")}},
		{value.Long, "N", []value.Value{value.NewLong(-3), value.Null(value.Long)}},
		{value.Real, "R", []value.Value{value.NewReal(1.5), value.NewReal(math.NaN())}},
		{value.Bool, "B", []value.Value{value.NewBool(true), value.Null(value.Bool)}},
		{value.Timespan, "Took", []value.Value{value.NewTimespan(905000000), value.NewTimespan(-864000000000)}},
		{value.Dynamic, "D", []value.Value{value.NewDynamic(node), value.Null(value.Dynamic)}},
	}
	t := &Table{Name: "PrimaryResult", Rows: 2}
	for _, r := range rows {
		t.Columns = append(t.Columns, Column{r.n, r.t})
		t.Vectors = append(t.Vectors, vector.FromValues(r.t, r.v...))
	}
	return &Result{Tables: []*Table{t}, Render: &Render{Visualization: "barchart", Properties: [][2]string{{"title", "x"}}}}
}

const columnsJSON = `[{"name":"When","type":"datetime"},{"name":"Who","type":"string"},{"name":"N","type":"long"},{"name":"R","type":"real"},{"name":"B","type":"bool"},{"name":"Took","type":"timespan"},{"name":"D","type":"dynamic"}]`

func TestEncodings(t *testing.T) {
	r := sample()
	for _, c := range []struct {
		name  string
		write func(io.Writer) error
		want  string
	}{
		{"json", r.WriteJSON, `{"tables":[{"name":"PrimaryResult","columns":` + columnsJSON + `,"rows":[
["2026-01-05T11:00:00.0000000Z","a \"b\",\nc",-3,1.5,true,"00:01:30.5000000",{"a":[1,"x"],"t":null}],
[null,"",null,"NaN",null,"-1.00:00:00",null]]}]}
`},
		{"jsonl", r.WriteJSONLines, `{"When":"2026-01-05T11:00:00.0000000Z","Who":"a \"b\",\nc","N":-3,"R":1.5,"B":true,"Took":"00:01:30.5000000","D":{"a":[1,"x"],"t":null}}
{"When":null,"Who":"","N":null,"R":"NaN","B":null,"Took":"-1.00:00:00","D":null}
`},
		{"csv", r.WriteCSV, "When,Who,N,R,B,Took,D\n2026-01-05T11:00:00.0000000Z,\"a \"\"b\"\",\nc\",-3,1.5,true,00:01:30.5000000,\"{\"\"a\"\":[1,\"\"x\"\"],\"\"t\"\":null}\"\n,,,NaN,,-1.00:00:00,\n"},
		{"log analytics", func(w io.Writer) error { return r.WriteLogAnalytics(w, true) }, `{"tables":[{"name":"PrimaryResult","columns":` + columnsJSON + `,"rows":[["2026-01-05T11:00:00.0000000Z","a \"b\",\nc",-3,1.5,true,"00:01:30.5000000","{\"a\":[1,\"x\"],\"t\":null}"],[null,"",null,"NaN",null,"-1.00:00:00",null]]}],"render":{"visualization":"barchart","title":"x"}}
`},
		{"batch", func(w io.Writer) error { _, err := w.Write(r.Primary().AppendBatch(nil, "q")); return err }, `{"id":"q","columns":` + columnsJSON + `,"rows":[["2026-01-05T11:00:00.0000000Z","a \"b\",\nc",-3,1.5,true,"00:01:30.5000000",{"a":[1,"x"],"t":null}],[null,"",null,"NaN",null,"-1.00:00:00",null]]}`},
	} {
		var b bytes.Buffer
		if err := c.write(&b); err != nil || b.String() != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, b.String(), c.want)
		}
	}
	if got := string(AppendBatchError(nil, "q", "KS142", `unknown "x"`, 2, 7)); got != `{"id":"q","error":{"code":"KS142","message":"unknown \"x\"","line":2,"column":7}}` {
		t.Error(got)
	}
}

func TestText(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteText(&b, TextOptions{Width: 70}); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(b.String(), "\n") {
		if n := len([]rune(line)); n > 72 {
			t.Errorf("line %d has %d characters:\n%s", i+1, n, b.String())
		}
	}
	for _, want := range []string{`a "b",\n`, "2 rows", "…"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	b.Reset()
	escape := &Result{Tables: []*Table{{Rows: 3, Columns: []Column{{"x", value.String}}, Vectors: []vector.Column{vector.FromValues(value.String, value.NewString("\x1b[31mred"), value.NewString("b"), value.NewString("c"))}}}}
	if err := escape.WriteText(&b, TextOptions{MaxRows: 2}); err != nil || strings.Contains(b.String(), "\x1b") || !strings.Contains(b.String(), "3 rows, 2 shown") {
		t.Errorf("%v\n%q", err, b.String())
	}
}
