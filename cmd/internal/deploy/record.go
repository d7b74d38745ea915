package deploy

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/netip"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/result"
)

// Anonymiser replaces what could tell who or where somebody is: users, addresses, ids, names, tenants, hosts. The same
// value always becomes the same replacement and different values different ones, so joins and counts stay; lengths of
// names, the form of ids, the domain that users share and the network that addresses of IPv6 share stay too. The key is
// random, in memory only and thrown away with the Anonymiser: nothing leads back.
//
// Only what is known to be harmless passes: numbers, truth values, times, and texts of a closed list of columns. A column
// that nobody here knows is replaced.
type Anonymiser struct {
	key  []byte
	seen map[string]string          // class and value to replacement
	used map[string]map[string]bool // class to replacements
	keep map[string]bool
	v4   int
}

// NewAnonymiser draws a key. keep are values that pass as they are, for instance ids of published applications.
func NewAnonymiser(keep []string) (*Anonymiser, error) {
	a := &Anonymiser{key: make([]byte, 32), seen: map[string]string{}, used: map[string]map[string]bool{}, keep: map[string]bool{}}
	if _, err := rand.Read(a.key); err != nil {
		return nil, err
	}
	for _, k := range append(keep, publishedIDs...) {
		a.keep[strings.ToLower(k)] = true
	}
	return a, nil
}

// publishedIDs are ids that Microsoft publishes and that are the same in every tenant: applications and resources of its
// own, and the reserved ones.
var publishedIDs = []string{
	"00000002-0000-0000-c000-000000000000", "00000003-0000-0000-c000-000000000000", "00000002-0000-0ff1-ce00-000000000000", "00000003-0000-0ff1-ce00-000000000000",
	"797f4846-ba00-4fd7-ba43-dac1f8f63013", "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "1950a258-227b-4e31-a9cf-717495945fc2", "14d82eec-204b-4c2f-b7e8-296a70dab67e",
	"1fec8e78-bce4-4aaf-ab1b-5451cc387264", "d3590ed6-52b3-4102-aeff-aad2292ab01c", "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "29d9ed98-a469-4536-ade2-f981bc1d605e",
	"cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "00000000-0000-0000-0000-000000000000", "f8cdef31-a31e-4b4a-93e4-5f571e91255a", "9188040d-6c67-4c5b-b112-36a304b66dad",
}

// harmless are columns, and keys inside dynamic values, whose texts come from lists that are the same everywhere.
var harmless = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, n := range strings.Fields(`type category resulttype resultsignature resultcode level operationname operationversion activitydisplayname result resultreason loggedbyservice aadoperationtype
conditionalaccessstatus clientappused authenticationrequirement authenticationprotocol incomingtokentype originaltransfermethod tokenissuertype crosstenantaccesstype usertype
risklevel risklevelduringsignin risklevelaggregated riskstate riskdetail riskeventtypes riskeventtypes_v2 riskeventtype detectiontimingtype activity
isinteractive isrisky flaggedforreview processingtimeinmilliseconds durationms errorcode failurereason additionaldetails operatingsystem browser trusttype iscompliant ismanaged
location country countryorregion countrycode signineventtypes serviceprincipalcredentialkeytype clientcredentialtype authenticationmethod authenticationmethoddetail
authenticationstepresultdetail authenticationsteprequirement authenticationstepdatetime succeeded authmethod mfaresult enforcedgrantcontrols enforcedsessioncontrols conditionssatisfied conditionsnotsatisfied
resultdescription timegenerated createddatetime activitydatetime ingestiontime sourcesystem apiversion statuscode httpmethod requestmethod identityprovider initiatedbytype modifiedpropertiesname detectedlocationtype
networktype autonomousclass federatedcredentialtype tokenprotectionstatus signinsessionstatus signinsessionstatuscode managedidentitytype servicetype provisioningaction provisioningsteptype`) {
		out[n] = true
	}
	return out
})

func (a *Anonymiser) mac(class, v string, n int) []byte {
	m := hmac.New(sha256.New, a.key)
	m.Write([]byte(class))
	m.Write([]byte{0})
	m.Write([]byte(v))
	m.Write(binary.BigEndian.AppendUint32(nil, uint32(n)))
	return m.Sum(nil)
}

// once gives a value its replacement; make is called with a rising number until the replacement is new.
func (a *Anonymiser) once(class, v string, make func(mac []byte) string) string {
	k := class + "\x00" + v
	if r, ok := a.seen[k]; ok {
		return r
	}
	used := a.used[class]
	if used == nil {
		used = map[string]bool{}
		a.used[class] = used
	}
	for n := 0; ; n++ {
		r := make(a.mac(class, v, n))
		if n > 1000 {
			r += hexText(a.mac(class, v, n)[:4]) // the room of this shape is full
		}
		if low := strings.ToLower(r); !used[low] && low != strings.ToLower(v) {
			used[low] = true
			a.seen[k] = r
			return r
		}
	}
}

func hexText(b []byte) string { return fmt.Sprintf("%x", b) }

// Text replaces a text of a column.
func (a *Anonymiser) Text(column, s string) string {
	t := strings.TrimSpace(s)
	if t == "" || a.keep[strings.ToLower(t)] {
		return s
	}
	if harmless()[strings.ToLower(column)] {
		return a.inside(s) // even here an id or an address may stand
	}
	if strings.EqualFold(column, "UserAgent") {
		return a.inside(s)
	}
	return a.tokens(s)
}

// whole replaces a text that is one thing: a GUID, an address, a user, a number of hex digits.
func (a *Anonymiser) whole(s string) (string, bool) {
	switch {
	case isGUIDText(s):
		if a.keep[strings.ToLower(s)] {
			return s, true
		}
		return likeCase(s, a.once("guid", strings.ToLower(s), func(m []byte) string {
			h := hexText(m[:16])
			return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:32]
		})), true
	case strings.Count(s, "@") == 1 && !strings.ContainsAny(s, " \t\n/") && strings.Index(s, "@") > 0 && strings.Index(s, "@") < len(s)-1:
		local, domain, _ := strings.Cut(s, "@")
		return a.name(local) + "@" + a.domain(domain), true
	}
	if ip, err := netip.ParseAddr(s); err == nil {
		return a.address(ip), true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return netip.AddrPortFrom(netip.MustParseAddr(a.address(ap.Addr())), ap.Port()).String(), true
	}
	return "", false
}

func likeCase(s, r string) string {
	if s == strings.ToUpper(s) && s != strings.ToLower(s) {
		return strings.ToUpper(r)
	}
	return r
}

// address maps into the ranges for documentation, and to private addresses from private ones. Two addresses of one /64 of
// IPv6 stay in one.
func (a *Anonymiser) address(ip netip.Addr) string {
	ip = ip.Unmap()
	switch {
	case ip.IsLoopback() || ip.IsUnspecified() || !ip.IsValid():
		return ip.String()
	case ip.Is4() && ip.IsPrivate():
		return a.once("private", ip.String(), func(m []byte) string { return netip.AddrFrom4([4]byte{10, m[0], m[1], m[2]}).String() })
	case ip.Is4():
		return a.once("ipv4", ip.String(), func([]byte) string {
			n := a.v4
			a.v4++
			switch {
			case n < 3*254:
				base := [3][3]byte{{192, 0, 2}, {198, 51, 100}, {203, 0, 113}}[n%3]
				return netip.AddrFrom4([4]byte{base[0], base[1], base[2], byte(1 + n/3)}).String()
			default: // the range for tests of network devices (RFC 2544) takes what is beyond
				n -= 3 * 254
				return netip.AddrFrom4([4]byte{198, 18 + byte(n>>16&1), byte(n >> 8), byte(n)}).String()
			}
		})
	}
	b := ip.As16()
	prefix := a.once("ipv6 network", string(b[:8]), func(m []byte) string { return string(m[:4]) })
	return a.once("ipv6", ip.String(), func(m []byte) string {
		var x [16]byte
		copy(x[:], []byte{0x20, 0x01, 0x0d, 0xb8})
		copy(x[4:8], prefix)
		copy(x[8:], m[:8])
		return netip.AddrFrom16(x).String()
	})
}

// domain keeps what one domain is across users, and lets every domain end in .example.
func (a *Anonymiser) domain(d string) string {
	low := strings.ToLower(d)
	if low == "contoso.example" || strings.HasSuffix(low, ".example") && a.keep[low] {
		return d
	}
	return a.once("domain", low, func(m []byte) string { return "d" + hexText(m[:4]) + ".example" })
}

// name replaces each word of letters and digits by one of its length and case.
func (a *Anonymiser) name(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && wordByte(s[j]) {
			j++
		}
		if j > i {
			b.WriteString(a.word(s[i:j]))
			i = j
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

func wordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80
}

func (a *Anonymiser) word(w string) string {
	low := strings.ToLower(w)
	if a.keep[low] {
		return w
	}
	r := []rune(low)
	out := a.once("word", low, func(m []byte) string {
		var b strings.Builder
		for i, c := range r {
			x := m[i%len(m)] + byte(i/len(m))*7
			if '0' <= c && c <= '9' {
				b.WriteByte('0' + x%10)
			} else {
				b.WriteByte('a' + x%26)
			}
		}
		return b.String()
	})
	if w == low {
		return out
	}
	// The case of each letter follows, where there is one to follow.
	orig, repl := []rune(w), []rune(out)
	for i := range repl {
		if i < len(orig) && orig[i] >= 'A' && orig[i] <= 'Z' && repl[i] >= 'a' && repl[i] <= 'z' {
			repl[i] -= 'a' - 'A'
		}
	}
	return string(repl)
}

// delimiter says where one thing in a text ends and the next begins.
func delimiter(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', '/', '\\', '"', '\'', ',', ';', '(', ')', '[', ']', '{', '}', '<', '>', '|', '=', '&', '?', '#', '*':
		return true
	}
	return false
}

// parts cuts a text at delimiters and gives each piece to f; delimiters stay.
func parts(s string, f func(string) string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && !delimiter(s[j]) {
			j++
		}
		if j > i {
			b.WriteString(f(s[i:j]))
			i = j
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// tokens replaces everything in a text.
func (a *Anonymiser) tokens(s string) string {
	if r, ok := a.whole(s); ok {
		return r
	}
	return parts(s, func(p string) string {
		if r, ok := a.whole(strings.TrimRight(p, ".:")); ok {
			return r + p[len(strings.TrimRight(p, ".:")):]
		}
		if low := strings.ToLower(p); strings.Count(low, ".") >= 1 && dotted(low) {
			return a.host(low)
		}
		return a.name(p)
	})
}

// inside replaces what is an id, an address, a user or a host in a text that may otherwise be kept.
func (a *Anonymiser) inside(s string) string {
	return parts(s, func(p string) string {
		core := strings.Trim(p, ".:")
		if core == "" {
			return p
		}
		if r, ok := a.whole(core); ok && !(netipVersion(core) && !strings.ContainsAny(core, ":") && likelyVersion(s, core)) {
			return strings.Replace(p, core, r, 1)
		}
		return p
	})
}

// netipVersion and likelyVersion keep the numbers of browsers: Chrome/120.0.0.0 reads as an address.
func netipVersion(s string) bool { _, err := netip.ParseAddr(s); return err == nil }

func likelyVersion(text, core string) bool {
	i := strings.Index(text, core)
	return i > 0 && text[i-1] == '/' && i > 1 && wordByte(text[i-2])
}

// dotted says whether a text is the name of a host: labels of letters, digits and dashes, the last of letters.
func dotted(s string) bool {
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(last) >= 2 && strings.Trim(last, "abcdefghijklmnopqrstuvwxyz") == ""
}

// host keeps a domain's replacement below its hosts.
func (a *Anonymiser) host(h string) string {
	labels := strings.Split(h, ".")
	if len(labels) <= 2 {
		return a.domain(h)
	}
	return a.name(strings.Join(labels[:len(labels)-2], ".")) + "." + a.domain(strings.Join(labels[len(labels)-2:], "."))
}

func isGUIDText(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < 36; i++ {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
			return false
		}
	}
	return true
}

// Value replaces what is in a dynamic value: by the key that each part stands under.
func (a *Anonymiser) Value(column string, v any) any {
	switch v := v.(type) {
	case string:
		if t := strings.TrimSpace(v); len(t) > 1 && (t[0] == '{' || t[0] == '[') {
			if x, err := decodeAny([]byte(t)); err == nil {
				return string(compact(a.Value(column, x)))
			}
		}
		return a.Text(column, v)
	case map[string]any:
		out := make(map[string]any, len(v))
		names := map[string]bool{}
		for k := range v {
			names[k] = true
		}
		for _, k := range sorted(names) {
			key := k
			if _, ok := a.whole(k); ok {
				key = a.tokens(k)
			}
			switch k {
			case "latitude", "longitude", "altitude":
				out[key] = json.Number("0")
			case "key", "displayName", "name":
				// A name beside a value is mostly the name of a property; the value is what tells.
				s, ok := v[k].(string)
				property := v["value"] != nil || k == "displayName" && (v["oldValue"] != nil || v["newValue"] != nil)
				if ok && property {
					out[key] = a.inside(s)
					continue
				}
				out[key] = a.Value(k, v[k])
			default:
				out[key] = a.Value(k, v[k])
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = a.Value(column, x)
		}
		return out
	case json.Number:
		switch strings.ToLower(column) {
		case "autonomoussystemnumber", "phonenumber", "latitude", "longitude":
			n, _ := strconv.ParseInt(a.once("asn", string(v), func(m []byte) string {
				return strconv.Itoa(64496 + int(binary.BigEndian.Uint16(m))%1000) // RFC 5398 and a little beyond
			}), 10, 64)
			return json.Number(strconv.FormatInt(n, 10))
		}
		return v
	}
	return v
}

// Record turns a query's rows into JSON lines in which nobody can be found. Columns without a value are left out, and so
// are those that the workspace adds by itself and that would name it.
func (a *Anonymiser) Record(t *result.Table) ([]byte, error) {
	var b bytes.Buffer
	for i := range t.Rows {
		row := map[string]any{}
		var names []string
		for j, c := range t.Columns {
			if strings.HasPrefix(c.Name, "_") {
				continue
			}
			v := t.Value(i, j)
			if v.Null || c.Type == value.String && v.S == "" {
				continue
			}
			var out any
			switch c.Type {
			case value.String, value.GUID:
				out = a.Value(c.Name, v.S)
			case value.Dynamic:
				x, err := decodeAny([]byte(v.Node().JSON()))
				if err != nil {
					return nil, fmt.Errorf("row %d, column %s: %w", i+1, c.Name, err)
				}
				out = a.Value(c.Name, x)
			default:
				x, err := decodeAny(result.AppendJSONValue(nil, v))
				if err != nil {
					return nil, fmt.Errorf("row %d, column %s: %w", i+1, c.Name, err)
				}
				out = a.Value(c.Name, x)
			}
			row[c.Name] = out
			names = append(names, c.Name)
		}
		sort.SliceStable(names, func(x, y int) bool { return names[x] == "TimeGenerated" && names[y] != "TimeGenerated" })
		b.WriteByte('{')
		for n, name := range names {
			if n > 0 {
				b.WriteByte(',')
			}
			b.Write(compact(name))
			b.WriteByte(':')
			b.Write(compact(row[name]))
		}
		b.WriteString("}\n")
	}
	return b.Bytes(), nil
}
