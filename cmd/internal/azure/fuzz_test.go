package azure

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// FuzzAnswer reads anything as what the query API answers, as an error of a service, and as an object of Resource Manager: it
// ends in a result that can be written, or in an error of one line.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{"tables":[{"name":"PrimaryResult","columns":[{"name":"a","type":"string"},{"name":"b","type":"long"},{"name":"c","type":"datetime"},{"name":"d","type":"dynamic"},{"name":"e","type":"real"},{"name":"f","type":"bool"},{"name":"g","type":"timespan"},{"name":"h","type":"guid"},{"name":"i","type":"decimal"},{"name":"j","type":"int"}],"rows":[["x",1,"2026-01-05T10:00:00Z","{\"a\":[1]}",1e400,true,"1.02:03:04.5","74be27de-1e4e-49d9-b579-fe0b331d3642","1.10",2147483648],[null,"1",null,{"a":null},"NaN",0,"-00:00:01","",null,null]]}],"render":{"visualization":"timechart"}}`,
		`{"tables":[{"name":"a","columns":[],"rows":[[]]}],"error":{"message":"m","details":[{"message":"d","innererror":{"message":"i"}}]}}`,
		`{"tables":[{"columns":[{"name":"a","type":"x"}],"rows":[[1]]}]}`, `{"tables":[{"columns":[{"name":"a","type":"long"}],"rows":[[]]}]}`,
		`{"error":{"code":"c","message":"m","innererror":{"code":"d","innererror":{"message":"n"}}}}`, `{"error":"text"}`, `null`, `[`,
	} {
		f.Add([]byte(s))
	}
	oneLine := func(t *testing.T, err error) {
		if strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("an error of several lines: %q", err)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, _, err := readAnswer(b); err != nil {
			oneLine(t, err)
		} else if err := r.WriteJSONLines(io.Discard); err != nil && len(r.Tables) == 1 {
			t.Error(err)
		}
		if _, err := Decode(b); err != nil {
			oneLine(t, err)
		}
		resp := &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(b))}
		if text := serviceMessage(&azcore.ResponseError{StatusCode: http.StatusBadRequest, RawResponse: resp}); strings.ContainsAny(text, "\n\r") || text == "" || len(text) > 700 {
			t.Errorf("the message is %q", text)
		}
	})
}
