package exec

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/bind"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// addressLookup is ipv4_lookup and ipv6_lookup: each row meets the rows of the table whose network holds its address, and
// whose extra keys equal its own. Rows without a match are dropped unless return_unmatched is true.
//
// Source: Kusto documentation, "ipv4_lookup plugin", "ipv6_lookup plugin".
func addressLookup(_ context.Context, _ *run, n *evaluateNode, in, right *Batch) (*Batch, error) {
	v4 := n.rel.Plugin == "ipv4_lookup"
	source, network := 0, 1
	if len(n.places) < 2 || n.places[source] < 0 || n.places[network] < 0 {
		return nil, fmt.Errorf("the address and the network must be columns")
	}
	unmatched := false
	if v, ok := n.constant("return_unmatched"); ok {
		unmatched = v.Bool()
	}
	extraIn, extraRight := n.extraKeys(in, right)
	byLength := map[int]map[netip.Addr][]int32{}
	var lengths []int
	networks := right.Column(n.places[network])
	for row := range right.N {
		p, ok := parseNetwork(networks.Value(row).Text(), v4)
		if !ok {
			continue
		}
		m := byLength[p.Bits()]
		if m == nil {
			m = map[netip.Addr][]int32{}
			byLength[p.Bits()] = m
			lengths = append(lengths, p.Bits())
		}
		m[p.Addr()] = append(m[p.Addr()], int32(row))
	}
	var left, matches []int32
	addresses := in.Column(n.places[source])
	for row := range in.N {
		found := false
		if p, ok := parseNetwork(addresses.Value(row).Text(), v4); ok {
			for _, bits := range lengths {
				if bits > p.Bits() {
					continue
				}
				masked, err := p.Addr().Prefix(bits)
				if err != nil {
					continue
				}
				for _, m := range byLength[bits][masked.Addr()] {
					if !equalKeys(extraIn, row, extraRight, int(m)) {
						continue
					}
					left, matches = append(left, int32(row)), append(matches, m)
					found = true
				}
			}
		}
		if !found && unmatched {
			left, matches = append(left, int32(row)), append(matches, -1)
		}
	}
	return n.beside(in, right, left, matches), nil
}

// extraKeys returns the columns of the arguments that must be equal on both sides: they have one name on both.
func (n *evaluateNode) extraKeys(in, right *Batch) (ins, rights []vector.Column) {
	for i := 2; i < len(n.rel.Args); i++ {
		ref, ok := n.rel.Args[i].(*bind.ColumnRef)
		if !ok {
			continue
		}
		for j, c := range n.inCols {
			for k, d := range n.rel.Right.Columns() {
				if c.Name == ref.Column.Name && d.Name == c.Name {
					ins, rights = append(ins, in.Column(j)), append(rights, right.Column(k))
				}
			}
		}
	}
	return ins, rights
}

func equalKeys(a []vector.Column, i int, b []vector.Column, j int) bool {
	for k := range a {
		if a[k].IsNull(i) || b[k].IsNull(j) || !vector.Equal(a[k], i, b[k], j) {
			return false
		}
	}
	return true
}

// parseNetwork reads an address with or without a prefix length; without one it is the whole address.
func parseNetwork(s string, v4 bool) (netip.Prefix, bool) {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, false
		}
		if a = a.Unmap(); a.Is4() && !v4 {
			a = netip.AddrFrom16(a.As16())
		} else if v4 && !a.Is4() {
			return netip.Prefix{}, false
		}
		return netip.PrefixFrom(a.WithZone(""), a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	if p.Addr().Is4() != v4 {
		if v4 {
			return netip.Prefix{}, false
		}
		p = netip.PrefixFrom(netip.AddrFrom16(p.Addr().As16()), p.Bits()+96)
	}
	return p.Masked(), true
}
