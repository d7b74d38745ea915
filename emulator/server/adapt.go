package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/exec"
	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Adapt makes a workspace answer the server's queries. The workspace's functions and watchlists follow the library that a
// query comes with.
func Adapt(w *emulator.Workspace) Engine { return &workspace{w: w, own: map[string]bool{}} }

// AdaptMade is Adapt of a workspace that can be made again, which is how it forgets rows that came to tables that it began
// with.
func AdaptMade(make func() (*emulator.Workspace, error)) (Engine, error) {
	w, err := make()
	if err != nil {
		return nil, err
	}
	return &workspace{w: w, again: make, own: map[string]bool{}}, nil
}

type workspace struct {
	w     *emulator.Workspace
	again func() (*emulator.Workspace, error) // nil when it cannot be made again
	owned sync.Mutex
	own   map[string]bool // tables that rows came to: true when they were not there before

	mu         sync.RWMutex // of what follows; no query holds it while it runs, so that one that lasts stops no change
	known      bool
	version    int64
	functions  map[string]string // alias to what it was made of
	watchlists map[string]*Watchlist
	tables     map[string]bool // made over ARM
}

// Limits of one query. An answer of more rows than asked for is cut, one of more than these is refused.
const (
	engineRows  = 5_000_000
	engineBytes = 2 << 30
	engineCells = 50_000_000
)

func (a *workspace) Query(ctx context.Context, text string, how Run) (*Answer, error) {
	w, err := a.follow(how.Library)
	if err != nil {
		return nil, err
	}
	o := emulator.QueryOptions{Now: how.Now, From: how.From, To: how.To, VisibleUntil: how.Now, Profile: kql.Sentinel,
		Limits: exec.Limits{Rows: engineRows, Bytes: engineBytes, Cells: engineCells}}
	if !how.From.IsZero() && how.From.Equal(how.To) {
		o.To = o.From.Add(1) // the range is empty, and the zero range would be all
	}
	if c := w.Compile(text, kql.Sentinel); c.OK() {
		if err := unmade(w, c); err != nil {
			return nil, err
		}
	}
	r, err := w.Query(ctx, text, o)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, queryError(err)
	}
	out := &Answer{Result: r}
	for i, t := range r.Tables {
		if how.Rows > 0 && t.Rows > how.Rows {
			r.Tables[i] = t.Head(how.Rows)
			out.Partial = &QueryError{Kind: LimitExceeded, Code: "-2133196797", Message: fmt.Sprintf("The results of this query exceed the set limit of %d records, so not all records were returned (E_QUERY_RESULT_SET_TOO_LARGE).", how.Rows)}
		}
	}
	return out, nil
}

func (a *workspace) Check(_ context.Context, text string, library *Library) ([]result.Column, error) {
	w, err := a.follow(library)
	if err != nil {
		return nil, err
	}
	c := w.Compile(text, kql.Sentinel)
	if !c.OK() {
		return nil, queryError(&emulator.QueryError{Text: text, Diagnostics: c.Diagnostics})
	}
	if err := unmade(w, c); err != nil {
		return nil, err
	}
	if len(c.Query.Results) == 0 {
		return nil, &QueryError{Kind: SemanticError, Code: "SEM0100", Message: "the query has no tabular expression"}
	}
	out := make([]result.Column, len(c.Columns))
	for i, x := range c.Columns {
		out[i] = result.Column{Name: x.Name, Type: x.Type}
	}
	return out, nil
}

// unmade refuses a custom table that nobody made: the compiler takes any name that ends in _CL. Fuzzy unions skip what is
// not there, here as in the service.
func unmade(w *emulator.Workspace, c *kql.Compiled) error {
	names := w.Catalog()
	for _, t := range c.Query.Tables {
		if known, ok := names.Table(t); ok && !(known.Open && strings.HasSuffix(t, "_CL") && !holds(w, t)) {
			continue
		}
		for _, w := range kqlWords(c.Text) {
			if strings.EqualFold(w, "isfuzzy") {
				return nil
			}
		}
		return &QueryError{Kind: UnknownTable, Code: "SEM0100", Message: fmt.Sprintf("'%s': Failed to resolve table or column expression named '%s'", t, t)}
	}
	return nil
}

// holds reports whether a table was made or has had rows.
func holds(w *emulator.Workspace, table string) bool {
	for _, t := range w.Tables() {
		if t.Table == table {
			return true
		}
	}
	return false
}

// queryError is the compiler's or the engine's word as the server tells it: names that mean nothing in the service's words,
// other mistakes in the compiler's own, each with the compiler's code behind it.
func queryError(err error) error {
	var q *emulator.QueryError
	if !errors.As(err, &q) {
		if errors.Is(err, exec.ErrLimit) {
			return &QueryError{Kind: LimitExceeded, Code: "EngineError", Message: err.Error()}
		}
		return &QueryError{Kind: RuntimeError, Code: "EngineError", Message: err.Error()}
	}
	out := &QueryError{Kind: Unsupported, Code: q.Code(), Message: q.Error()}
	out.Line, out.Column = q.Position()
	for _, d := range q.Diagnostics {
		if d.Severity != source.Error {
			continue
		}
		out.Message = d.Message
		if d.Help != "" {
			out.Message += "; " + d.Help
		}
		name := quotedName(d.Message)
		switch {
		case d.Kind == "syntax":
			out.Kind, out.Code = SyntaxError, "SYN0002"
		case name != "" && (d.Code == "KS204" || d.Code == "KS142" && begins(q.Text, d.Span.Start)):
			out.Kind, out.Code = UnknownTable, "SEM0100"
			out.Message = fmt.Sprintf("Failed to resolve table or column expression named '%s'", name)
		case name != "" && d.Code == "KS142":
			out.Kind, out.Code = SemanticError, "SEM0100"
			out.Message = fmt.Sprintf("Failed to resolve scalar expression named '%s'", name)
			if d.Help != "" {
				out.Message += "; " + d.Help
			}
		default:
			out.Kind, out.Code = SemanticError, "SEM0100"
		}
		out.Message += " (" + d.Code + ")"
		return out
	}
	_, message, ok := strings.Cut(out.Message, " ")
	if ok && strings.HasPrefix(out.Message, fmt.Sprintf("%d:%d:", out.Line, out.Column)) {
		out.Message = message
	}
	return out
}

// quotedName is the name that a message like `unknown column "X"` ends with; "" for other messages.
func quotedName(message string) string {
	rest, ok := strings.CutPrefix(message, "unknown ")
	if !ok || !strings.HasSuffix(rest, `"`) {
		return ""
	}
	_, name, _ := strings.Cut(strings.TrimSuffix(rest, `"`), `"`)
	return name
}

// begins reports whether a place is the first word of a statement, where only a table can stand.
func begins(text string, at int) bool {
	if at > len(text) {
		return false
	}
	words := kqlWords(text[:at])
	return len(words) == 0 || words[len(words)-1] == ";"
}

func (a *workspace) Ingest(ctx context.Context, table string, lines []byte, arrived time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := a.current()
	parts, err := store.Read(table+".json", bytes.NewReader(lines), store.Options{Table: table, Schema: w.Schema})
	if err != nil {
		return &QueryError{Kind: RuntimeError, Code: "InvalidPayload", Message: err.Error()}
	}
	for _, d := range parts {
		a.note(w, d.Table)
		settle(d, arrived)
		if err := w.Ingest(d); err != nil {
			return &QueryError{Kind: RuntimeError, Code: "InvalidPayload", Message: err.Error()}
		}
	}
	return nil
}

// note remembers that rows came to a table.
func (a *workspace) note(w *emulator.Workspace, table string) {
	a.owned.Lock()
	defer a.owned.Unlock()
	if _, ok := a.own[table]; !ok {
		a.own[table] = !holds(w, table)
	}
}

// current is the workspace, which Forget may make anew.
func (a *workspace) current() *emulator.Workspace {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.w
}

func (a *workspace) Forget() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.owned.Lock()
	defer a.owned.Unlock()
	if a.again != nil {
		w, err := a.again()
		if err != nil {
			return err
		}
		a.w, a.known, a.functions, a.watchlists, a.tables = w, false, nil, nil, nil
		a.own = map[string]bool{}
		return nil
	}
	for table, ours := range a.own {
		if !ours {
			return fmt.Errorf("the table %s had rows before others came to it, and they cannot be told apart", table)
		}
	}
	for table := range a.own {
		a.w.DropTable(table)
	}
	a.own, a.known = map[string]bool{}, false
	return nil
}

// settle gives rows the moment at which they arrived, and a TimeGenerated that is neither two days older nor a day
// younger.
//
// Source: Azure Monitor documentation, "Log data ingestion time".
func settle(d *store.Data, arrived time.Time) {
	now := value.TicksOf(arrived)
	day := int64(24 * time.Hour / 100)
	d.Ingested = vector.ConstOf(value.NewDateTime(now), d.N)
	for i, c := range d.Columns {
		if c.Name != store.TimeColumn || c.Type != value.DateTime {
			continue
		}
		old := d.Vectors[i]
		times := make([]value.Value, d.N)
		changed := false
		for j := range times {
			times[j] = old.Value(j)
			if v := times[j]; v.Null || v.I < now-2*day || v.I > now+day {
				times[j], changed = value.NewDateTime(now), true
			}
		}
		if changed {
			d.Vectors[i] = vector.FromValues(value.DateTime, times...)
		}
		return
	}
	d.Columns = append(d.Columns, store.Column{Name: store.TimeColumn, Type: value.DateTime})
	d.Vectors = append(d.Vectors, vector.ConstOf(value.NewDateTime(now), d.N))
}

func (a *workspace) Tables() []TableInfo {
	w := a.current()
	var out []TableInfo
	for _, t := range w.Tables() {
		info := TableInfo{Name: t.Table, Rows: int64(t.Rows)}
		columns, _ := w.Schema(t.Table)
		for _, c := range columns {
			info.Columns = append(info.Columns, result.Column{Name: c.Name, Type: c.Type})
		}
		out = append(out, info)
	}
	return out
}

// follow returns the workspace, brought to a library or to a later one that another query came with.
func (a *workspace) follow(l *Library) (*emulator.Workspace, error) {
	if l == nil {
		l = &Library{}
	}
	a.mu.RLock()
	w, there := a.w, a.known && a.version >= l.Version
	a.mu.RUnlock()
	if there {
		return w, nil
	}
	if err := a.change(l); err != nil {
		return nil, err
	}
	return a.current(), nil
}

func (a *workspace) change(l *Library) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known && a.version >= l.Version {
		return nil
	}
	functions, watchlists, tables := map[string]string{}, map[string]*Watchlist{}, map[string]bool{}
	for _, t := range l.Tables {
		tables[t.Name] = true
		columns := make([]store.Column, len(t.Columns))
		for i, c := range t.Columns {
			columns[i] = store.Column{Name: c.Name, Type: c.Type}
		}
		a.w.CreateTable(t.Name, columns)
	}
	for name := range a.tables {
		if !tables[name] {
			a.w.DropTable(name)
		}
	}
	for _, f := range l.Functions {
		made := f.Parameters + "\x00" + f.Query
		functions[f.Alias] = made
		if before, ok := a.functions[f.Alias]; ok && before == made {
			continue
		}
		s := &symbol.StoredFunction{Name: f.Alias, Body: f.Query}
		var err error
		if s.Parameters, err = parseParameters(f.Parameters); err != nil {
			return &QueryError{Kind: SemanticError, Code: "SEM0100", Message: fmt.Sprintf("the saved function %s: %v", f.Alias, err)}
		}
		a.w.AddFunction(s)
	}
	for alias := range a.functions {
		if _, ok := functions[alias]; !ok {
			a.w.DropFunction(alias)
		}
	}
	for i := range l.Watchlists {
		x := &l.Watchlists[i]
		watchlists[x.Alias] = x
		if before := a.watchlists[x.Alias]; before != nil && sameWatchlist(before, x) {
			continue
		}
		if err := a.w.AddWatchlist(x.Alias, x.SearchKey, x.data()); err != nil {
			return err
		}
	}
	for alias := range a.watchlists {
		if watchlists[alias] == nil {
			a.w.DropWatchlist(alias)
		}
	}
	a.functions, a.watchlists, a.tables, a.version, a.known = functions, watchlists, tables, l.Version, true
	return nil
}

func sameWatchlist(a, b *Watchlist) bool {
	if a.SearchKey != b.SearchKey || !a.Updated.Equal(b.Updated) || len(a.Columns) != len(b.Columns) || len(a.Items) != len(b.Items) {
		return false
	}
	for i := range a.Columns {
		if a.Columns[i] != b.Columns[i] {
			return false
		}
	}
	for i := range a.Items {
		if strings.Join(a.Items[i], "\x00") != strings.Join(b.Items[i], "\x00") {
			return false
		}
	}
	return true
}

// data is a watchlist's items as rows: LastUpdatedTimeUTC, then its columns. The workspace adds SearchKey.
func (w *Watchlist) data() *store.Data {
	d := &store.Data{Table: w.Alias, N: len(w.Items)}
	d.Columns = append(d.Columns, store.Column{Name: "LastUpdatedTimeUTC", Type: value.DateTime})
	d.Vectors = append(d.Vectors, vector.ConstOf(value.NewDateTime(value.TicksOf(w.Updated)), d.N))
	for j, name := range w.Columns {
		cells := make([]value.Value, len(w.Items))
		for i, row := range w.Items {
			text := ""
			if j < len(row) {
				text = row[j]
			}
			cells[i] = value.NewString(text)
		}
		d.Columns = append(d.Columns, store.Column{Name: name, Type: value.String})
		d.Vectors = append(d.Vectors, vector.FromValues(value.String, cells...))
	}
	return d
}
