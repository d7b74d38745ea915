package generate

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// Distribution is what generated data looks like, for comparing with the figures it aims at.
type Distribution struct {
	Users, Days, Weekdays int
	Streams               []StreamShape
}

// StreamShape describes one table.
type StreamShape struct {
	Stream, Table string
	Rows          int64
	WeekdayRows   int64
	Failures      int64
	Interrupts    int64     // failures that the user simply goes through
	Hours         [24]int64 // by hour of UTC+1, where most of the company is, on weekdays
	Codes         map[string]int64
	Bytes         int64 // as JSON lines
	PolicyBytes   int64 // of them ConditionalAccessPolicies
}

// Measure generates cfg into nothing and counts.
func Measure(ctx context.Context, cfg Config) (Distribution, error) {
	d := Distribution{Users: cfg.Users, Days: cfg.Days}
	interrupts := map[string]bool{}
	for _, r := range resultList {
		interrupts[r.code] = r.interrupt
	}
	for i := range cfg.Days {
		if (ticksOf(cfg.Start) + ticks(i)*day).weekday() < 5 {
			d.Weekdays++
		}
	}
	m := &measuring{shapes: &d.Streams, interrupts: interrupts}
	_, err := Generate(ctx, cfg, m)
	return d, err
}

// measuring is a Sink that counts each row as it is encoded.
type measuring struct {
	shapes     *[]StreamShape
	interrupts map[string]bool
}

type measuringTable struct {
	m       *measuring
	shape   StreamShape
	columns []Column
	keys    [][]byte
}

type measuringChunk struct {
	t     *measuringTable
	shape StreamShape
	buf   []byte
}

func (m *measuring) Open(table string, columns []Column) (TableSink, error) {
	t := &measuringTable{m: m, columns: columns, shape: StreamShape{Stream: streamOf(table), Table: table, Codes: map[string]int64{}}}
	for i, c := range columns {
		lead := byte(',')
		if i == 0 {
			lead = '{'
		}
		t.keys = append(t.keys, append(appendJSONString([]byte{lead}, []byte(c.Name)), ':'))
	}
	return t, nil
}

func (t *measuringTable) NewChunk() Chunk {
	return &measuringChunk{t: t, shape: StreamShape{Codes: map[string]int64{}}}
}

func (c *measuringChunk) Append(r *Row) {
	s := &c.shape
	c.buf = appendJSONRow(c.buf[:0], c.t.keys, r)
	s.Rows++
	s.Bytes += int64(len(c.buf))
	for i, col := range c.t.columns {
		v := &r.values[i]
		switch col.Name {
		case "TimeGenerated":
			if at := ticks(v.Number); at.weekday() < 5 {
				s.WeekdayRows++
				s.Hours[(at+hour)%day/hour]++
			}
		case "ResultType":
			code := string(v.Text)
			if code == "" {
				break
			}
			s.Codes[code]++
			if code != "0" {
				s.Failures++
				if c.t.m.interrupts[code] {
					s.Interrupts++
				}
			}
		case "ConditionalAccessPolicies":
			token := v.token
			if token == nil {
				token = v.Text
			}
			s.PolicyBytes += int64(len(c.t.keys[i]) + len(token))
		}
	}
}

func (t *measuringTable) Write(c Chunk) error {
	s, from := &t.shape, &c.(*measuringChunk).shape
	s.Rows += from.Rows
	s.WeekdayRows += from.WeekdayRows
	s.Failures += from.Failures
	s.Interrupts += from.Interrupts
	s.Bytes += from.Bytes
	s.PolicyBytes += from.PolicyBytes
	for h := range s.Hours {
		s.Hours[h] += from.Hours[h]
	}
	for code, n := range from.Codes {
		s.Codes[code] += n
	}
	return nil
}

func (t *measuringTable) Close() error {
	*t.m.shapes = append(*t.m.shapes, t.shape)
	return nil
}

// Shape is the description of a table, with zeroes when it was not generated.
func (d Distribution) Shape(table string) StreamShape {
	for _, s := range d.Streams {
		if s.Table == table {
			return s
		}
	}
	return StreamShape{Table: table}
}

func share(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// PerDay is the mean number of rows a day.
func (d Distribution) PerDay(s StreamShape) float64 { return share(s.Rows, int64(d.Days)) }

// FailureShare is the part of rows whose ResultType is not 0.
func (s StreamShape) FailureShare() float64 { return share(s.Failures, s.Rows) }

// PolicyShare is the part of the JSON bytes that ConditionalAccessPolicies takes.
func (s StreamShape) PolicyShare() float64 { return share(s.PolicyBytes, s.Bytes) }

// Ratio is non-interactive rows for each interactive one.
func (d Distribution) Ratio() float64 {
	return share(d.Shape(tableBackground).Rows, d.Shape(tableSignin).Rows)
}

// CodeShare is the part of the failures that the given codes make.
func (s StreamShape) CodeShare(codes ...string) float64 {
	n := int64(0)
	for _, c := range codes {
		n += s.Codes[c]
	}
	return share(n, s.Failures)
}

// Floor is the quietest hour against the busiest.
func (s StreamShape) Floor() float64 {
	low, high := s.Hours[0], s.Hours[0]
	for _, n := range s.Hours {
		low, high = min(low, n), max(high, n)
	}
	return share(low, high)
}

// Describe generates cfg into nothing and prints its figures beside those of a realistic tenant.
func Describe(ctx context.Context, cfg Config, out io.Writer) error {
	d, err := Measure(ctx, cfg)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, d.String())
	return err
}

// String is the table that Describe prints. The expected row counts are for 500 users and grow with them.
func (d Distribution) String() string {
	var b strings.Builder
	line := func(what, got, want string) { fmt.Fprintf(&b, "%-46s %14s   %s\n", what, got, want) }
	scale := float64(d.Users) / 500
	line(fmt.Sprintf("%d users, %d days (%d weekdays)", d.Users, d.Days, d.Weekdays), "generated", "expected")
	volumes := map[string]float64{tableSignin: 2500, tableBackground: 50000, tablePrincipal: 8000, tableIdentity: 3000}
	for _, s := range d.Streams {
		want := ""
		if v, ok := volumes[s.Table]; ok {
			want = fmt.Sprintf("about %.0f", v*scale)
			if s.Table == tablePrincipal || s.Table == tableIdentity {
				want = fmt.Sprintf("about %.0f", v*max(1, scale))
			}
		}
		line("rows a day, "+s.Stream, fmt.Sprintf("%.0f", d.PerDay(s)), want)
	}
	line("non-interactive : interactive", fmt.Sprintf("%.1f", d.Ratio()), "10 to 50")
	front, back := d.Shape(tableSignin), d.Shape(tableBackground)
	percent := func(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) }
	line("failures, interactive", percent(front.FailureShare()), "8 to 15 %, mostly interrupts")
	line("  of them interrupts", percent(share(front.Interrupts, front.Failures)), "most")
	line("failures, non-interactive", percent(back.FailureShare()), "2 to 6 %")
	line("  of them 70043 70044 50173 50133 65001 50058", percent(back.CodeShare("70043", "70044", "50173", "50133", "65001", "50058")), "most")
	line("ConditionalAccessPolicies, of a row's bytes", percent(back.PolicyShare()), "50 to 80 %, non-interactive")
	if back.Rows > 0 {
		line("bytes a row, non-interactive", fmt.Sprintf("%.0f", share(back.Bytes, back.Rows)), "")
	}
	line("quietest hour of the busiest, non-interactive", percent(back.Floor()), "10 to 20 %")
	b.WriteString("\nrows by hour of a weekday (UTC+1), share of the table\n hour")
	for _, s := range d.Streams {
		fmt.Fprintf(&b, " %17s", s.Stream)
	}
	b.WriteByte('\n')
	for h := range 24 {
		fmt.Fprintf(&b, "   %02d", h)
		for _, s := range d.Streams {
			fmt.Fprintf(&b, " %16.1f%%", 100*share(s.Hours[h], s.WeekdayRows))
		}
		b.WriteByte('\n')
	}
	b.WriteString("expected: interactive peaks 08 to 10 and at 13, non-interactive follows the working day, applications and identities flat\n")
	return b.String()
}
