package ruletest

import (
	"testing"

	"github.com/google/uuid"

	"github.com/seed-caab1ad3/blindspot/content"
)

// Placeholders see the text that stands in a row in the end, whatever the order of its columns.
func TestPlaceholders(t *testing.T) {
	guid := func(s string) string { return uuid.NewSHA1(uuid.NameSpaceDNS, []byte(s)).String() }
	for _, c := range []struct {
		name, text string
		want       any
	}{
		{"index", "u{i}", "u2"},
		{"another column", "{Mail}", "u2@contoso.example"},
		{"a column that names another", "{Name}", "u2@contoso.example"},
		{"a guid of a column with an index", "{guid:Mail}", guid("u2@contoso.example")},
		{"a guid of a column that names another", "{guid:device/Name}", guid("device/u2@contoso.example")},
		{"a guid of nothing", "{guid:Empty}", ""},
		{"an unknown name stays", "{Nothing} {}", "{Nothing} {}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := content.Record{{Name: "Under test", Value: c.text}, {Name: "Name", Value: "{Mail}"}, {Name: "Mail", Value: "u{i}@contoso.example"}, {Name: "Empty", Value: ""}}
			x := &expander{}
			x.fill(rec, nil, 2, content.Position{})
			got, _ := rec.Get("Under test")
			if got != c.want || len(x.errs) > 0 {
				t.Errorf("got %v, want %v; %v", got, c.want, x.errs)
			}
		})
	}
}

func TestPlaceholdersInACircle(t *testing.T) {
	for _, text := range []string{"{A}", "{guid:A}", "{B}"} {
		x := &expander{}
		x.fill(content.Record{{Name: "A", Value: text}, {Name: "B", Value: "{guid:A}"}}, nil, 1, content.Position{})
		if len(x.errs) != 1 {
			t.Errorf("%s: %v", text, x.errs)
		}
	}
}
