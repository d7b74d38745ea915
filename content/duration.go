package content

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time as content writes it: the value and the text it was read from. The zero Duration means
// that none was given.
type Duration struct {
	Value time.Duration
	Text  string
}

// IsSet says whether a duration was given.
func (d Duration) IsSet() bool { return d.Text != "" }

// maxDuration bounds what is read; Sentinel's own bounds are days.
const maxDuration = 10_000 * 24 * time.Hour

// ParseDuration reads the three forms that content uses: 5m, 1h, 14d and their sums (1d12h); .NET's hh:mm:ss and
// d.hh:mm:ss; ISO 8601's PT5M, P1D, P2DT1H30M (weeks too, no months or years). A bare number is refused, because .NET would
// read it as days.
func ParseDuration(s string) (Duration, error) {
	var v time.Duration
	var err error
	switch {
	case s == "":
		return Duration{}, fmt.Errorf("no duration; write it as 5m, 1h, 14d, hh:mm:ss or PT5M")
	case len(s) > 40:
		return Duration{}, fmt.Errorf("%q... is too long for a duration", s[:40])
	case s[0] == 'P' || s[0] == 'p':
		v, err = parseISO(s)
	case strings.Contains(s, ":"):
		v, err = parseDotNet(s)
	default:
		v, err = parseShort(s)
	}
	if err != nil {
		return Duration{}, err
	}
	if v > maxDuration {
		return Duration{}, fmt.Errorf("%q is longer than 10000 days", s)
	}
	return Duration{Value: v, Text: s}, nil
}

func badDuration(s string) error {
	return fmt.Errorf("%q is not a duration; write it as 5m, 1h, 14d, hh:mm:ss or PT5M", s)
}

// number reads digits at the start of s, at most nine of them.
func number(s string) (n int64, rest string, ok bool) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		n = n*10 + int64(s[i]-'0')
		i++
		if i > 9 {
			return 0, s, false
		}
	}
	return n, s[i:], i > 0
}

var shortUnits = [...]struct {
	name string
	unit time.Duration
}{{"ms", time.Millisecond}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

func parseShort(s string) (time.Duration, error) {
	var total time.Duration
	for rest := s; rest != ""; {
		n, after, ok := number(rest)
		if !ok {
			return 0, badDuration(s)
		}
		if after == "" {
			return 0, fmt.Errorf("%q has no unit; write %sm, %sh or %sd", s, s, s, s)
		}
		found := false
		for _, u := range shortUnits {
			if strings.HasPrefix(after, u.name) {
				if n > int64(2*maxDuration/u.unit) {
					return 0, fmt.Errorf("%q is longer than 10000 days", s)
				}
				total += time.Duration(n) * u.unit
				rest, found = after[len(u.name):], true
				break
			}
		}
		if !found || total > 2*maxDuration {
			return 0, badDuration(s)
		}
	}
	return total, nil
}

func parseDotNet(s string) (time.Duration, error) {
	var days int64
	rest := s
	if i := strings.IndexByte(s, '.'); i >= 0 && i < strings.IndexByte(s, ':') {
		n, after, ok := number(s)
		if !ok || after == "" || after[0] != '.' {
			return 0, badDuration(s)
		}
		days, rest = n, after[1:]
	}
	parts := strings.Split(rest, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return 0, badDuration(s)
	}
	var fraction time.Duration
	if len(parts) == 3 {
		if i := strings.IndexByte(parts[2], '.'); i >= 0 {
			f, err := fractionOf(parts[2][i+1:])
			if err != nil {
				return 0, badDuration(s)
			}
			fraction, parts[2] = f, parts[2][:i]
		}
	}
	total := time.Duration(days) * 24 * time.Hour
	limits := [...]int64{23, 59, 59}
	units := [...]time.Duration{time.Hour, time.Minute, time.Second}
	for i, p := range parts {
		n, after, ok := number(p)
		if !ok || after != "" || len(p) > 2 {
			return 0, badDuration(s)
		}
		if n > limits[i] {
			return 0, fmt.Errorf("%q is not a duration: %d is too large for %s; write days as d.hh:mm:ss", s, n, [...]string{"hours", "minutes", "seconds"}[i])
		}
		total += time.Duration(n) * units[i]
	}
	return total + fraction, nil
}

// fractionOf reads the digits after the point of a second.
func fractionOf(digits string) (time.Duration, error) {
	if digits == "" || len(digits) > 9 {
		return 0, badDuration(digits)
	}
	n, err := strconv.ParseUint(digits+strings.Repeat("0", 9-len(digits)), 10, 63)
	return time.Duration(n), err
}

func parseISO(s string) (time.Duration, error) {
	var total time.Duration
	rest, inTime, any, last := strings.ToUpper(s)[1:], false, false, 0
	for rest != "" {
		if rest[0] == 'T' && !inTime {
			inTime, rest = true, rest[1:]
			if rest == "" {
				return 0, badDuration(s)
			}
			continue
		}
		n, after, ok := number(rest)
		if !ok || after == "" {
			return 0, badDuration(s)
		}
		var fraction time.Duration
		if after[0] == '.' {
			end := strings.IndexByte(after, 'S')
			if end < 0 || !inTime {
				return 0, badDuration(s)
			}
			f, err := fractionOf(after[1:end])
			if err != nil {
				return 0, badDuration(s)
			}
			fraction, after = f, after[end:]
		}
		var unit time.Duration
		var order int
		switch {
		case after[0] == 'W' && !inTime:
			unit, order = 7*24*time.Hour, 1
		case after[0] == 'D' && !inTime:
			unit, order = 24*time.Hour, 2
		case after[0] == 'H' && inTime:
			unit, order = time.Hour, 3
		case after[0] == 'M' && inTime:
			unit, order = time.Minute, 4
		case after[0] == 'S' && inTime:
			unit, order = time.Second, 5
		case (after[0] == 'M' || after[0] == 'Y') && !inTime:
			return 0, fmt.Errorf("%q counts months or years, whose length varies; write days, for instance P30D", s)
		default:
			return 0, badDuration(s)
		}
		if order <= last || n > int64(2*maxDuration/unit) {
			return 0, badDuration(s)
		}
		last, any = order, true
		total += time.Duration(n)*unit + fraction
		rest = after[1:]
	}
	if !any {
		return 0, badDuration(s)
	}
	return total, nil
}

// ISO returns the duration in ISO 8601 as Azure Resource Manager wants it: PT5M, P1D, P2DT1H30M; PT0S for none.
func (d Duration) ISO() string {
	v := d.Value
	if v == 0 {
		return "PT0S"
	}
	var b strings.Builder
	if v < 0 {
		b.WriteByte('-')
		v = -v
	}
	b.WriteByte('P')
	days := v / (24 * time.Hour)
	v -= days * 24 * time.Hour
	if days > 0 {
		fmt.Fprintf(&b, "%dD", days)
	}
	if v > 0 {
		b.WriteByte('T')
		if h := v / time.Hour; h > 0 {
			fmt.Fprintf(&b, "%dH", h)
		}
		if m := v % time.Hour / time.Minute; m > 0 {
			fmt.Fprintf(&b, "%dM", m)
		}
		if s := v % time.Minute; s > 0 {
			b.WriteString(strconv.FormatInt(int64(s/time.Second), 10))
			if f := s % time.Second; f > 0 {
				b.WriteByte('.')
				b.WriteString(strings.TrimRight(fmt.Sprintf("%09d", f), "0"))
			}
			b.WriteByte('S')
		}
	}
	return b.String()
}

// Short returns the duration as Azure-Sentinel's YAML and KQL write it: 5m, 1h, 14d. A value that needs more than one unit
// is written in its smallest one (90m), below a second in milliseconds.
func (d Duration) Short() string {
	v := d.Value
	switch {
	case v == 0:
		return "0m"
	case v%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", v/(24*time.Hour))
	case v%time.Hour == 0:
		return fmt.Sprintf("%dh", v/time.Hour)
	case v%time.Minute == 0:
		return fmt.Sprintf("%dm", v/time.Minute)
	case v%time.Second == 0:
		return fmt.Sprintf("%ds", v/time.Second)
	}
	return fmt.Sprintf("%dms", v/time.Millisecond)
}

// DotNet returns the duration as .NET's TimeSpan: hh:mm:ss, with days and ticks only when there are any.
func (d Duration) DotNet() string {
	v := d.Value
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	days := v / (24 * time.Hour)
	v -= days * 24 * time.Hour
	s := fmt.Sprintf("%02d:%02d:%02d", v/time.Hour, v%time.Hour/time.Minute, v%time.Minute/time.Second)
	if days > 0 {
		s = fmt.Sprintf("%d.%s", days, s)
	}
	if f := v % time.Second; f > 0 {
		s += fmt.Sprintf(".%07d", f/100)
	}
	return sign + s
}

// Moment is a time in a test: either fixed, or counted from the test's now ("-30m", "+4m", "-1d2h").
type Moment struct {
	Text     string
	Relative bool
	Offset   time.Duration // from now, when Relative
	Time     time.Time     // UTC, when not
}

// IsSet says whether a moment was given.
func (m Moment) IsSet() bool { return m.Text != "" }

// At returns the moment for a given now.
func (m Moment) At(now time.Time) time.Time {
	if m.Relative {
		return now.Add(m.Offset)
	}
	return m.Time
}

// ParseMoment reads a moment: a sign and a duration (-30m), 0 or now, or a date and time with Z or an offset
// (2026-01-05T11:00:00Z); a date alone is midnight UTC.
func ParseMoment(s string) (Moment, error) {
	switch {
	case s == "0" || s == "now":
		return Moment{Text: s, Relative: true}, nil
	case s != "" && (s[0] == '-' || s[0] == '+'):
		d, err := ParseDuration(s[1:])
		if err != nil {
			return Moment{}, fmt.Errorf("%q is not a moment; write -30m, +4m or 2026-01-05T11:00:00Z", s)
		}
		v := d.Value
		if s[0] == '-' {
			v = -v
		}
		return Moment{Text: s, Relative: true, Offset: v}, nil
	}
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05.999999999", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			if y := t.Year(); y < 1 || y > 9999 {
				break
			}
			return Moment{Text: s, Time: t.UTC()}, nil
		}
	}
	return Moment{}, fmt.Errorf("%q is not a moment; write -30m, +4m or 2026-01-05T11:00:00Z", s)
}
