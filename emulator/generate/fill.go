package generate

import "math/rand/v2"

// filler turns events of one table into rows. Each worker has its own.
type filler struct {
	w        *world
	table    string
	row      Row
	pcg      *rand.PCG
	rand     *rand.Rand
	fill     func(*event)
	signin   signin
	workload workload
	faults   *faultPlan
}

func (w *world) newFiller(table string, columns []Column, faults *faultPlan) *filler {
	f := &filler{w: w, table: table, pcg: rand.NewPCG(0, 0), faults: faults}
	f.rand = rand.New(f.pcg)
	f.row.columns = columns
	switch table {
	case tableSignin, tableBackground:
		fields := signinFields()
		if table == tableBackground {
			fields = backgroundFields()
		}
		f.fill = func(e *event) {
			x := &f.signin
			if e.laid != nil {
				x = e.laid.signin
			} else {
				w.fillSignin(x, e, f.rand, table == tableSignin)
			}
			for i := range fields {
				fields[i].fill(w, &f.row, x)
			}
		}
	case tablePrincipal, tableIdentity:
		fields, list := principalFields(), w.principals
		if table == tableIdentity {
			fields, list = identityFields(), w.identities
		}
		f.fill = func(e *event) {
			x := &f.workload
			if e.laid != nil {
				x = e.laid.workload
			} else {
				w.fillWorkload(x, e, list[e.who], f.rand, table == tableIdentity)
			}
			for i := range fields {
				fields[i].fill(w, &f.row, x)
			}
		}
	default:
		fields := auditFields()
		f.fill = func(e *event) {
			for i := range fields {
				fields[i].fill(w, &f.row, e.audit)
			}
		}
	}
	return f
}

// chunk fills a run of events and hands each row to the chunk.
func (f *filler) chunk(events []event, out Chunk) {
	for i := range events {
		e := &events[i]
		f.pcg.Seed(e.seed, f.w.seed)
		f.row.reset()
		f.fill(e)
		f.faults.apply(f, e, out)
	}
}

func tableColumns(table string) []Column {
	switch table {
	case tableSignin:
		return columnsOf(signinFields())
	case tableBackground:
		return columnsOf(backgroundFields())
	case tablePrincipal:
		return columnsOf(principalFields())
	case tableIdentity:
		return columnsOf(identityFields())
	default:
		return columnsOf(auditFields())
	}
}

// session is the browser's or application's session: one a device for five days, shared by the door and the
// background.
func (w *world) session(p *person, device uint8, at ticks) uuid {
	return uuidOf(w.seed, hashText("session"), uint64(p.index), uint64(device), uint64((int(at/day)+p.index%5)/5))
}

func (w *world) fillSignin(x *signin, e *event, r *rand.Rand, front bool) {
	p := w.people[e.who]
	d := &p.devices[e.device]
	words := &w.words
	*x = signin{
		at: e.at, who: p, client: &w.clients[e.client], resource: &w.resources[e.resource], result: &w.results.list[e.code],
		net: p.nets[e.net], id: newUUID(r), token: newUUID(r), correlation: uuidFrom(e.group, splitmix(e.group)),
		interactive: front, browser: e.flags&flagBrowser != 0, federated: p.federated,
		protocol: words.protocolNone, incoming: words.tokenNone, transfer: words.transferNone, protection: words.tokenProtection,
		durationMs: 40 + r.Int64N(400), variant: uint8(mix(uint64(e.who), uint64(e.client)) % policyVariants),
	}
	kind := 0
	if x.browser {
		kind = 1
		x.clientApp = words.browserApp
	} else {
		x.clientApp = words.nativeApp
	}
	x.agent, x.detail = d.agent[kind], d.detail[kind]
	x.session = w.session(p, e.device, e.at)
	if front {
		x.created = e.at - 4*second - ticks(r.Int64N(int64(110*second)))
		x.multi = e.flags&flagMulti != 0 || mix(uint64(e.who), uint64(e.client))%4 != 0
	} else {
		x.created = e.at - second - ticks(r.Int64N(int64(20*second)))
		x.multi = mix(uint64(e.who), uint64(e.client), 1)%5 < 3
		w.fillToken(x, d, r)
	}
	switch {
	case !x.result.failed && x.resource.quiet:
		x.ca = caNotApplied
	case !x.result.failed:
		x.ca = caSuccess
	case x.result.code == "53003" || x.result.code == "53000" || x.result.code == "50074" || x.result.code == "50076" ||
		x.result.code == "50097" || x.result.code == "500121":
		x.ca = caFailure
	default:
		x.ca = caNotApplied
	}
	x.details = w.detailsOf(x.result, e.flags)
	if e.flags&flagDeviceFlow != 0 {
		x.clientApp, x.browser = words.nativeApp, false
		x.agent, x.detail = d.agent[0], d.detail[0]
		x.transfer = words.transferDevice
		if front {
			x.protocol = words.deviceCode
		}
	}
	if e.flags&flagLegacy != 0 {
		x.browser = false
		x.clientApp, x.agent, x.protocol = w.legacyMail(p, e.flags)
		x.incoming, x.session, x.multi, x.ca = words.tokenNone, uuid{}, false, caNotApplied
		x.details = &words.detailsFailed
		if !x.result.failed {
			x.details = &words.details
		}
	}
	if e.flags&flagNoise != 0 {
		x.net = w.noiseNetwork(r.Uint64())
		x.detail, x.session, x.multi = w.noDevice, uuid{}, false
		if e.flags&flagLegacy == 0 {
			x.agent = scannerAgent
		}
	}
}

var (
	scannerAgent  = newText("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36")
	basicAgent    = newText("BAV2ROPC")
	legacySMTP    = newText("Authenticated SMTP")
	legacyIMAP    = newText("IMAP4")
	legacyPOP     = newText("POP3")
	legacySync    = newText("Exchange ActiveSync")
	legacyOther   = newText("Other clients")
	pythonAgent   = newText("python-requests/2.32.3")
	fasthttpAgent = newText("fasthttp")
)

func (w *world) legacyMail(p *person, flags uint8) (app, agent, protocol text) {
	if p.mailbox && flags&flagNoise == 0 {
		return p.legacy, basicAgent, w.words.protocolNone
	}
	return legacyIMAP, basicAgent, w.words.protocolNone
}

// fillToken chooses what a background sign-in presents: Windows and the brokers of phones hold a primary refresh
// token, everything else an ordinary one.
func (w *world) fillToken(x *signin, d *device, r *rand.Rand) {
	x.incoming = w.words.refresh
	share := 0.0
	switch {
	case !d.known || x.browser:
	case d.windows:
		share = 0.6
	case d.phone:
		share = 0.3
	}
	if chance(r, share) {
		x.incoming = w.words.primary
		x.protection = w.words.bound
	}
}

func (w *world) detailsOf(res *result, flags uint8) *stamped {
	switch {
	case flags&flagDenied != 0:
		return &w.words.detailsDenied
	case res.code == "50126" || res.code == "50053" || res.code == "50034" || res.code == "50057" || res.code == "50056":
		return &w.words.detailsFailed
	case flags&flagMulti != 0:
		return &w.words.detailsMFA
	default:
		return &w.words.details
	}
}

func (w *world) fillWorkload(x *workload, e *event, p *principal, r *rand.Rand, identity bool) {
	t := p.tasks[e.task]
	*x = workload{
		at: e.at, created: e.at - second - ticks(r.Int64N(int64(3*second))), who: p, result: &w.results.list[e.code],
		resource: &w.resources[p.resources[t.resource]], id: newUUID(r), token: newUUID(r),
		correlation: uuidFrom(e.group, splitmix(e.group)), credential: p.credential, durationMs: 10 + r.Int64N(90),
	}
	w.proveBy(x, p)
	if !identity {
		x.net = p.hosts[t.host]
	}
}

// proveBy fills the credential columns as p's own credential at that time would.
func (w *world) proveBy(x *workload, p *principal) {
	switch p.credential {
	case secret, certificate:
		x.key = w.keyID(p, p.epoch(w.start, x.at))
		x.thumbprint = p.thumbprint
	case federated:
		x.subject = p.subject
	}
}
