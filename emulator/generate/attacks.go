package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Attack is the truth about one laid attack, for a test to compare alerts with.
type Attack struct {
	Attack   string              `json:"attack"` // its name, as in Config.Attacks
	Rule     string              `json:"rule"`   // the idea of the rule that should see it
	Tables   []string            `json:"tables"`
	Rows     []AttackRows        `json:"rows"`     // empty for attacks that take rows away
	Entities map[string][]string `json:"entities"` // Account = UPN, ServicePrincipal = its object id, CloudApplication = AppId, Resource = ResourceIdentity, IP, Table, Column
	From     string              `json:"from"`
	To       string              `json:"to"` // the last row
}

// AttackRows are the Id values of an attack's rows in one table.
type AttackRows struct {
	Table string   `json:"table"`
	IDs   []string `json:"ids"`
}

// AttackInfo describes an attack that can be laid.
type AttackInfo struct {
	Name    string
	Rule    string
	Tables  []string
	MinDays int // fewer days leave no history for it to stand out from
}

// Attacks lists what can be laid, in order of name.
func Attacks() []AttackInfo {
	list := attackList()
	out := make([]AttackInfo, len(list))
	for i, a := range list {
		out[i] = AttackInfo{a.name, a.rule, slices.Clone(a.tables), a.minDays}
	}
	return out
}

type attack struct {
	name, rule string
	tables     []string
	minDays    int
	people     int // victims it takes at most
	lay        func(*layer)
}

// baseline is the history that a rule of the kind "not seen in 13 days" needs before the day of the attack.
const baseline = 14

func attackList() []attack {
	front, back, sp, mi, log := tableSignin, tableBackground, tablePrincipal, tableIdentity, tableAudit
	return []attack{
		{"a1", "Spray across both streams", []string{front, back}, 1, 12, layA1},
		{"a2", "Slow distributed guessing of one account", []string{front, back}, 1, 1, layA2},
		{"a3", "Failures at the door, success in the background", []string{front, back}, baseline, 1, layA3},
		{"a4", "MFA refused, session born elsewhere", []string{front, back}, 1, 1, layA4},
		{"a5", "Disabled account still knocking", []string{front, back, log}, 1, 1, layA5},
		{"a6", "Background country never seen in front", []string{back}, baseline, 1, layA6},
		{"a7", "Session split", []string{front, back}, 1, 1, layA7},
		{"a8", "Impossible travel between streams", []string{front, back}, 1, 1, layA8},
		{"a9", "Family-token fan-out", []string{back}, baseline, 1, layA9},
		{"a10", "First use of an admin client in the background", []string{back}, baseline, 1, layA10},
		{"a11", "Blocked in front, admitted behind", []string{front, back}, 1, 1, layA11},
		{"a13", "Token alive after reset", []string{back, log}, 1, 1, layA13},
		{"a14", "Device code, redeemed elsewhere", []string{front, back}, baseline, 1, layA14},
		{"b1", "Single-factor background spray", []string{back}, 1, 12, layB1},
		{"b2", "Kerberos or Seamless SSO burst", []string{back}, 1, 9, layB2},
		{"b3", "Runaway client", []string{back}, baseline, 1, layB3},
		{"b4", "Account that only lives in the background", []string{back}, baseline, 1, layB4},
		{"b5", "Legacy protocol succeeds", []string{back}, 1, 1, layB5},
		{"b7", "Primary refresh token from a stranger", []string{back}, baseline, 1, layB7},
		{"b8", "Tool agents in the background", []string{back}, baseline, 1, layB8},
		{"b9", "Revoked token replayed", []string{front, back, log}, baseline, 1, layB9},
		{"c1", "Dormant or forgotten application used again", []string{sp, log}, baseline, 0, layC1},
		{"c2", "Fresh credential, first use", []string{sp, log}, 1, 1, layC2},
		{"c3", "Application from a new network", []string{sp}, baseline, 0, layC3},
		{"c4", "Application reaches a new resource", []string{sp}, baseline, 0, layC4},
		{"c5", "Secret guessing, then success", []string{sp}, 1, 0, layC5},
		{"c6", "Leaked old secret tried", []string{sp}, baseline, 0, layC6},
		{"c7", "One IP, many applications", []string{sp}, baseline, 0, layC7},
		{"c10", "Federated credential born and used", []string{sp, log}, 1, 1, layC10},
		{"d1", "Managed identity reaches a new sensitive resource", []string{mi}, baseline, 0, layD1},
		{"d2", "Token request surge", []string{mi}, baseline, 0, layD2},
		{"d3", "Dormant managed identity awake", []string{mi, log}, baseline, 0, layD3},
		{"e3", "Federation trust changed, then used", []string{front, back, log}, baseline, 1, layE3},
		{"f1", "Stream silent", []string{back, sp, mi}, 2, 0, layF1},
		{"f2", "Late stream", []string{back, sp, mi}, 1, 0, layF2},
		{"f4", "Column emptied", []string{front, back}, 2, 0, layF4},
	}
}

func attackByName(name string) attack {
	for _, a := range attackList() {
		if a.name == name {
			return a
		}
	}
	return attack{name: name}
}

// peopleNeeded is how many users leave enough plain ones (no guest, engineer, federated or stuck one) for the attacks.
func peopleNeeded(names []string) int {
	need := 0
	for _, n := range names {
		need += attackByName(n).people
	}
	if need == 0 {
		return 0
	}
	return need*8/5 + 12
}

// layer puts one attack into the world.
type layer struct {
	w     *world
	r     *rand.Rand
	index int
	truth Attack
	from  ticks
	to    ticks
	pool  *pools
	err   error
	nets  uint64
}

// pools hand out people and applications so that attacks do not meet in one.
type pools struct {
	people     []*person
	principals []int
	identities []int
	hosts      []int // IPv4 machines of attackers not used yet
}

func (w *world) lay(names []string) error {
	r := newRand(w.seed, "attacks")
	p := &pools{principals: r.Perm(19), identities: r.Perm(len(w.identities) - 1), hosts: r.Perm(2 * attackerHosts)}
	for _, x := range w.people[:w.users] {
		if !x.guest && !x.engineer && !x.federated && x.stuck == 0 && len(x.devices) > 1 {
			p.people = append(p.people, x)
		}
	}
	r.Shuffle(len(p.people), func(i, j int) { p.people[i], p.people[j] = p.people[j], p.people[i] })
	for _, name := range names {
		a := attackByName(name)
		index := slices.IndexFunc(attackList(), func(x attack) bool { return x.name == name })
		l := &layer{w: w, r: newRand(w.seed, "attack "+name), index: index, pool: p, nets: uint64(index) * 64}
		l.truth = Attack{Attack: a.name, Rule: a.rule, Tables: a.tables, Entities: map[string][]string{}, Rows: []AttackRows{}}
		a.lay(l)
		if l.err != nil {
			return l.err
		}
		l.truth.From, l.truth.To = string(l.from.append(nil)), string(l.to.append(nil))
		w.truth = append(w.truth, l.truth)
	}
	return nil
}

// truthOf is the truth about the tables that were written.
func (w *world) truthOf(tables []TableSummary) []Attack {
	written := func(t string) bool {
		return slices.ContainsFunc(tables, func(s TableSummary) bool { return s.Table == t })
	}
	out := slices.Clone(w.truth)
	for i := range out {
		out[i].Rows = slices.DeleteFunc(slices.Clone(out[i].Rows), func(r AttackRows) bool { return !written(r.Table) })
	}
	return out
}

// at is a moment of the last day. Attacks on rows end before 15:30, since f1 silences a stream from 16:00.
func (l *layer) at(t ticks) ticks { return l.w.end() - day + t }

// moment spreads the attacks over the last day, a little different for each seed.
func (l *layer) moment() ticks {
	return l.at(2*hour + ticks(l.index)*22*minute%(11*hour) + ticks(l.r.Int64N(int64(8*minute))))
}

// victim is a person of no other attack.
func (l *layer) victim() *person {
	if len(l.pool.people) == 0 {
		if l.err == nil {
			l.err = fmt.Errorf("attack %q finds no user left to choose as victim; give more users or fewer attacks", l.truth.Attack)
		}
		return l.w.people[0]
	}
	p := l.pool.people[0]
	l.pool.people = l.pool.people[1:]
	p.victim = true
	return p
}

func (l *layer) principal(ok func(*principal) bool) *principal {
	for i, n := range l.pool.principals {
		if p := l.w.principals[n]; n != 4 && n != 13 && ok(p) { // 4 and 13 are the chatty ones
			l.pool.principals = slices.Delete(l.pool.principals, i, i+1)
			return p
		}
	}
	// Few enough attacks use applications that this is not reached; sharing one is harmless.
	return l.w.principals[l.index%4]
}

func (l *layer) identity(ok func(*principal) bool) *principal {
	for i, n := range l.pool.identities {
		if p := l.w.identities[n]; ok(p) {
			l.pool.identities = slices.Delete(l.pool.identities, i, i+1)
			return p
		}
	}
	return l.w.identities[0]
}

// stranger is a machine that nobody in the company has used.
func (l *layer) stranger(v4 bool) *network {
	l.nets++
	h := mix(l.w.seed, hashText("attacker"), l.nets)
	return l.strangerAt(v4, &l.w.fars[h%uint64(len(l.w.fars))])
}

// attackerHosts is how many addresses of each IPv4 documentation range are for attackers: .2 to .121. The upper half
// is for the everyday noise of the internet.
const attackerHosts = 120

// strangerAt is a stranger in a given place. No two attacks share a machine as long as there are machines left.
func (l *layer) strangerAt(v4 bool, p *place) *network {
	h := mix(l.w.seed, hashText("attacker"), l.nets)
	asn := asnAttack + int((mix(l.w.seed)%400+7*l.nets)%400) // the machines of one attack are of as many providers
	if !v4 || len(l.pool.hosts) == 0 {
		return newNetwork(p, fmt.Sprintf("2001:db8:f%03x::%x", l.nets&0xfff, 0x10+h>>24%0xffe0), asn, l.w.noNames)
	}
	n := l.pool.hosts[0]
	l.pool.hosts = l.pool.hosts[1:]
	block := [...]string{"203.0.113", "198.51.100"}[n/attackerHosts]
	return newNetwork(p, fmt.Sprintf("%s.%d", block, 2+n%attackerHosts), asn, l.w.noNames)
}

func (l *layer) entity(kind, value string) {
	if !slices.Contains(l.truth.Entities[kind], value) {
		l.truth.Entities[kind] = append(l.truth.Entities[kind], value)
	}
}

func (l *layer) account(p *person) { l.entity("Account", string(p.upn.plain)) }

func (l *layer) ip(n *network) { l.entity("IP", string(n.address.plain)) }

func (l *layer) app(p *principal) {
	l.entity("CloudApplication", string(p.appIDText.plain))
	l.entity("ServicePrincipal", string(p.idText.plain))
}

func (l *layer) span(at ticks) {
	if l.from == 0 || at < l.from {
		l.from = at
	}
	l.to = max(l.to, at)
}

func (l *layer) record(table, id string, at ticks) {
	l.span(at)
	for i := range l.truth.Rows {
		if l.truth.Rows[i].Table == table {
			l.truth.Rows[i].IDs = append(l.truth.Rows[i].IDs, id)
			return
		}
	}
	l.truth.Rows = append(l.truth.Rows, AttackRows{table, []string{id}})
}

// signin lays one user row. It begins as p's own everyday row and change makes it the attacker's.
func (l *layer) signin(table string, at ticks, p *person, client, res uint8, code string, change func(*signin)) {
	x := &signin{}
	e := event{at: at, who: int32(p.index), client: client, resource: res, code: l.w.results.byCode[code], net: netHome, group: l.r.Uint64()}
	if l.w.clients[client].browser {
		e.flags = flagBrowser
	}
	l.w.fillSignin(x, &e, l.r, table == tableSignin)
	if change != nil {
		change(x)
	}
	l.w.extra = append(l.w.extra, laid{table: table, at: at, signin: x})
	l.record(table, x.id.String(), at)
	l.account(p)
}

// from makes a row come from a machine that is no device of the directory, with a session of its own.
func (l *layer) fromStranger(n *network, agent text, session uuid) func(*signin) {
	l.ip(n)
	return func(x *signin) {
		x.net, x.agent, x.detail, x.session = n, agent, l.w.noDevice, session
		x.protection = l.w.words.tokenProtection
		if x.incoming.plain != nil && !x.interactive {
			x.incoming = l.w.words.refresh
		}
	}
}

func (l *layer) workload(table string, at ticks, p *principal, net *network, res uint8, code string, change func(*workload)) {
	x := &workload{
		at: at, created: at - 2*second, who: p, net: net, resource: &l.w.resources[res],
		result: &l.w.results.list[l.w.results.byCode[code]], id: newUUID(l.r), token: newUUID(l.r), correlation: newUUID(l.r),
		credential: p.credential, durationMs: 10 + l.r.Int64N(90),
	}
	l.w.proveBy(x, p)
	if change != nil {
		change(x)
	}
	l.w.extra = append(l.w.extra, laid{table: table, at: at, workload: x})
	l.record(table, x.id.String(), at)
	l.app(p)
}

func (l *layer) audit(a *audit) {
	l.w.extra = append(l.w.extra, laid{table: tableAudit, at: a.at, audit: a})
	l.record(tableAudit, a.id, a.at)
}
