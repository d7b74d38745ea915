package builtin

import (
	"fmt"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the same answers on every host

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func clockKernels() []Scalar {
	return []Scalar{
		{Name: "now", Kernel: now},
		{Name: "ago", Kernel: ago},
		{Name: "ingestion_time", Kernel: ingestionTime},
		{Name: "startofday", Kernel: periodEdge(dayStart, 0)},
		{Name: "startofweek", Kernel: periodEdge(weekStart, 0)},
		{Name: "startofmonth", Kernel: periodEdge(monthStart, 0)},
		{Name: "startofyear", Kernel: periodEdge(yearStart, 0)},
		{Name: "endofday", Kernel: periodEdge(dayStart, 1)},
		{Name: "endofweek", Kernel: periodEdge(weekStart, 1)},
		{Name: "endofmonth", Kernel: periodEdge(monthStart, 1)},
		{Name: "endofyear", Kernel: periodEdge(yearStart, 1)},
		{Name: "dayofweek", Kernel: ticksToLong(func(t int64) int64 { return weekday(t) * value.TicksPerDay })},
		{Name: "dayofmonth", Kernel: ticksToLong(func(t int64) int64 { _, _, d := date(t); return int64(d) })},
		{Name: "dayofyear", Kernel: ticksToLong(dayOfYear)},
		{Name: "week_of_year", Kernel: ticksToLong(isoWeek)},
		{Name: "monthofyear", Kernel: ticksToLong(func(t int64) int64 { _, m, _ := date(t); return int64(m) })},
		{Name: "getmonth", Kernel: ticksToLong(func(t int64) int64 { _, m, _ := date(t); return int64(m) })},
		{Name: "getyear", Kernel: ticksToLong(func(t int64) int64 { y, _, _ := date(t); return int64(y) })},
		{Name: "hourofday", Kernel: ticksToLong(func(t int64) int64 { return t % value.TicksPerDay / value.TicksPerHour })},
		{Name: "datetime_part", Kernel: strict(datetimePart)},
		{Name: "datetime_add", Kernel: strict(datetimeAdd)},
		{Name: "datetime_diff", Kernel: strict(datetimeDiff)},
		{Name: "make_datetime", Kernel: strict(makeDateTime)},
		{Name: "make_timespan", Kernel: strict(makeTimespan)},
		{Name: "unixtime_seconds_todatetime", Kernel: unixTime(value.TicksPerSecond, 1)},
		{Name: "unixtime_milliseconds_todatetime", Kernel: unixTime(value.TicksPerMillisecond, 1)},
		{Name: "unixtime_microseconds_todatetime", Kernel: unixTime(value.TicksPerMicrosecond, 1)},
		{Name: "unixtime_nanoseconds_todatetime", Kernel: unixTime(1, 100)},
		{Name: "datetime_utc_to_local", Kernel: zoned(toLocal)},
		{Name: "datetime_local_to_utc", Kernel: zoned(toUTC)},
	}
}

// now is the query's clock, moved by an offset when one is given.
func now(c *Call, args []vector.Column, n int) (vector.Column, error) {
	if len(args) == 0 {
		return vector.ConstOf(value.NewDateTime(c.Ctx.Now), n), nil
	}
	return plus(&Call{Ctx: c.Ctx, Out: value.DateTime}, []vector.Column{vector.ConstOf(value.NewDateTime(c.Ctx.Now), n), args[0]}, n)
}

func ago(c *Call, args []vector.Column, n int) (vector.Column, error) {
	return minus(&Call{Ctx: c.Ctx, Out: value.DateTime}, []vector.Column{vector.ConstOf(value.NewDateTime(c.Ctx.Now), n), args[0]}, n)
}

// ingestionTime is the column that package bind names, in which a table keeps when its rows arrived; null without one.
func ingestionTime(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	if len(args) == 0 {
		return vector.NullsOf(value.DateTime, n), nil
	}
	return convert(args[0], value.DateTime), nil
}

func date(t int64) (y, m, d int) { return value.DateOf(t / value.TicksPerDay) }

// weekday counts from Sunday, 0; 0001-01-01 was a Monday.
func weekday(t int64) int64 { return (t/value.TicksPerDay + 1) % 7 }

func dayOfYear(t int64) int64 {
	y, _, _ := date(t)
	return t/value.TicksPerDay - value.DaysOf(y, 1, 1) + 1
}

func isoWeek(t int64) int64 {
	_, w := value.TimeOf(t).ISOWeek()
	return int64(w)
}

// dayStart, weekStart, monthStart and yearStart return the start of the period that holds t, moved by some periods.
func dayStart(t, offset int64) (int64, bool) {
	return floorTo(t, value.TicksPerDay) + offset*value.TicksPerDay, true
}

func weekStart(t, offset int64) (int64, bool) {
	return floorTo(t, value.TicksPerDay) + (7*offset-weekday(t))*value.TicksPerDay, true
}

func monthStart(t, offset int64) (int64, bool) {
	y, m, _ := date(t)
	months := int64(y)*12 + int64(m) - 1 + offset
	if months < 12 || months > 12*10000 {
		return 0, false
	}
	return value.DaysOf(int(months/12), int(months%12)+1, 1) * value.TicksPerDay, true
}

func yearStart(t, offset int64) (int64, bool) {
	y, _, _ := date(t)
	if year := int64(y) + offset; year >= 1 && year <= 10000 {
		return value.DaysOf(int(year), 1, 1) * value.TicksPerDay, true
	}
	return 0, false
}

// periodEdge makes startof... (end 0) and endof... (end 1), the last tick of the period.
func periodEdge(start func(t, offset int64) (int64, bool), end int64) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		t := longs(args[0])
		offset := vector.View[int64]{Data: []int64{0}}
		if len(args) > 1 {
			offset = longs(args[1])
		}
		out := newLongs(value.DateTime, n)
		for i := 0; i < n; i++ {
			if t.IsNull(i) || offset.IsNull(i) || offset.At(i) > 1e7 || offset.At(i) < -1e7 {
				out.null(i)
				continue
			}
			s, ok := start(t.At(i), offset.At(i)+end)
			s -= end
			out.put(i, s, ok && value.InDateTime(s))
		}
		return out.column(), nil
	}
}

// datetimePart gives a part of a datetime; milli-, micro- and nanoseconds are those since the full second.
func datetimePart(c *Call, a []value.Value) value.Value {
	t := value.Convert(a[1], value.DateTime)
	if t.Null {
		return value.Null(c.Out)
	}
	y, m, d := date(t.I)
	second := t.I % value.TicksPerSecond
	var r int64
	switch strings.ToLower(a[0].Text()) {
	case "year":
		r = int64(y)
	case "quarter":
		r = int64(m-1)/3 + 1
	case "month":
		r = int64(m)
	case "week_of_year", "week", "weekofyear":
		r = isoWeek(t.I)
	case "day":
		r = int64(d)
	case "dayofyear":
		r = dayOfYear(t.I)
	case "hour":
		r = t.I / value.TicksPerHour % 24
	case "minute":
		r = t.I / value.TicksPerMinute % 60
	case "second":
		r = t.I / value.TicksPerSecond % 60
	case "millisecond":
		r = second / value.TicksPerMillisecond
	case "microsecond":
		r = second / value.TicksPerMicrosecond
	case "nanosecond":
		r = second * 100
	default:
		return value.Null(c.Out)
	}
	return value.Value{Type: c.Out, I: r}
}

// unitTicks returns the length of a unit of fixed length; nanoseconds are below a tick and not here.
func unitTicks(unit string) (int64, bool) {
	switch unit {
	case "week":
		return 7 * value.TicksPerDay, true
	case "day":
		return value.TicksPerDay, true
	case "hour":
		return value.TicksPerHour, true
	case "minute":
		return value.TicksPerMinute, true
	case "second":
		return value.TicksPerSecond, true
	case "millisecond":
		return value.TicksPerMillisecond, true
	case "microsecond":
		return value.TicksPerMicrosecond, true
	}
	return 0, false
}

// unitMonths returns the length of a calendar unit in months.
func unitMonths(unit string) (int64, bool) {
	switch unit {
	case "year":
		return 12, true
	case "quarter":
		return 3, true
	case "month":
		return 1, true
	}
	return 0, false
}

// datetimeAdd moves a datetime by units; a day that the month lacks becomes its last.
func datetimeAdd(_ *Call, a []value.Value) value.Value {
	unit, n, t := strings.ToLower(a[0].Text()), longOr(a, 1, 0), a[2].I
	if months, ok := unitMonths(unit); ok {
		y, m, d := date(t)
		total := int64(y)*12 + int64(m) - 1 + n*months
		if n > 1e6 || n < -1e6 || total < 12 || total >= 12*10000 {
			return value.Null(value.DateTime)
		}
		year, month := int(total/12), int(total%12)+1
		d = min(d, value.DaysIn(year, month))
		return value.NewDateTime(value.DaysOf(year, month, d)*value.TicksPerDay + t%value.TicksPerDay)
	}
	if unit == "nanosecond" {
		t += n / 100
	} else if ticks, ok := unitTicks(unit); ok {
		if limit := value.MaxDateTime / ticks; n > limit || n < -limit {
			return value.Null(value.DateTime)
		}
		t += n * ticks
	} else {
		return value.Null(value.DateTime)
	}
	if !value.InDateTime(t) {
		return value.Null(value.DateTime)
	}
	return value.NewDateTime(t)
}

// datetimeDiff counts the borders of units between two datetimes, the first minus the second.
func datetimeDiff(_ *Call, a []value.Value) value.Value {
	unit, x, y := strings.ToLower(a[0].Text()), a[1].I, a[2].I
	if months, ok := unitMonths(unit); ok {
		y1, m1, _ := date(x)
		y2, m2, _ := date(y)
		return value.NewLong((int64(y1)*12+int64(m1)-1)/months - (int64(y2)*12+int64(m2)-1)/months)
	}
	switch unit {
	case "week":
		x, _ = weekStart(x, 0)
		y, _ = weekStart(y, 0)
	case "nanosecond":
		return value.NewLong((x - y) * 100)
	}
	ticks, ok := unitTicks(unit)
	if !ok {
		return value.Null(value.Long)
	}
	if unit == "week" {
		return value.NewLong((x - y) / ticks)
	}
	return value.NewLong(x/ticks - y/ticks)
}

func makeDateTime(_ *Call, a []value.Value) value.Value {
	if len(a) == 1 {
		return value.Convert(a[0], value.DateTime)
	}
	part := func(i int, def int64) int { return int(longOr(a, i, def)) }
	second := realOr(a, 5, 0)
	whole := int64(second)
	ticks := int64((second-float64(whole))*value.TicksPerSecond + 0.5)
	t, ok := value.MakeDateTime(part(0, 0), part(1, 1), part(2, 1), part(3, 0), part(4, 0), int(whole), ticks)
	if !ok {
		return value.Null(value.DateTime)
	}
	return value.NewDateTime(t)
}

// makeTimespan takes days, hours, minutes and seconds, or without days, or without seconds too.
func makeTimespan(_ *Call, a []value.Value) value.Value {
	if len(a) == 1 {
		return value.Convert(a[0], value.Timespan)
	}
	days := int64(0)
	if len(a) == 4 {
		days = longOr(a, 0, 0)
		a = a[1:]
	}
	h, m, s := longOr(a, 0, 0), longOr(a, 1, 0), realOr(a, 2, 0)
	if h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s >= 60 || days < 0 || days > 10675198 {
		return value.Null(value.Timespan)
	}
	return value.NewTimespan(days*value.TicksPerDay + h*value.TicksPerHour + m*value.TicksPerMinute + int64(s*value.TicksPerSecond+0.5))
}

// unixTime makes a datetime of a number of units since 1970; a unit is ticks/per ticks.
func unixTime(ticks, per int64) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		out := newLongs(value.DateTime, n)
		if args[0].Type().Integer() {
			v := longs(args[0])
			for i := 0; i < n; i++ {
				x := v.At(i)
				if v.IsNull(i) || x > value.MaxDateTime/ticks*per || x < -value.MaxDateTime/ticks*per {
					out.null(i)
					continue
				}
				t := value.UnixEpoch + x*ticks/per
				out.put(i, t, value.InDateTime(t))
			}
			return out.column(), nil
		}
		v := floats(args[0])
		for i := 0; i < n; i++ {
			if v.IsNull(i) {
				out.null(i)
				continue
			}
			d, ok := value.LongOfReal(v.At(i) * float64(ticks) / float64(per))
			t := value.UnixEpoch + d
			out.put(i, t, ok && value.InDateTime(t))
		}
		return out.column(), nil
	}
}

// zones keeps the time zones that were asked for.
var zones sync.Map // name -> *time.Location

func zone(name string) (*time.Location, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location), nil
	}
	z, err := time.LoadLocation(name)
	if err != nil || name == "Local" || name == "" {
		return nil, fmt.Errorf("time zone %q is not known; name one of the IANA time zones, for instance \"Europe/Brussels\"", name)
	}
	zones.Store(name, z)
	return z, nil
}

func zoned(move func(t int64, z *time.Location) int64) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		t, names := longs(args[0]), texts(args[1])
		out := newLongs(value.DateTime, n)
		for i := 0; i < n; i++ {
			if t.IsNull(i) || names.At(i) == "" {
				out.null(i)
				continue
			}
			z, err := zone(names.At(i))
			if err != nil {
				return nil, err
			}
			r := move(t.At(i), z)
			out.put(i, r, value.InDateTime(r))
		}
		return out.column(), nil
	}
}

func offsetAt(t int64, z *time.Location) int64 {
	_, s := value.TimeOf(t).In(z).Zone()
	return int64(s) * value.TicksPerSecond
}

func toLocal(t int64, z *time.Location) int64 { return t + offsetAt(t, z) }

// toUTC takes the offset that holds; a time that the clock skips is read with the offset after the change.
func toUTC(t int64, z *time.Location) int64 {
	before, after := offsetAt(t-value.TicksPerDay, z), offsetAt(t+value.TicksPerDay, z)
	for _, o := range []int64{before, after} {
		if offsetAt(t-o, z) == o {
			return t - o
		}
	}
	return t - after
}
