package generate

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config says what to generate. The zero value is not valid: begin with DefaultConfig.
type Config struct {
	Days  int       // whole UTC days, 1 to 400
	Users int       // people of the sample company, 1 to 100,000; the service mailboxes come on top
	Seed  uint64    // same seed, same bytes
	Start time.Time // a UTC midnight
	Ratio float64   // non-interactive rows for each interactive one, over 0 to 200

	// Delay is how long after TimeGenerated a row is ingested: a preset (none, agent, resource, activity, entra) or
	// a log-normal for each stream, "noninteractive=18m/30m,audit=5m/15m" (half of the rows within the first,
	// 95 of 100 within the second). Anything but none adds the column IngestedColumn.
	Delay string

	Streams []string // interactive, noninteractive, serviceprincipal, managedidentity, audit, or table names; empty = all
	Attacks []string // names of Attacks(), or "all"
	Faults  []string // late-rows, missing-table=NAME, emptied-columns=COL[,COL], duplicates

	Workers int // 0 = one a processor; the bytes do not depend on it

	// Progress, when set, is told after each day of each table how many of them are done; one call at a time.
	Progress func(done, total int)
}

// IngestedColumn holds the ingestion time of a row, which Kusto shows as ingestion_time() and keeps outside the table.
const IngestedColumn = "_ingested"

// The limits of Config. A day of a hundred thousand people is planned in memory.
const (
	MaxDays  = 400
	MaxUsers = 100_000
	MaxRatio = 200
)

// DefaultConfig is two weeks and a day of 500 people, everything on, no attack, no fault.
func DefaultConfig() Config {
	return Config{
		Days: 15, Users: 500, Seed: 1, Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), Ratio: 20, Delay: "none",
	}
}

// stream is one of the five feeds.
type stream struct{ name, table string }

var streams = []stream{
	{"interactive", tableSignin},
	{"noninteractive", tableBackground},
	{"serviceprincipal", tablePrincipal},
	{"managedidentity", tableIdentity},
	{"audit", tableAudit},
}

// options is a checked Config in the generator's own terms.
type options struct {
	tables  []string
	delays  map[string]lateness // by table, nil = none
	faults  faults
	attacks []string
}

// Validate tells the first thing that is wrong with c, and what would be right.
func (c Config) Validate() error {
	_, err := c.options()
	return err
}

func (c Config) options() (options, error) {
	var o options
	switch {
	case c.Days < 1 || c.Days > MaxDays:
		return o, fmt.Errorf("days is %d; give 1 to %d", c.Days, MaxDays)
	case c.Users < 1 || c.Users > MaxUsers:
		return o, fmt.Errorf("users is %d; give 1 to %d", c.Users, MaxUsers)
	case !(c.Ratio > 0) || c.Ratio > MaxRatio || math.IsInf(c.Ratio, 0):
		return o, fmt.Errorf("ratio is %g; give more than 0 and at most %d (non-interactive rows for each interactive one)", c.Ratio, MaxRatio)
	case c.Start.IsZero():
		return o, fmt.Errorf("start is not set; give a day, or begin with DefaultConfig")
	case c.Start.Year() < 1971 || c.Start.Year() > 2200:
		return o, fmt.Errorf("start is in the year %d; give 1971 to 2200", c.Start.Year())
	case ticksOf(c.Start)%day != 0:
		return o, fmt.Errorf("start is %s; give a UTC midnight, such as %s", c.Start.UTC().Format(time.RFC3339),
			c.Start.UTC().Truncate(24*time.Hour).Format(time.RFC3339))
	case c.Workers < 0:
		return o, fmt.Errorf("workers is %d; give 0 for one a processor, or a count", c.Workers)
	}
	var err error
	if o.tables, err = streamTables(c.Streams); err != nil {
		return o, err
	}
	if o.delays, err = parseDelay(c.Delay); err != nil {
		return o, err
	}
	if o.faults, err = parseFaults(c.Faults); err != nil {
		return o, err
	}
	if o.attacks, err = attackNames(c.Attacks); err != nil {
		return o, err
	}
	for _, name := range o.attacks {
		a := attackByName(name)
		if c.Days < a.minDays {
			return o, fmt.Errorf("attack %q needs a history to stand out from; give --days %d or more (it is %d)", name, a.minDays, c.Days)
		}
		for _, t := range a.tables {
			if !slices.Contains(o.tables, t) {
				return o, fmt.Errorf("attack %q writes to %s, which streams leaves out; add %q", name, t, streamOf(t))
			}
		}
	}
	if o.faults.late > 0 || slices.Contains(o.attacks, "f2") {
		if o.delays == nil {
			o.delays = map[string]lateness{}
		}
	}
	if need := peopleNeeded(o.attacks); c.Users < need {
		return o, fmt.Errorf("%d attacks need %d users to choose their victims from; give --users %d or fewer attacks", len(o.attacks), need, need)
	}
	return o, nil
}

func (c Config) workers() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func streamOf(table string) string {
	for _, s := range streams {
		if s.table == table {
			return s.name
		}
	}
	return table
}

func streamTables(names []string) ([]string, error) {
	names = words1(names)
	if len(names) == 0 {
		return Tables(), nil
	}
	want := map[string]bool{}
	known := []string{}
	for _, s := range streams {
		known = append(known, s.name)
	}
	for _, s := range streams {
		known = append(known, s.table)
	}
next:
	for _, n := range names {
		for _, s := range streams {
			if strings.EqualFold(n, s.name) || strings.EqualFold(n, s.table) {
				want[s.table] = true
				continue next
			}
		}
		return nil, fmt.Errorf("stream %q is not known; %s", n, suggest(n, known, known[:len(streams)]))
	}
	var out []string
	for _, s := range streams {
		if want[s.table] {
			out = append(out, s.table)
		}
	}
	return out, nil
}

func attackNames(names []string) ([]string, error) {
	names = words1(names)
	if slices.Contains(names, "all") {
		names = nil
		for _, a := range attackList() {
			names = append(names, a.name)
		}
	}
	known := []string{}
	for _, a := range attackList() {
		known = append(known, a.name)
	}
	want := map[string]bool{}
	for _, n := range names {
		n = strings.ToLower(n)
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("attack %q is not known; %s", n, suggest(n, known, append(known, "all")))
		}
		want[n] = true
	}
	var out []string
	for _, n := range known {
		if want[n] {
			out = append(out, n)
		}
	}
	return out, nil
}

// words1 splits at commas and drops blanks, so that one flag or many give the same list.
func words1(list []string) []string {
	var out []string
	for _, l := range list {
		for _, n := range strings.Split(l, ",") {
			if n = strings.TrimSpace(n); n != "" {
				out = append(out, n)
			}
		}
	}
	return out
}

// suggest names the nearest known word, or all of them when none is near.
func suggest(got string, known, all []string) string {
	best, at := 3, ""
	for _, k := range known {
		if d := distance(strings.ToLower(got), strings.ToLower(k)); d < best {
			best, at = d, k
		}
	}
	if at != "" {
		return fmt.Sprintf("did you mean %q? Known: %s", at, strings.Join(all, ", "))
	}
	return "known: " + strings.Join(all, ", ")
}

// distance is the number of single-character edits between a and b.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// lateness is a log-normal delay.
type lateness struct{ p50, p95 ticks }

// The presets follow https://learn.microsoft.com/azure/azure-monitor/logs/data-ingestion-time (agent upload mostly
// under a minute, resource logs 3 to 10 minutes, activity log 3 to 20); entra is what vendors measure of the sign-in
// streams: 5 to 15 minutes interactive, 15 to 30 non-interactive.
func delayPreset(name string) (map[string]lateness, bool) {
	all := func(l lateness) map[string]lateness {
		out := map[string]lateness{}
		for _, t := range Tables() {
			out[t] = l
		}
		return out
	}
	switch name {
	case "", "none":
		return nil, true
	case "agent":
		return all(lateness{45 * second, 2 * minute}), true
	case "resource":
		return all(lateness{5 * minute, 10 * minute}), true
	case "activity":
		return all(lateness{8 * minute, 20 * minute}), true
	case "entra":
		return map[string]lateness{
			tableSignin:     {7 * minute, 15 * minute},
			tableBackground: {18 * minute, 30 * minute},
			tablePrincipal:  {9 * minute, 20 * minute},
			tableIdentity:   {9 * minute, 20 * minute},
			tableAudit:      {5 * minute, 15 * minute},
		}, true
	}
	return nil, false
}

func parseDelay(s string) (map[string]lateness, error) {
	presets := []string{"none", "agent", "resource", "activity", "entra"}
	s = strings.TrimSpace(s)
	if d, ok := delayPreset(strings.ToLower(s)); ok {
		return d, nil
	}
	if !strings.Contains(s, "=") {
		return nil, fmt.Errorf("delay %q is not known; %s; or a stream's own, as in noninteractive=18m/30m", s, suggest(s, presets, presets))
	}
	out := map[string]lateness{}
	for _, part := range words1([]string{s}) {
		name, value, _ := strings.Cut(part, "=")
		tables, err := streamTables([]string{name})
		if err != nil || len(tables) != 1 {
			return nil, fmt.Errorf("delay %q: %w", part, err)
		}
		half, most, found := strings.Cut(value, "/")
		a, err1 := time.ParseDuration(half)
		b, err2 := time.ParseDuration(most)
		if !found || err1 != nil || err2 != nil || a <= 0 || b < a || b > 72*time.Hour {
			return nil, fmt.Errorf("delay %q: give the median and the 95th percentile, the smaller first and at most 72h, as in %s=5m/15m", part, name)
		}
		out[tables[0]] = lateness{ticks(a / 100), ticks(b / 100)}
	}
	return out, nil
}

// faults is what is wrong with the data on purpose.
type faults struct {
	late       float64 // share of rows that arrive hours late
	duplicates float64 // share of rows that come twice
	missing    map[string]bool
	emptied    map[string]bool
}

var faultNames = []string{"late-rows", "missing-table=NAME", "emptied-columns=COL[,COL]", "duplicates"}

func parseFaults(list []string) (faults, error) {
	f := faults{missing: map[string]bool{}, emptied: map[string]bool{}}
	columns := false
	for _, n := range words1(list) {
		name, value, given := strings.Cut(n, "=")
		// A comma after emptied-columns=A goes on with its columns: flag libraries split there.
		if columns && !given && knownColumn(name) {
			f.emptied[name] = true
			continue
		}
		columns = false
		switch name {
		case "late-rows":
			f.late = 0.04
		case "duplicates":
			f.duplicates = 0.02
		case "missing-table":
			tables, err := streamTables([]string{value})
			if err != nil || value == "" {
				return f, fmt.Errorf("fault missing-table=%s: name one of %s", value, strings.Join(Tables(), ", "))
			}
			f.missing[tables[0]] = true
		case "emptied-columns":
			columns = true
			if err := f.empty(value); err != nil {
				return f, err
			}
		default:
			short := []string{"late-rows", "missing-table", "emptied-columns", "duplicates"}
			return f, fmt.Errorf("fault %q is not known; %s", n, suggest(name, short, faultNames))
		}
	}
	return f, nil
}

func (f *faults) empty(value string) error {
	for _, c := range strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == '+' }) {
		if c == "TimeGenerated" || c == "Type" {
			return fmt.Errorf("fault emptied-columns: %s cannot be empty, a table has no order without it; name another column", strconv.Quote(c))
		}
		if !knownColumn(c) {
			return fmt.Errorf("fault emptied-columns: no generated table has a column %q; %s", c, suggest(c, allColumns(), []string{"the columns of " + strings.Join(Tables(), ", ")}))
		}
		f.emptied[c] = true
	}
	if value == "" {
		return fmt.Errorf("fault emptied-columns names no column; give one, as in emptied-columns=ConditionalAccessPolicies")
	}
	return nil
}

func allColumns() []string {
	var out []string
	for _, t := range Tables() {
		for _, c := range tableColumns(t) {
			if !slices.Contains(out, c.Name) {
				out = append(out, c.Name)
			}
		}
	}
	return out
}

func knownColumn(name string) bool {
	return name != "TimeGenerated" && name != "Type" && slices.Contains(allColumns(), name)
}
