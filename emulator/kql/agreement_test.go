package kql_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/emulator/kql"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/source"
)

// TestAgreement compiles the queries of $BLINDSPOT_CORPUS/corpus.jsonl (lines of id, lang, query) and compares with what
// Microsoft's language service says of them in oracle.jsonl (lines of id, env, parseClean, bindClean, result). It reports
// how often the verdict and the result columns agree, and fails below the bars. Every bound tree is verified. The schemas are
// those that the language service had: of $BLINDSPOT_CORPUS/schemas, or of ../shared/schemas beside the checkout.
func TestAgreement(t *testing.T) {
	dir := os.Getenv("BLINDSPOT_CORPUS")
	if dir == "" {
		t.Skip("BLINDSPOT_CORPUS names no folder with corpus.jsonl and oracle.jsonl")
	}
	type answer struct {
		ID         string
		Env        string
		ParseClean bool
		BindClean  bool
		Result     json.RawMessage
		Semantic   []struct{ Code, Severity, Message string }
	}
	answers := map[string]answer{}
	lines(t, filepath.Join(dir, "oracle.jsonl"), func(b []byte) {
		var a answer
		if json.Unmarshal(b, &a) == nil {
			answers[a.ID] = a
		}
	})
	known := readSchemas(t, filepath.Join(dir, "schemas"))
	if known == nil {
		known = readSchemas(t, filepath.Join("..", "..", "..", "shared", "schemas"))
	}
	if known == nil {
		t.Skip("no folder of schemas")
	}
	cats := map[string]*judgeCatalog{"la": known.catalog("la"), "xdr": known.catalog("xdr"), "adx": known.catalog("adx")}
	queries, verdicts, both, schemas := 0, 0, 0, 0
	lines(t, filepath.Join(dir, "corpus.jsonl"), func(b []byte) {
		var q struct{ ID, Query string }
		if json.Unmarshal(b, &q) != nil {
			return
		}
		want, ok := answers[q.ID]
		c := cats[want.Env]
		if !ok || c == nil {
			return
		}
		r := kql.Compile(q.Query, kql.Options{Catalog: c})
		if err := verify(r.Query); err != nil && r.OK() {
			t.Errorf("%s: %v", q.ID, err)
		}
		queries++
		if clean(r) != want.BindClean {
			t.Logf("%s: clean here %v, there %v; %s", q.ID, clean(r), want.BindClean, first(r))
			return
		}
		verdicts++
		var cols []struct{ Name, Type string }
		if !want.BindClean || len(r.Query.Results) != 1 || json.Unmarshal(want.Result, &cols) != nil {
			return
		}
		both++
		var theirs, ours []string
		for _, c := range cols {
			if !hiddenName(c.Name) {
				theirs = append(theirs, c.Name+":"+c.Type)
			}
		}
		for _, c := range r.Columns {
			if !hiddenName(c.Name) {
				ours = append(ours, c.Name+":"+c.Type.String())
			}
		}
		if strings.Join(theirs, ",") == strings.Join(ours, ",") {
			schemas++
		} else {
			t.Logf("%s: columns differ", q.ID)
		}
	})
	if queries == 0 {
		t.Fatal("no queries")
	}
	verdict, schema := 100*float64(verdicts)/float64(queries), 100*float64(schemas)/float64(max(both, 1))
	t.Logf("%d queries, verdict %.2f %%; both clean %d, columns %.2f %%", queries, verdict, both, schema)
	if verdict < 98.5 || schema < 98.5 {
		t.Errorf("below 98.5 %%")
	}
}

// clean reports whether a query is clean in the language service's eyes: BS codes are ours alone.
func clean(r *kql.Compiled) bool {
	for _, d := range r.Diagnostics {
		if d.Severity == source.Error && !strings.HasPrefix(d.Code, "BS") {
			return false
		}
	}
	return true
}

func first(r *kql.Compiled) string {
	for _, d := range r.Diagnostics {
		if d.Severity == source.Error {
			return d.Code + " " + d.Message
		}
	}
	return ""
}

func hiddenName(name string) bool {
	switch strings.TrimRight(name, "0123456789") {
	case "_ItemId", "_TimeReceived", "_IsBillable", "_BilledSize", "_ResourceId", "_SubscriptionId", "_Internal_WorkspaceResourceId", "_Internal_ItemId":
		return true
	}
	return strings.HasPrefix(name, "max_TimeGenerated__")
}

func lines(t *testing.T, file string, each func([]byte)) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 64<<20)
	for s.Scan() {
		each(s.Bytes())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
}
