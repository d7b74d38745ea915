// Package scaffold writes new content: a kind and a name come in, files that validate and pass at once go out. Nothing is
// read from or written to a disk here, and the same request gives the same bytes: ids are derived from what is asked for.
package scaffold

import (
	"crypto/sha1" // RFC 9562 names it for ids of version 5; nothing is secured by it
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
	"unicode"

	"github.com/seed-caab1ad3/blindspot/content/tables"
)

//go:embed templates
var templates embed.FS

// Request says what is wanted.
type Request struct {
	Kind     string // one of Kinds
	File     string // where it goes, slash-separated; for a repository its folder
	Title    string // for people; "" makes one of the file's name
	ID       string // "" derives one
	Table    string // that it reads; "" means the sign-in streams
	Severity string // of a rule; "" means Medium
	NRT      bool   // a rule that runs near real time
	Rule     string // of a test: the rule's file, relative to the test's folder
}

// File is one file to write.
type File struct{ Name, Text string }

// Kinds lists what can be made, with the folder of content that each belongs to.
func Kinds() []string {
	return []string{"rule", "hunting", "workbook", "function", "watchlist", "test", "repo"}
}

// Folder returns the folder below content/ of a kind, and the extension of its files.
func Folder(kind string) (folder, extension string) {
	switch kind {
	case "rule", "test":
		return "rules", ".yaml"
	case "hunting":
		return "hunting", ".yaml"
	case "function":
		return "functions", ".yaml"
	case "watchlist":
		return "watchlists", ".yaml"
	case "workbook":
		return "workbooks", ".json"
	}
	return "", ""
}

// Make returns the files of a request.
func Make(r Request) ([]File, error) {
	if r.Severity == "" {
		r.Severity = "Medium"
	}
	base := path.Base(r.File)
	name := strings.TrimSuffix(strings.TrimSuffix(base, path.Ext(base)), ".test")
	if r.Title == "" {
		r.Title = title(name)
	}
	if r.ID == "" {
		r.ID = ID(r.Kind, name)
	}
	plain := r.Table == ""
	if plain {
		r.Table = "SigninLogs"
	}
	column := "UserPrincipalName"
	if r.Kind != "repo" && r.Kind != "watchlist" && r.Kind != "test" {
		schema, ok := tables.Lookup(tables.Sentinel, r.Table)
		if !ok || !schema.Known {
			if n := tables.Nearest(tables.Sentinel, r.Table); n != "" {
				return nil, fmt.Errorf("there is no table %q; the nearest is %q", r.Table, n)
			}
			return nil, fmt.Errorf("there is no table %q", r.Table)
		}
		if column = groupBy(schema); column == "" {
			return nil, fmt.Errorf("the table %s has no column of text to begin with; write the query by hand", r.Table)
		}
	}
	fill := func(template string) (string, error) {
		b, err := templates.ReadFile("templates/" + template)
		if err != nil {
			return "", err
		}
		quoted := scalar(r.Title)
		if strings.HasSuffix(template, ".json") {
			quoted = inJSON(r.Title)
		} else if strings.HasSuffix(template, ".md") {
			quoted = r.Title
		}
		return strings.NewReplacer("{{connectors}}\n", connectors(r.Table), "{{id}}", r.ID, "{{title}}", quoted, "{{name}}", name, "{{file}}", scalar(ruleOf(r, base)), "{{table}}", r.Table, "{{source}}", source(r.Table),
			"{{column}}", column, "{{severity}}", r.Severity).Replace(string(b)), nil
	}
	var out []File
	add := func(file, template string) error {
		text, err := fill(template)
		out = append(out, File{file, text})
		return err
	}
	beside := strings.TrimSuffix(r.File, path.Ext(r.File)) + ".test.yaml"
	var err error
	switch r.Kind {
	case "rule":
		template := "rule-table"
		switch {
		case r.NRT:
			template = "nrt"
		case plain:
			template = "rule-signin"
		}
		if err = add(r.File, template+".yaml"); err == nil {
			err = add(beside, template+".test.yaml")
		}
	case "hunting", "function", "watchlist", "test":
		err = add(r.File, r.Kind+".yaml")
	case "workbook":
		err = add(r.File, "workbook.json")
	case "repo":
		return repository(r, fill)
	default:
		return nil, fmt.Errorf("%q is nothing that can be made; it is one of %s", r.Kind, strings.Join(Kinds(), ", "))
	}
	return out, err
}

// repository makes a folder of content with one of each kind, the configuration, and the files of two CI services.
func repository(r Request, fill func(string) (string, error)) ([]File, error) {
	var out []File
	for _, f := range [...][2]string{
		{"blindspot.yaml", "blindspot.yaml"}, {".gitattributes", "gitattributes"}, {".gitignore", "gitignore"}, {"README.md", "README.md"},
		{".github/workflows/content.yml", "github.yml"}, {"azure-pipelines.yml", "azure-pipelines.yml"},
	} {
		text, err := fill("repo/" + f[1])
		if err != nil {
			return nil, err
		}
		out = append(out, File{path.Join(r.File, f[0]), text})
	}
	for _, part := range []Request{
		{Kind: "rule", File: "content/rules/many-failed-users.yaml", Title: "Many users fail from one address"},
		{Kind: "hunting", File: "content/hunting/rare-users.yaml", Title: "Users that seldom sign in"},
		{Kind: "function", File: "content/functions/recent_signins.yaml", Title: "Sign-ins of the last while"},
		{Kind: "watchlist", File: "content/watchlists/known_users.yaml", Title: "Users that are known"},
		{Kind: "workbook", File: "content/workbooks/sign-ins.json", Title: "Sign-ins by user"},
	} {
		part.File = path.Join(r.File, part.File)
		files, err := Make(part)
		if err != nil {
			return nil, err
		}
		out = append(out, files...)
	}
	return out, nil
}

// connectors declares a table under the connector that fills it; nothing where that is not known for sure.
func connectors(table string) string {
	id := ""
	switch {
	case table == "AuditLogs", table == "ADFSSignInLogs", table == "SigninLogs", strings.HasPrefix(table, "AAD"):
		id = "AzureActiveDirectory"
	case table == "AzureActivity", table == "Syslog":
		id = table
	case table == "CommonSecurityLog":
		id = "CEF"
	case table == "SecurityEvent":
		id = "SecurityEvents"
	case table == "OfficeActivity":
		id = "Office365"
	case strings.HasPrefix(table, "Device"), strings.HasPrefix(table, "Email"), strings.HasPrefix(table, "Identity"), strings.HasPrefix(table, "CloudApp"):
		id = "MicrosoftThreatProtection"
	default:
		return ""
	}
	types := table
	if sibling := siblings[table]; sibling != "" {
		types += "\n      - " + sibling
	}
	return "requiredDataConnectors:\n  - connectorId: " + id + "\n    dataTypes:\n      - " + types + "\n"
}

// siblings are the tables that hold the other half of the same story: what is made over one is made over both.
var siblings = map[string]string{
	"SigninLogs": "AADNonInteractiveUserSignInLogs", "AADNonInteractiveUserSignInLogs": "SigninLogs",
	"AADServicePrincipalSignInLogs": "AADManagedIdentitySignInLogs", "AADManagedIdentitySignInLogs": "AADServicePrincipalSignInLogs",
}

// source is what a query over a table begins with.
func source(table string) string {
	if sibling := siblings[table]; sibling != "" {
		return "union isfuzzy=true " + table + ", " + sibling
	}
	return table
}

func ruleOf(r Request, base string) string {
	if r.Rule != "" {
		return r.Rule
	}
	return base
}

// groupBy picks the column of text by which a template counts: who or where first.
func groupBy(s *tables.Schema) string {
	first := ""
	wanted := []string{"UserPrincipalName", "AccountUPN", "AccountUpn", "UserId", "Account", "Caller", "CallerIpAddress", "IPAddress", "ClientIP", "SourceIP", "Computer", "DeviceName", "ServicePrincipalId", "OperationName", "ActionType"}
	best := len(wanted)
	for _, c := range s.Columns {
		if c.Type != "string" || c.Hidden || strings.HasPrefix(c.Name, "_") {
			continue
		}
		if first == "" && c.Name != "TenantId" && c.Name != "Type" && c.Name != "SourceSystem" {
			first = c.Name
		}
		for i, w := range wanted {
			if c.Name == w && i < best {
				best = i
			}
		}
	}
	if best < len(wanted) {
		return wanted[best]
	}
	return first
}

// title makes words of a file's name: "password-spray" is "Password spray".
func title(name string) string {
	words := strings.Join(strings.FieldsFunc(name, func(c rune) bool { return c == '-' || c == '_' || c == ' ' }), " ")
	r := []rune(words)
	if len(r) > 0 {
		r[0] = unicode.ToUpper(r[0])
	}
	return string(r)
}

// scalar writes a text as a YAML scalar: plain where that is sure to be read back as the same text.
func scalar(s string) string {
	plain := s != "" && (unicode.IsLetter([]rune(s)[0]))
	for _, c := range s {
		plain = plain && (unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune(" ._/()-", c))
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		plain = false
	}
	if plain && strings.TrimSpace(s) == s {
		return s
	}
	return `"` + inJSON(s) + `"`
}

// inJSON escapes a text for the inside of a JSON string, which is also the inside of a double-quoted YAML scalar.
func inJSON(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c < ' ' || c == 0x7F || c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xFEFF:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// ID derives a GUID (version 5) from a kind and a name: the same request gives the same id, wherever it is made.
func ID(kind, name string) string {
	h := sha1.New()
	// A namespace of our own, itself derived from the program's name.
	h.Write([]byte{0x9b, 0x1d, 0x5b, 0x0e, 0x2c, 0x60, 0x5a, 0x11, 0x8d, 0x57, 0x8e, 0x0f, 0x6d, 0x43, 0xa2, 0x71})
	h.Write([]byte(kind + "/" + name))
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0F | 0x50
	u[8] = u[8]&0x3F | 0x80
	s := hex.EncodeToString(u)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
