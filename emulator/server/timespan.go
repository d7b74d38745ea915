package server

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-caab1ad3/blindspot/content"
)

// span is a range of TimeGenerated, [from, to); zero times bound nothing.
type span struct{ from, to time.Time }

// parseTimespan reads the query API's timespan: a duration that ends now, start/end, start/duration or duration/end.
// "" bounds nothing.
func parseTimespan(text string, now time.Time) (span, error) {
	wrong := func() (span, error) {
		return span{}, fmt.Errorf("the timespan %q is not an ISO 8601 duration or interval", text)
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return span{}, nil
	}
	first, second, interval := strings.Cut(text, "/")
	if !interval {
		d, ok := positive(first)
		if !ok {
			return wrong()
		}
		return span{now.Add(-d), now}, nil
	}
	from, isStart := moment(first)
	to, isEnd := moment(second)
	switch {
	case isStart && isEnd:
	case isStart:
		d, ok := positive(second)
		if !ok {
			return wrong()
		}
		to = from.Add(d)
	case isEnd:
		d, ok := positive(first)
		if !ok {
			return wrong()
		}
		from = to.Add(-d)
	default:
		return wrong()
	}
	if to.Before(from) {
		return span{}, fmt.Errorf("the timespan %q ends before it begins", text)
	}
	return span{from, to}, nil
}

func positive(text string) (time.Duration, bool) {
	if !strings.HasPrefix(text, "P") {
		return 0, false
	}
	d, err := content.ParseDuration(text)
	return d.Value, err == nil && d.Value >= 0
}

// moment reads a point in time as clients write it; without a zone it is UTC.
func moment(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1 && t.Year() <= 9999 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// intersect narrows one span by another: the address and the body of a request may both have one. An empty span is
// one whose ends are equal.
func (s span) intersect(o span) span {
	if s.from.IsZero() || !o.from.IsZero() && o.from.After(s.from) {
		s.from = o.from
	}
	if s.to.IsZero() || !o.to.IsZero() && o.to.Before(s.to) {
		s.to = o.to
	}
	if !s.to.IsZero() && s.to.Before(s.from) {
		s.to = s.from
	}
	return s
}
