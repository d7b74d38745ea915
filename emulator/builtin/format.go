package builtin

import (
	"math"
	"strconv"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func formatKernels() []Scalar {
	return []Scalar{
		{Name: "format_datetime", Kernel: rows(func(_ *Call, a []value.Value) value.Value {
			if a[0].Null {
				return value.NewString("")
			}
			return value.NewString(formatDateTime(a[0].I, a[1].Text()))
		})},
		{Name: "format_timespan", Kernel: rows(func(_ *Call, a []value.Value) value.Value {
			if a[0].Null {
				return value.NewString("")
			}
			return value.NewString(formatTimespan(a[0].I, a[1].Text()))
		})},
		{Name: "format_bytes", Kernel: rows(formatBytes)},
	}
}

// eachSpecifier walks a format: runs of one letter go to spec, everything else is copied.
func eachSpecifier(format string, spec func(dst []byte, letter byte, width int) []byte) string {
	var dst []byte
	for i := 0; i < len(format); {
		c := format[i]
		n := i + 1
		for n < len(format) && format[n] == c {
			n++
		}
		if c|0x20 < 'a' || c|0x20 > 'z' {
			dst = append(dst, format[i:n]...)
		} else if out := spec(dst, c, n-i); out != nil {
			dst = out
		} else {
			dst = append(dst, format[i:n]...)
		}
		i = n
	}
	return string(dst)
}

func padded(dst []byte, v int64, width int) []byte {
	s := strconv.FormatInt(v, 10)
	for i := len(s); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, s...)
}

// fraction writes the first digits of the second's fraction; with trim it leaves out zeros at the end.
func fraction(dst []byte, ticks int64, width int, trim bool) []byte {
	width = min(width, 7)
	digits := padded(nil, ticks%value.TicksPerSecond, 7)[:width]
	if trim {
		return append(dst, strings.TrimRight(string(digits), "0")...)
	}
	return append(dst, digits...)
}

// Source: Kusto documentation, "format_datetime()", supported formats.
func formatDateTime(t int64, format string) string {
	y, m, d := date(t)
	hour := t / value.TicksPerHour % 24
	return eachSpecifier(format, func(dst []byte, letter byte, width int) []byte {
		switch letter {
		case 'd':
			if width <= 2 {
				return padded(dst, int64(d), width)
			}
		case 'M':
			if width <= 2 {
				return padded(dst, int64(m), width)
			}
		case 'y':
			if width <= 2 {
				return padded(dst, int64(y%100), width)
			}
			return padded(dst, int64(y), width)
		case 'H':
			return padded(dst, hour, min(width, 2))
		case 'h':
			return padded(dst, (hour+11)%12+1, min(width, 2))
		case 'm':
			return padded(dst, t/value.TicksPerMinute%60, min(width, 2))
		case 's':
			return padded(dst, t/value.TicksPerSecond%60, min(width, 2))
		case 'f':
			return fraction(dst, t, width, false)
		case 'F':
			return fraction(dst, t, width, true)
		case 't':
			half := "AM"
			if hour >= 12 {
				half = "PM"
			}
			return append(dst, half[:min(width, 2)]...)
		}
		return nil
	})
}

// Source: Kusto documentation, "format_timespan()", supported formats.
func formatTimespan(t int64, format string) string {
	if t < 0 {
		t = -t
		if t < 0 {
			t = math.MaxInt64
		}
		return "-" + formatTimespan(t, format)
	}
	return eachSpecifier(format, func(dst []byte, letter byte, width int) []byte {
		switch letter {
		case 'd':
			return padded(dst, t/value.TicksPerDay, width)
		case 'h', 'H':
			return padded(dst, t/value.TicksPerHour%24, min(width, 2))
		case 'm':
			return padded(dst, t/value.TicksPerMinute%60, min(width, 2))
		case 's':
			return padded(dst, t/value.TicksPerSecond%60, min(width, 2))
		case 'f':
			return fraction(dst, t, width, false)
		case 'F':
			return fraction(dst, t, width, true)
		}
		return nil
	})
}

// formatBytes picks the largest unit of 1,024 that leaves a number of at least 1, unless one is named.
func formatBytes(_ *Call, a []value.Value) value.Value {
	size := value.Convert(a[0], value.Real)
	if size.Null {
		return value.NewString("")
	}
	units := [...]string{"Bytes", "KB", "MB", "GB", "TB", "PB", "EB"}
	unit := -1
	if len(a) > 2 && a[2].Text() != "" {
		for i, u := range units {
			if strings.EqualFold(u, a[2].Text()) {
				unit = i
			}
		}
		if unit < 0 {
			return value.NewString("")
		}
	}
	v := size.F
	if unit < 0 {
		unit = 0
		for math.Abs(v) >= 1024 && unit < len(units)-1 {
			v /= 1024
			unit++
		}
	} else {
		v /= math.Pow(1024, float64(unit))
	}
	precision := min(max(longOr(a, 1, 0), 0), 15)
	scale := math.Pow(10, float64(precision))
	return value.NewString(strconv.FormatFloat(math.Round(v*scale)/scale, 'f', -1, 64) + " " + units[unit])
}
