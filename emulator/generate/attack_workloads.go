package generate

import (
	"fmt"
	"slices"
)

// The attacks on applications and managed identities (groups C and D).

func any1(*principal) bool { return true }

func bySecret(p *principal) bool { return p.credential == secret }

// existed leaves a trace that a dormant principal was there long before it wakes.
func (l *layer) existed(p *principal, at ticks) {
	admin := l.w.admin()
	l.audit(l.w.newAudit(l.r, at-10*day, "Update service principal", "ApplicationManagement", "Update",
		byPerson(admin, admin.nets[netOffice]), onPrincipal(p, property{"Notes", `[]`, `["reviewed"]`})))
	l.from = at
}

func layC1(l *layer) {
	p, t := l.w.principals[len(l.w.principals)-1], l.moment()
	l.existed(p, t)
	net := l.stranger(true)
	l.ip(net)
	for i := range 3 {
		l.workload(tablePrincipal, t+ticks(i)*7*minute, p, net, resGraph, "0", nil)
	}
}

func layC2(l *layer) {
	p, who, t, net := l.principal(bySecret), l.victim(), l.moment(), l.stranger(true)
	l.ip(net)
	l.account(who)
	old, key := l.w.keyID(p, p.epoch(l.w.start, t)), newUUID(l.r)
	l.audit(l.w.newAudit(l.r, t, opCredentials, "ApplicationManagement", "Update", byPerson(who, net),
		l.w.onApplication(p, property{"KeyDescription", keyDescription(old), keyDescription(old, key)}), onPrincipal(p)))
	for i := range 2 {
		l.workload(tablePrincipal, t+9*minute+ticks(i)*6*minute, p, net, p.resources[0], "0", func(x *workload) { x.key = key })
	}
}

func layC3(l *layer) {
	p, t, net := l.principal(any1), l.moment(), l.stranger(l.r.IntN(2) == 0)
	l.ip(net)
	for i := range 3 {
		l.workload(tablePrincipal, t+ticks(i)*5*minute, p, net, p.resources[0], "0", nil)
	}
}

func layC4(l *layer) {
	p, t := l.principal(func(p *principal) bool { return !slices.Contains(p.resources, resGraph) }), l.moment()
	l.ip(p.hosts[0])
	l.entity("Resource", resourceList[resGraph].id)
	for i := range 2 {
		l.workload(tablePrincipal, t+ticks(i)*3*minute, p, p.hosts[0], resGraph, "0", nil)
	}
}

func layC5(l *layer) {
	p, t, net := l.principal(bySecret), l.moment(), l.stranger(true)
	l.ip(net)
	for i := range 5 {
		l.workload(tablePrincipal, t+ticks(i)*90*second, p, net, p.resources[0], "7000215", func(x *workload) { x.key = uuid{} })
	}
	l.workload(tablePrincipal, t+22*minute, p, net, p.resources[0], "0", nil)
}

func layC6(l *layer) {
	p, t, net := l.principal(bySecret), l.moment(), l.stranger(false)
	l.ip(net)
	expired := newUUID(l.r)
	l.workload(tablePrincipal, t, p, net, p.resources[0], "7000222", func(x *workload) { x.key = expired })
}

func layC7(l *layer) {
	t, net := l.moment(), l.stranger(true)
	l.ip(net)
	for i := range 6 {
		p := l.w.principals[(l.r.IntN(3)+i*3)%18]
		code := "0"
		if i%3 == 2 {
			code = "7000215"
		}
		l.workload(tablePrincipal, t+ticks(i)*6*minute, p, net, p.resources[0], code, nil)
	}
}

func layC10(l *layer) {
	p, who, t, net := l.principal(any1), l.victim(), l.moment(), l.stranger(true)
	l.ip(net)
	l.account(who)
	id := newUUID(l.r)
	value := fmt.Sprintf(`[{"Id":%q,"Name":"gh-main","Issuer":"https://token.ci.fabrikam.example","Subject":"repo:contoso-fork/deploy:ref:refs/heads/main","Audiences":["api://AzureADTokenExchange"]}]`, id.String())
	l.audit(l.w.newAudit(l.r, t, opUpdateApp, "ApplicationManagement", "Update", byPerson(who, who.nets[netHome]),
		l.w.onApplication(p, property{"FederatedIdentityCredentials", `[]`, value},
			property{"Included Updated Properties", `null`, `"FederatedIdentityCredentials"`}), onPrincipal(p)))
	for i := range 2 {
		l.workload(tablePrincipal, t+40*minute+ticks(i)*4*minute, p, net, p.resources[0], "0", func(x *workload) {
			x.key, x.thumbprint, x.subject, x.credential = uuid{}, l.w.words.empty, newText(id.String()), federated
		})
	}
}

func layD1(l *layer) {
	p, t := l.identity(func(p *principal) bool { return !slices.Contains(p.resources, resGraph) }), l.moment()
	l.entity("Resource", resourceList[resGraph].id)
	for i := range 2 {
		l.workload(tableIdentity, t+ticks(i)*11*minute, p, nil, resGraph, "0", nil)
	}
}

// a loop against the metadata endpoint, within one hour by the clock.
func layD2(l *layer) {
	p := l.identity(any1)
	t := l.moment()
	t -= t % hour
	n := 150 + l.r.IntN(50)
	for i := range n {
		l.workload(tableIdentity, t+2*minute+ticks(i)*50*minute/ticks(n), p, nil, p.resources[0], "0", nil)
	}
}

func layD3(l *layer) {
	p, t := l.w.identities[len(l.w.identities)-1], l.moment()
	l.existed(p, t)
	for i := range 2 {
		l.workload(tableIdentity, t+ticks(i)*17*minute, p, nil, p.resources[0], "0", nil)
	}
}
