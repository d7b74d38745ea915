package store

import (
	"bytes"
	"runtime"
	"strconv"
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

// TestParquetShapes reads each kind of page: with a dictionary and without, with nulls and without, by type.
func TestParquetShapes(t *testing.T) {
	type row struct {
		Text     string   `parquet:"Text"`
		Few      string   `parquet:"Few,dict"`
		Maybe    *string  `parquet:"Maybe,optional"`
		MaybeFew *string  `parquet:"MaybeFew,optional,dict"`
		ID       [16]byte `parquet:"ID,uuid"`
		Yes      bool     `parquet:"Yes"`
		Small    int32    `parquet:"Small"`
		Big      *int64   `parquet:"Big,optional"`
		Share    *float64 `parquet:"Share,optional"`
		At       *int64   `parquet:"At,optional,timestamp(nanosecond)"`
		Bag      string   `parquet:"Bag"`
		BagFew   *string  `parquet:"BagFew,optional,dict"`
	}
	str := func(s string) *string { return &s }
	big, share, at := int64(1)<<60, 0.25, int64(1767607200_123456700)
	rows := []row{
		{"a", "x", str("m"), str("y"), [16]byte{1, 2, 15: 3}, true, -7, &big, &share, &at, `{"a": [1, "]"]}`, str(`[1,2]`)},
		{"", "", nil, nil, [16]byte{}, false, 0, nil, nil, nil, ``, nil},
		{"\u00e9\\", "x", str(""), str("y"), [16]byte{1, 2, 15: 3}, true, 7, &big, nil, &at, `{broken`, str(`abc`)},
		{"a", "", str("m"), nil, [16]byte{}, true, 7, nil, &share, nil, `12`, str(`[1,2]`)},
		{"a", "x", str("m"), str(""), [16]byte{}, true, 7, nil, &share, nil, `"t"`, str(``)},
	}
	want := map[string][]string{
		"Text": {"a", "", "\u00e9\\", "a", "a"}, "Few": {"x", "", "x", "", "x"}, "Maybe": {"m", "", "", "m", "m"}, "MaybeFew": {"y", "", "y", "", ""},
		"ID":  {"01020000-0000-0000-0000-000000000003", "00000000-0000-0000-0000-000000000000", "01020000-0000-0000-0000-000000000003", "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"},
		"Yes": {"true", "false", "true", "true", "true"}, "Small": {"-7", "0", "7", "7", "7"}, "Big": {"1152921504606846976", "", "1152921504606846976", "", ""},
		"Share": {"0.25", "", "", "0.25", "0.25"}, "At": {"2026-01-05T10:00:00.1234567Z", "", "2026-01-05T10:00:00.1234567Z", "", ""},
		"Bag": {`{"a":[1,"]"]}`, "", "{broken", "12", "t"}, "BagFew": {`[1,2]`, "", "abc", `[1,2]`, ""},
	}
	schema := func(string) ([]Column, bool) {
		return []Column{{"Text", value.String}, {"Few", value.String}, {"Maybe", value.String}, {"MaybeFew", value.String}, {"ID", value.GUID}, {"Yes", value.Bool},
			{"Small", value.Long}, {"Big", value.Long}, {"Share", value.Real}, {"At", value.DateTime}, {"Bag", value.Dynamic}, {"BagFew", value.Dynamic}}, true
	}
	for _, times := range []int{1, 2000} { // the second gives dictionaries up
		var buf bytes.Buffer
		w := parquet.NewGenericWriter[row](&buf)
		for k := range times {
			for _, r := range rows {
				if times > 1 {
					r.Text += strings.Repeat("-", k%3) + strconv.Itoa(k)
				}
				if _, err := w.Write([]row{r}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		list, err := Read("Own.parquet", bytes.NewReader(buf.Bytes()), Options{Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		for name, texts := range want {
			col := list[0].Column(name)
			for i := range list[0].N {
				want := texts[i%len(texts)]
				if k := i / len(rows); name == "Text" && times > 1 {
					want += strings.Repeat("-", k%3) + strconv.Itoa(k)
				}
				if got := col.Value(i).Text(); got != want {
					t.Fatalf("%s of row %d is %q, want %q", name, i, got, want)
				}
			}
		}
	}
}

// TestParquetFooterIsBounded lets a file of a few hundred bytes claim a footer of four gigabytes.
func TestParquetFooterIsBounded(t *testing.T) {
	b := parquetFile(t, 3)
	copy(b[len(b)-8:], "\xff\xff\xff\xff")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Read("SigninLogs.parquet", bytes.NewReader(b), Options{Schema: signins})
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "its footer is longer than the file") {
		t.Errorf("%v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 16<<20 {
		t.Errorf("%d bytes of memory for a file of %d", took, len(b))
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
