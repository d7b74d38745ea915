package syntax

import "strings"

// parseDateTime reads the content of datetime(...) into ticks since 0001-01-01T00:00:00Z. It takes ISO 8601
// (2026-01-05, 2026-01-05 10:11:12.1234567, 2026-01-05T10:11Z, with an offset), a year, year and month, US month/day/year, and the
// RFC 822, RFC 850 and related forms with English month names. A time without a zone is UTC.
//
// Source: Kusto documentation, "The datetime data type", supported formats.
func parseDateTime(s string) (int64, bool) {
	switch s {
	case "":
		return 0, false
	case "min":
		return 0, true
	case "max":
		return maxDateTime, true
	}
	if isDigit(s[0]) {
		s = strings.ReplaceAll(s, " - ", "-") // the reference writes datetime(2017 - 08 - 01) too
		if t, ok := parseISO(s); ok {
			return t, true
		}
		if t, ok := parseSlashed(s); ok {
			return t, true
		}
	}
	return parseRFC(s)
}

// maxDateTime is 9999-12-31T23:59:59.9999999Z.
const maxDateTime = 3652059*ticksDay - 1

func parseISO(s string) (int64, bool) {
	year, rest, ok := leadingNumber(s, 4)
	if !ok || len(s)-len(rest) != 4 {
		return 0, false
	}
	month, day := int64(1), int64(1)
	if rest != "" && rest[0] == '-' || rest != "" && rest[0] == '/' {
		separator := rest[0]
		if month, rest, ok = leadingNumber(rest[1:], 2); !ok {
			return 0, false
		}
		if rest != "" && rest[0] == separator {
			if day, rest, ok = leadingNumber(rest[1:], 2); !ok {
				return 0, false
			}
		}
	} else if len(rest) >= 4 && isDigit(rest[0]) {
		month, rest, _ = leadingNumber(rest, 2)
		if day, rest, ok = leadingNumber(rest, 2); !ok {
			return 0, false
		}
	}
	return atClock(year, month, day, rest)
}

// parseSlashed reads month/day/year and a time.
func parseSlashed(s string) (int64, bool) {
	month, rest, ok := leadingNumber(s, 2)
	if !ok || rest == "" || rest[0] != '/' && rest[0] != '-' {
		return 0, false
	}
	separator := rest[0]
	day, rest, ok := leadingNumber(rest[1:], 2)
	if !ok || rest == "" || rest[0] != separator {
		return 0, false
	}
	year, after, ok := leadingNumber(rest[1:], 4)
	if !ok || len(rest)-1-len(after) != 4 {
		return 0, false
	}
	return atClock(year, month, day, after)
}

// atClock adds the time that follows a date, which may be absent.
func atClock(year, month, day int64, rest string) (int64, bool) {
	ticks, ok := dateTicks(year, month, day)
	if !ok {
		return 0, false
	}
	if rest != "" && (rest[0] == 'T' || rest[0] == 't') {
		rest = rest[1:]
		if rest == "" {
			return 0, false
		}
	}
	return addClock(ticks, strings.TrimLeft(rest, " "))
}

func addClock(ticks int64, rest string) (int64, bool) {
	if rest != "" && isDigit(rest[0]) {
		var clock int64
		var ok bool
		if clock, rest, ok = parseClock(rest); !ok {
			return 0, false
		}
		clock, rest, ok = halfDay(clock, strings.TrimLeft(rest, " "))
		if !ok {
			return 0, false
		}
		ticks += clock
	}
	offset, ok := parseZone(strings.TrimSpace(rest))
	ticks -= offset
	return ticks, ok && 0 <= ticks && ticks <= maxDateTime
}

// halfDay reads AM or PM after a clock of twelve hours.
func halfDay(clock int64, rest string) (int64, string, bool) {
	if len(rest) < 2 || rest[1]|0x20 != 'm' || rest[0]|0x20 != 'a' && rest[0]|0x20 != 'p' {
		return clock, rest, true
	}
	hour := clock / ticksHour
	if hour < 1 || hour > 12 {
		return 0, rest, false
	}
	if hour == 12 {
		clock -= 12 * ticksHour
	}
	if rest[0]|0x20 == 'p' {
		clock += 12 * ticksHour
	}
	return clock, rest[2:], true
}

// parseZone reads a zone: nothing, Z, GMT, UTC, or an offset such as +02:00, -0730 or +2.
func parseZone(s string) (int64, bool) {
	switch strings.ToUpper(s) {
	case "", "Z", "GMT", "UTC":
		return 0, true
	}
	if s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	hours, rest, ok := leadingNumber(s[1:], 2)
	if !ok {
		return 0, false
	}
	var minutes int64
	rest = strings.TrimPrefix(rest, ":")
	if rest != "" {
		if minutes, rest, ok = leadingNumber(rest, 2); !ok || rest != "" {
			return 0, false
		}
	}
	if hours > 14 || minutes > 59 {
		return 0, false
	}
	offset := hours*ticksHour + minutes*ticksMinute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// parseRFC reads forms with month names: Sat, 8 Nov 2014 15:05:02 GMT; Saturday, 08-Nov-14 15:05:02 UTC; 8 Nov 2014;
// Sat Nov 8 15:05:02 2014.
func parseRFC(s string) (int64, bool) {
	fields := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' })
	if len(fields) > 0 && !isDigit(fields[0][0]) && monthNumber(fields[0]) == 0 {
		if !isWeekday(fields[0]) {
			return 0, false
		}
		fields = fields[1:]
	}
	if len(fields) > 0 && strings.Count(fields[0], "-") == 2 {
		fields = append(strings.Split(fields[0], "-"), fields[1:]...)
	}
	if len(fields) < 3 {
		return 0, false
	}
	if month := monthNumber(fields[0]); month > 0 {
		return monthFirst(month, fields[1:])
	}
	day, rest, ok := leadingNumber(fields[0], 2)
	month := monthNumber(fields[1])
	year, yearOK := yearNumber(fields[2])
	if !ok || rest != "" || month == 0 || !yearOK {
		return 0, false
	}
	ticks, ok := dateTicks(year, month, day)
	if !ok {
		return 0, false
	}
	return addClock(ticks, strings.Join(fields[3:], " "))
}

// monthFirst reads what follows a month: 8 15:05:02 2014, or 8 2014 15:05:02.
func monthFirst(month int64, fields []string) (int64, bool) {
	day, rest, ok := leadingNumber(fields[0], 2)
	if !ok || rest != "" || len(fields) < 2 {
		return 0, false
	}
	clock := ""
	yearField := fields[1]
	if strings.IndexByte(yearField, ':') >= 0 {
		if len(fields) != 3 {
			return 0, false
		}
		clock, yearField = fields[1], fields[2]
	} else {
		clock = strings.Join(fields[2:], " ")
	}
	year, ok := yearNumber(yearField)
	if !ok {
		return 0, false
	}
	ticks, ok := dateTicks(year, month, day)
	if !ok {
		return 0, false
	}
	return addClock(ticks, clock)
}

// yearNumber reads four digits, or two of which 00 to 49 are of this century.
func yearNumber(s string) (int64, bool) {
	year, rest, ok := leadingNumber(s, 4)
	if !ok || rest != "" {
		return 0, false
	}
	switch {
	case len(s) == 4:
		return year, true
	case len(s) == 2 && year < 50:
		return 2000 + year, true
	case len(s) == 2:
		return 1900 + year, true
	}
	return 0, false
}

const (
	monthNames   = "janfebmaraprmayjunjulaugsepoctnovdec"
	weekdayNames = "montuewedthufrisatsun"
)

// monthNumber returns 1 to 12 for an English month, long or short, else 0.
func monthNumber(s string) int64 {
	if len(s) < 3 {
		return 0
	}
	i := strings.Index(monthNames, strings.ToLower(s[:3]))
	if i < 0 || i%3 != 0 {
		return 0
	}
	return int64(i/3 + 1)
}

func isWeekday(s string) bool {
	if len(s) < 3 {
		return false
	}
	i := strings.Index(weekdayNames, strings.ToLower(s[:3]))
	return i >= 0 && i%3 == 0
}

// dateTicks returns the ticks at the start of a day of the Gregorian calendar.
func dateTicks(year, month, day int64) (int64, bool) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > monthDays(year, month) {
		return 0, false
	}
	y := year - 1
	days := y*365 + y/4 - y/100 + y/400
	for m := int64(1); m < month; m++ {
		days += monthDays(year, m)
	}
	return (days + day - 1) * ticksDay, true
}

func monthDays(year, month int64) int64 {
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
