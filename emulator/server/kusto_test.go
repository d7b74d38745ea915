package server

import (
	"os"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// TestFrames holds the bytes of fragmented and whole answers: the Go client reads them token by token, a frame a line, the
// comma before the frame, keys in this order. UPDATE=1 writes the files anew.
func TestFrames(t *testing.T) {
	table := &result.Table{Name: "PrimaryResult", Rows: 2,
		Columns: []result.Column{{Name: "x", Type: value.Long}, {Name: "d", Type: value.Decimal}, {Name: "y", Type: value.Dynamic}},
		Vectors: []vector.Column{
			vector.FromValues(value.Long, value.NewLong(9223372036854775807), value.Null(value.Long)),
			vector.FromValues(value.Decimal, value.NewDecimal(value.DecimalOfLong(3)), value.Null(value.Decimal)),
			vector.FromValues(value.Dynamic, value.NewDynamic(value.NodeArray(value.NodeLong(1), value.NodeString(`a"b`))), value.Null(value.Dynamic)),
		}}
	empty := &result.Table{Name: "Table_1", Columns: []result.Column{{Name: "s", Type: value.String}}, Vectors: []vector.Column{vector.FromValues(value.String)}}
	whole := &Answer{Result: &result.Result{Tables: []*result.Table{table, empty}, Render: &result.Render{Visualization: "timechart", Properties: [][2]string{{"title", "T"}}}}}
	cut := &Answer{Result: &result.Result{Tables: []*result.Table{table}}, Partial: &QueryError{Kind: LimitExceeded, Message: "too many rows"}}
	at := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	for name, got := range map[string][]byte{
		"fragmented.json":    kustoV2(whole, true, at),
		"whole.json":         kustoV2(whole, false, at),
		"partial.json":       kustoV2(cut, true, at),
		"v1.json":            kustoV1(whole.Tables),
		"log-analytics.json": encodeAnswer(cut, prefer{statistics: true, render: true}, 1500*time.Millisecond),
	} {
		file := "testdata/frames/" + name
		if os.Getenv("UPDATE") != "" {
			if err := os.MkdirAll("testdata/frames", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}
