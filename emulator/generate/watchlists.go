package generate

// Watchlist is a small table that a workspace keeps beside the logs.
type Watchlist struct {
	Name    string
	Columns []string
	Rows    [][]string
}

// Watchlists are the ones that fit the data of cfg, with the columns of the shipped watchlists of the same alias: the
// accounts allowed to use legacy protocols, the privileged people, and when each application and managed identity was
// last seen, as of the beginning of the last day. The dormant ones were last seen 120 days earlier.
func Watchlists(cfg Config) []Watchlist {
	w := newWorld(cfg)
	legacy := Watchlist{Name: "bs_legacy_ok", Columns: []string{"UserPrincipalName", "Protocol", "Reason", "Until"}}
	for i, p := range w.people[w.users:] {
		legacy.Rows = append(legacy.Rows, []string{string(p.upn.plain), string(p.legacy.plain), serviceMailboxes[i].detail,
			string((w.end() + 365*day).append(nil))})
	}
	privileged := Watchlist{Name: "bs_privileged", Columns: []string{"UserPrincipalName", "Role", "Owner"}}
	for _, p := range w.people[:w.users] {
		if p.engineer && len(privileged.Rows) < max(1, w.users/100) {
			privileged.Rows = append(privileged.Rows, []string{string(p.upn.plain), "Application Administrator", "identity team"})
		}
	}
	seen := Watchlist{Name: "bs_lastseen_app", Columns: []string{"AppId", "LastSeen", "FirstSeen", "Owner", "Expected"}}
	for _, list := range [][]*principal{w.principals, w.identities} {
		for _, p := range list {
			last, expected := w.end()-day-hour, "daily"
			if p.dormant {
				last, expected = last-120*day, ""
			}
			seen.Rows = append(seen.Rows, []string{string(p.appIDText.plain), string(last.append(nil)),
				string((w.start - 400*day).append(nil)), "platform team", expected})
		}
	}
	return []Watchlist{legacy, privileged, seen}
}

func (l Watchlist) csv() []byte {
	var out []byte
	for _, row := range append([][]string{l.Columns}, l.Rows...) {
		for i, v := range row {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendCSVField(out, []byte(v))
		}
		out = append(out, '\r', '\n')
	}
	return out
}
