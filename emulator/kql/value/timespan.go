package value

import (
	"math"
	"strconv"
	"strings"
)

// FormatTimespan returns the text of a timespan as Kusto prints it: [-][d.]hh:mm:ss[.fffffff].
func FormatTimespan(ticks int64) string { return string(AppendTimespan(make([]byte, 0, 26), ticks)) }

// AppendTimespan appends FormatTimespan's text.
func AppendTimespan(dst []byte, ticks int64) []byte {
	t := uint64(ticks)
	if ticks < 0 {
		dst = append(dst, '-')
		t = -t
	}
	if days := t / TicksPerDay; days > 0 {
		dst = strconv.AppendUint(dst, days, 10)
		dst = append(dst, '.')
	}
	dst = appendPadded(dst, int64(t/TicksPerHour%24), 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, int64(t/TicksPerMinute%60), 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, int64(t/TicksPerSecond%60), 2)
	if frac := t % TicksPerSecond; frac > 0 {
		dst = append(dst, '.')
		dst = appendPadded(dst, int64(frac), 7)
	}
	return dst
}

// ParseTimespan reads a timespan: [-][d.]hh:mm[:ss[.fffffff]], a number with a unit (1d, 1.5h, 30m, 10s, 100ms,
// 5microsecond, 1tick and their long forms), or a bare number of days.
func ParseTimespan(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	neg := false
	if strings.HasPrefix(s, "-") {
		neg = true
		s = s[1:]
	}
	if s == "" {
		return 0, false
	}
	var t int64
	var ok bool
	if strings.IndexByte(s, ':') >= 0 {
		t, ok = parseClockSpan(s)
	} else {
		t, ok = parseUnitSpan(s)
	}
	if neg {
		t = -t
	}
	return t, ok
}

func parseClockSpan(s string) (int64, bool) {
	p := dateParser{s: s}
	days := int64(0)
	first, n := p.number(9)
	if n == 0 {
		return 0, false
	}
	hour := first
	if p.eat('.') {
		days = int64(first)
		if hour, n = p.number(2); n == 0 {
			return 0, false
		}
	}
	if !p.eat(':') {
		return 0, false
	}
	minute, n := p.number(2)
	if n == 0 {
		return 0, false
	}
	second, frac := 0, int64(0)
	if p.eat(':') {
		if second, n = p.number(2); n == 0 {
			return 0, false
		}
		if p.eat(':') { // d:hh:mm:ss
			days, hour, minute = int64(hour), minute, second
			if second, n = p.number(2); n == 0 {
				return 0, false
			}
		}
		if p.eat('.') {
			var ok bool
			if frac, ok = p.fraction(); !ok {
				return 0, false
			}
		}
	}
	if p.i != len(s) || hour > 23 || minute > 59 || second > 59 || days > 10675199 {
		return 0, false
	}
	return days*TicksPerDay + int64(hour)*TicksPerHour + int64(minute)*TicksPerMinute + int64(second)*TicksPerSecond + frac, true
}

func parseUnitSpan(s string) (int64, bool) {
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.') {
		end++
	}
	unit, ok := TimespanUnit(strings.TrimSpace(s[end:]))
	if !ok || end == 0 {
		return 0, false
	}
	if i, err := strconv.ParseInt(s[:end], 10, 64); err == nil {
		if i != 0 && i > math.MaxInt64/unit {
			return 0, false
		}
		return i * unit, true
	}
	f, err := strconv.ParseFloat(s[:end], 64)
	if err != nil {
		return 0, false
	}
	f *= float64(unit)
	if math.Abs(f) > math.MaxInt64/2 {
		return 0, false
	}
	return int64(math.Round(f)), true
}

// TimespanUnit returns the ticks of a timespan literal's unit, for instance "h" or "minutes"; "" stands for days.
func TimespanUnit(unit string) (int64, bool) {
	switch unit {
	case "", "d", "day", "days":
		return TicksPerDay, true
	case "h", "hr", "hrs", "hour", "hours":
		return TicksPerHour, true
	case "m", "min", "minute", "minutes":
		return TicksPerMinute, true
	case "s", "sec", "second", "seconds":
		return TicksPerSecond, true
	case "ms", "milli", "millis", "millisec", "millisecond", "milliseconds":
		return TicksPerMillisecond, true
	case "micro", "micros", "microsec", "microsecond", "microseconds":
		return TicksPerMicrosecond, true
	case "tick", "ticks":
		return 1, true
	}
	return 0, false
}
