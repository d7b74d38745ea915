package builtin

import (
	"encoding/xml"
	"io"
	"strings"

	"github.com/cockroachdb/apd/v3"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

func parseKernels() []Scalar {
	return []Scalar{
		{Name: "parse_url", Kernel: textToNode(parseURL)},
		{Name: "parse_urlquery", Kernel: textToNode(func(s string) *value.Node {
			return value.NodeBag([]string{"Query Parameters"}, []*value.Node{queryBag(strings.TrimPrefix(s, "?"))})
		})},
		{Name: "parse_path", Kernel: textToNode(parsePath)},
		{Name: "parse_csv", Kernel: textToNode(parseCSV)},
		{Name: "parse_command_line", Kernel: rows(parseCommandLine)},
		{Name: "parse_version", Kernel: rows(parseVersion)},
		{Name: "parse_xml", Kernel: textToNode(parseXML)},
		{Name: "parse_user_agent", Kernel: rows(parseUserAgent)},
	}
}

func textBag(pairs ...string) *value.Node {
	var b bag
	for i := 0; i+1 < len(pairs); i += 2 {
		b.set(pairs[i], value.NodeString(pairs[i+1]), true)
	}
	return b.node()
}

// parseURL cuts an address into its parts; parts that are not there are empty.
func parseURL(s string) *value.Node {
	var scheme, host, port, user, password, query string
	rest := s
	rest, fragment, _ := strings.Cut(rest, "#")
	rest, query, _ = strings.Cut(rest, "?")
	path := rest
	if i := strings.Index(rest, "://"); i >= 0 {
		scheme = rest[:i]
		host, path = rest[i+3:], ""
		if k := strings.IndexByte(host, '/'); k >= 0 {
			host, path = host[:k], host[k:]
		}
		if k := strings.LastIndexByte(host, '@'); k >= 0 {
			user, password, _ = strings.Cut(host[:k], ":")
			host = host[k+1:]
		}
		if k := strings.LastIndexByte(host, ':'); k >= 0 && k > strings.LastIndexByte(host, ']') {
			host, port = host[:k], host[k+1:]
		}
	}
	n := textBag("Scheme", scheme, "Host", host, "Port", port, "Path", path, "Username", user, "Password", password)
	return value.NodeBag(append(n.Keys, "Query Parameters", "Fragment"), append(n.Elems, queryBag(query), value.NodeString(fragment)))
}

func queryBag(query string) *value.Node {
	var b bag
	for _, pair := range strings.Split(query, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		b.set(k, value.NodeString(v), true)
	}
	return b.node()
}

// parsePath cuts a file path with either kind of slashes into its parts.
func parsePath(s string) *value.Node {
	var scheme, root, dir, dirName, stream string
	rest := s
	if i := strings.Index(rest, "://"); i > 0 {
		scheme, rest = rest[:i], rest[i+3:]
	}
	for _, long := range []string{`\\?\`, `\\.\`} {
		rest = strings.TrimPrefix(rest, long)
	}
	if len(rest) >= 2 && rest[1] == ':' && isTermByte(rest[0]) {
		root = rest[:2]
	}
	file := rest
	if i := strings.LastIndexAny(rest, `/\`); i >= 0 {
		dir, file = rest[:i], rest[i+1:]
		dirName = dir
		if k := strings.LastIndexAny(dir, `/\`); k >= 0 {
			dirName = dir[k+1:]
		}
	}
	if root == "" || file != rest {
		file, stream, _ = strings.Cut(file, ":")
	}
	ext := ""
	if i := strings.LastIndexByte(file, '.'); i >= 0 {
		ext = file[i+1:]
	}
	return textBag("Scheme", scheme, "RootPath", root, "DirectoryPath", dir, "DirectoryName", dirName,
		"Filename", file, "Extension", ext, "AlternateDataStreamName", stream)
}

// parseCSV reads the first record of a text: fields by commas, double quotes around what holds commas, line ends or quotes.
func parseCSV(s string) *value.Node {
	var fields []string
	var field []byte
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '"':
			if i+1 < len(s) && s[i+1] == '"' {
				field = append(field, '"')
				i++
				continue
			}
			quoted = false
		case quoted:
			field = append(field, c)
		case c == '"' && len(field) == 0:
			quoted = true
		case c == ',':
			fields = append(fields, string(field))
			field = field[:0]
		case c == '\n' || c == '\r':
			i = len(s)
		default:
			field = append(field, c)
		}
	}
	return textArray(append(fields, string(field)))
}

// parseCommandLine cuts a Windows command line by the rules of its C runtime: 2n backslashes before a quote give n, an odd one more
// keeps the quote; a quote within quotes is doubled.
func parseCommandLine(_ *Call, a []value.Value) value.Value {
	s := a[0].Text()
	if s == "" || !strings.EqualFold(a[1].Text(), "windows") {
		return value.Null(value.Dynamic)
	}
	var out []string
	var arg []byte
	started, quoted := false, false
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\\':
			n := i
			for n < len(s) && s[n] == '\\' {
				n++
			}
			count := n - i
			i = n
			started = true
			if n >= len(s) || s[n] != '"' {
				arg = append(arg, strings.Repeat(`\`, count)...)
				continue
			}
			arg = append(arg, strings.Repeat(`\`, count/2)...)
			if count%2 == 1 {
				arg = append(arg, '"')
				i++
			}
			continue
		case c == '"':
			started = true
			if quoted && i+1 < len(s) && s[i+1] == '"' {
				arg = append(arg, '"')
				i++
			} else {
				quoted = !quoted
			}
		case (c == ' ' || c == '\t') && !quoted:
			if started {
				out = append(out, string(arg))
				arg, started = arg[:0], false
			}
		default:
			arg = append(arg, c)
			started = true
		}
		i++
	}
	if started {
		out = append(out, string(arg))
	}
	return value.NewDynamic(textArray(out))
}

// parseVersion makes a comparable number of up to four parts, eight digits each.
func parseVersion(_ *Call, a []value.Value) value.Value {
	parts := strings.Split(strings.TrimSpace(a[0].Text()), ".")
	if len(parts) > 4 {
		return value.Null(value.Decimal)
	}
	var digits strings.Builder
	for i := 0; i < 4; i++ {
		p := "0"
		if i < len(parts) {
			p = parts[i]
		}
		if p == "" || len(p) > 8 || strings.Trim(p, "0123456789") != "" {
			return value.Null(value.Decimal)
		}
		digits.WriteString(strings.Repeat("0", 8-len(p)) + p)
	}
	d, _, err := apd.NewFromString(digits.String())
	if err != nil {
		return value.Null(value.Decimal)
	}
	return value.NewDecimal(d)
}

// maxXML is the longest text that parse_xml reads.
//
// Source: Kusto documentation, "parse_xml()".
const maxXML = 1 << 20

// parseXML turns elements into bags: attributes are @name, text beside other things is #text, elements of one name an array.
func parseXML(s string) *value.Node {
	if len(s) > maxXML || s == "" {
		return nil
	}
	d := xml.NewDecoder(strings.NewReader(s))
	d.Strict = true
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	root := &xmlElement{}
	stack := []*xmlElement{root}
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil || len(stack) > 1000 {
			return nil
		}
		top := stack[len(stack)-1]
		switch t := tok.(type) {
		case xml.StartElement:
			e := &xmlElement{name: xmlName(t.Name)}
			for _, attr := range t.Attr {
				e.b.set("@"+xmlName(attr.Name), value.NodeString(attr.Value), true)
			}
			stack = append(stack, e)
		case xml.EndElement:
			if len(stack) == 1 || top.name != xmlName(t.Name) {
				return nil
			}
			stack = stack[:len(stack)-1]
			stack[len(stack)-1].child(top.name, top.node())
		case xml.CharData:
			top.text = append(top.text, t...)
		}
	}
	if len(stack) != 1 || len(root.b.keys) == 0 || strings.TrimSpace(string(root.text)) != "" {
		return nil
	}
	root.text = nil
	return root.node()
}

func xmlName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

type xmlElement struct {
	name string
	b    bag
	text []byte
	many map[string]bool // names that stand for arrays
}

func (e *xmlElement) child(name string, n *value.Node) {
	at, ok := e.b.index[name]
	switch {
	case !ok:
		e.b.set(name, n, true)
	case e.many[name]:
		e.b.elems[at] = value.NodeArray(append(e.b.elems[at].Elems, n)...)
	default:
		if e.many == nil {
			e.many = map[string]bool{}
		}
		e.many[name] = true
		e.b.elems[at] = value.NodeArray(e.b.elems[at], n)
	}
}

func (e *xmlElement) node() *value.Node {
	text := strings.TrimSpace(string(e.text))
	switch {
	case len(e.b.keys) == 0 && text == "":
		return nullElement
	case len(e.b.keys) == 0:
		return value.NodeString(text)
	case text != "":
		e.b.set("#text", value.NodeString(text), true)
	}
	return e.b.node()
}
