package builtin

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func addressKernels() []Scalar {
	return []Scalar{
		{Name: "parse_ipv4", Kernel: textToLong(func(s string) (int64, bool) {
			ip, prefix, ok := parseIPv4(s)
			return int64(ip & mask4(prefix)), ok
		})},
		{Name: "parse_ipv4_mask", Kernel: rows(parseIPv4Mask)},
		{Name: "ipv4_compare", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return compareIPv4(a, false) })},
		{Name: "ipv4_is_match", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return compareIPv4(a, true) })},
		{Name: "ipv4_is_in_range", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return inRange4(a[0].Text(), a[1].Text()) })},
		{Name: "ipv4_is_in_any_range", Kernel: inAnyRange(inRange4)},
		{Name: "ipv4_is_private", Kernel: rows(isPrivate)},
		{Name: "ipv4_netmask_suffix", Kernel: textToLong(func(s string) (int64, bool) { _, p, ok := parseIPv4(s); return int64(p), ok })},
		{Name: "ipv4_range_to_cidr_list", Kernel: rows(cidrList)},
		{Name: "format_ipv4", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return formatIPv4(a, false) })},
		{Name: "format_ipv4_mask", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return formatIPv4(a, true) })},
		{Name: "parse_ipv6", Kernel: textToText(func(s string) string { return expandIPv6(s, 128) })},
		{Name: "parse_ipv6_mask", Kernel: rows(func(_ *Call, a []value.Value) value.Value {
			return value.NewString(expandIPv6(a[0].Text(), longOr(a, 1, -1)))
		})},
		{Name: "ipv6_compare", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return compareIPv6(a, false) })},
		{Name: "ipv6_is_match", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return compareIPv6(a, true) })},
		{Name: "ipv6_is_in_range", Kernel: rows(func(_ *Call, a []value.Value) value.Value { return inRange6(a[0].Text(), a[1].Text()) })},
		{Name: "ipv6_is_in_any_range", Kernel: inAnyRange(inRange6)},
		{Name: "has_ipv4", Kernel: rows(hasIPv4(false))},
		{Name: "has_any_ipv4", Kernel: rows(hasIPv4(false))},
		{Name: "has_ipv4_prefix", Kernel: rows(hasIPv4(true))},
		{Name: "has_any_ipv4_prefix", Kernel: rows(hasIPv4(true))},
		{Name: "geo_info_from_ip_address", Kernel: func(c *Call, args []vector.Column, n int) (vector.Column, error) {
			if c.Ctx.GeoIP == nil {
				return vector.NullsOf(value.Dynamic, n), nil
			}
			return textToNode(c.Ctx.GeoIP)(c, args, n)
		}},
	}
}

// parseIPv4 reads four numbers with an optional /prefix, 32 when there is none.
func parseIPv4(s string) (ip uint32, prefix int, ok bool) {
	s = strings.TrimSpace(s)
	prefix = 32
	if i := strings.IndexByte(s, '/'); i >= 0 {
		p, err := strconv.Atoi(s[i+1:])
		if err != nil || p < 0 || p > 32 {
			return 0, 0, false
		}
		prefix, s = p, s[:i]
	}
	part, digits, dots := uint32(0), 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9' && digits < 3:
			part = part*10 + uint32(c-'0')
			digits++
			if part > 255 {
				return 0, 0, false
			}
		case c == '.' && digits > 0 && dots < 3:
			ip = ip<<8 | part
			part, digits = 0, 0
			dots++
		default:
			return 0, 0, false
		}
	}
	return ip<<8 | part, prefix, dots == 3 && digits > 0
}

func mask4(prefix int) uint32 {
	if prefix <= 0 {
		return 0
	}
	return ^uint32(0) << (32 - prefix)
}

func parseIPv4Mask(_ *Call, a []value.Value) value.Value {
	ip, prefix, ok := parseIPv4(a[0].Text())
	p := longOr(a, 1, -1)
	if !ok || p < 0 || p > 32 {
		return value.Null(value.Long)
	}
	return value.NewLong(int64(ip & mask4(min(prefix, int(p)))))
}

// compareIPv4 compares under the shortest of both prefixes and the one given.
func compareIPv4(a []value.Value, match bool) value.Value {
	x, p, ok1 := parseIPv4(a[0].Text())
	y, q, ok2 := parseIPv4(a[1].Text())
	given := longOr(a, 2, 32)
	if !ok1 || !ok2 || given < 0 || given > 32 {
		if match {
			return value.Null(value.Bool)
		}
		return value.Null(value.Long)
	}
	m := mask4(min(p, q, int(given)))
	return compared(x&m, y&m, match)
}

func compared(x, y uint32, match bool) value.Value {
	if match {
		return value.NewBool(x == y)
	}
	switch {
	case x < y:
		return value.NewLong(-1)
	case x > y:
		return value.NewLong(1)
	}
	return value.NewLong(0)
}

// inRange4 tests whether an address (or all of a range) lies in a range.
func inRange4(ip, ipRange string) value.Value {
	x, p, ok1 := parseIPv4(ip)
	y, q, ok2 := parseIPv4(ipRange)
	if !ok1 || !ok2 {
		return value.Null(value.Bool)
	}
	m := mask4(min(p, q))
	return value.NewBool(x&m == y&m)
}

// inAnyRange tests an address against ranges given one by one or as arrays. An address that is none gives null, ranges that are none are passed over.
func inAnyRange(test func(ip, ipRange string) value.Value) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		in := texts(args[0])
		fixed, ok := listTexts(args[1:])
		out := newBools(n)
		for i := 0; i < n; i++ {
			list := fixed
			if !ok {
				list = nil
				for _, a := range args[1:] {
					list = appendListTexts(list, a.Value(i))
				}
			}
			s := in.At(i)
			if test(s, s).Null {
				out.null(i)
				continue
			}
			for _, r := range list {
				if test(s, r).Bool() {
					out.data[i] = true
					break
				}
			}
		}
		return out.column(), nil
	}
}

// isPrivate is true for the ranges of RFC 1918.
func isPrivate(_ *Call, a []value.Value) value.Value {
	ip, prefix, ok := parseIPv4(a[0].Text())
	if !ok {
		return value.Null(value.Bool)
	}
	for _, r := range [...]struct {
		net    uint32
		prefix int
	}{{10 << 24, 8}, {172<<24 | 16<<16, 12}, {192<<24 | 168<<16, 16}} {
		if prefix >= r.prefix && ip&mask4(r.prefix) == r.net {
			return value.NewBool(true)
		}
	}
	return value.NewBool(false)
}

// cidrList covers the addresses from one to another with as few ranges as there can be.
func cidrList(_ *Call, a []value.Value) value.Value {
	start, p, ok1 := parseIPv4(a[0].Text())
	end, q, ok2 := parseIPv4(a[1].Text())
	if !ok1 || !ok2 || p != 32 || q != 32 || start > end {
		return value.Null(value.Dynamic)
	}
	var out []string
	for at := uint64(start); at <= uint64(end); {
		size := bits.TrailingZeros32(uint32(at))
		for size > 0 && at+1<<size-1 > uint64(end) {
			size--
		}
		out = append(out, dotted(uint32(at))+"/"+strconv.Itoa(32-size))
		at += 1 << size
	}
	return value.NewDynamic(textArray(out))
}

func dotted(ip uint32) string {
	return fmt.Sprintf("%d.%d.%d.%d", ip>>24, ip>>16&255, ip>>8&255, ip&255)
}

// formatIPv4 takes an address as text or number and a prefix; text may have a prefix of its own, and the shorter counts.
func formatIPv4(a []value.Value, withMask bool) value.Value {
	given := longOr(a, 1, 32)
	if given < 0 || given > 32 {
		return value.NewString("")
	}
	v := a[0]
	if v.Type == value.Dynamic {
		v = v.Dyn.Scalar()
	}
	ip, prefix, ok := uint32(0), 32, false
	if v.Type.Numeric() {
		l := value.Convert(v, value.Long)
		ip, ok = uint32(l.I), !l.Null && l.I >= 0 && l.I <= 1<<32-1
	} else {
		ip, prefix, ok = parseIPv4(v.Text())
	}
	if !ok {
		return value.NewString("")
	}
	prefix = min(prefix, int(given))
	s := dotted(ip & mask4(prefix))
	if withMask {
		s += "/" + strconv.Itoa(prefix)
	}
	return value.NewString(s)
}

// parseIPv6 reads an address of either family with an optional /prefix. IPv4 becomes IPv4 in IPv6, its prefix counted from 96; so does
// the old ::a.b.c.d form.
func parseIPv6(s string) (ip [2]uint64, prefix int, ok bool) {
	s = strings.TrimSpace(s)
	prefix = -1
	if i := strings.IndexByte(s, '/'); i >= 0 {
		p, err := strconv.Atoi(s[i+1:])
		if err != nil || p < 0 {
			return ip, 0, false
		}
		prefix, s = p, s[:i]
	}
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return ip, 0, false
	}
	b := addr.As16()
	ip = [2]uint64{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
	if strings.HasPrefix(s, "::") && strings.IndexByte(s, '.') > 0 && ip[0] == 0 {
		ip[1] |= 0xffff << 32
	}
	v4 := strings.IndexByte(s, '.') > 0 && ip[0] == 0
	switch {
	case prefix < 0:
		prefix = 128
	case v4 && prefix <= 32:
		prefix += 96
	case prefix > 128:
		return ip, 0, false
	}
	return ip, prefix, true
}

func mask6(ip [2]uint64, prefix int) [2]uint64 {
	switch {
	case prefix <= 0:
		return [2]uint64{}
	case prefix < 64:
		return [2]uint64{ip[0] & (^uint64(0) << (64 - prefix)), 0}
	case prefix == 64:
		return [2]uint64{ip[0], 0}
	case prefix < 128:
		return [2]uint64{ip[0], ip[1] & (^uint64(0) << (128 - prefix))}
	}
	return ip
}

// expandIPv6 writes an address in full; "" when it is none.
func expandIPv6(s string, given int64) string {
	ip, prefix, ok := parseIPv6(s)
	if !ok || given < 0 || given > 128 {
		return ""
	}
	ip = mask6(ip, min(prefix, int(given)))
	return fmt.Sprintf("%04x:%04x:%04x:%04x:%04x:%04x:%04x:%04x", ip[0]>>48, ip[0]>>32&0xffff, ip[0]>>16&0xffff, ip[0]&0xffff,
		ip[1]>>48, ip[1]>>32&0xffff, ip[1]>>16&0xffff, ip[1]&0xffff)
}

func compareIPv6(a []value.Value, match bool) value.Value {
	x, p, ok1 := parseIPv6(a[0].Text())
	y, q, ok2 := parseIPv6(a[1].Text())
	given := longOr(a, 2, 128)
	if !ok1 || !ok2 || given < 0 || given > 128 {
		if match {
			return value.Null(value.Bool)
		}
		return value.Null(value.Long)
	}
	if isV4(x) && isV4(y) && given <= 32 && len(a) > 2 {
		given += 96
	}
	m := min(p, q, int(given))
	x, y = mask6(x, m), mask6(y, m)
	sign := int64(0)
	if x != y {
		sign = 1
		if x[0] < y[0] || x[0] == y[0] && x[1] < y[1] {
			sign = -1
		}
	}
	if match {
		return value.NewBool(sign == 0)
	}
	return value.NewLong(sign)
}

func isV4(ip [2]uint64) bool { return ip[0] == 0 && ip[1]>>32 == 0xffff }

func inRange6(ip, ipRange string) value.Value {
	x, p, ok1 := parseIPv6(ip)
	y, q, ok2 := parseIPv6(ipRange)
	if !ok1 || !ok2 {
		return value.Null(value.Bool)
	}
	m := min(p, q)
	return value.NewBool(mask6(x, m) == mask6(y, m))
}

// hasIPv4 looks for addresses, or for those that begin with a prefix ending in a dot, in a text. An address in the text is
// bounded by what is no letter, digit or dot.
func hasIPv4(byPrefix bool) func(*Call, []value.Value) value.Value {
	return func(_ *Call, a []value.Value) value.Value {
		var wanted []string
		for _, v := range a[1:] {
			wanted = appendListTexts(wanted, v)
		}
		found := false
		eachIPv4(a[0].Text(), func(ip string) bool {
			for _, w := range wanted {
				if byPrefix {
					found = isIPv4Prefix(w) && strings.HasPrefix(ip, w) && (strings.HasSuffix(w, ".") || ip == w)
				} else {
					found = ip == w
				}
				if found {
					return false
				}
			}
			return true
		})
		return value.NewBool(found)
	}
}

func isIPv4Prefix(s string) bool {
	if _, _, ok := parseIPv4(s); ok {
		return true
	}
	if !strings.HasSuffix(s, ".") {
		return false
	}
	dots := strings.Count(s, ".")
	if dots > 3 {
		return false
	}
	_, _, ok := parseIPv4(s + strings.Repeat("0.", 3-dots) + "0")
	return ok
}

func eachIPv4(s string, f func(ip string) bool) {
	for i := 0; i < len(s); {
		if c := s[i]; c < '0' || c > '9' {
			if isTermByte(c) { // letters: skip the whole word
				for i < len(s) && (isTermByte(s[i]) || s[i] == '.') {
					i++
				}
				continue
			}
			i++
			continue
		}
		from := i
		for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.') {
			i++
		}
		if i < len(s) && isTermByte(s[i]) {
			continue
		}
		ip := strings.TrimRight(s[from:i], ".")
		if _, _, ok := parseIPv4(ip); ok && !f(ip) {
			return
		}
	}
}
