package value

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestDateTimes(t *testing.T) {
	const day = "2026-01-05T00:00:00.0000000Z"
	for _, c := range []struct{ in, want string }{
		{"2026-01-05", day},
		{"2026-1-5", day},
		{"2026, 1, 5", day},
		{"2026/01/05", day},
		{"2026-01-05T00:00", day},
		{"2026-01-05 00:00:00Z", day},
		{"2026-01-05T02:00:00+02:00", day},
		{"2026-01-04T19:00:00-0500", day},
		{"2026-01-05T24:00:00", "2026-01-06T00:00:00.0000000Z"},
		{"2026-01-05T10:11:12.1234567Z", "2026-01-05T10:11:12.1234567Z"},
		{"2026-01-05T10:11:12.123456789Z", "2026-01-05T10:11:12.1234567Z"},
		{"2026-01-05 10:11:12.5 GMT", "2026-01-05T10:11:12.5000000Z"},
		{"1/5/2026", day},
		{"01/05/2026 12:00:00 AM", day},
		{"01-05-2026", day},
		{"5 Jan 26", day},
		{"Mon, 05 Jan 26 10:11:12 UTC", "2026-01-05T10:11:12.0000000Z"},
		{"Monday, 05-Jan-26 10:11:12 UTC", "2026-01-05T10:11:12.0000000Z"},
		{"2026", "2026-01-01T00:00:00.0000000Z"},
		{"2024-02-29", "2024-02-29T00:00:00.0000000Z"},
		{"0001-01-01", "0001-01-01T00:00:00.0000000Z"},
		{"9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"},
		{"", ""}, {"now", ""}, {"2026-02-29", ""}, {"2026-01-05T25:00", ""}, {"2026-01-05T10", ""}, {"2026-01-05x", ""},
		{"13/13/2026", ""}, {"2026-01-05T10:00:00 PST", ""}, {"20260105", ""},
	} {
		got, ok := ParseDateTime(c.in)
		if ok != (c.want != "") || ok && FormatDateTime(got) != c.want {
			t.Errorf("ParseDateTime(%q) = %q, %v, want %q", c.in, FormatDateTime(got), ok, c.want)
		}
	}
	at := time.Date(2026, 1, 5, 10, 11, 12, 345678900, time.UTC)
	if got := TimeOf(TicksOf(at)); !got.Equal(at) {
		t.Errorf("TimeOf(TicksOf(%v)) = %v", at, got)
	}
	for days := int64(0); days < 3652059; days += 13 {
		y, m, d := DateOf(days)
		if DaysOf(y, m, d) != days {
			t.Fatalf("DaysOf(DateOf(%d)) = %d", days, DaysOf(y, m, d))
		}
	}
}

func TestTimespans(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"1d", "1.00:00:00"}, {"1.5h", "01:30:00"}, {"90m", "01:30:00"}, {"10s", "00:00:10"}, {"100ms", "00:00:00.1000000"},
		{"5microseconds", "00:00:00.0000050"}, {"1tick", "00:00:00.0000001"}, {"2", "2.00:00:00"}, {"-1h", "-01:00:00"},
		{"01:02:03", "01:02:03"}, {"01:02", "01:02:00"}, {"1.02:03:04.5", "1.02:03:04.5000000"}, {"-1.00:00:00", "-1.00:00:00"}, {"3:04:05:06", "3.04:05:06"},
		{"", ""}, {"h", ""}, {"1x", ""}, {"25:00:00", ""}, {"1:2:", ""}, {"99999999999999d", ""},
	} {
		got, ok := ParseTimespan(c.in)
		if ok != (c.want != "") || ok && FormatTimespan(got) != c.want {
			t.Errorf("ParseTimespan(%q) = %q, %v, want %q", c.in, FormatTimespan(got), ok, c.want)
		}
	}
	if got := FormatTimespan(math.MinInt64); got != "-10675199.02:48:05.4775808" {
		t.Errorf("the smallest timespan is %q", got)
	}
}

func TestRealsAsText(t *testing.T) {
	for _, c := range []struct {
		in   float64
		want string
	}{{1, "1.0"}, {0, "0.0"}, {-2.5, "-2.5"}, {0.1, "0.1"}, {1e15, "1e+15"}, {1e-7, "1e-07"}, {123456789012345, "123456789012345.0"},
		{math.NaN(), "NaN"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"}} {
		if got := FormatReal(c.in); got != c.want {
			t.Errorf("FormatReal(%g) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestJSON(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"a": 1, "b":[true,null,"x"]}`, `{"a":1,"b":[true,null,"x"]}`},
		{` 12 `, `12`}, {`-0.5e1`, `-5.0`}, {`12345678901234567890`, `1.2345678901234567e+19`},
		{`"\u00e9\ud83d\ude00\n\/"`, `"é😀\n/"`}, {`"\ud83d"`, `"�"`},
		{`{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`}, {`[]`, `[]`}, {`{}`, `{}`},
		{`{a:1}`, ``}, {`[1,]`, ``}, {`01`, ``}, {`1.`, ``}, {`"a`, ``}, {"\"a\tb\"", ``}, {`nul`, ``}, {`{"a" 1}`, ``}, {`1 2`, ``}, {`"\x"`, ``}, {``, ``},
	} {
		n, ok := ParseJSON(c.in)
		if ok != (c.want != "") || ok && n.JSON() != c.want {
			t.Errorf("ParseJSON(%s) = %s, %v, want %s", c.in, n.JSON(), ok, c.want)
		}
	}
	if _, ok := ParseJSON(strings.Repeat("[", 100000) + strings.Repeat("]", 100000)); ok {
		t.Error("a tree without end was read")
	}
	var many strings.Builder
	many.WriteString(`{"k0":0`)
	for i := 1; i < 100; i++ {
		many.WriteString(`,"k` + strings.Repeat("x", i) + `":1`)
	}
	many.WriteString(`,"k0":7}`)
	if n, ok := ParseJSON(many.String()); !ok || len(n.Keys) != 100 || n.Get("k0").I != 7 {
		t.Error("a key that comes twice in a large bag is not found")
	}
	if n := ParseDynamic("plain text"); n.Kind != KindString || n.S != "plain text" {
		t.Errorf("text that is no JSON became %s", n.JSON())
	}
}

func TestGUIDs(t *testing.T) {
	const want = "0a1b2c3d-0000-4000-8000-00000000abcd"
	for _, in := range []string{want, strings.ToUpper(want), "{" + want + "}", "(" + want + ")", strings.ReplaceAll(want, "-", "")} {
		if got, ok := ParseGUID(in); !ok || got != want {
			t.Errorf("ParseGUID(%q) = %q, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "x", want + "0", want[:35], strings.Replace(want, "a", "g", 1)} {
		if got, ok := ParseGUID(in); ok {
			t.Errorf("ParseGUID(%q) = %q", in, got)
		}
	}
}

// Every value's text converts back to the value, and null stays null through every conversion.
func TestConversionsRoundTrip(t *testing.T) {
	d, _ := ParseDecimal("12.5")
	for _, v := range []Value{NewBool(true), NewInt(-7), NewLong(1 << 40), NewReal(2.5), NewDecimal(d), NewDateTime(UnixEpoch + 1),
		NewTimespan(-TicksPerHour), NewGUID("0a1b2c3d-0000-4000-8000-00000000abcd"), NewDynamic(NodeArray(NodeLong(1), NodeString("x")))} {
		if back := Convert(Convert(v, String), v.Type); !Equal(back, v) {
			t.Errorf("%s %q came back as %q", v.Type, v.Text(), back.Text())
		}
		for to := Bool; to <= Dynamic; to++ {
			if got := Convert(Null(v.Type), to); to != String && !got.Null || got.Type != to {
				t.Errorf("null %s became %v", v.Type, got)
			}
		}
	}
}

func TestCompareNodes(t *testing.T) {
	ordered := []string{`null`, `false`, `true`, `-1`, `0.5`, `1`, `"a"`, `"b"`, `[1]`, `[1,2]`, `[2]`, `{"a":1}`, `{"a":2}`}
	for i, a := range ordered {
		for j, b := range ordered {
			x, _ := ParseJSON(a)
			y, _ := ParseJSON(b)
			if got := CompareNodes(x, y); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("CompareNodes(%s, %s) = %d", a, b, got)
			}
		}
	}
	x, _ := ParseJSON(`{"a":1,"b":[2]}`)
	y, _ := ParseJSON(`{"b":[2.0],"a":1}`)
	if !EqualNodes(x, y) {
		t.Error("the order of keys or the form of a number makes bags differ")
	}
}

// Reading never panics, and what was read is written and read to the same.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5,"\u00e9"]}`, `[`, `"\ud800"`, `-`, `{"":{}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := ParseJSON(s)
		if !ok {
			return
		}
		text := n.JSON()
		m, ok := ParseJSON(text)
		if !ok || m.JSON() != text {
			t.Errorf("%q was written as %q and read as %q", s, text, m.JSON())
		}
	})
}

// A text that is a datetime or timespan is printed as one that reads back the same.
func FuzzParseTimes(f *testing.F) {
	for _, s := range []string{"2026-01-05T10:00:00Z", "1.02:03:04", "5/1/26", "-3h", "Mon, 5 Jan 26 1:2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, ok := ParseDateTime(s); ok {
			if again, ok := ParseDateTime(FormatDateTime(v)); !ok || again != v {
				t.Errorf("%q: %d and %d", s, v, again)
			}
		}
		if v, ok := ParseTimespan(s); ok && v > math.MinInt64/2 && v < math.MaxInt64/2 {
			if again, ok := ParseTimespan(FormatTimespan(v)); !ok || again != v {
				t.Errorf("%q: %d and %d", s, v, again)
			}
		}
		ParseGUID(s)
		ParseDecimal(s)
	})
}

// A text that is a number is printed as one that reads back the same.
func FuzzParseNumbers(f *testing.F) {
	for _, s := range []string{"1.5", "-0x1F", "1e400", "1e-6143", "0.000", "9223372036854775808", " 12 ", "1_0", "inf", "+5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := ParseDecimal(s); ok {
			text := FormatDecimal(d)
			if again, ok := ParseDecimal(text); len(text) <= 400 && (!ok || again.Cmp(d) != 0) {
				t.Errorf("decimal %q: %s and %v", s, text, again)
			}
			LongOfDecimal(d)
			RealOfDecimal(d)
		}
		if v, ok := ParseReal(s); ok && !math.IsNaN(v) {
			if again, ok := ParseReal(FormatReal(v)); !ok || again != v {
				t.Errorf("real %q: %v and %v", s, v, again)
			}
		}
		if v, ok := ParseLong(s); ok {
			if again, ok := ParseLong(NewLong(v).Text()); !ok || again != v {
				t.Errorf("long %q: %d and %d", s, v, again)
			}
		}
		TextLong(s)
		ParseBool(s)
	})
}
