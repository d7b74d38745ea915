package value

import (
	"strings"
	"time"
)

// Ticks of 100 ns in the units that queries speak of.
const (
	TicksPerMicrosecond = 10
	TicksPerMillisecond = 10_000
	TicksPerSecond      = 10_000_000
	TicksPerMinute      = 60 * TicksPerSecond
	TicksPerHour        = 60 * TicksPerMinute
	TicksPerDay         = 24 * TicksPerHour
	// MaxDateTime is 9999-12-31T23:59:59.9999999Z, the last datetime.
	MaxDateTime = 3155378975999999999
	// UnixEpoch is 1970-01-01T00:00:00Z.
	UnixEpoch = 621355968000000000
)

// TicksOf returns the datetime of a time, cut to 100 ns.
func TicksOf(t time.Time) int64 {
	return UnixEpoch + t.Unix()*TicksPerSecond + int64(t.Nanosecond()/100)
}

// TimeOf returns the time of a datetime, in UTC.
func TimeOf(ticks int64) time.Time {
	t := ticks - UnixEpoch
	sec := t / TicksPerSecond
	rest := t % TicksPerSecond
	if rest < 0 {
		rest += TicksPerSecond
		sec--
	}
	return time.Unix(sec, rest*100).UTC()
}

// DaysOf returns the number of days from 0001-01-01 to a date of the proleptic Gregorian calendar. Month and day are
// taken as they are; the caller checks them.
func DaysOf(year, month, day int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
		m += 12
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*(m-3)+2)/5 + int64(day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 306
}

// DateOf returns the date of a number of days since 0001-01-01.
func DateOf(days int64) (year, month, day int) {
	z := days + 306
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d := doy - (153*mp+2)/5 + 1
	m := mp + 3
	y := yoe + era*400
	if m > 12 {
		m -= 12
		y++
	}
	return int(y), int(m), int(d)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// DaysIn returns the number of days of a month.
func DaysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// MakeDateTime returns the ticks of a date and a time of day, false when a part is out of its range.
func MakeDateTime(year, month, day, hour, minute, second int, ticks int64) (int64, bool) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > DaysIn(year, month) {
		return 0, false
	}
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || ticks < 0 || ticks >= TicksPerSecond {
		return 0, false
	}
	return DaysOf(year, month, day)*TicksPerDay + int64(hour)*TicksPerHour + int64(minute)*TicksPerMinute + int64(second)*TicksPerSecond + ticks, true
}

// InDateTime reports whether ticks lie in the years 1 to 9999.
func InDateTime(ticks int64) bool { return ticks >= 0 && ticks <= MaxDateTime }

// FormatDateTime returns the text of a datetime as Kusto prints it, for instance "2026-01-05T10:00:00.0000000Z".
func FormatDateTime(ticks int64) string { return string(AppendDateTime(make([]byte, 0, 28), ticks)) }

// AppendDateTime appends FormatDateTime's text.
func AppendDateTime(dst []byte, ticks int64) []byte {
	days := floorDiv(ticks, TicksPerDay)
	rest := ticks - days*TicksPerDay
	y, m, d := DateOf(days)
	dst = appendPadded(dst, int64(y), 4)
	dst = append(dst, '-')
	dst = appendPadded(dst, int64(m), 2)
	dst = append(dst, '-')
	dst = appendPadded(dst, int64(d), 2)
	dst = append(dst, 'T')
	dst = appendPadded(dst, rest/TicksPerHour, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, rest/TicksPerMinute%60, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, rest/TicksPerSecond%60, 2)
	dst = append(dst, '.')
	dst = appendPadded(dst, rest%TicksPerSecond, 7)
	return append(dst, 'Z')
}

func appendPadded(dst []byte, v int64, width int) []byte {
	var buf [20]byte
	i := len(buf)
	for v > 0 || width > 0 {
		i--
		buf[i] = byte('0' + v%10)
		v /= 10
		width--
	}
	return append(dst, buf[i:]...)
}

// ParseDateTime reads a datetime in the formats that Kusto's todatetime takes: ISO 8601 with or without time, fraction
// and zone (a space may stand for the T), RFC 822, RFC 850, and month/day/year with or without AM or PM. Without a zone it is UTC.
//
// Source: Kusto documentation, "The datetime data type", supported formats.
func ParseDateTime(s string) (int64, bool) {
	p := dateParser{s: strings.TrimSpace(s)}
	if p.s == "" {
		return 0, false
	}
	t, ok := p.parse()
	if !ok || !InDateTime(t) {
		return 0, false
	}
	return t, true
}

type dateParser struct {
	s string
	i int
}

func (p *dateParser) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *dateParser) eat(c byte) bool {
	if p.peek() == c {
		p.i++
		return true
	}
	return false
}

func (p *dateParser) spaces() {
	for p.peek() == ' ' {
		p.i++
	}
}

func (p *dateParser) number(max int) (v, digits int) {
	for digits < max && p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		v = v*10 + int(p.s[p.i]-'0')
		p.i++
		digits++
	}
	return v, digits
}

func (p *dateParser) word() string {
	from := p.i
	for p.i < len(p.s) && (p.s[p.i]|0x20) >= 'a' && (p.s[p.i]|0x20) <= 'z' {
		p.i++
	}
	return p.s[from:p.i]
}

func (p *dateParser) parse() (int64, bool) {
	y, m, d, ok := p.date()
	if !ok {
		return 0, false
	}
	if p.i == len(p.s) {
		return MakeDateTime(y, m, d, 0, 0, 0, 0)
	}
	if !p.eat('T') && !p.eat('t') {
		if p.peek() == 'Z' || p.peek() == 'z' {
			p.i++
			if p.i != len(p.s) {
				return 0, false
			}
			return MakeDateTime(y, m, d, 0, 0, 0, 0)
		}
		if p.peek() != ' ' {
			return 0, false
		}
		p.spaces()
	}
	hour, minute, second, frac, ok := p.clock()
	if !ok {
		return 0, false
	}
	offset, ok := p.zone()
	if !ok {
		return 0, false
	}
	extra := int64(0)
	if hour == 24 && minute == 0 && second == 0 && frac == 0 {
		hour, extra = 0, TicksPerDay
	}
	t, ok := MakeDateTime(y, m, d, hour, minute, second, frac)
	return t + extra - offset, ok
}

// date reads year-month-day, month/day/year, or [weekday,] day month-name year.
func (p *dateParser) date() (y, m, d int, ok bool) {
	if c := p.peek(); c < '0' || c > '9' {
		if p.word() == "" {
			return 0, 0, 0, false
		}
		if !p.eat(',') {
			return 0, 0, 0, false
		}
		p.spaces()
		return p.namedDate()
	}
	start := p.i
	first, n := p.number(9)
	sep := p.peek()
	if n == 4 && (sep == '-' || sep == '/' || sep == '.' || sep == ',') {
		p.i++
		if sep == ',' { // datetime(2026, 1, 5), as the literal's own notation
			p.spaces()
		}
		m, n = p.number(2)
		if n == 0 {
			return 0, 0, 0, false
		}
		if !p.eat(sep) {
			return first, m, 1, p.i == len(p.s)
		}
		if sep == ',' {
			p.spaces()
		}
		d, n = p.number(2)
		return first, m, d, n > 0
	}
	if n == 4 && p.i == len(p.s) {
		return first, 1, 1, true
	}
	if n > 2 {
		return 0, 0, 0, false
	}
	if next := p.i + 1; sep == '/' || sep == '-' && next < len(p.s) && p.s[next] <= '9' {
		p.i++
		d, n = p.number(2)
		if n == 0 || !p.eat(sep) {
			return 0, 0, 0, false
		}
		y, n = p.number(4)
		if n == 2 {
			y = fullYear(y)
		}
		return y, first, d, n == 4 || n == 2
	}
	p.i = start
	return p.namedDate()
}

// namedDate reads "8 Nov 14", "08-Nov-14", "8 November 2014".
func (p *dateParser) namedDate() (y, m, d int, ok bool) {
	d, n := p.number(2)
	if n == 0 {
		return 0, 0, 0, false
	}
	sep := p.peek()
	if sep != ' ' && sep != '-' {
		return 0, 0, 0, false
	}
	p.i++
	m = monthNamed(p.word())
	if m == 0 || !p.eat(sep) {
		return 0, 0, 0, false
	}
	y, n = p.number(4)
	if n == 2 {
		y = fullYear(y)
	}
	return y, m, d, n == 4 || n == 2
}

func fullYear(two int) int {
	if two < 50 {
		return 2000 + two
	}
	return 1900 + two
}

func monthNamed(w string) int {
	if len(w) < 3 {
		return 0
	}
	for i := time.January; i <= time.December; i++ {
		if name := i.String(); strings.EqualFold(w, name) || len(w) == 3 && strings.EqualFold(w, name[:3]) {
			return int(i)
		}
	}
	return 0
}

func (p *dateParser) clock() (hour, minute, second int, frac int64, ok bool) {
	hour, n := p.number(2)
	if n == 0 || !p.eat(':') {
		return 0, 0, 0, 0, false
	}
	minute, n = p.number(2)
	if n == 0 {
		return 0, 0, 0, 0, false
	}
	if p.eat(':') {
		second, n = p.number(2)
		if n == 0 {
			return 0, 0, 0, 0, false
		}
		if p.eat('.') || p.eat(',') {
			if frac, ok = p.fraction(); !ok {
				return 0, 0, 0, 0, false
			}
		}
	}
	mark := p.i
	p.spaces()
	switch w := p.word(); {
	case strings.EqualFold(w, "AM") && hour >= 1 && hour <= 12:
		hour %= 12
	case strings.EqualFold(w, "PM") && hour >= 1 && hour <= 12:
		hour = hour%12 + 12
	default:
		p.i = mark
	}
	return hour, minute, second, frac, true
}

// fraction reads the digits after the point, cut to 100 ns.
func (p *dateParser) fraction() (int64, bool) {
	v, digits := int64(0), 0
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		if digits < 7 {
			v = v*10 + int64(p.s[p.i]-'0')
		}
		digits++
		p.i++
	}
	for d := digits; d < 7; d++ {
		v *= 10
	}
	return v, digits > 0
}

func (p *dateParser) zone() (int64, bool) {
	p.spaces()
	if p.i == len(p.s) {
		return 0, true
	}
	if w := p.word(); w != "" {
		return 0, p.i == len(p.s) && (strings.EqualFold(w, "Z") || strings.EqualFold(w, "GMT") || strings.EqualFold(w, "UTC"))
	}
	sign := int64(1)
	if p.eat('-') {
		sign = -1
	} else if !p.eat('+') {
		return 0, false
	}
	h, n := p.number(2)
	if n == 0 {
		return 0, false
	}
	p.eat(':')
	m, _ := p.number(2)
	if p.i != len(p.s) || h > 14 || m > 59 {
		return 0, false
	}
	return sign * (int64(h)*TicksPerHour + int64(m)*TicksPerMinute), true
}
