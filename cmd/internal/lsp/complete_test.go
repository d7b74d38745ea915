package lsp

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/validate/schema"
)

func workspace(t testing.TB) names {
	b, problems := content.Load(fstest.MapFS{
		"functions/f.yaml":  {Data: []byte("alias: recent_signins\ndescription: Recent ones.\nparameters: [{name: lookback, type: timespan, default: 1d}]\nquery: |\n  SigninLogs | where TimeGenerated > ago(lookback)\n")},
		"watchlists/w.yaml": {Data: []byte("alias: vips\ndisplayName: VIPs\nitemsSearchKey: User\ncolumns: [User, Reason]\nitems: []\n")},
		"rules/a.yaml":      {Data: []byte("id: 11111111-1111-4111-8111-111111111111\nname: A\nkind: NRT\nseverity: Low\nquery: SigninLogs | project Who = UserPrincipalName, IPAddress\n")},
		"rules/a.test.yaml": {Data: []byte("rule: a.yaml\ntests: [{name: x, alerts: []}]\n")},
		"events/e.yaml":     {Data: []byte("my.event:\n  table: SigninLogs\n  fields: { ResultType: \"0\" }\n")},
	}, content.Options{})
	for _, p := range problems {
		if p.Severity == content.Error {
			t.Fatal(p)
		}
	}
	return names{catalog.FromBundle(tables.Sentinel, b), b}
}

// ^ is where the cursor is. What must be proposed is listed with +, first of all with 1, what must not with -.
func TestComplete(t *testing.T) {
	n := workspace(t)
	for _, c := range []struct{ query, want string }{
		{"^", "+SigninLogs +let +recent_signins +union -where"},
		{"Sig^", "1SigninLogs -AuditLogs"},
		{"SigninLogs | ^", "+where +summarize +join +mv-expand -SigninLogs"},
		{"SigninLogs | su^", "1summarize"},
		{"SigninLogs\n| where ^", "+UserPrincipalName +ResultType +tolower -SigninLogs -count_"},
		{"SigninLogs | where UserP^", "1UserPrincipalName"},
		{"SigninLogs | project A = UserPrincipalName, IPAddress | where ^", "+A +IPAddress -UserPrincipalName"},
		{"SigninLogs | summarize n = count() by IPAddress | where ^ > 5 | take 1", "+n +IPAddress -UserPrincipalName"},
		{"SigninLogs | summarize ^", "+count +dcount +make_set +UserPrincipalName"},
		{"SigninLogs | summarize count() by ^", "+UserPrincipalName +bin -dcount"},
		{"SigninLogs | summarize count() ^", "+by"},
		{"SigninLogs | where UserPrincipalName ^", "+startswith +has +in~"},
		{"SigninLogs | where tolower(^", "+UserPrincipalName"},
		{"SigninLogs | extend x = 1 | join kind=^", "+inner +leftouter -SigninLogs"},
		{"SigninLogs | join kind=inner (^", "+AuditLogs +SigninLogs"},
		{"SigninLogs | join kind=inner (AuditLogs | where ^", "+OperationName -UserPrincipalName"},
		{"SigninLogs | join kind=inner (AuditLogs | project CorrelationId, Op = OperationName) on ^", "+CorrelationId +Op +$left"},
		{"SigninLogs | join kind=inner (AuditLogs) on $left.UserPrincipalName == $right.^", "+Identity -UserPrincipalName"},
		{"SigninLogs | join kind=inner (AuditLogs) on $left.^", "+UserPrincipalName -TargetResources"},
		{"let threshold = 5;\nSigninLogs | where DurationMs > thr^", "1threshold"},
		{"let a = SigninLogs | project Q = 1;\na | where ^", "+Q -UserPrincipalName"},
		{"let f = (user: string) { SigninLogs | where UserPrincipalName == us^ }; f('x')", "+user"},
		{"let f = (T: (Foo: string)) { T | where ^ }; f(x)", "+Foo -UserPrincipalName"},
		{"_GetWatchlist('^", "+vips"},
		{"_GetWatchlist('vi^", "1vips"},
		{"SigninLogs | where UserPrincipalName in ((_GetWatchlist('vips') | project ^", "+SearchKey +User"},
		{"recent_signins(1d) | where ^", "+UserPrincipalName"},
		{"SigninLogs | evaluate ^", "+bag_unpack +pivot -tolower"},
		{"SigninLogs | summarize count() by bin(TimeGenerated, 1h) | render ^", "+timechart +columnchart"},
		{"SigninLogs | mv-expand x = DeviceDetail to typeof(^", "+string +long"},
		{"union ^", "+SigninLogs +AuditLogs"},
		{"union isfuzzy=true SigninLogs, Audit^", "+AuditLogs"},
		{"SigninLogs // comment ^", "-where -UserPrincipalName"},
		{"SigninLogs | where UserPrincipalName == \"ab^", "-UserPrincipalName -vips"},
		{"SigninLogs | where (", ""},
	} {
		at := strings.IndexByte(c.query, '^')
		if at < 0 {
			at = len(c.query)
		}
		text := strings.Replace(c.query, "^", "", 1)
		got, start := completeQuery(text, at, "", n)
		list := got.list(span{})
		var labels []string
		for _, i := range list.Items {
			labels = append(labels, i.Label)
		}
		if start > at {
			t.Errorf("%s: the word begins at %d, behind the cursor", c.query, start)
		}
		for _, w := range strings.Fields(c.want) {
			has := slices.Contains(labels, w[1:])
			switch w[0] {
			case '+':
				if !has && !list.IsIncomplete {
					t.Errorf("%s: %s is not proposed; %d are: %.200q", c.query, w[1:], len(labels), labels)
				} else if !has {
					// cut to a bound: what is typed next shows it
					more, _ := completeQuery(text[:at]+w[1:3]+text[at:], at+2, "", n)
					if !slices.ContainsFunc(more.items, func(i completionItem) bool { return i.Label == w[1:] }) {
						t.Errorf("%s: %s is not proposed, also when it is begun; %d are: %.200q", c.query, w[1:], len(labels), labels)
					}
				}
			case '-':
				if has {
					t.Errorf("%s: %s is proposed", c.query, w[1:])
				}
			case '1':
				if len(labels) == 0 || labels[0] != w[1:] {
					t.Errorf("%s: %s does not come first: %.200q", c.query, w[1:], labels)
				}
			}
		}
	}
}

// The same for YAML.
func TestCompleteYAML(t *testing.T) {
	n := workspace(t)
	for _, c := range []struct{ file, text, want string }{
		{"rules/b.yaml", "id: x\n^", "+severity +queryFrequency +entityMappings"},
		{"rules/b.yaml", "id: x\nsev^", "+severity"},
		{"rules/b.yaml", "severity: ^", "+High +Informational"},
		{"rules/b.yaml", "kind: ^\n", "+Scheduled +NRT"},
		{"rules/b.yaml", "tactics:\n  - ^", "+CredentialAccess +Impact"},
		{"rules/b.yaml", "tactics: [Impact, Cred^]", "+CredentialAccess"},
		{"rules/b.yaml", "relevantTechniques:\n- T1110.0^\n", "+T1110.003_Password_Spraying"},
		{"rules/b.yaml", "entityMappings:\n  - ^", "+entityType +fieldMappings"},
		{"rules/b.yaml", "entityMappings:\n  - entityType: ^", "+Account +IP"},
		{"rules/b.yaml", "entityMappings:\n  - entityType: IP\n    fieldMappings:\n      - identifier: ^", "+Address -FullName"},
		{"rules/b.yaml", "query: |\n  SigninLogs | project Who = UserPrincipalName\nentityMappings:\n  - entityType: Account\n    fieldMappings:\n      - identifier: FullName\n        columnName: ^", "+Who -IPAddress"},
		{"rules/b.yaml", "query: SigninLogs | project Who = 1\ncustomDetails:\n  Person: ^", "+Who"},
		{"rules/b.yaml", "query: SigninLogs | project Who = 1\nalertDetailsOverride:\n  alertDisplayNameFormat: Hello {{^", "+Who"},
		{"rules/b.yaml", "requiredDataConnectors:\n  - connectorId: AzureActiveDirectory\n    dataTypes:\n      - Signin^", "+SigninLogs"},
		{"rules/a.test.yaml", "rule: ^", "+a.yaml"},
		{"rules/a.test.yaml", "rule: a.yaml\ntests:\n  - name: x\n    ^", "+events +alerts"},
		{"rules/a.test.yaml", "tests:\n  - name: x\n    events:\n      Signin^", "+SigninLogs"},
		{"rules/a.test.yaml", "tests:\n  - name: x\n    events:\n      SigninLogs:\n        - { use: ^", "+my.event"},
		{"rules/a.test.yaml", "tests:\n  - name: x\n    events:\n      SigninLogs:\n        - { use: my.event, ^", "+repeat +set"},
		{"rules/a.test.yaml", "tests:\n  - name: x\n    events:\n      SigninLogs:\n        - { use: my.event, set: { UserP^", "+UserPrincipalName"},
		{"rules/a.test.yaml", "tests:\n  - name: x\n    alerts:\n      - { columns: { ^", "+Who +IPAddress"},
		{"rules/a.test.yaml", "tests:\n  - name: x\n    alerts:\n      - entities:\n          ^", "+IP +Account"},
		{"blindspot.yaml", "checks:\n  over^", "+overlap"},
		{"blindspot.yaml", "checks:\n  overlap: ^", "+off +error"},
	} {
		at := strings.IndexByte(c.text, '^')
		b := newBuffer(strings.Replace(c.text, "^", "", 1))
		y := &yamlScope{names: n, file: c.file, buffer: b, kind: kindOf(c.file, n.bundle)}
		y.columns = func() []string {
			s := &Server{}
			return s.resultColumns(&sight{names: n, doc: &document{file: c.file, buffer: b}})
		}
		p := yamlAt(b, at)
		var labels []string
		for _, i := range y.complete(p).list(span{}).Items {
			labels = append(labels, i.Label)
		}
		for _, w := range strings.Fields(c.want) {
			if has := slices.Contains(labels, strings.ReplaceAll(w[1:], "_", " ")); has != (w[0] == '+') {
				t.Errorf("%q: %s; path %q value %v, proposed %.300q", c.text, w, p.path, p.value, labels)
			}
		}
	}
}

// Every schema is read as a whole: a key that it has is proposed at the top of a file of its kind.
func TestSchemasAreWalked(t *testing.T) {
	for _, kind := range schema.Names() {
		if n := schemaOf(kind).at(nil); len(n) == 0 || len(n[0].Properties) == 0 {
			t.Errorf("the schema %s has no keys", kind)
		}
	}
}

// Every word of the list is one of the language, and no word that people use most is missing.
func TestWords(t *testing.T) {
	for key := range words() {
		kind, name, _ := strings.Cut(key, " ")
		ok := true
		switch kind {
		case "fn":
			ok = symbol.LookupFunction(name) != nil || symbol.LookupOperator(name) != nil || slices.Contains([]string{"toscalar", "workspace", "_GetWatchlist", "table", "ingestion_time", "array_sum"}, name)
		case "agg":
			ok = symbol.LookupAggregate(name) != nil
		case "plug":
			ok = symbol.LookupPlugin(name) != nil
		case "sign":
			ok = symbol.LookupOperator(name) != nil
		case "op", "key":
		default:
			ok = false
		}
		if !ok {
			t.Errorf("%s is no word of the language", key)
		}
	}
	used := map[string]bool{}
	err := os.DirFS("../../../content").(interface {
		ReadFile(string) ([]byte, error)
	})
	_ = err
	b, _ := content.Load(os.DirFS("../../../content"), content.Options{})
	for _, r := range b.Rules {
		text := r.Query.String()
		for i := 0; i < len(text); i++ {
			if text[i] == '(' {
				from, to := wordAt(text, i)
				used[text[from:to]] = true
			}
		}
	}
	for name := range used {
		f := lookupBuiltin(name, true)
		if f == nil || name == "" {
			continue
		}
		if word(kindWord(f.Kind), f.Name) == "" && word(kindWord(f.Kind), f.Canonical) == "" {
			t.Errorf("nothing is said of %s(), which the shipped rules use", name)
		}
	}
	if len(used) < 40 {
		t.Errorf("%d functions are used", len(used))
	}
}

// The query of a document is found by its layout, and each of its bytes at its place.
func TestQueryOf(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"query: |\n  A\n  | take 1\nname: x\n", "A\n| take 1"},
		{"query: |-\n    A\n\n      | take 1\n", "A\n\n  | take 1"},
		{"query: A | take 1\n", "A | take 1"},
		{"query: \"A | take 1\"\n", "A | take 1"},
		{"a: 1\r\nquery: |\r\n  A\r\n  | count\r\n", "A\n| count"},
		{"query: |\n  \nname: x\n", ""},
		{"name: x\n", "none"},
		{"ParserQuery: >\n  A\n", "A"},
		{"query: |\nname: x\n", "none"},
	} {
		b := newBuffer(c.text)
		r := queryOf(b)
		if r == nil {
			if c.want != "none" {
				t.Errorf("%q has no query", c.text)
			}
			continue
		}
		if strings.TrimRight(r.text, "\n ") != c.want {
			t.Errorf("%q: %q", c.text, r.text)
		}
		for i := 0; i < len(r.text); i++ {
			at := r.document(i)
			if r.text[i] != '\n' && c.text[at] != r.text[i] {
				t.Errorf("%q: byte %d %q is at %d %q", c.text, i, r.text[i], at, c.text[at])
			}
			if back, ok := r.inside(at); !ok || back != i {
				t.Errorf("%q: byte %d is at %d is byte %d, %v", c.text, i, at, back, ok)
			}
		}
	}
}

// Wherever the cursor is in whatever text: proposals, and no panic.
func FuzzComplete(f *testing.F) {
	f.Add("SigninLogs | where UserPrincipalName has 'a' | join (AuditLogs | project x = 1) on $left.a == $right.b", 40)
	f.Add("let f = (a: string, T: (b: long)) { T | where a == '' | summarize by ", 60)
	f.Add("query: |\n  SigninLogs\n  | where \nentityMappings:\n  - entityType: ", 30)
	n := workspace(f)
	f.Fuzz(func(t *testing.T, text string, at int) {
		if len(text) > 1000 || at < 0 || at > len(text) {
			return
		}
		p, start := completeQuery(text, at, "", n)
		if start > at || len(p.items) > maxItems {
			t.Fatalf("start %d of %d, %d items", start, at, len(p.items))
		}
		b := newBuffer(text)
		y := &yamlScope{names: n, file: "rules/a.yaml", buffer: b, kind: "rule", columns: func() []string { return nil }}
		y.complete(yamlAt(b, at))
		(&sight{names: n, doc: &document{file: "q.kql", buffer: b}, query: wholeFile(text), at: at}).hoverQuery()
		if r := queryOf(b); r != nil {
			r.inside(at)
		}
	})
}
