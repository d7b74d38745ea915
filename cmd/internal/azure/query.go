package azure

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/monitor/azquery"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// QueryOptions say over which time a query runs and how long it may take.
type QueryOptions struct {
	// From and To bound TimeGenerated; zero times leave it to the query.
	From, To time.Time
	// Timespan is an ISO 8601 duration or interval; it is used when From and To are zero.
	Timespan string
	// Wait is how long the service may work, at most 10 minutes; 3 minutes when zero.
	Wait time.Duration
	// Partial receives the service's words when it answered only a part; without it such an answer is an error.
	Partial func(message string)
}

// Query runs KQL in the workspace. Values are exact: longs keep all their digits, decimals and timespans are read from
// their text. Cells are null where the service sent null, except strings, which are "".
func (w *Workspace) Query(ctx context.Context, kql string, o QueryOptions) (*result.Result, error) {
	if w.WorkspaceID == "" {
		if err := w.Identify(ctx); err != nil {
			return nil, err
		}
	}
	body := azquery.Body{Query: &kql}
	if !o.From.IsZero() && !o.To.IsZero() {
		t := azquery.TimeInterval(o.From.UTC().Format(time.RFC3339Nano) + "/" + o.To.UTC().Format(time.RFC3339Nano))
		body.Timespan = &t
	} else if o.Timespan != "" {
		t := azquery.TimeInterval(o.Timespan)
		body.Timespan = &t
	}
	wait := 180
	if o.Wait > 0 {
		wait = int(min(o.Wait, 10*time.Minute).Seconds())
	}
	var raw []byte
	begin := time.Now()
	visual := true
	_, err := w.logs.QueryWorkspace(context.WithValue(ctx, answerKey{}, &raw), w.WorkspaceID, body,
		&azquery.LogsClientQueryWorkspaceOptions{Options: &azquery.LogsQueryOptions{Wait: &wait, Visualization: &visual}})
	if err != nil {
		return nil, failure(err)
	}
	r, partial, err := readAnswer(raw)
	if err != nil {
		return nil, err
	}
	if partial != "" {
		if o.Partial == nil {
			return nil, &Failure{Code: "PartialError", Message: Redact(partial)}
		}
		o.Partial(Redact(partial))
	}
	r.Stats.ElapsedUs = time.Since(begin).Microseconds()
	return r, nil
}

// readAnswer decodes a body of the query API.
func readAnswer(raw []byte) (r *result.Result, partial string, err error) {
	var a struct {
		Tables []struct {
			Name    string `json:"name"`
			Columns []struct {
				Name string `json:"name"`
				Type string `json:"type"`
			} `json:"columns"`
			Rows [][]json.RawMessage `json:"rows"`
		} `json:"tables"`
		Render map[string]any `json:"render"`
		Error  *struct {
			Message string `json:"message"`
			Details []struct {
				Message string `json:"message"`
				Inner   struct {
					Message string `json:"message"`
				} `json:"innererror"`
			} `json:"details"`
		} `json:"error"`
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, "", &Failure{Message: "the answer of the query cannot be read: " + Redact(err.Error())}
	}
	r = &result.Result{}
	for _, t := range a.Tables {
		out := &result.Table{Name: t.Name, Rows: len(t.Rows)}
		builders := make([]*vector.Builder, len(t.Columns))
		for i, c := range t.Columns {
			typ, ok := value.ParseType(c.Type)
			if !ok {
				return nil, "", &Failure{Message: fmt.Sprintf("the service sent a column of the unknown type %q", clip(c.Type, 40))}
			}
			out.Columns = append(out.Columns, result.Column{Name: c.Name, Type: typ})
			builders[i] = vector.NewBuilder(typ, len(t.Rows))
		}
		for n, row := range t.Rows {
			if len(row) != len(builders) {
				return nil, "", &Failure{Message: fmt.Sprintf("row %d of the answer has %d cells for %d columns", n+1, len(row), len(builders))}
			}
			for i, cell := range row {
				v, err := readCell(out.Columns[i].Type, cell)
				if err != nil {
					return nil, "", &Failure{Message: fmt.Sprintf("row %d, column %s of the answer: %v", n+1, out.Columns[i].Name, err)}
				}
				builders[i].Append(v)
			}
		}
		for _, b := range builders {
			out.Vectors = append(out.Vectors, b.Finish())
		}
		r.Tables = append(r.Tables, out)
	}
	if v, _ := a.Render["visualization"].(string); v != "" && v != "null" {
		r.Render = &result.Render{Visualization: v}
	}
	if a.Error != nil {
		partial = a.Error.Message
		for _, d := range a.Error.Details {
			partial = strings.TrimSpace(partial + " " + d.Message + " " + d.Inner.Message)
		}
	}
	return r, partial, nil
}

func readCell(t value.Type, raw json.RawMessage) (value.Value, error) {
	text := string(raw)
	if text == "null" {
		return value.Null(t), nil
	}
	quoted := strings.HasPrefix(text, `"`)
	if quoted {
		if err := json.Unmarshal(raw, &text); err != nil {
			return value.Value{}, err
		}
	}
	wrong := func() (value.Value, error) {
		return value.Value{}, fmt.Errorf("%q is no %s", clip(text, 40), t)
	}
	switch t {
	case value.String:
		return value.NewString(text), nil
	case value.GUID:
		return value.NewGUID(text), nil
	case value.Bool:
		switch strings.ToLower(text) {
		case "true", "1":
			return value.NewBool(true), nil
		case "false", "0":
			return value.NewBool(false), nil
		}
		return wrong()
	case value.Int, value.Long:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return wrong()
		}
		if t == value.Int {
			return value.NewInt(n), nil
		}
		return value.NewLong(n), nil
	case value.Real:
		switch text {
		case "NaN":
			return value.NewReal(math.NaN()), nil
		case "Infinity":
			return value.NewReal(math.Inf(1)), nil
		case "-Infinity":
			return value.NewReal(math.Inf(-1)), nil
		}
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return wrong()
		}
		return value.NewReal(f), nil
	case value.Decimal:
		d, ok := value.ParseDecimal(text)
		if !ok {
			return wrong()
		}
		return value.NewDecimal(d), nil
	case value.DateTime:
		n, ok := value.ParseDateTime(text)
		if !ok {
			return wrong()
		}
		return value.NewDateTime(n), nil
	case value.Timespan:
		n, ok := value.ParseTimespan(text)
		if !ok {
			return wrong()
		}
		return value.NewTimespan(n), nil
	}
	if quoted {
		return value.NewDynamic(value.ParseDynamic(text)), nil
	}
	n, ok := value.ParseJSON(text)
	if !ok {
		return wrong()
	}
	return value.NewDynamic(n), nil
}
