package store

import (
	"bytes"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// signIn is a row as other tools write it: optional columns, a dictionary, a timestamp.
type signIn struct {
	TimeGenerated     int64   `parquet:"TimeGenerated,timestamp(microsecond)"`
	UserPrincipalName string  `parquet:"UserPrincipalName,dict"`
	ResultType        *string `parquet:"ResultType,optional"`
	DurationMs        int64   `parquet:"DurationMs"`
	DeviceDetail      string  `parquet:"DeviceDetail"`
}

func parquetFile(t testing.TB, rows int) []byte {
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[signIn](&buf)
	code := "50126"
	for i := range rows {
		r := signIn{TimeGenerated: 1767607200_000000 + int64(i)*1_000_000, UserPrincipalName: []string{"alice@contoso.example", "bob@contoso.example"}[i%2], DurationMs: int64(i), DeviceDetail: `{"operatingSystem":"Windows"}`}
		if i%3 == 0 {
			r.ResultType = &code
		}
		if _, err := w.Write([]signIn{r}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestParquet(t *testing.T) {
	list, err := Read("SigninLogs.parquet", bytes.NewReader(parquetFile(t, 5000)), Options{Schema: signins})
	if err != nil {
		t.Fatal(err)
	}
	d := list[0]
	if d.Table != "SigninLogs" || d.N != 5000 {
		t.Fatalf("table %s, %d rows", d.Table, d.N)
	}
	for _, c := range []struct {
		column string
		row    int
		want   string
	}{
		{"TimeGenerated", 1, "2026-01-05T10:00:01.0000000Z"}, {"UserPrincipalName", 4999, "bob@contoso.example"},
		{"ResultType", 3, "50126"}, {"ResultType", 4, ""}, {"DurationMs", 4999, "4999"},
	} {
		col := d.Column(c.column)
		if col == nil {
			t.Errorf("no column %s", c.column)
			continue
		}
		if got := col.Value(c.row).Text(); got != c.want {
			t.Errorf("%s of row %d is %q, want %q", c.column, c.row, got, c.want)
		}
	}
	if got := d.Column("DeviceDetail").Value(0); got.Type != value.Dynamic || got.Dyn.Get("operatingSystem").Text() != "Windows" {
		t.Errorf("DeviceDetail is %v %s", got.Type, got.Text())
	}
}

func FuzzParquet(f *testing.F) {
	f.Add(parquetFile(f, 3))
	f.Add([]byte("PAR1 nonsense PAR1"))
	f.Fuzz(func(t *testing.T, in []byte) {
		list, err := Read("SigninLogs.parquet", bytes.NewReader(in), Options{Schema: signins})
		if err == nil {
			show(list)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of several lines: %q", err)
		}
	})
}
