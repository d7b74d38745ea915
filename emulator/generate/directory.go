package generate

import (
	"fmt"
	"math/rand/v2"
)

// planAudit plans AuditLogs: the everyday changes of a directory.
func (w *world) planAudit(events []event, d int) []event {
	from := w.start + ticks(d)*day
	r := newRand(w.seed, tableAudit, uint64(d))
	add := func(a *audit) {
		events = append(events, event{at: a.at, seed: r.Uint64(), audit: a})
	}
	admin := w.admin()
	mean, shape := float64(w.users)*0.12+4, &frontHours
	if from.weekday() >= 5 {
		mean, shape = mean*0.2, &weekendHours
	}
	for range number(r, mean) {
		at, _ := shape.at(r, from, hour)
		p := w.people[r.IntN(w.users)]
		if p.guest || p.silent(at) {
			continue
		}
		add(w.directoryChange(r, at, p, admin))
	}
	for _, x := range w.resets(d) {
		add(w.newAudit(r, x.at, opResetPassword, "UserManagement", "Update", byPerson(admin, admin.nets[netOffice]), onPerson(x.person)))
		add(w.newAudit(r, x.at+second, opRevoke, "UserManagement", "Update", byPerson(admin, admin.nets[netOffice]), onPerson(x.person)))
	}
	pipeline := w.pipeline()
	for _, p := range w.principals {
		if at, ok := p.rotatesOn(w.start, d); ok {
			before, after := w.keyID(p, p.epoch(w.start, at-1)), w.keyID(p, p.epoch(w.start, at))
			add(w.newAudit(r, at, opCredentials, "ApplicationManagement", "Update", byPrincipal(pipeline),
				w.onApplication(p, property{"KeyDescription", keyDescription(before), keyDescription(before, after)}),
				onPrincipal(p)))
		}
	}
	return events
}

// admin is the directory's own administrator, pipeline the application that rotates secrets.
func (w *world) admin() *person {
	for _, p := range w.people {
		if p.engineer {
			return p
		}
	}
	return w.people[0]
}

func (w *world) pipeline() *principal { return w.principals[19] }

// directoryChange is one of the things that happen all day.
func (w *world) directoryChange(r *rand.Rand, at ticks, p *person, admin *person) *audit {
	own := byPerson(p, p.nets[netOffice])
	by := byPerson(admin, admin.nets[netOffice])
	switch roll := r.IntN(100); {
	case roll < 50:
		return w.newAudit(r, at, "Update user", "UserManagement", "Update", by,
			onPerson(p, property{"Department", `["Sales"]`, `["Support"]`}, property{"Included Updated Properties", `[]`, `"Department"`}))
	case roll < 75:
		op := "Add member to group"
		if roll%4 == 0 {
			op = "Remove member from group"
		}
		group := uuidOf(w.seed, hashText("group"), uint64(r.IntN(40)))
		return w.newAudit(r, at, op, "GroupManagement", "Assign", by,
			onPerson(p, property{"Group.ObjectID", `null`, string(encode(group.String()))}),
			target{ID: group.String(), Type: "Group"})
	case roll < 83:
		return w.newAudit(r, at, "Register device", "Device", "Add", own,
			target{ID: p.devices[0].id.String(), Name: p.devices[0].displayLabel, Type: "Device"}, onPerson(p))
	case roll < 89:
		return w.newAudit(r, at, "Update device", "Device", "Update", by,
			target{ID: p.devices[0].id.String(), Name: p.devices[0].displayLabel, Type: "Device",
				Properties: []property{{"IsCompliant", `[false]`, `[true]`}}})
	case roll < 95:
		return w.newAudit(r, at, "Update group", "GroupManagement", "Update", by,
			target{ID: uuidOf(w.seed, hashText("group"), uint64(r.IntN(40))).String(), Name: fmt.Sprintf("team-%02d", r.IntN(40)), Type: "Group",
				Properties: []property{{"Description", `["team"]`, `["team room"]`}}})
	case roll < 97:
		return w.newAudit(r, at, "Consent to application", "ApplicationManagement", "Assign", own,
			onPrincipal(w.principals[r.IntN(20)], property{"ConsentContext.IsAdminConsent", `null`, `"False"`}))
	default:
		return w.newAudit(r, at, "Add app role assignment grant to user", "UserManagement", "Assign", by,
			onPrincipal(w.principals[r.IntN(20)], property{"User.UPN", `null`, string(encode(string(p.upn.plain)))}), onPerson(p))
	}
}
