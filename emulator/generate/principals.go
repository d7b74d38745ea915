package generate

import (
	"fmt"
	"math/rand/v2"
)

// credential is how an application proves itself.
type credential uint8

const (
	secret credential = iota
	certificate
	federated
)

// principal is a service principal or a managed identity.
type principal struct {
	index      int
	id         uuid // ServicePrincipalId
	appID      uuid
	name       text
	appIDText  text
	idText     text
	credential credential
	thumbprint text
	subject    text // FederatedCredentialId
	hosts      []*network
	resources  []uint8
	tasks      []task
	rotate     int // a new secret every so many days, 0 = never
	rotateAt   ticks
	dormant    bool // makes no benign sign-in
	azureID    text // ManagedServiceIdentity
	agent      text
}

// task asks for one token again and again: at base, base+every, ...
type task struct {
	host, resource uint8
	base, every    ticks
}

var principalRoles = []struct {
	name       string
	credential credential
	resources  []uint8
	hosts      int
}{
	{"ci-build", federated, []uint8{resARM, resKeyVault, resStorage}, 3},
	{"hr-sync", secret, []uint8{resGraph, resPeople}, 1},
	{"mail-gateway", certificate, []uint8{resExchange}, 2},
	{"backup-agent", secret, []uint8{resBackup, resStorage}, 2},
	{"monitoring", certificate, []uint8{resARM, resGraph}, 2},
	{"invoice-import", secret, []uint8{resExpenses, resSQL}, 1},
	{"intranet-web", certificate, []uint8{resSharePoint, resGraph}, 3},
	{"data-lake-loader", secret, []uint8{resStorage, resSQL}, 2},
	{"ticket-bot", secret, []uint8{resTeams, resGraph}, 1},
	{"device-inventory", certificate, []uint8{resGraph}, 1},
	{"release-pipeline", federated, []uint8{resARM, resKeyVault}, 2},
	{"report-builder", secret, []uint8{resSQL, resSharePoint}, 1},
	{"badge-system", secret, []uint8{resPeople}, 1},
	{"queue-worker", certificate, []uint8{resServiceBus, resStorage}, 3},
	{"cost-export", secret, []uint8{resARM}, 1},
	{"archive-mover", secret, []uint8{resStorage, resBackup}, 1},
	{"signature-service", certificate, []uint8{resExchange, resGraph}, 2},
	{"print-service", secret, []uint8{resIntranet}, 1},
	{"search-crawler", certificate, []uint8{resSharePoint}, 2},
	{"vault-rotator", certificate, []uint8{resKeyVault}, 1},
}

var identityRoles = []struct {
	name      string
	resources []uint8
}{
	{"vm-web", []uint8{resStorage}},
	{"vm-batch", []uint8{resStorage, resServiceBus}},
	{"func-orders", []uint8{resServiceBus, resSQL}},
	{"func-thumbnails", []uint8{resStorage}},
	{"aks-node", []uint8{resStorage, resSQL}},
	{"app-portal", []uint8{resSQL}},
	{"logic-approval", []uint8{resServiceBus}},
	{"adf-nightly", []uint8{resStorage, resSQL, resServiceBus}},
	{"vm-vaultclient", []uint8{resKeyVault}},
	{"automation-ops", []uint8{resARM}},
}

// makePrincipals scales with the company: 20 applications and 100 identities for each 500 users, never fewer. One
// more of each is dormant: it exists and does nothing, which the attacks on forgotten principals need.
func (w *world) makePrincipals(users int) {
	r := newRand(w.seed, "principals")
	apps, ids := max(20, users*20/500), max(100, users*100/500)
	for i := range apps {
		role := principalRoles[i%len(principalRoles)]
		name := "app-" + role.name
		if i >= len(principalRoles) {
			name = fmt.Sprintf("%s-%d", name, i/len(principalRoles)+1)
		}
		p := w.newPrincipal(r, i, name, role.credential)
		p.resources = role.resources
		at := i % len(w.clouds)
		for h := range role.hosts {
			p.hosts = append(p.hosts, newNetwork(&w.clouds[at],
				fmt.Sprintf("2001:db8:e%03x:%x::%x", i&0xfff, i>>12, 0x20+h), asnCloud+at, w.noNames))
		}
		chatty := i%20 == 4 || i%20 == 13
		for h := range p.hosts {
			for k := range p.resources {
				every := hour
				if chatty && h == 0 && k == 0 {
					every = 31 * second
				}
				p.tasks = append(p.tasks, newTask(r, uint8(h), uint8(k), every))
			}
		}
		if p.credential == secret && i%3 == 0 {
			p.rotate, p.rotateAt = 10, 2*hour+ticks(r.IntN(60))*minute
		}
		w.principals = append(w.principals, p)
	}
	forgotten := w.newPrincipal(r, apps, "app-legacy-report", secret)
	forgotten.dormant, forgotten.resources = true, []uint8{resGraph}
	forgotten.hosts = []*network{newNetwork(&w.clouds[0], "2001:db8:efff::20", asnCloud, w.noNames)}
	w.principals = append(w.principals, forgotten)

	for i := range ids + 1 {
		role := identityRoles[i%len(identityRoles)]
		p := w.newPrincipal(r, i, fmt.Sprintf("mi-%s-%02d", role.name, i/len(identityRoles)+1), secret)
		if i == ids {
			p.name, p.dormant = newText("mi-vm-retired-01"), true
		}
		p.resources = role.resources
		p.azureID = newText(fmt.Sprintf(`{"msiType":"SystemAssigned","associatedResourceId":"/subscriptions/%s/resourcegroups/rg-%s/providers/Microsoft.Compute/virtualMachines/%s"}`,
			uuidOf(w.seed, hashText("subscription")), role.name, p.name.plain))
		for k := range p.resources {
			// A token lives up to a day: most are asked for by the hour, the rest a few times a day.
			every := hour
			if (i+k)%5 == 3 {
				every = 8 * hour
			}
			p.tasks = append(p.tasks, newTask(r, 0, uint8(k), every))
		}
		w.identities = append(w.identities, p)
	}
}

func (w *world) newPrincipal(r *rand.Rand, index int, name string, c credential) *principal {
	p := &principal{index: index, id: newUUID(r), appID: newUUID(r), name: newText(name), credential: c}
	p.idText, p.appIDText = newText(p.id.String()), newText(p.appID.String())
	if c == certificate {
		p.thumbprint = newText(fmt.Sprintf("%016X%016X%08X", r.Uint64(), r.Uint64(), r.Uint32()))
	}
	if c == federated {
		p.subject = newText(newUUID(r).String())
	}
	return p
}

// newTask starts most work at the full hour or five past, as schedulers do.
func newTask(r *rand.Rand, host, resource uint8, every ticks) task {
	base := ticks(r.IntN(60)) * minute
	switch r.IntN(10) {
	case 0, 1, 2, 3:
		base = 0
	case 4, 5:
		base = 5 * minute
	}
	if every > hour {
		base += ticks(r.IntN(int(every/hour))) * hour
	}
	return task{host, resource, base, every}
}

// epoch numbers the secrets of a principal: it steps when the pipeline rotates.
func (p *principal) epoch(start, t ticks) int {
	if p.rotate == 0 {
		return 0
	}
	shifted := t - start - p.rotateAt + ticks(p.index%p.rotate)*day
	return int(shifted / (ticks(p.rotate) * day))
}

// rotatesOn tells whether the pipeline gives p a new secret on the given day, and when.
func (p *principal) rotatesOn(start ticks, d int) (ticks, bool) {
	if p.rotate == 0 || d == 0 || (d+p.index)%p.rotate != 0 {
		return 0, false
	}
	return start + ticks(d)*day + p.rotateAt, true
}

// keyID is the credential's key: the KeyIdentifier of AuditLogs and the ServicePrincipalCredentialKeyId of a sign-in.
func (w *world) keyID(p *principal, epoch int) uuid {
	return uuidOf(w.seed, hashText("key"), uint64(p.index), uint64(epoch), mix(uint64(p.id[0]), uint64(p.id[1])))
}
