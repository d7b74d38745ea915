package server

import (
	"strconv"
	"strings"
	"time"
)

// prefer is what a client asks of an answer.
//
// Source: Azure Monitor Logs documentation, "Query API: Prefer options" and "Timeouts".
type prefer struct {
	wait               time.Duration
	statistics, render bool
}

const (
	usualWait = 180 * time.Second
	mostWait  = 600 * time.Second
)

func parsePrefer(headers []string) prefer {
	p := prefer{wait: usualWait}
	for _, h := range headers {
		for _, part := range strings.FieldsFunc(h, func(c rune) bool { return c == ',' || c == ';' }) {
			name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
			switch strings.ToLower(name) {
			case "wait":
				if n, err := strconv.Atoi(v); err == nil && n > 0 {
					p.wait = min(time.Duration(min(n, 3600))*time.Second, mostWait)
				}
			case "include-statistics":
				p.statistics = strings.EqualFold(v, "true")
			case "include-render":
				p.render = strings.EqualFold(v, "true")
			}
		}
	}
	return p
}
