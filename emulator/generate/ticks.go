package generate

import "time"

// ticks counts 100 ns steps since 1970-01-01T00:00:00Z: Kusto's own resolution, kept in an int64.
type ticks int64

const (
	tick   ticks = 1
	second       = 10_000_000 * tick
	minute       = 60 * second
	hour         = 60 * minute
	day          = 24 * hour
)

func ticksOf(t time.Time) ticks {
	return ticks(t.Unix())*second + ticks(t.Nanosecond()/100)
}

func (t ticks) time() time.Time {
	return time.Unix(int64(t/second), int64(t%second)*100).UTC()
}

// weekday of the UTC day, 0 = Monday. 1970-01-01 was a Thursday.
func (t ticks) weekday() int { return int((t/day + 3) % 7) }

// timeSize is the length of 2026-01-05T00:00:00.0000000Z.
const timeSize = 28

// append writes t as ISO 8601 with seven digits and Z, the form the Log Analytics API returns.
func (t ticks) append(dst []byte) []byte {
	days, rest := t/day, t%day
	y, m, d := civil(int64(days))
	dst = append(dst,
		byte('0'+y/1000%10), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+d/10), byte('0'+d%10), 'T')
	h, rest := rest/hour, rest%hour
	mi, rest := rest/minute, rest%minute
	s, f := rest/second, rest%second
	dst = append(dst,
		byte('0'+h/10), byte('0'+h%10), ':', byte('0'+mi/10), byte('0'+mi%10), ':',
		byte('0'+s/10), byte('0'+s%10), '.')
	return append(dst,
		byte('0'+f/1000000), byte('0'+f/100000%10), byte('0'+f/10000%10), byte('0'+f/1000%10),
		byte('0'+f/100%10), byte('0'+f/10%10), byte('0'+f%10), 'Z')
}

// civil turns days since 1970-01-01 into a proleptic Gregorian date
// (the era arithmetic of https://howardhinnant.github.io/date_algorithms.html#civil_from_days).
func civil(days int64) (y, m, d int) {
	z := days + 719468
	era := z / 146097
	if z < 0 {
		era = (z - 146096) / 146097
	}
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d = int(doy - (153*mp+2)/5 + 1)
	m = int(mp + 3)
	if m > 12 {
		m -= 12
	}
	y = int(yoe + era*400)
	if m <= 2 {
		y++
	}
	return y, m, d
}
