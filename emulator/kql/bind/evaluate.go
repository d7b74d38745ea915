package bind

import (
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/syntax"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// evaluate binds the evaluate operator.
func (b *binder) evaluate(t *table, o *syntax.EvaluateOperator) *item {
	at := o.Span()
	b.operatorParameters(o.Parameters, evaluateParameters)
	row, kind, aggs := b.row, b.kind, b.aggs
	b.row, b.kind, b.aggs = t, plugin, &aggregates{}
	it := b.bindExpr(o.Call, false)
	b.row, b.kind, b.aggs = row, kind, aggs
	if it.kind != isTable {
		if it.kind == isColumns {
			return it
		}
		if o.Schema == nil {
			if it.kind != isBad {
				b.tableWanted(it)
			}
			return b.bad(at)
		}
		it = b.tableItem(at, b.missing("", at))
	}
	if o.Schema == nil {
		return it
	}
	// The schema is what the query says; the plugin's result is fitted to it by name.
	out := it.table
	cols := b.schema(o.Schema, false)
	named := map[string]bool{}
	for _, c := range cols {
		named[c.Name] = true
	}
	var list []output
	if o.Schema.Star {
		for _, c := range out.cols {
			if !named[c.Name] {
				list = append(list, output{c, NewColumnRef(c, at)})
			}
		}
	}
	for _, c := range cols {
		var e Expr
		if in := out.column(c.Name); in != nil {
			e = convert(NewColumnRef(in, at), c.Type)
		} else if out.open {
			e = convert(NewColumnRef(b.infer(out, c.Name), at), c.Type)
		} else {
			e = NewConst(nullOf(c.Type), at)
		}
		list = append(list, output{c, e})
	}
	p := b.project(out, list, at)
	p.open = false
	return b.tableItem(at, p)
}

// callPlugin makes the relation that a plugin gives. b.row is its input, nil when it begins a query.
func (b *binder) callPlugin(e *syntax.CallExpr, f *symbol.Function, sig *symbol.Signature, params []*symbol.Param, args []*item) *item {
	at := e.Span()
	in := b.row
	r := &Evaluate{Plugin: f.Name}
	r.At = at
	if in != nil {
		r.Input = in.rel
	}
	for i, a := range args {
		switch {
		case a.kind == isTable:
			b.settle(a.table)
			r.Right = a.table.rel
		case f.Name == "pivot" && i == 1:
		case a.expr != nil:
			e := a.expr
			if i < len(params) && params[i] != nil && params[i].Kind == symbol.Exactly && len(params[i].Types) == 1 && !isTilde(params[i], a) {
				e = convert(e, params[i].Types[0].Scalar)
			}
			r.Args = append(r.Args, e)
			name := ""
			if n, ok := a.node.(*syntax.NamedExpr); ok && len(n.Names) == 1 {
				name = n.Names[0].Text
			} else if i < len(params) && params[i] != nil {
				name = params[i].Name
			}
			r.ArgNames = append(r.ArgNames, name)
		}
	}
	if f.Name == "pivot" && b.aggs != nil {
		if len(b.aggs.calls) > 0 {
			r.Aggregate = &b.aggs.calls[len(b.aggs.calls)-1]
		}
	}
	if in != nil {
		r.Input = in.rel // arguments may have asked an open input for more
	}
	out := &table{rel: r}
	b.pluginColumns(r, out, f, sig, params, args, in)
	out.cols = r.Cols
	return b.tableItem(at, out)
}

// pluginColumns works out the columns of a plugin's result.
func (b *binder) pluginColumns(r *Evaluate, out *table, f *symbol.Function, sig *symbol.Signature, params []*symbol.Param, args []*item, in *table) {
	var input []*Column
	if in != nil {
		input = in.cols
	}
	col := func(name string, t value.Type) { r.Cols = append(r.Cols, &Column{Name: name, Type: t}) }
	byName := func(name string) (out []*item) {
		for i, a := range args {
			if i < len(params) && params[i] != nil && params[i].Name == name {
				out = append(out, a)
			}
		}
		return out
	}
	refer := func(name string) {
		for _, a := range byName(name) {
			if a.col != nil {
				r.Cols = append(r.Cols, b.copyColumn(a.col))
			}
		}
	}
	passInput := func() {
		r.Cols = append(r.Cols, input...)
		out.open = in != nil && in.open
	}
	switch f.Name {
	case "bag_unpack":
		for _, c := range input {
			if len(args) == 0 || c != args[0].col {
				r.Cols = append(r.Cols, c)
			}
		}
		r.Open, out.open = true, true
	case "pivot":
		var keys []*Column
		for _, a := range args[min(2, len(args)):] {
			if a.col != nil {
				keys = append(keys, a.col)
			}
		}
		if keys == nil {
			var value *Column
			if r.Aggregate != nil && len(r.Aggregate.Args) > 0 {
				arg := r.Aggregate.Args[0]
				if conv, ok := arg.(*Call); ok && len(conv.Args) == 1 && isConversion(conv.Name) {
					arg = conv.Args[0]
				}
				if ref, ok := arg.(*ColumnRef); ok {
					value = ref.Column
				}
			}
			for _, c := range input {
				if c != args[0].col && c != value {
					keys = append(keys, c)
				}
			}
			for _, c := range keys {
				if !c.Hidden {
					r.Args = append(r.Args, NewColumnRef(c, r.At))
					r.ArgNames = append(r.ArgNames, "columnName")
				}
			}
		}
		r.Cols = append(r.Cols, keys...)
		r.Open, out.open = true, true
	case "autocluster", "basket":
		col("SegmentId", value.Long)
		col("Count", value.Long)
		col("Percent", value.Real)
		passInput()
	case "diffpatterns":
		col("SegmentId", value.Long)
		col("CountA", value.Long)
		col("CountB", value.Long)
		col("PercentA", value.Real)
		col("PercentB", value.Real)
		col("PercentDiffAB", value.Real)
		passInput()
	case "dcount_intersect":
		passInput()
		for i := range args {
			col("s"+itoa(i), value.Long)
		}
	case "estimate_rows_count":
		col("EstimatedRowsCount", value.Long)
	case "identity", "identity_v3", "rows_near":
		passInput()
	case "preview":
		passInput()
	case "ipv4_lookup", "ipv6_lookup", "geo_polygon_lookup", "geo_line_lookup":
		b.lookupColumns(r, out, f, args, in)
	case "active_users_count":
		refer("TimelineColumn")
		refer("Dimension")
		col("dcount", value.Long)
	case "activity_counts_metrics":
		refer("TimelineColumn")
		refer("Dimension")
		for _, n := range []string{"count", "dcount", "new_dcount", "aggregated_dcount"} {
			col(n, value.Long)
		}
	case "activity_engagement":
		refer("TimelineColumn")
		refer("Dimension")
		col("dcount_activities_inner", value.Long)
		col("dcount_activities_outer", value.Long)
		col("activity_ratio", value.Real)
	case "activity_metrics":
		refer("TimelineColumn")
		refer("Dimension")
		col("dcount_values", value.Long)
		col("dcount_newvalues", value.Long)
		col("retention_rate", value.Real)
		col("churn_rate", value.Real)
	case "new_activity_metrics":
		for _, a := range byName("TimelineColumn") {
			r.Cols = append(r.Cols, b.newColumn("from_"+a.name, a.typ), b.newColumn("to_"+a.name, a.typ))
		}
		refer("Dimension")
		col("dcount_new_values", value.Long)
		col("dcount_retained_values", value.Long)
		col("dcount_churn_values", value.Long)
		col("retention_rate", value.Real)
		col("churn_rate", value.Real)
	case "session_count":
		refer("TimelineColumn")
		refer("Dimension")
		col("count_sessions", value.Long)
	case "sliding_window_counts":
		refer("TimelineColumn")
		refer("Dimension")
		col("Count", value.Long)
		col("Dcount", value.Long)
	case "funnel_sequence":
		refer("TimelineColumn")
		for _, a := range byName("StateColumn") {
			r.Cols = append(r.Cols, b.newColumn("prev", a.typ), b.newColumn("next", a.typ))
		}
		col("dcount", value.Long)
		r.Cols = append(r.Cols, b.newColumn("samples", symbol.Array))
	case "funnel_sequence_completion":
		refer("TimelineColumn")
		for _, a := range byName("StateColumn") {
			col(a.name, value.String)
		}
		col("Period", value.Timespan)
		col("dcount", value.Long)
	case "sequence_detect":
		refer("Dimension")
		for _, t := range byName("TimelineColumn") {
			for _, x := range byName("Expr") {
				r.Cols = append(r.Cols, b.newColumn(joinNonEmpty(x.name, t.name), t.typ))
			}
		}
		col("Duration", value.Timespan)
	case "rolling_percentile":
		refer("IndexColumn")
		refer("Dimension")
		bins, rank, name, typ := "0", "0", "value", symbol.Of(value.Long)
		for _, a := range byName("BinsPerWindow") {
			if a.value != nil {
				bins = literalText(*a.value)
			}
		}
		for _, a := range byName("Percentile") {
			if a.value != nil {
				rank = literalText(*a.value)
			}
		}
		for _, a := range byName("ValueColumn") {
			if a.col != nil {
				name, typ = a.col.Name, a.typ
			}
		}
		r.Cols = append(r.Cols, b.newColumn("rolling_"+bins+"_percentile_"+name+"_"+rank, typ))
	case "python", "r", "csharp":
		if len(args) > 0 && args[0].kind == isType && args[0].schema != nil {
			r.Cols = append(r.Cols, args[0].schema...)
			break
		}
		r.Open, out.open = true, true
	case "ai_chat_completion", "ai_chat_completion_prompt", "ai_embeddings", "ai_embed_text":
		passInput()
		suffix, typ := "completion", value.String
		switch f.Name {
		case "ai_embeddings":
			suffix, typ = "embeddings", value.Dynamic
		case "ai_embed_text":
			suffix, typ = "embedding", value.Dynamic
		}
		name := ""
		if len(args) > 0 {
			name = args[0].name
		}
		col(name+"_"+suffix, typ)
		if len(args) > 3 && args[3].value != nil && args[3].value.Bool() {
			col(name+"_"+suffix+"_error", value.String)
		}
	default:
		if sig.Return == symbol.ReturnsTable {
			for _, c := range sig.Columns {
				col(c.Name, c.Type)
			}
			break
		}
		r.Open, out.open = true, true
	}
}

func joinNonEmpty(a, c string) string {
	if a == "" {
		return "_" + c
	}
	return a + "_" + c
}

// lookupColumns are the input's columns, then those of the table looked up, made distinct.
func (b *binder) lookupColumns(r *Evaluate, out *table, f *symbol.Function, args []*item, in *table) {
	if in == nil || len(args) == 0 || args[0].kind != isTable {
		if in != nil {
			r.Cols = append(r.Cols, in.cols...)
			out.open = in.open
		}
		return
	}
	skip := map[string]bool{}
	key := strings.HasPrefix(f.Name, "geo_")
	for i, a := range args {
		if f.Name == "ipv4_lookup" && i > 2 && a.col != nil {
			skip[a.col.Name] = true
		}
		if key && i == 1 && a.col != nil {
			skip[a.col.Name] = true
		}
		if key && isNamed(a, "return_lookup_key") && a.value != nil && a.value.Bool() {
			skip = map[string]bool{}
		}
	}
	all := append([]*Column(nil), in.cols...)
	for _, c := range args[0].table.cols {
		if !skip[c.Name] {
			n := b.copyColumn(c)
			all = append(all, n)
			r.RightOut = append(r.RightOut, ColumnPair{Out: n, In: c})
		}
	}
	renamed := b.distinctNames(all)
	for i := range r.RightOut {
		r.RightOut[i].Out = renamed[len(in.cols)+i]
	}
	r.Cols = renamed
	out.open = false
}
