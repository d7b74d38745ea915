package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// signins is the schema that the tests know.
func signins(table string) ([]Column, bool) {
	if table != "SigninLogs" {
		return nil, false
	}
	return []Column{{"TimeGenerated", value.DateTime}, {"CreatedDateTime", value.DateTime}, {"UserPrincipalName", value.String}, {"ResultType", value.String},
		{"DurationMs", value.Long}, {"DeviceDetail", value.Dynamic}, {"LocationDetails", value.Dynamic}, {"Location", value.String}, {"IsRisky", value.Bool}}, true
}

// show prints data row by row, for comparison.
func show(list []*Data) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%s:", d.Table)
		for _, c := range d.Columns {
			fmt.Fprintf(&b, " %s:%s", c.Name, c.Type)
		}
		b.WriteByte('\n')
		for row := range d.N {
			for i, v := range d.Vectors {
				if i > 0 {
					b.WriteString(" | ")
				}
				x := v.Value(row)
				if x.Null {
					b.WriteByte('_')
				} else {
					b.WriteString(x.Text())
				}
			}
			if d.Ingested != nil {
				fmt.Fprintf(&b, " @ %s", d.Ingested.Value(row).Text())
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ name, file, in, want string }{
		{"lines of a known table", "SigninLogs.jsonl", `{"TimeGenerated":"2026-01-05T10:00:00Z","UserPrincipalName":"a@contoso.example","DurationMs":12,"DeviceDetail":{"os":"Linux"},"IsRisky":true}
{"UserPrincipalName":"b \"x\" \u00e9","TimeGenerated":"2026-01-05T10:00:00.1234567Z","DurationMs":"13","DeviceDetail":"{\"os\":\"Windows\"}"}

{"ResultType":50126,"TimeGenerated":"not a time","IsRisky":null}
`, `SigninLogs: TimeGenerated:datetime UserPrincipalName:string DurationMs:long DeviceDetail:dynamic IsRisky:bool ResultType:string
2026-01-05T10:00:00.0000000Z | a@contoso.example | 12 | {"os":"Linux"} | true | 
2026-01-05T10:00:00.1234567Z | b "x" é | 13 | {"os":"Windows"} | _ | 
_ |  | _ | _ | _ | 50126
`},
		{"types are found", "Own_CL.jsonl", `{"a":1,"b":1.5,"c":"x","d":true,"e":{"k":[1]},"f":"2026-01-05T10:00:00Z","g":1,"h":null}
{"a":2,"b":2,"c":"y","d":false,"e":[1],"f":"2026-01-05T11:00:00Z","g":"one"}`,
			`Own_CL: a:long b:real c:string d:bool e:dynamic f:datetime g:dynamic h:string
1 | 1.5 | x | true | {"k":[1]} | 2026-01-05T10:00:00.0000000Z | 1 | 
2 | 2.0 | y | false | [1] | 2026-01-05T11:00:00.0000000Z | one | 
`},
		{"an array over several lines", "Own-2.json", "[\n {\"a\": 1},\n {\"a\": 2,\n  \"b\": \"x\"}\n]\n", "Own: a:long b:string\n1 | \n2 | x\n"},
		{"objects over several lines", "Own.json", "{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n", "Own: a:long\n1\n2\n"},
		{"ingestion times", "SigninLogs.jsonl", `{"ResultType":"0","_ingested":"2026-01-05T10:05:00Z"}` + "\n" + `{"ResultType":"1"}`,
			"SigninLogs: ResultType:string\n0 @ 2026-01-05T10:05:00.0000000Z\n1 @ \n"},
		{"csv without a schema", "Own.csv", "a,b,c,d,e\r\n1,x,true,,\"{\"\"k\"\":1}\"\r\n2,\"y,\n\"\"z\"\"\",false,2.5,\"[1]\"\r\n",
			"Own: a:long b:string c:bool d:real e:dynamic\n1 | x | true | _ | {\"k\":1}\n2 | y,\n\"z\" | false | 2.5 | [1]\n"},
		{"the portal's csv", "SigninLogs.csv", "\"CreatedDateTime [UTC]\",UserPrincipalName,\"DeviceDetail_dynamic\",\"DeviceDetail_string\",IsRisky\n" +
			"\"4/28/2021, 2:08:45.221 PM\",a@contoso.example,\"{\"\"os\"\":\"\"x\"\"}\",,TRUE\n\"12/1/2021, 12:00:01.000 AM\",b@contoso.example,,\"{\"\"os\"\":\"\"y\"\"}\",\n",
			`SigninLogs: CreatedDateTime:datetime UserPrincipalName:string DeviceDetail:dynamic IsRisky:bool TimeGenerated:datetime
2021-04-28T14:08:45.2210000Z | a@contoso.example | {"os":"x"} | true | 2021-04-28T14:08:45.2210000Z
2021-12-01T00:00:01.0000000Z | b@contoso.example | {"os":"y"} | _ | 2021-12-01T00:00:01.0000000Z
`},
		{"envelopes", "insights-logs.json", `{"records":[{"time":"2026-01-05T10:00:00Z","category":"SignInLogs","resultType":"50126","durationMs":"7","properties":{"userPrincipalName":"a@contoso.example","location":{"city":"Ulm","countryOrRegion":"DE"}}},
{"time":"2026-01-05T10:01:00Z","category":"AuditLogs","operationName":"Add user","properties":{"id":"1"}}]}`,
			`SigninLogs: TimeGenerated:datetime UserPrincipalName:string LocationDetails:dynamic Location:string Category:string ResultType:string DurationMs:long
2026-01-05T10:00:00.0000000Z | a@contoso.example | {"city":"Ulm","countryOrRegion":"DE"} | DE | SignInLogs | 50126 | 7
AuditLogs: TimeGenerated:datetime Id:string Category:string OperationName:string
2026-01-05T10:01:00.0000000Z | 1 | AuditLogs | Add user
`},
	} {
		for _, workers := range []int{1, 4} {
			got, err := Read(c.file, strings.NewReader(c.in), Options{Schema: signins, Workers: workers})
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if s := show(got); s != c.want {
				t.Errorf("%s, %d workers:\n%s\nwant\n%s", c.name, workers, s, c.want)
			}
		}
	}
}

func TestReadErrors(t *testing.T) {
	for _, c := range []struct{ name, file, in, want string }{
		{"cut in the middle", "S.jsonl", "{\"a\":1}\n{\"a\":2,\"b\":\"x", "S.jsonl:2: the JSON object is cut off"},
		{"no JSON", "S.jsonl", "hello\n", `S.jsonl:1: "h" where a JSON object or array should begin`},
		{"a bare word", "S.jsonl", "{\"a\":1}\n\n{\"a\":x}\n", `S.jsonl:3: "x" is no JSON value`},
		{"two objects on a line", "S.jsonl", `{"a":1}{"a":2}` + "\n", "S.jsonl:1: \"{\" after the JSON object"},
		{"no comma", "S.jsonl", `{"a":1 "b":2}` + "\n", `S.jsonl:1: "\"" where a comma or }`},
		{"single quotes", "S.jsonl", "{'a':1}\n", "S.jsonl:1: \"'\" where a name in double quotes"},
		{"wrong bracket", "S.jsonl", `{"a":{"b":[1}}` + "\n", "S.jsonl:1: '}' closes what '['"},
		{"empty", "S.jsonl", "", "S.jsonl:1: the file is empty"},
		{"array cut", "S.json", "[\n{\"a\":1},\n", "S.json:3: the JSON array is cut off"},
		{"csv: fields", "S.csv", "a,b\n1,2\n1\n", "S.csv:3: 1 fields where the header has 2"},
		{"csv: open quote", "S.csv", "a,b\n1,\"2\n", "S.csv:2: a quoted field is not closed"},
		{"csv: twice", "S.csv", "a,a\n", `S.csv:1: column "a" comes twice`},
		{"binary", "S.jsonl", "\x00\x01\x02", `S.jsonl:1: "\x00" where`},
		{"parquet", "S.parquet", "PAR1 nonsense PAR1", "S.parquet: no Parquet file, or a damaged one"},
		{"line too long", "S.jsonl", "{\"a\":\"" + strings.Repeat("x", 9<<20), "S.jsonl:1: the line is longer than 1048576 bytes"},
	} {
		_, err := Read(c.file, strings.NewReader(c.in), Options{MaxLine: 1 << 20})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte("{\"a\":1}\n"))
	z.Close()
	got, err := Read("Own.jsonl.gz", &b, Options{})
	if err != nil || show(got) != "Own: a:long\n1\n" {
		t.Errorf("%v %v", got, err)
	}
}

// TestBlocks reads enough lines that several blocks and a dictionary that is given up are met, with one worker and many.
func TestBlocks(t *testing.T) {
	var b bytes.Buffer
	for i := range 60_000 {
		fmt.Fprintf(&b, `{"TimeGenerated":"2026-01-05T10:%02d:%02d.%03dZ","UserPrincipalName":"user%d@contoso.example","Id":"%08x-unique","DurationMs":%d,"DeviceDetail":{"os":"os%d"}}`+"\n",
			i/60%60, i%60, i%1000, i%97, i*2654435761, i, i%7)
	}
	one, err := Read("SigninLogs.jsonl", bytes.NewReader(b.Bytes()), Options{Schema: signins})
	if err != nil {
		t.Fatal(err)
	}
	many, err := Read("SigninLogs.jsonl", bytes.NewReader(b.Bytes()), Options{Schema: signins, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	if one[0].N != 60_000 || show(one) != show(many) {
		t.Errorf("one worker and three disagree")
	}
}

// TestWorkerFault lets the reading of one line panic, on the caller's goroutine and on workers: it is an error of the file.
func TestWorkerFault(t *testing.T) {
	text := strings.Repeat(`{"a":"`+strings.Repeat("x", 1000)+`"}`+"\n", 20_000) + `{"b":1}` + "\n"
	types := func(column string) value.Type {
		if column == "b" {
			panic("out of luck")
		}
		return value.String
	}
	for _, workers := range []int{1, 3} {
		list, err := readLinesOf("Own.jsonl", strings.NewReader(text), Options{Table: "Own", Workers: workers}, types, nil)
		var e *Error
		if !errors.As(err, &e) || list != nil || e.Error() != "Own.jsonl: a bug of ours stopped the reading: out of luck" {
			t.Errorf("%d workers: %v, %v", workers, list, err)
		}
	}
	schema := func(string) ([]Column, bool) { panic("no schema today") }
	for _, c := range []struct{ file, text string }{{"Own.jsonl", "{}"}, {"Own.csv", "a\n1\n"}, {"Own.json", "[{}]"}} {
		if _, err := Read(c.file, strings.NewReader(c.text), Options{Schema: schema}); err == nil || !strings.HasSuffix(err.Error(), "no schema today") {
			t.Errorf("%s: %v", c.file, err)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"TimeGenerated":"2026-01-05T10:00:00Z","a":{"b":[1,"x"]}}` + "\n" + `{"a":"\u00e9"}`))
	f.Add([]byte(`[{"a":1},{"b":null}]`))
	f.Add([]byte(`{"records":[{"category":"SignInLogs","time":"x","properties":{}}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		list, err := Read("SigninLogs.json", bytes.NewReader(in), Options{Schema: signins})
		if err == nil {
			show(list)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("an error of several lines: %q", err)
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,b\n1,\"x\"\"y\"\n"))
	f.Add([]byte("\"TimeGenerated [UTC]\",X_dynamic,X_string\n\"1/2/2026, 1:02:03 PM\",{},\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		list, err := Read("SigninLogs.csv", bytes.NewReader(in), Options{Schema: signins})
		if err == nil {
			show(list)
		}
	})
}

// FuzzPacked reads anything under every name of a format, as it is and packed with gzip: both ways give the same rows or the same error.
func FuzzPacked(f *testing.F) {
	f.Add([]byte("{\"a\":1}\n"), uint8(0))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), uint8(1))
	f.Add([]byte("a,b\r\n1,2"), uint8(3))
	f.Add([]byte("\xef\xbb\xbf[{\"records\":[]}]"), uint8(2))
	names := []string{"Own.jsonl", "Own.ndjson", "Own.json", "Own.csv", "Own.parquet", "Own", "SigninLogs.csv"}
	f.Fuzz(func(t *testing.T, in []byte, which uint8) {
		if len(in) > 1<<16 {
			return
		}
		name := names[int(which)%len(names)]
		plain, perr := Read(name, bytes.NewReader(in), Options{Schema: signins})
		if len(in) > 1 && in[0] == 0x1f && in[1] == 0x8b {
			return // packed already
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(in); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		for _, packed := range []string{name, name + ".gz"} {
			got, err := Read(packed, bytes.NewReader(b.Bytes()), Options{Schema: signins})
			if (err == nil) != (perr == nil) {
				t.Fatalf("%s: packed %v, as it is %v", packed, err, perr)
			}
			if err == nil && show(got) != show(plain) {
				t.Fatalf("%s: packed\n%s\nas it is\n%s", packed, show(got), show(plain))
			}
		}
	})
}

func BenchmarkJSONLines(b *testing.B) {
	var buf bytes.Buffer
	for i := range 20_000 {
		fmt.Fprintf(&buf, `{"TimeGenerated":"2026-01-05T10:%02d:%02d.%03dZ","UserPrincipalName":"user%d@contoso.example","CorrelationId":"%08x-0000-4000-8000-%012x","DurationMs":%d,"ResultType":"%d","AppDisplayName":"Application %d","IPAddress":"192.0.2.%d","DeviceDetail":{"operatingSystem":"Windows %d","browser":"Edge 120.0.%d","deviceId":"","isCompliant":false},"LocationDetails":{"city":"City %d","state":"","countryOrRegion":"DE","geoCoordinates":{"latitude":48.4,"longitude":9.99}},"Status":{"errorCode":0,"additionalDetails":"MFA requirement satisfied by claim in the token"},"UserAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.%d Safari/537.36","ConditionalAccessStatus":"notApplied","IsInteractive":false}`+"\n",
			i/60%60, i%60, i%1000, i*7919%500, uint32(i*2654435761), i, i%400, i%7*50126, i%60, i%250, i%3, i%40, i%90, i%40)
	}
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			b.SetBytes(int64(buf.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Read("SigninLogs.jsonl", bytes.NewReader(buf.Bytes()), Options{Schema: signins, Workers: workers}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
