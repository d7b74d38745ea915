package workbook

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/generate"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
)

// lacking is a catalog without some tables.
type lacking struct {
	symbol.Catalog
	gone map[string]bool
}

func (l lacking) Table(name string) (*symbol.Table, bool) {
	if l.gone[name] {
		return nil, false
	}
	return l.Catalog.Table(name)
}

// TestOverTheStreams runs the pack's workbooks in workspaces that hold one stream alone, and in those that lack one: not only are its
// rows not there, the workspace does not know the table. Every query runs, and the streams that are there are shown.
func TestOverTheStreams(t *testing.T) {
	b := shipped(t)
	all := []string{"SigninLogs", "AADNonInteractiveUserSignInLogs", "AADServicePrincipalSignInLogs", "AADManagedIdentitySignInLogs"}
	cfg := generate.DefaultConfig()
	cfg.Days, cfg.Users, cfg.Ratio = 1, 15, 5
	rows := map[string]*bytes.Buffer{}
	sink := generate.NewJSONLines(func(table string) (io.WriteCloser, error) {
		rows[table] = &bytes.Buffer{}
		return closer{rows[table]}, nil
	})
	if _, err := generate.Generate(context.Background(), cfg, sink); err != nil {
		t.Fatal(err)
	}
	workspace := func(gone map[string]bool) *emulator.Workspace {
		cat := catalog.New(tables.Sentinel)
		cat.AddBundle(b)
		ws := emulator.New(emulator.Options{Catalog: lacking{cat, gone}, Clock: func() time.Time { return testNow }})
		if err := ws.AddWatchlists(b); err != nil {
			t.Fatal(err)
		}
		for _, table := range append([]string{"AuditLogs"}, all...) {
			if !gone[table] {
				if _, err := ws.IngestJSON(table, bytes.NewReader(rows[table].Bytes())); err != nil {
					t.Fatal(err)
				}
			}
		}
		return ws
	}
	// What each workbook is about; it has something to show as long as one of these is there.
	about := map[string][]string{"sign-ins-across-streams": all, "legacy-authentication": all[:2], "workload-identity-life": all[2:]}
	for _, w := range b.Workbooks {
		subjects := about[w.Name]
		if subjects == nil {
			t.Fatalf("which streams is %s about?", w.Name)
		}
		for _, one := range all {
			for _, alone := range []bool{true, false} {
				gone := map[string]bool{}
				for _, table := range all {
					gone[table] = (table == one) != alone
				}
				name := w.Name + "/without " + one
				if alone {
					name = w.Name + "/" + one + " alone"
				}
				t.Run(name, func(t *testing.T) {
					out, err := Test(context.Background(), workspace(gone), w, testNow)
					if err != nil {
						t.Fatal(err)
					}
					shown, there := 0, slices.Contains(subjects, one)
					for _, f := range out.Findings {
						// A query of which no table is there cannot run, and says so in its own place.
						mayLack := alone || w.Name == "workload-identity-life" && one == all[2] // keys and addresses are those of applications
						if !f.Warning && !(mayLack && strings.Contains(f.Message, "has none of its tables")) && !(alone && !there) {
							t.Error(f)
						}
					}
					for _, it := range out.Items {
						if it.Rows > 0 {
							shown++
						}
					}
					// The sample's legacy clients are all in the background.
					legacy := w.Name == "legacy-authentication" && (one == all[0]) == alone
					if alone && there && shown < 2 && !legacy || !alone && shown < len(out.Items)/2 && one != all[1] {
						t.Errorf("%d of %d queries have rows", shown, len(out.Items))
					}
				})
			}
		}
	}
}
