package value

import (
	"math"
	"strconv"
	"strings"
)

// Text returns a value as tostring prints it: "" for null, strings as they are, arrays and bags as JSON.
func (v Value) Text() string {
	if v.Null {
		return ""
	}
	if v.Type == String || v.Type == GUID {
		return v.S
	}
	if v.Type == Dynamic && v.Dyn != nil && v.Dyn.Kind == KindString {
		return v.Dyn.S
	}
	return string(AppendText(nil, v))
}

// AppendText appends Text's text.
func AppendText(dst []byte, v Value) []byte {
	if v.Null {
		return dst
	}
	switch v.Type {
	case Bool:
		return strconv.AppendBool(dst, v.I != 0)
	case Int, Long:
		return strconv.AppendInt(dst, v.I, 10)
	case Real:
		return AppendReal(dst, v.F)
	case Decimal:
		return append(dst, FormatDecimal(v.Dec)...)
	case DateTime:
		return AppendDateTime(dst, v.I)
	case Timespan:
		return AppendTimespan(dst, v.I)
	case Dynamic:
		return AppendNodeText(dst, v.Dyn)
	}
	return append(dst, v.S...)
}

// AppendNodeText appends a dynamic value as tostring prints it: "" for null, text without quotes, containers as JSON.
func AppendNodeText(dst []byte, n *Node) []byte {
	if n.IsNull() {
		return dst
	}
	switch n.Kind {
	case KindArray, KindBag:
		return AppendJSON(dst, n)
	case KindString, KindGUID:
		return append(dst, n.S...)
	}
	return AppendText(dst, n.Scalar())
}

// Text returns a node as tostring prints it.
func (n *Node) Text() string {
	if n != nil && (n.Kind == KindString || n.Kind == KindGUID) {
		return n.S
	}
	return string(AppendNodeText(nil, n))
}

// Scalar returns what a node holds as a value of its own type; arrays and bags stay dynamic.
func (n *Node) Scalar() Value {
	if n == nil {
		return Null(Dynamic)
	}
	switch n.Kind {
	case KindNull:
		return Null(Dynamic)
	case KindBool:
		return Value{Type: Bool, I: n.I}
	case KindLong:
		return NewLong(n.I)
	case KindReal:
		return NewReal(n.F)
	case KindString:
		return NewString(n.S)
	case KindDateTime:
		return NewDateTime(n.I)
	case KindTimespan:
		return NewTimespan(n.I)
	case KindGUID:
		return NewGUID(n.S)
	case KindDecimal:
		return NewDecimal(n.Dec)
	}
	return NewDynamic(n)
}

// Node returns a value as a dynamic node, nil for null.
func (v Value) Node() *Node {
	if v.Null {
		return nil
	}
	switch v.Type {
	case Bool:
		return NodeBool(v.I != 0)
	case Int, Long:
		return NodeLong(v.I)
	case Real:
		return NodeReal(v.F)
	case Decimal:
		return NodeDecimal(v.Dec)
	case DateTime:
		return NodeDateTime(v.I)
	case Timespan:
		return NodeTimespan(v.I)
	case GUID:
		return NodeGUID(v.S)
	case String:
		return NodeString(v.S)
	}
	return v.Dyn
}

// Convert returns a value as another type by the rules of toint, tolong, toreal, todecimal, tobool, todatetime, totimespan,
// toguid, tostring and todynamic: null (or "") where it cannot be.
//
// Source: Kusto documentation, the pages of these functions.
func Convert(v Value, to Type) Value {
	if v.Type == to || to == Unknown {
		return v
	}
	if to == String {
		return NewString(v.Text())
	}
	if v.Null {
		return Null(to)
	}
	if v.Type == Dynamic {
		s := v.Dyn.Scalar()
		if s.Type == Dynamic {
			return Null(to)
		}
		return Convert(s, to)
	}
	switch to {
	case Bool:
		return toBool(v)
	case Int, Long:
		return toLong(v, to)
	case Real:
		return toReal(v)
	case Decimal:
		return toDecimal(v)
	case DateTime:
		return toTicks(v, DateTime)
	case Timespan:
		return toTicks(v, Timespan)
	case GUID:
		if v.Type == String {
			if g, ok := ParseGUID(v.S); ok {
				return NewGUID(g)
			}
		}
	case Dynamic:
		if v.Type == String {
			return NewDynamic(ParseDynamic(v.S))
		}
		return NewDynamic(v.Node())
	}
	return Null(to)
}

func toBool(v Value) Value {
	switch v.Type {
	case Int, Long:
		return NewBool(v.I != 0)
	case Real:
		return NewBool(v.F != 0)
	case Decimal:
		return NewBool(!v.Dec.IsZero())
	case String:
		if b, ok := ParseBool(v.S); ok {
			return NewBool(b)
		}
	}
	return Null(Bool)
}

// ParseBool reads true or false in any case, or a whole number, which is true unless it is 0.
func ParseBool(s string) (b, ok bool) {
	s = strings.TrimSpace(s)
	switch {
	case strings.EqualFold(s, "true"):
		return true, true
	case strings.EqualFold(s, "false"):
		return false, true
	}
	i, ok := ParseLong(s)
	return i != 0, ok
}

func toLong(v Value, to Type) Value {
	i, ok := v.I, true
	switch v.Type {
	case Real:
		i, ok = LongOfReal(v.F)
	case Decimal:
		i, ok = LongOfDecimal(v.Dec)
	case String:
		i, ok = TextLong(v.S)
	case GUID:
		ok = false
	}
	if !ok || to == Int && (i > math.MaxInt32 || i < math.MinInt32) {
		return Null(to)
	}
	return Value{Type: to, I: i}
}

// TextLong reads what tolong takes as text: a whole number, or a real whose fraction is cut.
func TextLong(s string) (int64, bool) {
	if i, ok := ParseLong(s); ok {
		return i, true
	}
	return 0, false
}

func toReal(v Value) Value {
	switch v.Type {
	case Decimal:
		return NewReal(RealOfDecimal(v.Dec))
	case String:
		if f, ok := ParseReal(v.S); ok {
			return NewReal(f)
		}
		if i, ok := ParseLong(v.S); ok {
			return NewReal(float64(i))
		}
		return Null(Real)
	case GUID:
		return Null(Real)
	}
	return NewReal(float64(v.I))
}

func toDecimal(v Value) Value {
	switch v.Type {
	case Real:
		return NewDecimal(DecimalOfReal(v.F))
	case String:
		d, _ := ParseDecimal(v.S)
		return NewDecimal(d)
	case GUID:
		return Null(Decimal)
	}
	return NewDecimal(DecimalOfLong(v.I))
}

// toTicks converts to datetime or timespan: numbers are ticks.
func toTicks(v Value, to Type) Value {
	var t int64
	ok := false
	switch v.Type {
	case Int, Long:
		t, ok = v.I, true
	case Real:
		t, ok = LongOfReal(v.F)
	case Decimal:
		t, ok = LongOfDecimal(v.Dec)
	case String:
		if to == DateTime {
			t, ok = ParseDateTime(v.S)
		} else {
			t, ok = ParseTimespan(v.S)
		}
	case DateTime, Timespan:
		t, ok = v.I, true
	}
	if !ok || to == DateTime && !InDateTime(t) {
		return Null(to)
	}
	return Value{Type: to, I: t}
}
