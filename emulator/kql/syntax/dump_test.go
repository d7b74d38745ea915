package syntax

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// dump writes a node as an S-expression: its type without the ending, then its fields that are set.
func dump(v any) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(v))
	return b.String()
}

func dumpValue(b *strings.Builder, v reflect.Value) {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch n := v.Interface().(type) {
	case *Name:
		b.WriteString(n.Raw)
		return
	case *NameRef:
		b.WriteString(n.Name.Raw)
		return
	case *TypeName:
		b.WriteString(n.Name)
		return
	case *StringLiteral:
		b.WriteString(strconv.Quote(n.Value))
		if n.Hidden {
			b.WriteString("hidden")
		}
		return
	case *Literal:
		b.WriteString(dumpLiteral(n))
		return
	case *DynamicLiteral:
		fmt.Fprintf(b, "(dynamic %s)", dumpNode(n.Value))
		return
	case *StarExpr:
		b.WriteString("*")
		return
	case *BadExpr:
		b.WriteString("BAD")
		return
	case *BinaryExpr:
		fmt.Fprintf(b, "(%s %s %s)", n.Op, dump(n.X), dump(n.Y))
		return
	case *UnaryExpr:
		fmt.Fprintf(b, "(%s %s)", n.Op, dump(n.X))
		return
	case *ParenExpr:
		fmt.Fprintf(b, "[%s]", dump(n.X))
		return
	case BinaryOp:
		b.WriteString(n.String())
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		dumpStruct(b, v.Elem())
	case reflect.Slice:
		b.WriteByte('(')
		for i := 0; i < v.Len(); i++ {
			if i > 0 {
				b.WriteByte(' ')
			}
			dumpValue(b, v.Index(i))
		}
		b.WriteByte(')')
	default:
		fmt.Fprint(b, v.Interface())
	}
}

func dumpStruct(b *strings.Builder, v reflect.Value) {
	name := v.Type().Name()
	for _, ending := range []string{"Operator", "Statement", "Expr"} {
		name = strings.TrimSuffix(name, ending)
	}
	b.WriteString("(" + name)
	for i := 0; i < v.NumField(); i++ {
		f := v.Type().Field(i)
		if f.Name == "node" || f.Name == "OpSpan" || f.Name == "Raw" && name == "In" || v.Field(i).IsZero() {
			continue
		}
		b.WriteString(" " + f.Name + ":")
		dumpValue(b, v.Field(i))
	}
	b.WriteString(")")
}

func dumpLiteral(n *Literal) string {
	v := n.Value
	switch {
	case n.Invalid:
		return "(" + v.Type.String() + " invalid)"
	case v.Null:
		return "(" + v.Type.String() + " null)"
	}
	switch v.Type {
	case value.Long:
		return strconv.FormatInt(v.I, 10)
	case value.Bool:
		return strconv.FormatBool(v.I != 0)
	case value.Real:
		return "(real " + strconv.FormatFloat(v.F, 'g', -1, 64) + ")"
	case value.GUID:
		return "(guid " + v.S + ")"
	case value.Decimal:
		return "(decimal " + v.Dec.String() + ")"
	}
	return "(" + v.Type.String() + " " + strconv.FormatInt(v.I, 10) + ")"
}

func dumpNode(n *value.Node) string {
	if n.IsNull() {
		return "null"
	}
	switch n.Kind {
	case value.KindBool:
		return strconv.FormatBool(n.I != 0)
	case value.KindLong:
		return strconv.FormatInt(n.I, 10)
	case value.KindReal:
		return strconv.FormatFloat(n.F, 'g', -1, 64)
	case value.KindString:
		return strconv.Quote(n.S)
	case value.KindDateTime:
		return "datetime:" + strconv.FormatInt(n.I, 10)
	case value.KindTimespan:
		return "timespan:" + strconv.FormatInt(n.I, 10)
	case value.KindGUID:
		return "guid:" + n.S
	case value.KindDecimal:
		return "decimal:" + n.Dec.String()
	}
	var parts []string
	for i, e := range n.Elems {
		if n.Kind == value.KindBag {
			parts = append(parts, strconv.Quote(n.Keys[i])+":"+dumpNode(e))
		} else {
			parts = append(parts, dumpNode(e))
		}
	}
	if n.Kind == value.KindBag {
		return "{" + strings.Join(parts, " ") + "}"
	}
	return "[" + strings.Join(parts, " ") + "]"
}
