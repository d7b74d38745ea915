package validate

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/validate/report"
)

// Whatever the content: what safe fixes give is read as well as before, and fixes come to an end.
func FuzzFix(f *testing.F) {
	f.Add("id: 11111111-1111-4111-8111-11111111111A\nname: a\nkind: scheduled\nseverity: high\ntactics: [credentialaccess, 'Initial Access']\nrelevantTechniques: [t1110]\nquery: |\n  SigninLogs | where UserPrincipleName == ''\n")
	f.Add("name: \"a\\tb\"\nkind: NRT\nversion: 1.0\nrequiredDataConnectors:\n- connectorId: AzureActiveDirectory\n  dataTypes: [SignInLogs]\nquery: SigninLogs\n")
	f.Add("kind: Scheduled\r\nseverity: HIGH # why\r\ntactics:\r\n  - impact\r\nquery: >-\r\n  AuditLogs\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		check := func(text string) *report.Report {
			b, problems := content.Load(fstest.MapFS{"rules/a.yaml": {Data: []byte(text)}}, content.Options{})
			r, err := Run(t.Context(), b, problems, Options{Compiler: NewKQL(nil)})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		before := check(text)
		r := before
		for round := 0; ; round++ {
			if round > 20 {
				t.Fatalf("fixes without end: %q", text)
			}
			var edits []content.Edit
			src := []byte(text)
			for _, x := range r.Findings {
				if x.Fix == nil || x.Fix.Unsafe {
					continue
				}
				more := append(edits[:len(edits):len(edits)], x.Fix.Edits...)
				if _, err := content.Splice(src, more...); err == nil {
					edits = more
				}
			}
			if len(edits) == 0 {
				break
			}
			next, err := content.Splice(src, edits...)
			if err != nil {
				t.Fatal(err)
			}
			if string(next) == text {
				t.Fatalf("a fix changes nothing: %q", text)
			}
			text = string(next)
			r = check(text)
		}
		// A mended value may bring other checks to speak, for instance when a rule's kind becomes known; but the file is read as
		// well as before.
		if reading(r) > reading(before) {
			t.Errorf("fixes broke the file: %q", text)
		}
	})
}

// reading counts what is wrong with a file as a file.
func reading(r *report.Report) int {
	n := 0
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Check, "yaml-") || strings.HasPrefix(f.Check, "file-") || strings.HasPrefix(f.Check, "content-") {
			n++
		}
	}
	return n
}
