package generate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
)

func percentiles(t *testing.T, list []map[string]string) (p50, p95 time.Duration) {
	var lags []time.Duration
	for _, r := range list {
		lags = append(lags, lag(t, r))
	}
	slices.Sort(lags)
	return lags[len(lags)/2], lags[len(lags)*95/100]
}

// scene is generated data with one attack found out.
type scene struct {
	t     *testing.T
	data  rows
	truth Attack
	mine  map[string]bool // ids of the attack's rows
}

// rows of the attack in a table.
func (s scene) laid(table string) (out []map[string]string) {
	for _, r := range s.data[table] {
		if s.mine[r["Id"]] {
			out = append(out, r)
		}
	}
	return out
}

// others are rows that are not the attack's, in the span of hours before its first row, for which keep is true.
func (s scene) before(table string, span time.Duration, keep func(map[string]string) bool) (out []map[string]string) {
	to, err := time.Parse(time.RFC3339Nano, s.truth.From)
	if err != nil {
		s.t.Fatal(err)
	}
	from := to.Add(-span).Format("2006-01-02T15:04:05.0000000Z")
	for _, r := range s.data[table] {
		if at := r["TimeGenerated"]; at >= from && at < s.truth.From && !s.mine[r["Id"]] && keep(r) {
			out = append(out, r)
		}
	}
	return out
}

func distinct(list []map[string]string, column string) []string {
	set := map[string]bool{}
	for _, r := range list {
		set[r[column]] = true
	}
	out := []string{}
	for v := range set {
		out = append(out, v)
	}
	sort.Strings(out)
	return out
}

func withResult(list []map[string]string, codes ...string) (out []map[string]string) {
	for _, r := range list {
		if slices.Contains(codes, r["ResultType"]) {
			out = append(out, r)
		}
	}
	return out
}

const history = 13 * 24 * time.Hour

func (s scene) user() func(map[string]string) bool {
	who := s.truth.Entities["Account"][0]
	return func(r map[string]string) bool { return r["UserPrincipalName"] == who }
}

// unseen tells whether none of the attack's values of a column belongs to the same entity's 13 days before.
func (s scene) unseen(table, by, column string) bool {
	mine := s.laid(table)
	old := map[string]bool{}
	for _, tb := range []string{table} {
		for _, r := range s.before(tb, history, func(r map[string]string) bool { return slices.Contains(distinct(mine, by), r[by]) }) {
			old[r[by]+"|"+r[column]] = true
		}
	}
	for _, r := range mine {
		if old[r[by]+"|"+r[column]] {
			return false
		}
	}
	return len(mine) > 0 && len(old) > 0
}

// network is what a rule counts as one network: /16 of IPv4, /48 of IPv6.
func network16(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	bits := 48
	if a.Is4() {
		bits = 16
	}
	p, _ := a.Prefix(bits)
	return p.String()
}

// What the idea of each rule asks of the data, checked on the rows by id.
var ideas = map[string]func(s scene) bool{
	"a1": func(s scene) bool {
		all := append(s.laid(tableSignin), s.laid(tableBackground)...)
		f, b := len(distinct(s.laid(tableSignin), "UserPrincipalName")), len(distinct(s.laid(tableBackground), "UserPrincipalName"))
		// only the union reaches eight
		return f < 8 && b < 8 && f+b >= 8 && len(distinct(all, "IPAddress")) == 1 && len(withResult(all, "0")) == 0 && spread(all) <= 30*time.Minute
	},
	"a2": func(s scene) bool {
		all := append(s.laid(tableSignin), s.laid(tableBackground)...)
		nets := map[string]bool{}
		for _, r := range all {
			nets[network16(r["IPAddress"])] = true
		}
		return len(all) >= 15 && len(s.laid(tableSignin)) < 15 && len(s.laid(tableBackground)) < 15 && len(nets) >= 4 && len(distinct(all, "AutonomousSystemNumber")) >= 4 &&
			len(distinct(all, "Location")) >= 5 && len(distinct(all, "UserPrincipalName")) == 1 && spread(all) < 24*time.Hour
	},
	"a3": func(s scene) bool {
		b := s.laid(tableBackground)
		return len(withResult(s.laid(tableSignin), "50126")) >= 5 && len(withResult(b, "0")) == 1 && s.unseen(tableBackground, "UserPrincipalName", "IPAddress") &&
			b[0]["AuthenticationProtocol"] == "ropc"
	},
	"a4": func(s scene) bool {
		f := s.laid(tableSignin)
		return len(withResult(f, "500121")) >= 1 && len(withResult(f, "0")) == 1 && len(withResult(s.laid(tableBackground), "0")) == 1 &&
			s.laid(tableBackground)[0]["IPAddress"] != withResult(f, "0")[0]["IPAddress"] && spread(append(f, s.laid(tableBackground)...)) < time.Hour
	},
	"a5": func(s scene) bool {
		after := 0
		for _, table := range []string{tableSignin, tableBackground} {
			for _, r := range s.data[table] {
				if s.user()(r) && r["TimeGenerated"] > s.truth.From && !s.mine[r["Id"]] {
					after++
				}
			}
		}
		all := append(s.laid(tableSignin), s.laid(tableBackground)...)
		return after == 0 && len(withResult(all, "50057")) == len(all) && len(distinct(all, "AppId")) >= 2 && len(s.laid(tableAudit)) == 1
	},
	"a6": func(s scene) bool { return s.unseen(tableBackground, "UserPrincipalName", "Location") },
	"a7": func(s scene) bool {
		all := append(s.laid(tableSignin), s.laid(tableBackground)...)
		return len(distinct(all, "SessionId")) == 1 && distinct(all, "SessionId")[0] != "" && len(distinct(all, "AutonomousSystemNumber")) == 2 &&
			len(distinct(all, "Location")) == 2 && spread(all) < 4*time.Hour
	},
	"a8": func(s scene) bool {
		// nothing of the user stands between the two
		for _, table := range []string{tableSignin, tableBackground} {
			for _, r := range s.data[table] {
				if s.user()(r) && r["TimeGenerated"] > s.truth.From && r["TimeGenerated"] < s.truth.To {
					return false
				}
			}
		}
		all := append(s.laid(tableSignin), s.laid(tableBackground)...)
		return len(all) == 2 && len(distinct(all, "Location")) == 2 && spread(all) <= 30*time.Minute
	},
	"a9": func(s scene) bool {
		old := distinct(s.before(tableBackground, history, s.user()), "AppId")
		fresh := 0
		for _, app := range distinct(s.laid(tableBackground), "AppId") {
			if !slices.Contains(old, app) {
				fresh++
			}
		}
		return fresh >= 2 && len(distinct(s.laid(tableBackground), "AppId")) >= 4 && spread(s.laid(tableBackground)) <= 15*time.Minute
	},
	"a10": func(s scene) bool { return s.unseen(tableBackground, "UserPrincipalName", "AppId") },
	"a11": func(s scene) bool {
		f, b := s.laid(tableSignin), s.laid(tableBackground)
		return len(withResult(f, "53003")) == 1 && f[0]["ResourceIdentity"] == b[0]["ResourceIdentity"] && b[0]["ConditionalAccessStatus"] == "notApplied"
	},
	"a13": func(s scene) bool {
		for _, r := range s.data[tableSignin] {
			if s.user()(r) && r["TimeGenerated"] > s.truth.From && r["TimeGenerated"] < s.truth.To {
				return false
			}
		}
		b := s.laid(tableBackground)
		return len(b) > 0 && distinct(b, "IncomingTokenType")[0] == "refreshToken" && spread(append(s.laid(tableAudit), b[0])) > 75*time.Minute
	},
	"a14": func(s scene) bool {
		f, b := s.laid(tableSignin), s.laid(tableBackground)
		used := s.before(tableSignin, history, func(r map[string]string) bool { return s.user()(r) && r["AuthenticationProtocol"] == "deviceCode" })
		return len(used) == 0 && f[0]["AuthenticationProtocol"] == "deviceCode" && f[0]["Location"] != b[0]["Location"] && b[0]["OriginalTransferMethod"] == "deviceCodeFlow"
	},
	"b1": func(s scene) bool {
		b := s.laid(tableBackground)
		return len(distinct(b, "UserPrincipalName")) >= 10 && len(distinct(b, "IPAddress")) >= 5 && len(distinct(b, "UserAgent")) == 1 &&
			distinct(b, "AuthenticationProtocol")[0] == "ropc" && spread(b) <= time.Hour
	},
	"b2": func(s scene) bool {
		b := s.laid(tableBackground)
		return len(distinct(b, "UserPrincipalName")) >= 6 && len(distinct(b, "IPAddress")) == 1 && len(withResult(b, "81004", "81011")) == len(b)
	},
	"b3": func(s scene) bool {
		b := s.laid(tableBackground)
		return len(b) > 2000 && len(distinct(b, "AppId")) == 1 && len(distinct(b, "DeviceDetail")) == 1 && spread(b) < 24*time.Hour
	},
	"b4": func(s scene) bool {
		return len(s.before(tableSignin, history, s.user()))+len(s.before(tableBackground, history, s.user())) == 0 &&
			len(withResult(s.laid(tableBackground), "0")) > 0
	},
	"b5": func(s scene) bool {
		return len(withResult(s.laid(tableBackground), "0")) == 1 && s.laid(tableBackground)[0]["ClientAppUsed"] == "POP3"
	},
	"b7": func(s scene) bool {
		return s.unseen(tableBackground, "UserPrincipalName", "DeviceDetail") && distinct(s.laid(tableBackground), "IncomingTokenType")[0] == "primaryRefreshToken"
	},
	"b8": func(s scene) bool { return s.unseen(tableBackground, "UserPrincipalName", "UserAgent") },
	"b9": func(s scene) bool {
		return s.unseen(tableBackground, "UserPrincipalName", "IPAddress") && len(withResult(s.laid(tableBackground), "50173", "50133", "50132")) >= 3 &&
			len(s.laid(tableAudit)) == 2 && spread(append(s.laid(tableAudit), s.laid(tableBackground)...)) <= 6*time.Hour
	},
	"c1": func(s scene) bool {
		id := s.truth.Entities["ServicePrincipal"][0]
		return len(s.before(tablePrincipal, history, func(r map[string]string) bool { return r["ServicePrincipalId"] == id })) == 0 &&
			strings.Contains(s.laid(tableAudit)[0]["TargetResources"], id) && len(withResult(s.laid(tablePrincipal), "0")) > 0
	},
	"c2": func(s scene) bool {
		key := s.laid(tablePrincipal)[0]["ServicePrincipalCredentialKeyId"]
		return strings.Contains(s.laid(tableAudit)[0]["TargetResources"], "KeyIdentifier="+key) &&
			strings.Contains(s.laid(tableAudit)[0]["InitiatedBy"], s.laid(tablePrincipal)[0]["IPAddress"])
	},
	"c3": func(s scene) bool {
		return s.unseen(tablePrincipal, "ServicePrincipalId", "Location") && s.unseen(tablePrincipal, "ServicePrincipalId", "AutonomousSystemNumber")
	},
	"c4": func(s scene) bool {
		return s.unseen(tablePrincipal, "ServicePrincipalId", "ResourceIdentity") && !s.unseen(tablePrincipal, "ServicePrincipalId", "IPAddress")
	},
	"c5": func(s scene) bool {
		r := s.laid(tablePrincipal)
		return len(withResult(r, "7000215")) >= 3 && r[len(r)-1]["ResultType"] == "0" && len(distinct(r, "IPAddress")) == 1 && spread(r) <= time.Hour
	},
	"c6": func(s scene) bool {
		return s.unseen(tablePrincipal, "ServicePrincipalId", "Location") && len(withResult(s.laid(tablePrincipal), "7000222")) == 1
	},
	"c7": func(s scene) bool {
		r := s.laid(tablePrincipal)
		return len(distinct(r, "AppId")) >= 5 && len(distinct(r, "IPAddress")) == 1 && spread(r) <= time.Hour && s.unseen(tablePrincipal, "AppId", "IPAddress")
	},
	"c10": func(s scene) bool {
		id := s.laid(tablePrincipal)[0]["FederatedCredentialId"]
		return id != "" && strings.Contains(s.laid(tableAudit)[0]["TargetResources"], id) &&
			strings.Contains(s.laid(tableAudit)[0]["TargetResources"], "FederatedIdentityCredentials")
	},
	"d1": func(s scene) bool { return s.unseen(tableIdentity, "ServicePrincipalId", "ResourceIdentity") },
	"d2": func(s scene) bool {
		id := s.truth.Entities["ServicePrincipal"][0]
		old := s.before(tableIdentity, history, func(r map[string]string) bool { return r["ServicePrincipalId"] == id })
		return len(s.laid(tableIdentity)) > 20*(len(old)/(13*24)+1) && len(hourly(s.laid(tableIdentity))) == 1
	},
	"d3": func(s scene) bool {
		id := s.truth.Entities["ServicePrincipal"][0]
		return len(s.before(tableIdentity, history, func(r map[string]string) bool { return r["ServicePrincipalId"] == id })) == 0 &&
			len(withResult(s.laid(tableIdentity), "0")) > 0
	},
	"e3": func(s scene) bool {
		return s.unseen(tableBackground, "UserPrincipalName", "TokenIssuerType") && distinct(s.laid(tableSignin), "TokenIssuerType")[0] == "ADFederationServices" &&
			len(s.laid(tableAudit)) == 2
	},
	"f1": func(s scene) bool {
		for _, r := range s.data[s.truth.Entities["Table"][0]] {
			if r["TimeGenerated"] >= s.truth.From && r["TimeGenerated"] < s.truth.To {
				return false
			}
		}
		return true
	},
	"f2": func(s scene) bool {
		_, p95 := percentiles(s.t, s.window(s.truth.Entities["Table"][0]))
		return p95 >= 70*time.Minute
	},
	"f4": func(s scene) bool {
		table, column := s.truth.Entities["Table"][0], s.truth.Entities["Column"][0]
		empty := func(list []map[string]string) float64 {
			n := 0
			for _, r := range list {
				if v := r[column]; v == "" || v == "[]" {
					n++
				}
			}
			return float64(n) / float64(max(1, len(list)))
		}
		return empty(s.window(table))-empty(s.before(table, 24*time.Hour, func(map[string]string) bool { return true })) > 0.3
	},
}

func (s scene) window(table string) (out []map[string]string) {
	for _, r := range s.data[table] {
		if r["TimeGenerated"] >= s.truth.From && r["TimeGenerated"] < s.truth.To {
			out = append(out, r)
		}
	}
	return out
}

func hourly(list []map[string]string) map[string]int {
	out := map[string]int{}
	for _, r := range list {
		out[r["TimeGenerated"][:13]]++
	}
	return out
}

func spread(list []map[string]string) time.Duration {
	var low, high time.Time
	for _, r := range list {
		at, err := time.Parse(time.RFC3339Nano, r["TimeGenerated"])
		if err != nil {
			return 1 << 62
		}
		if low.IsZero() || at.Before(low) {
			low = at
		}
		if at.After(high) {
			high = at
		}
	}
	return high.Sub(low)
}

// All attacks together, in three seeds: each does what its rule's idea asks, and the truth names rows that exist.
func TestAttacks(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		if testing.Short() && seed > 1 {
			break
		}
		cfg := small(15, 130)
		cfg.Ratio, cfg.Seed, cfg.Attacks = 3, seed, []string{"all"}
		data, sum := collect(t, cfg)
		ids := map[string]map[string]bool{}
		for table, list := range data {
			ids[table] = map[string]bool{}
			for _, r := range list {
				ids[table][r["Id"]] = true
			}
		}
		if len(sum.Attacks) != 36 {
			t.Fatalf("%d attacks", len(sum.Attacks))
		}
		for _, a := range sum.Attacks {
			s := scene{t, data, a, map[string]bool{}}
			for _, r := range a.Rows {
				if !slices.Contains(a.Tables, r.Table) {
					t.Errorf("seed %d %s: rows in %s, which is not among its tables", seed, a.Attack, r.Table)
				}
				for _, id := range r.IDs {
					if s.mine[id] = true; !ids[r.Table][id] {
						t.Errorf("seed %d %s: row %s is not in %s", seed, a.Attack, id, r.Table)
					}
				}
			}
			if len(a.Rows) == 0 && !strings.HasPrefix(a.Attack, "f") || len(a.Entities) == 0 {
				t.Errorf("seed %d %s: the truth is empty", seed, a.Attack)
			}
			if !ideas[a.Attack](s) {
				t.Errorf("seed %d: %s (%s) is not what its rule looks for; %v, %s to %s", seed, a.Attack, a.Rule, a.Entities, a.From, a.To)
			}
		}
	}
}

func TestAttackersVaryWithTheSeed(t *testing.T) {
	entities := func(seed uint64) string {
		cfg := small(15, 130)
		cfg.Seed = seed
		w := newWorld(cfg)
		if err := w.lay([]string{"a1", "a6", "c3"}); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(w.truth[0].Entities, w.truth[1].Entities, w.truth[2].Entities)
	}
	if entities(1) == entities(2) {
		t.Error("two seeds have the same attackers")
	}
}

func TestTruthFile(t *testing.T) {
	dir := t.TempDir()
	cfg := small(2, 60)
	cfg.Attacks, cfg.Faults = []string{"A1", "c2"}, []string{"missing-table=AuditLogs"}
	sum, err := ToDir(context.Background(), dir, "jsonl", cfg)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, TruthFile))
	if err != nil {
		t.Fatal(err)
	}
	var truth []Attack
	if err := json.Unmarshal(data, &truth); err != nil || fmt.Sprint(truth) != fmt.Sprint(sum.Attacks) {
		t.Errorf("%v: %+v", err, truth)
	}
	for _, r := range truth[1].Rows {
		if r.Table == tableAudit {
			t.Error("the truth names rows of a missing table")
		}
	}
	cfg.Attacks, cfg.Faults = nil, nil
	if _, err := ToDir(context.Background(), dir, "jsonl", cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, TruthFile)); err == nil {
		t.Error("the truth of the run before is still there")
	}
}

// Every address is one that documentation may use.
func TestAddresses(t *testing.T) {
	cfg := small(15, 130)
	cfg.Ratio, cfg.Attacks = 3, []string{"all"}
	data, _ := collect(t, cfg)
	var allowed []netip.Prefix
	for _, p := range []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"} {
		allowed = append(allowed, netip.MustParsePrefix(p))
	}
	homes := map[string]bool{}
	for table, list := range data {
		for _, r := range list {
			ip := r["IPAddress"]
			if ip == "" {
				continue
			}
			a, err := netip.ParseAddr(ip)
			if err != nil || !slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(a) }) {
				t.Fatalf("%s: address %q", table, ip)
			}
			if a.Is6() && a.String() != ip {
				t.Fatalf("%s: %q is not in canonical form", table, ip)
			}
			homes[network16(ip)] = true
			if u := r["UserPrincipalName"]; u != "" && !strings.HasSuffix(u, "@contoso.example") {
				t.Fatalf("user %q", u)
			}
		}
	}
	if len(homes) < cfg.Users {
		t.Errorf("%d networks for %d users", len(homes), cfg.Users)
	}
}
