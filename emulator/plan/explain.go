package plan

import (
	"fmt"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// Explain returns the plan as text: one operator a line, inputs indented below it, shared definitions once after it.
func Explain(rel bind.Rel) string {
	e := &explainer{seen: map[*bind.SharedDef]bool{}}
	e.rel(rel, 0)
	for i := 0; i < len(e.defs); i++ {
		fmt.Fprintf(&e.b, "shared %s:\n", e.defs[i].Name)
		e.rel(e.defs[i].Rel, 1)
	}
	return e.b.String()
}

type explainer struct {
	b    strings.Builder
	seen map[*bind.SharedDef]bool
	defs []*bind.SharedDef
}

func (e *explainer) rel(rel bind.Rel, depth int) {
	e.b.WriteString(strings.Repeat("  ", depth))
	e.b.WriteString(e.describe(rel))
	e.b.WriteByte('\n')
	switch r := rel.(type) {
	case *bind.Union:
		for _, in := range r.Rels {
			e.rel(in, depth+1)
		}
	case *bind.Join:
		e.rel(r.Left, depth+1)
		e.rel(r.Right, depth+1)
	case *bind.Lookup:
		e.rel(r.Left, depth+1)
		e.rel(r.Right, depth+1)
	case *bind.MvApply:
		e.rel(r.Body, depth+2)
		e.rel(r.Input, depth+1)
	case *bind.Partition:
		e.rel(r.Body, depth+2)
		e.rel(r.Input, depth+1)
	case *bind.Evaluate:
		if r.Input != nil {
			e.rel(r.Input, depth+1)
		}
		if r.Right != nil {
			e.rel(r.Right, depth+1)
		}
	default:
		for _, in := range rel.Inputs() {
			if in != nil {
				e.rel(in, depth+1)
			}
		}
	}
}

// OperatorName returns the name of a relation's operator, as plans, profiles and error messages say it.
func OperatorName(rel bind.Rel) string {
	switch r := rel.(type) {
	case *bind.Unsupportable:
		return r.What
	case *bind.Evaluate:
		return "evaluate " + r.Plugin
	case *bind.Parse:
		if r.Where {
			return "parse-where"
		}
	case *bind.Aggregate:
		if len(r.Aggregates) == 0 {
			return "distinct"
		}
	}
	name := strings.TrimPrefix(fmt.Sprintf("%T", rel), "*bind.")
	if known, ok := operatorNames[name]; ok {
		return known
	}
	return strings.ToLower(name)
}

var operatorNames = map[string]string{
	"Filter": "where", "Aggregate": "summarize", "MakeSeries": "make-series", "MvExpand": "mv-expand", "MvApply": "mv-apply",
	"ParseKv": "parse-kv", "SampleDistinct": "sample-distinct", "TopNested": "top-nested", "Scanner": "scan", "GraphMatch": "graph-match", "GraphTable": "graph-to-table", "Scan": "table",
}

func (e *explainer) describe(rel bind.Rel) string {
	name := OperatorName(rel)
	switch r := rel.(type) {
	case *bind.Scan:
		return fmt.Sprintf("%s %s [%s]", name, r.Table, names(r.Cols))
	case *bind.Watchlist:
		return fmt.Sprintf("%s %s [%s]", name, Text(r.Alias), names(r.Cols))
	case *bind.Datatable:
		return fmt.Sprintf("%s of %d rows [%s]", name, len(r.Rows), names(r.Cols))
	case *bind.Range:
		return fmt.Sprintf("%s from %s to %s step %s", name, Text(r.From), Text(r.To), Text(r.Step))
	case *bind.Shared:
		if !e.seen[r.Def] {
			e.seen[r.Def] = true
			e.defs = append(e.defs, r.Def)
		}
		return name + " " + r.Def.Name
	case *bind.Filter:
		return name + " " + Text(r.Predicate)
	case *bind.Project:
		return name + " " + assignments(r.Assign)
	case *bind.Serialize:
		return name + " " + assignments(r.Assign)
	case *bind.Aggregate:
		var parts []string
		for _, a := range r.Aggregates {
			parts = append(parts, names(a.Outputs)+" = "+a.Name+"("+texts(a.Args)+")")
		}
		return strings.TrimSpace(name+" "+strings.Join(parts, ", ")) + " by " + assignments(r.Keys)
	case *bind.Sort:
		return name + " by " + sortKeys(r.Keys)
	case *bind.Top:
		return name + " " + Text(r.Count) + " by " + sortKeys(r.Keys)
	case *bind.Take:
		return name + " " + Text(r.Count)
	case *bind.Join:
		return fmt.Sprintf("%s kind=%s on %s", name, r.Kind, joinKeys(r.LeftKeys, r.RightKeys))
	case *bind.Lookup:
		return fmt.Sprintf("%s kind=%s on %s", name, r.Kind, joinKeys(r.LeftKeys, r.RightKeys))
	case *bind.MvExpand:
		var parts []string
		for _, it := range r.Items {
			parts = append(parts, it.Column.Name+" = "+Text(it.Expr))
		}
		return name + " " + strings.Join(parts, ", ")
	case *bind.Parse:
		return name + " " + Text(r.Source)
	}
	return name
}

func names(cols []*bind.Column) string {
	parts := make([]string, len(cols))
	for i, c := range cols {
		if c != nil {
			parts[i] = c.Name
		}
	}
	return strings.Join(parts, ", ")
}

func assignments(list []bind.Assignment) string {
	parts := make([]string, len(list))
	for i, a := range list {
		if ref, ok := a.Expr.(*bind.ColumnRef); ok && ref.Column.Name == a.Column.Name {
			parts[i] = a.Column.Name
		} else {
			parts[i] = a.Column.Name + " = " + Text(a.Expr)
		}
	}
	return strings.Join(parts, ", ")
}

func sortKeys(keys []bind.SortKey) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = Text(k.Expr) + " asc"
		if k.Descending {
			parts[i] = Text(k.Expr) + " desc"
		}
	}
	return strings.Join(parts, ", ")
}

func joinKeys(left, right []bind.Expr) string {
	parts := make([]string, len(left))
	for i := range left {
		parts[i] = Text(left[i]) + " == " + Text(right[i])
	}
	return strings.Join(parts, ", ")
}

func texts(list []bind.Expr) string {
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = Text(e)
	}
	return strings.Join(parts, ", ")
}

// Text returns an expression as text for plans and messages. It is near KQL and not meant to be parsed.
func Text(e bind.Expr) string {
	switch x := e.(type) {
	case nil:
		return ""
	case *bind.Const:
		return constText(x.Value)
	case *bind.ColumnRef:
		return x.Column.Name
	case *bind.Path:
		if k, ok := x.Key.(*bind.Const); ok && k.Value.Type == value.String {
			return Text(x.Base) + "." + k.Value.S
		}
		return Text(x.Base) + "[" + Text(x.Key) + "]"
	case *bind.Subquery:
		return "toscalar(...)"
	case *bind.InSubquery:
		return Text(x.Arg) + " " + x.Op + " (...)"
	case *bind.Call:
		if len(x.Args) == 2 && infix(x.Name) {
			return "(" + Text(x.Args[0]) + " " + x.Name + " " + Text(x.Args[1]) + ")"
		}
		return x.Name + "(" + texts(x.Args) + ")"
	}
	return "?"
}

func infix(name string) bool {
	switch name {
	case "and", "or", "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "=~", "!~":
		return true
	}
	return strings.Contains(name, "has") || strings.Contains(name, "contains") || strings.Contains(name, "startswith") ||
		strings.Contains(name, "endswith") || name == "matches regex"
}

func constText(v value.Value) string {
	if v.Null {
		return v.Type.String() + "(null)"
	}
	switch v.Type {
	case value.Bool:
		return fmt.Sprint(v.I != 0)
	case value.Int, value.Long:
		return fmt.Sprint(v.I)
	case value.Real:
		return fmt.Sprint(v.F)
	case value.String:
		return fmt.Sprintf("%q", v.S)
	case value.Decimal:
		return v.Dec.String()
	case value.GUID:
		return "guid(" + v.S + ")"
	case value.Dynamic:
		return "dynamic(...)"
	}
	return fmt.Sprintf("%s(%d ticks)", v.Type, v.I)
}
