package builtin

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// apply runs a kernel over one row. Where it fails the result's type is unknown.
func apply(t *testing.T, name string, out value.Type, args ...value.Value) value.Value {
	t.Helper()
	fn, ok := Lookup(name)
	if !ok {
		t.Fatalf("no kernel for %s", name)
	}
	cols := make([]vector.Column, len(args))
	for i, a := range args {
		cols[i] = vector.ConstOf(a, 1)
	}
	start := time.Now()
	got, err := newTestCall(fn, out).Apply(cols, 1)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("%s(%v) took %v", name, args, took)
	}
	if err != nil {
		return value.Null(value.Unknown)
	}
	if got.Type() != out || got.Len() != 1 {
		t.Fatalf("%s(%v) is %d rows of %s", name, args, got.Len(), got.Type())
	}
	return got.Value(0)
}

// Functions of outside text never panic, are quick and give their type.
func FuzzTextKernels(f *testing.F) {
	for _, s := range []string{"", "https://u:p@contoso.example:8443/a?b=c#d", `"a b" c\"d`, "<a b='c'>d</a>", "192.0.2.1/24", "2001:db8::1/300", "1.2.3.4", "xn--mnchen-3ya", "H4sIAAAAAAAA/0vOzwMA",
		`{"a":[1,{"b":null}]}`, `a,"b ""c""",d`, "/usr/lib/x.tar.gz", "POLYGON ((0 0, 1 1, 1 0, 0 0))", "Mozilla/5.0 (X11; Linux x86_64)", "%zz+%20", "\xff\xfe"} {
		f.Add(s)
	}
	one := map[string]value.Type{
		"parse_url": value.Dynamic, "parse_urlquery": value.Dynamic, "parse_csv": value.Dynamic, "parse_xml": value.Dynamic, "parse_json": value.Dynamic, "parse_path": value.Dynamic,
		"parse_version": value.Decimal, "parse_ipv4": value.Long, "parse_ipv6": value.String, "ipv4_is_private": value.Bool, "ipv4_netmask_suffix": value.Long, "format_ipv4": value.String,
		"punycode_from_string": value.String, "punycode_to_string": value.String, "punycode_domain_from_string": value.String, "punycode_domain_to_string": value.String,
		"base64_decode_tostring": value.String, "base64_decode_toarray": value.Dynamic, "base64_decode_toguid": value.GUID, "gzip_decompress_from_base64_string": value.String,
		"zlib_decompress_from_base64_string": value.String, "url_decode": value.String, "url_encode": value.String, "geo_from_wkt": value.Dynamic, "geo_geohash_to_polygon": value.Dynamic,
		"geo_h3cell_to_polygon": value.Dynamic, "geo_s2cell_to_polygon": value.Dynamic, "todatetime": value.DateTime, "totimespan": value.Timespan, "todecimal": value.Decimal, "toguid": value.GUID,
		"toreal": value.Real, "tolong": value.Long, "unicode_codepoints_from_string": value.Dynamic, "regex_quote": value.String,
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 4096 {
			return
		}
		for name, out := range one {
			apply(t, name, out, value.NewString(s))
		}
		apply(t, "parse_command_line", value.Dynamic, value.NewString(s), value.NewString("windows"))
		for _, kind := range []string{"browser", "os", "device"} {
			apply(t, "parse_user_agent", value.Dynamic, value.NewString(s), value.NewString(kind))
		}
		if back := apply(t, "url_decode", value.String, apply(t, "url_encode", value.String, value.NewString(s))); back.S != s {
			t.Errorf("%q was encoded for a URL and decoded to %q", s, back.S)
		}
		if back := apply(t, "base64_decode_tostring", value.String, apply(t, "base64_encode_tostring", value.String, value.NewString(s))); back.S != s && strings.ToValidUTF8(s, "") == s {
			t.Errorf("%q was encoded in base64 and decoded to %q", s, back.S)
		}
		if quoted := apply(t, "regex_quote", value.String, value.NewString(s)); strings.ToValidUTF8(s, "") == s {
			if m := apply(t, "matches regex", value.Bool, value.NewString(s), value.NewString("(?s)^"+quoted.S+"$")); m.Type == value.Bool && !m.Bool() {
				t.Errorf("%q does not match its own quotation %q", s, quoted.S)
			}
		}
	})
}

// Regular expressions of a query never panic; what extract finds is in the text, and what does not match is not replaced.
func FuzzRegex(f *testing.F) {
	for _, s := range [][3]string{{"(a+)b", "aab", `\1-\0`}, {`(?i)^\w+@(\w+)`, "ALICE@contoso", "x"}, {"[", "", ""}, {"(?P<n>x)|y", "y", `\2`}, {`\b\d{1,3}\b`, "1 22", `\\`}, {"(a|aa)+$", "aaaaaaaaaaaaaaaaaaaab", ""}} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, pattern, s, rewrite string) {
		if len(pattern) > 200 || len(s) > 2000 || len(rewrite) > 200 {
			return
		}
		p, in := value.NewString(pattern), value.NewString(s)
		m := apply(t, "matches regex", value.Bool, in, p)
		if m.Type != value.Bool {
			return // no regular expression
		}
		if got := apply(t, "extract", value.String, p, value.NewLong(0), in); got.Type == value.String && !strings.Contains(s, got.S) {
			t.Errorf("extract(%q, 0, %q) is %q", pattern, s, got.S)
		}
		apply(t, "extract_all", value.Dynamic, p, in)
		apply(t, "trim", value.String, p, in)
		apply(t, "indexof_regex", value.Long, in, p)
		apply(t, "countof", value.Long, in, p, value.NewString("regex"))
		if got := apply(t, "replace_regex", value.String, in, p, value.NewString(rewrite)); !m.Bool() && got.Type == value.String && got.S != s {
			t.Errorf("replace_regex(%q, %q, %q) is %q, and nothing matches", s, pattern, rewrite, got.S)
		}
	})
}

// Formats of datetimes and timespans never panic, and are quick.
func FuzzTimeFormats(f *testing.F) {
	for _, s := range []string{"yyyy-MM-dd HH:mm:ss.fffffff", "h tt", "FFFFFFFF", "[d]/_", "dddddddd.hh", "\xff"} {
		f.Add(s, int64(639_000_000_000_000_000))
	}
	f.Fuzz(func(t *testing.T, format string, ticks int64) {
		if len(format) > 500 {
			return
		}
		if value.InDateTime(ticks) {
			apply(t, "format_datetime", value.String, value.NewDateTime(ticks), value.NewString(format))
			apply(t, "datetime_part", value.Int, value.NewString(format), value.NewDateTime(ticks))
		}
		apply(t, "format_timespan", value.String, value.NewTimespan(ticks), value.NewString(format))
	})
}

// FuzzSketch reads anything as a saved hll and a saved tdigest, which a table may hold: merging and counting end in a value or in null.
func FuzzSketch(f *testing.F) {
	for _, s := range []string{`[1]`, `[1,5,7,-9]`, `[4,"AQ=="]`, `[18,"AQAAAAA="]`, `[[1,2,3],[1,1,1]]`, `[[1,"x"],[null]]`, `[[1e308,1e308],[1e308,-1]]`, `[[],[]]`, `[-1,[]]`, `null`} {
		f.Add(s, s)
	}
	for _, accuracy := range []int64{0, 4} { // one that this engine saves
		c := &counter{}
		for i := range uint64(5000) {
			c.add(i*0x9E3779B97F4A7C15, savedHashes, precisionOf(accuracy))
		}
		n := saveHLL(c, accuracy)
		f.Add(string(value.AppendJSON(nil, n)), `[1,5]`)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 1<<17 {
			return
		}
		x, y := value.NewDynamic(value.ParseDynamic(a)), value.NewDynamic(value.ParseDynamic(b))
		for _, name := range []string{"hll_merge", "tdigest_merge"} {
			both := apply(t, name, value.Dynamic, x, y)
			if name == "hll_merge" {
				if n := apply(t, "dcount_hll", value.Long, both); n.I < 0 {
					t.Errorf("%s and %s have %d values", a, b, n.I)
				}
			}
			apply(t, "percentile_tdigest", value.Dynamic, both, value.NewReal(50))
			apply(t, "rank_tdigest", value.Real, both, value.NewReal(1))
			apply(t, "percentrank_tdigest", value.Real, both, value.NewReal(1))
		}
		apply(t, "dcount_hll", value.Long, x)
		apply(t, "percentile_tdigest", value.Dynamic, x, value.NewReal(99))
	})
}
