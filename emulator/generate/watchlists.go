package generate

// Watchlist is a small table that a workspace keeps beside the logs.
type Watchlist struct {
	Name    string
	Columns []string
	Rows    [][]string
}

// Watchlists are the ones that fit the data of cfg: the accounts allowed to use legacy protocols, the privileged
// people, and when each application and managed identity was last seen, as of the beginning of the last day. The dormant
// ones were last seen 120 days earlier.
func Watchlists(cfg Config) []Watchlist {
	w := newWorld(cfg)
	legacy := Watchlist{Name: "bs_legacy_ok", Columns: []string{"UserPrincipalName", "Protocol", "Reason"}}
	for _, p := range w.people[w.users:] {
		legacy.Rows = append(legacy.Rows, []string{string(p.upn.plain), string(legacySMTP.plain), "service mailbox"})
	}
	privileged := Watchlist{Name: "bs_privileged", Columns: []string{"UserPrincipalName", "UserId", "Role"}}
	for _, p := range w.people[:w.users] {
		if p.engineer && len(privileged.Rows) < max(1, w.users/100) {
			privileged.Rows = append(privileged.Rows, []string{string(p.upn.plain), p.id.String(), "Application Administrator"})
		}
	}
	seen := func(name, key string, list []*principal, id func(*principal) text) Watchlist {
		l := Watchlist{Name: name, Columns: []string{key, "Name", "FirstSeen", "LastSeen", "Owner", "Expected"}}
		for _, p := range list {
			last := w.end() - day - hour
			if p.dormant {
				last -= 120 * day
			}
			l.Rows = append(l.Rows, []string{string(id(p).plain), string(p.name.plain), string((w.start - 400*day).append(nil)),
				string(last.append(nil)), string(w.admin().upn.plain), "daily"})
		}
		return l
	}
	return []Watchlist{
		legacy, privileged,
		seen("bs_lastseen_app", "AppId", w.principals, func(p *principal) text { return p.appIDText }),
		seen("bs_lastseen_identity", "ServicePrincipalId", w.identities, func(p *principal) text { return p.idText }),
	}
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
