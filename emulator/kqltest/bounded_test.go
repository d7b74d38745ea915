package kqltest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/emulator"
)

// Queries that are large, deep or no text at all end in an answer or an error, in bounded time.
func TestBounded(t *testing.T) {
	repeat := strings.Repeat
	queries := map[string]string{
		"parentheses": "print " + repeat("(", 10_000) + "1" + repeat(")", 10_000),
		"functions":   "print " + repeat("strcat(", 5_000) + `"a"` + repeat(")", 5_000),
		"pipes":       "print a = 1" + repeat(" | where a > 0", 1_000),
		"extends":     "print a = 1" + repeat(" | extend a = a + a", 3_000),
		"sum":         "print 1" + repeat("+1", 50_000),
		"or":          "print a = 1 | where " + repeat("a == 1 or ", 10_000) + "a == 2",
		"a long list": "print a = 1 | where a in (" + repeat("1,", 20_000) + "1)",
		"5 MB string": "print strlen('" + repeat("x", 5<<20) + "')",
		"1 MB junk":   repeat("| ) where ", 1<<20/10),
		"no UTF-8":    "print a = '\xff\xfe\xc3' | where a has '\x80'",
		"zeros":       repeat("\x00", 1000),
		"unions":      "union " + repeat("(print a = 1),", 2_000) + "(print a = 1)",
		"lets":        repeat("let a = 1;", 5_000) + "print a",
		"doubling":    "let f0 = (x: long) { x };" + doubling(40) + "print f40(1)",
		"paths":       "print d = dynamic({}) | project d" + repeat(".a", 10_000),
		"graph":       "range i from 0 to 400 step 1 | extend j = (i * 7) % 20, k = i % 20 | make-graph j --> k with_node_id=n | graph-match (a)-[e*1..4]->(b) project a.n | count",
	}
	w := emulator.New(emulator.Options{})
	for name, q := range queries {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		start := time.Now()
		_, err := w.Query(ctx, q, emulator.QueryOptions{})
		cancel()
		if testing.Verbose() {
			t.Logf("%s: %v %.100v", name, time.Since(start).Round(time.Millisecond), err)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: took %v (%.200v)", name, took, err)
		}
	}
}

// doubling writes functions of which each calls the one before twice.
func doubling(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		last, this := "f"+strconv.Itoa(i-1), "f"+strconv.Itoa(i)
		b.WriteString("let " + this + " = (x: long) { " + last + "(x) + " + last + "(x) };")
	}
	return b.String()
}

// A small text that inflates to a large one ends in an error that names the limit.
func TestInflatedBounded(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for range 80 {
		if _, err := z.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	z.Close()
	_, err := emulator.New(emulator.Options{}).Query(context.Background(), "print strlen(gzip_decompress_from_base64_string('"+base64.StdEncoding.EncodeToString(b.Bytes())+"'))", emulator.QueryOptions{})
	if err == nil || !strings.Contains(err.Error(), "gzip_decompress_from_base64_string(): more than 64 MiB come out, the limit") {
		t.Errorf("%v", err)
	}
}

// Shapes whose edges are compared one with every other end in an answer, or in an error that names the limit, in bounded time.
func TestShapesBounded(t *testing.T) {
	const ring = "let ring = (n: long, off: real) { toscalar(range i from 0 to n step 1 | extend a = (i % n) * 2 * pi() / n | summarize make_list(pack_array(pack_array(4 + off + cos(a), 50 + sin(a))))) };\n"
	for _, c := range []struct{ query, want string }{
		{ring + `print p = bag_pack("type", "Polygon", "coordinates", pack_array(ring(2000, 0.0))), q = bag_pack("type", "Polygon", "coordinates", pack_array(ring(2000, 0.5)))
			| extend both = geo_intersection_2polygons(p, q)
			| where both.type == "Polygon" and geo_polygon_area(both) < geo_polygon_area(p) and geo_intersects_2polygons(p, q) | count`, "1"},
		{ring + `print p = bag_pack("type", "Polygon", "coordinates", pack_array(ring(6000, 0.0))) | project both = geo_intersection_2polygons(p, p)`,
			"geo_intersection_2polygons(): the shapes have 12002 points together, the limit is 10000"},
		{`let line = toscalar(range i from 0 to 10000 step 1 | summarize make_list(pack_array(pack_array(i / 1000.0, 50))));
			print p = bag_pack("type", "LineString", "coordinates", line) | project s = geo_line_simplify(p, 10)`,
			"geo_line_simplify(): the shapes have 10001 points together, the limit is 10000"},
		{`let lines = toscalar(range i from 1 to 400 step 1 | extend x = i / 100.0
			| summarize make_list(bag_pack("type", "MultiLineString", "coordinates", pack_array(pack_array(pack_array(x, 0.0), pack_array(x, 5.0)), pack_array(pack_array(0.0, x), pack_array(5.0, x))))));
			print u = geo_union_lines_array(lines)`, "geo_union_lines_array(): the shapes cut each other into more than 200000 pieces, the limit"},
	} {
		start := time.Now()
		r, err := emulator.New(emulator.Options{}).Query(context.Background(), c.query, emulator.QueryOptions{})
		got := ""
		if err != nil {
			got = err.Error()
		} else if r.Primary().Rows > 0 {
			got = r.Primary().Value(0, 0).Text()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s\nis %q, want %q", c.query, got, c.want)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s\ntook %v", c.query, took)
		} else if testing.Verbose() {
			t.Logf("%v %s", took.Round(time.Millisecond), c.want)
		}
	}
}
