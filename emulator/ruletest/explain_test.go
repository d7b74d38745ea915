package ruletest

import (
	"context"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/sentinel"
)

// TestExplainOfBrokenRules breaks shipped rules as people do and wants the cause named, also where it lies in a let.
func TestExplainOfBrokenRules(t *testing.T) {
	b, problems := content.Load(content.Embedded(), content.Options{})
	if len(b.Rules) == 0 {
		t.Fatal(problems)
	}
	r := New(b, sentinel.DefaultOptions())
	for _, c := range []struct {
		file, from, to string
		want           []string // in the values of an event that died, in order
		not            string
	}{
		{"spray-across-streams", "minUsers = 8", "minUsers = 30",
			[]string{`IPAddress in (suspects) is false: IPAddress = "203.0.113.9"`, "because suspects lost them at ", "where Users >= minUsers", "Users >= minUsers is false: Users = 9, minUsers = 30"}, ""},
		{"session-split", "Countries > 1", "Countries > 2", []string{"SessionId in (split) is false", "because split lost them at ", "Countries > 2 is false: Countries = 2"}, ""},
		{"repeated-mfa-refusal", "500121", "500122", []string{`ResultCode in ("0", "500122") is false: ResultCode = "500121"`}, "because"},
		{"failures-then-background-success", `Stream == "noninteractive"`, `Stream == "serviceprincipal"`, []string{"successes has no row to match"}, ""},
	} {
		var rule *content.Rule
		for _, x := range b.Rules {
			if strings.Contains(x.File(), "/"+c.file+".yaml") {
				rule = x
			}
		}
		if rule == nil {
			t.Fatalf("no rule %s", c.file)
		}
		broken := *rule
		text := strings.Replace(rule.Query.String(), c.from, c.to, 1)
		if text == rule.Query.String() {
			t.Fatalf("%s has no %q", c.file, c.from)
		}
		broken.Query = content.NewText(rule.File(), text)
		e, err := r.Explain(context.Background(), &broken, rule.Test, rule.Test.Tests[0])
		if err != nil {
			t.Fatal(err)
		}
		found := false
		var all []string
		for _, f := range e.Events {
			said := strings.Join(f.Values, "\n")
			all = append(all, said)
			rest, ok := said, f.Died != nil
			for _, w := range c.want {
				_, after, has := strings.Cut(rest, w)
				rest, ok = after, ok && has
			}
			found = found || ok && (c.not == "" || !strings.Contains(said, c.not))
		}
		if !found {
			t.Errorf("%s with %q:\n%s\nwant %q", c.file, c.to, strings.Join(all, "\n--\n"), c.want)
		}
	}
}
