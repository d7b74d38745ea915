package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/azure"
	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/backtest"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

const lastSeenAlias = "bs_lastseen_app"

func lastseenCommand() *cli.Command {
	return &cli.Command{
		Name:  "lastseen",
		Usage: "keep the watchlist of when applications last signed in",
		Subcommands: []*cli.Command{{
			Name:      "refresh",
			Usage:     "rebuild watchlist " + lastSeenAlias + " from sign-ins",
			ArgsUsage: " ",
			Description: `Reads the sign-ins of service principals and managed identities. LastSeen moves forward and FirstSeen back, applications
that are new are added; Owner and Expected stay as people wrote them. The file's header and comments stay.

Examples:
   blindspot lastseen refresh --data logs --file content/watchlists/bs_lastseen_app.yaml
   blindspot lastseen refresh --data logs --until 2026-01-05T00:00:00Z
   blindspot lastseen refresh --workspace prod --days 90`,
			Flags: []cli.Flag{
				&cli.StringSliceFlag{Name: "data", Usage: "a file or folder of events; may be repeated"},
				&cli.StringFlag{Name: "workspace", Aliases: []string{"w"}, Usage: "ask this workspace instead: `NAME` in blindspot.yaml, or the URL of a blindspot serve"},
				&cli.IntFlag{Name: "days", Value: 90, Usage: "with --workspace, how far back to look"},
				&cli.StringFlag{Name: "file", Usage: "the watchlist's file; the one of ./content unless given"},
				&cli.StringFlag{Name: "until", Usage: "leave out what happened at this time or later"},
				&cli.BoolFlag{Name: "dry-run", Usage: "print the file instead of writing it"},
				&cli.IntFlag{Name: "jobs", Usage: "goroutines; 0 means one a processor"},
			},
			Action: runLastSeen,
		}},
	}
}

func runLastSeen(c *cli.Context) error {
	if c.Args().Present() {
		return fail(exitUsage, "refresh takes no argument %q; name the events with --data", c.Args().First())
	}
	file := c.String("file")
	if file == "" {
		file = filepath.Join("content", "watchlists", lastSeenAlias+".yaml")
	}
	old, err := os.ReadFile(file)
	if err != nil {
		return fail(exitUsage, "%s: %s", file, plainCause(err))
	}
	b, problems := content.Load(os.DirFS(filepath.Dir(file)), content.Options{Paths: []string{filepath.Base(file)}})
	if len(b.Watchlists) != 1 {
		for _, p := range problems {
			fmt.Fprintln(c.App.ErrWriter, p.Error())
		}
		return fail(exitUsage, "%s is no watchlist", file)
	}
	var until time.Time
	if u := c.String("until"); u != "" {
		m, err := content.ParseMoment(u)
		if err != nil || m.Relative {
			return fail(exitUsage, "--until %q is no time; write 2026-01-05T00:00:00Z", u)
		}
		until = m.At(time.Time{})
	}
	var seen []appSeen
	switch data, place := c.StringSlice("data"), c.String("workspace"); {
	case (len(data) == 0) == (place == ""):
		return fail(exitUsage, "name the events with --data, or a workspace with --workspace")
	case place != "":
		if seen, err = lastSeenThere(c, until); err != nil {
			return err
		}
	default:
		if seen, err = lastSeen(c.Context, data, until, workers(c.Int("jobs"))); err != nil {
			return fail(exitUsage, "%v", err)
		}
	}
	items, fresh, moved := mergeSeen(b.Watchlists[0].Items, seen)
	text, err := withItems(string(old), items)
	if err != nil {
		return fail(exitUsage, "%s: %v", file, err)
	}
	fmt.Fprintf(remarks(c), "%d applications: %d new, %d seen again, %d unchanged\n", len(items), fresh, moved, len(items)-fresh-moved)
	if c.Bool("dry-run") {
		_, err := fmt.Fprint(c.App.Writer, text)
		return err
	}
	temporary := file + ".new"
	if err := os.WriteFile(temporary, []byte(text), 0o644); err != nil {
		return fail(exitUsage, "%s: %s", temporary, plainCause(err))
	}
	if err := os.Rename(temporary, file); err != nil {
		_ = os.Remove(temporary)
		return fail(exitUsage, "%s: %s", file, plainCause(err))
	}
	return nil
}

// appSeen is when an application signed in first and last.
type appSeen struct{ id, first, last string }

// lastSeenQuery sums up the sign-ins of both tables of workloads.
const lastSeenQuery = `union isfuzzy=true AADServicePrincipalSignInLogs, AADManagedIdentitySignInLogs
| where ResultType == "0" and isnotempty(AppId)
| summarize FirstSeen = min(TimeGenerated), LastSeen = max(TimeGenerated) by AppId
| order by AppId asc`

func lastSeen(ctx context.Context, data []string, until time.Time, workers int) ([]appSeen, error) {
	ws := emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel)})
	read := map[string]bool{"TimeGenerated": true, "AppId": true, "ResultType": true, "Type": true}
	load := &backtest.Loader{Workspace: ws, Options: sentinel.DefaultOptions(),
		Columns: map[string]map[string]bool{"AADServicePrincipalSignInLogs": read, "AADManagedIdentitySignInLogs": read},
		Tables:  map[string]bool{"AADServicePrincipalSignInLogs": true, "AADManagedIdentitySignInLogs": true}}
	if err := load.Files(data, workers); err != nil {
		return nil, err
	}
	res, err := ws.Query(ctx, lastSeenQuery, emulator.QueryOptions{To: until, Workers: workers})
	if err != nil {
		return nil, err
	}
	return appsOf(res), nil
}

// lastSeenThere asks the workspace of --workspace, over --days up to until or now.
func lastSeenThere(c *cli.Context, until time.Time) ([]appSeen, error) {
	days := c.Int("days")
	if days < 1 || days > 730 {
		return nil, fail(exitUsage, "--days is %d; give 1 to 730", days)
	}
	t, _, err := targetOf(c, nil)
	if err != nil {
		return nil, err
	}
	w, err := openWorkspace(c, t)
	if err != nil {
		return nil, err
	}
	if until.IsZero() {
		until = time.Now().UTC()
	}
	res, err := w.Query(c.Context, lastSeenQuery, azure.QueryOptions{From: until.AddDate(0, 0, -days), To: until})
	if err != nil {
		return nil, remoteError(err)
	}
	return appsOf(res), nil
}

func appsOf(res *result.Result) []appSeen {
	rows := sentinel.RowsOf(res)
	id, first, last := rows.Column("AppId"), rows.Column("FirstSeen"), rows.Column("LastSeen")
	var out []appSeen
	for i := range rows.Rows {
		out = append(out, appSeen{rows.Text(i, id), toSecond(rows.Text(i, first)), toSecond(rows.Text(i, last))})
	}
	return out
}

// toSecond cuts a time's text to the second: 2026-01-05T10:00:00Z.
func toSecond(t string) string {
	if len(t) < 19 {
		return t
	}
	return t[:19] + "Z"
}

// mergeSeen joins what was seen with the items that are there, in the order of the items, new ones last by id.
func mergeSeen(items []content.Record, seen []appSeen) (out []content.Record, fresh, moved int) {
	byID := map[string]appSeen{}
	for _, s := range seen {
		byID[strings.ToLower(s.id)] = s
	}
	known := map[string]bool{}
	for _, item := range items {
		id := strings.ToLower(textOf(item, "AppId"))
		known[id] = true
		s, ok := byID[id]
		if !ok {
			out = append(out, item)
			continue
		}
		changed := false
		next := append(content.Record(nil), item...)
		for i := range next {
			have := fmt.Sprint(next[i].Value)
			switch {
			case next[i].Name == "LastSeen" && s.last > have:
				next[i].Value, changed = s.last, true
			case next[i].Name == "FirstSeen" && (have == "" || s.first < have):
				next[i].Value, changed = s.first, true
			}
		}
		if changed {
			moved++
		}
		out = append(out, next)
	}
	sort.SliceStable(seen, func(i, j int) bool { return seen[i].id < seen[j].id })
	for _, s := range seen {
		if known[strings.ToLower(s.id)] {
			continue
		}
		known[strings.ToLower(s.id)] = true
		fresh++
		out = append(out, content.Record{{Name: "AppId", Value: s.id}, {Name: "LastSeen", Value: s.last}, {Name: "FirstSeen", Value: s.first}, {Name: "Owner", Value: ""}, {Name: "Expected", Value: ""}})
	}
	return out, fresh, moved
}

func textOf(r content.Record, name string) string {
	v, _ := r.Get(name)
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// withItems puts items in the place of those of a watchlist's file; what stands before and after them stays.
func withItems(text string, items []content.Record) (string, error) {
	lines := strings.SplitAfter(text, "\n")
	from, to := -1, len(lines)
	for i, l := range lines {
		if strings.HasPrefix(l, "items:") {
			from = i
			continue
		}
		if from >= 0 && l != "" && l != "\n" && !strings.HasPrefix(l, " ") && !strings.HasPrefix(l, "-") && !strings.HasPrefix(l, "#") {
			to = i
			break
		}
	}
	if from < 0 {
		return "", fmt.Errorf("no line begins with items:")
	}
	var b strings.Builder
	b.WriteString(strings.Join(lines[:from], ""))
	if len(items) == 0 {
		b.WriteString("items: []\n")
	} else {
		b.WriteString("items:\n")
	}
	for _, r := range items {
		b.WriteString("  - { ")
		for i, f := range r {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%s: %s", f.Name, scalarText(fmt.Sprint(f.Value)))
		}
		b.WriteString(" }\n")
	}
	b.WriteString(strings.Join(lines[to:], ""))
	return b.String(), nil
}

// scalarText writes a value so that YAML reads the same text: plain when it is a word, in quotes otherwise.
func scalarText(s string) string {
	plain := s != ""
	for i := 0; i < len(s) && plain; i++ {
		c := s[i] | 0x20
		plain = c >= 'a' && c <= 'z' || s[i] == '-' && i > 0
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		plain = false
	}
	if plain {
		return s
	}
	return fmt.Sprintf("%q", s)
}
