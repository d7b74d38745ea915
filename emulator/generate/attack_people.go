package generate

// The attacks on people (groups A, B and E). Each lays what the rule's idea says it should fire on.

var (
	chromeAgent   = newText("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36")
	linuxAgent    = newText("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36")
	outlookAgent  = newText("Mozilla/5.0 (Linux; Android 13; Pixel 6) AppleWebKit/537.36 (KHTML, like Gecko) Outlook-Android/2.0")
	msalAgent     = newText("MSAL 1.31.0 (Linux)")
	strangeDetail = newText(`{"deviceId":"","operatingSystem":"Windows 10","browser":"Chrome 131.0.0"}`)
)

// both applies two changes in turn.
func both(a, b func(*signin)) func(*signin) {
	return func(x *signin) { a(x); b(x) }
}

// a few users fail at the door and a few more in the background, all from one address, in twenty minutes.
func layA1(l *layer) {
	t, net := l.moment(), l.stranger(true)
	n := 9 + l.r.IntN(4)
	codes := []string{"50126", "50126", "50126", "50053", "50126"}
	for i := range n {
		at := t + ticks(i)*20*minute/ticks(n) + ticks(l.r.Int64N(int64(50*second)))
		change := l.fromStranger(net, chromeAgent, uuid{})
		if i%9 < 4 {
			l.signin(tableSignin, at, l.victim(), appOfficeHome, resGraph, codes[i%len(codes)], change)
			continue
		}
		l.signin(tableBackground, at, l.victim(), appOffice, resExchange, codes[i%len(codes)], both(change, l.passwordOnly()))
	}
}

// passwordOnly makes a background row a resource owner password sign-in.
func (l *layer) passwordOnly() func(*signin) {
	return func(x *signin) {
		x.protocol, x.incoming, x.multi, x.browser = l.w.words.ropc, l.w.words.tokenNone, false, false
		x.clientApp = l.w.words.nativeApp
		x.ca = caNotApplied
	}
}

// legacy makes a background row one of an old mail protocol.
func (l *layer) legacy(app text) func(*signin) {
	return func(x *signin) {
		x.clientApp, x.agent, x.browser, x.multi = app, basicAgent, false, false
		x.incoming, x.session, x.ca = l.w.words.tokenNone, uuid{}, caNotApplied
	}
}

func layA2(l *layer) {
	p := l.victim()
	n := 16 + l.r.IntN(5)
	nets := make([]*network, 6)
	for i := range nets {
		l.nets++
		nets[i] = l.strangerAt(i == 0, &l.w.fars[i])
	}
	for i := range n {
		at := l.at(hour + ticks(i)*13*hour/ticks(n) + ticks(l.r.Int64N(int64(20*minute))))
		change := l.fromStranger(nets[i%len(nets)], chromeAgent, uuid{})
		if i%2 == 0 {
			l.signin(tableSignin, at, p, appOfficeHome, resGraph, "50126", change)
		} else {
			l.signin(tableBackground, at, p, appLegacyMail, resExchange, "50126", both(change, l.legacy(legacyIMAP)))
		}
	}
}

func layA3(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(l.r.IntN(2) == 0)
	change := l.fromStranger(net, chromeAgent, uuid{})
	for i := range 6 {
		l.signin(tableSignin, t+ticks(i)*70*second, p, appOfficeHome, resGraph, "50126", change)
	}
	l.signin(tableBackground, t+16*minute, p, appOffice, resExchange, "0", both(change, l.passwordOnly()))
}

func layA4(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(true)
	session := newUUID(l.r)
	l.signin(tableSignin, t-25*minute, p, appOfficeHome, resGraph, "0", nil)
	denied := both(l.fromStranger(net, chromeAgent, session), func(x *signin) {
		x.multi, x.details, x.ca, x.detail = true, &l.w.words.detailsDenied, caFailure, strangeDetail
	})
	for i := range 3 {
		l.signin(tableSignin, t+ticks(i)*75*second, p, appOutlookWeb, resExchange, "500121", denied)
	}
	l.signin(tableBackground, t+12*minute, p, appOutlookMobile, resExchange, "0", l.fromStranger(net, outlookAgent, session))
}

func layA5(l *layer) {
	p, net := l.victim(), l.stranger(false)
	disabled := l.at(2*hour + ticks(l.r.Int64N(int64(hour))))
	p.quiet = append(p.quiet, span{disabled, l.w.end()})
	admin := l.w.admin()
	l.audit(l.w.newAudit(l.r, disabled, opDisable, "UserManagement", "Update", byPerson(admin, admin.nets[netOffice]),
		onPerson(p, property{"AccountEnabled", "[true]", "[false]"})))
	phone := &p.devices[1]
	l.ip(p.nets[netMobile])
	for i, client := range []uint8{appOutlookMobile, appTeams, appOutlookMobile, appTeams} {
		l.signin(tableBackground, disabled+4*hour+ticks(i)*3*minute, p, client, clientResources[client][0], "50057", func(x *signin) {
			x.net, x.agent, x.detail = p.nets[netMobile], phone.agent[0], phone.detail[0]
		})
	}
	l.signin(tableSignin, disabled+4*hour+20*minute, p, appOfficeHome, resGraph, "50057", l.fromStranger(net, chromeAgent, uuid{}))
}

func layA6(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(false)
	session := newUUID(l.r)
	for i := range 3 {
		l.signin(tableBackground, t+ticks(i)*6*minute, p, appOffice, resExchange, "0", l.fromStranger(net, chromeAgent, session))
	}
}

func layA7(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(true)
	l.signin(tableSignin, t, p, appOfficeHome, resGraph, "0", nil)
	session := l.w.session(p, 0, t)
	for i := range 2 {
		l.signin(tableBackground, t+20*minute+ticks(i)*4*minute, p, appOfficeHome, resGraph, "0", l.fromStranger(net, p.devices[0].agent[1], session))
	}
}

func layA8(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(false)
	p.quiet = append(p.quiet, span{t - 5*minute, t + 75*minute})
	l.signin(tableSignin, t, p, appOfficeHome, resGraph, "0", nil)
	l.signin(tableBackground, t+30*minute, p, appTeams, resTeams, "0", l.fromStranger(net, chromeAgent, newUUID(l.r)))
}

func layA9(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(true)
	session := newUUID(l.r)
	at := l.r.IntN(len(strangeFamily))
	list := []uint8{appTeams, appOutlookMobile, strangeFamily[at], strangeFamily[(at+1)%len(strangeFamily)], appCLI, appOffice}
	for i, client := range list {
		l.signin(tableBackground, t+ticks(i)*100*second, p, client, clientResources[client][0], "0",
			both(l.fromStranger(net, msalAgent, session), func(x *signin) {
				if i == 0 {
					x.incoming = l.w.words.tokenNone
				}
			}))
	}
}

func layA10(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(true)
	session := newUUID(l.r)
	client := []uint8{appCLI, appAzPowerShell, appGraphPowerShell}[l.r.IntN(3)]
	for i := range 2 {
		l.signin(tableBackground, t+ticks(i)*4*minute, p, client, clientResources[client][0], "0", l.fromStranger(net, msalAgent, session))
	}
}

func layA11(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(false)
	l.signin(tableSignin, t, p, appOutlookWeb, resExchange, "53003", both(l.fromStranger(net, chromeAgent, uuid{}), func(x *signin) {
		x.ca, x.detail = caFailure, strangeDetail
	}))
	l.signin(tableBackground, t+8*minute, p, appLegacyMail, resExchange, "0",
		both(l.fromStranger(net, outlookAgent, uuid{}), l.legacy(legacySync)))
}

func layA13(l *layer) {
	p, net := l.victim(), l.stranger(false)
	t := l.at(2*hour + ticks(l.r.Int64N(int64(hour))))
	p.quiet = append(p.quiet, span{t, t + 9*hour})
	l.resetOf(p, t)
	session := newUUID(l.r)
	for i := range 3 {
		l.signin(tableBackground, t+3*hour+ticks(i)*25*minute, p, appOffice, resExchange, "0", l.fromStranger(net, chromeAgent, session))
	}
}

// resetOf is an administrator's password reset, which revokes the refresh tokens in the same breath.
func (l *layer) resetOf(p *person, at ticks) {
	admin := l.w.admin()
	by := byPerson(admin, admin.nets[netOffice])
	l.audit(l.w.newAudit(l.r, at, opResetPassword, "UserManagement", "Update", by, onPerson(p)))
	l.audit(l.w.newAudit(l.r, at+second, opRevoke, "UserManagement", "Update", by, onPerson(p)))
}

func layA14(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(true)
	session := newUUID(l.r)
	words := &l.w.words
	l.ip(p.nets[netHome])
	l.signin(tableSignin, t, p, appBroker, resRegistration, "0", func(x *signin) {
		x.protocol, x.transfer, x.session, x.multi = words.deviceCode, words.transferDevice, session, true
		x.agent = p.devices[0].agent[1]
	})
	for i := range 2 {
		l.signin(tableBackground, t+7*minute+ticks(i)*5*minute, p, appBroker, resDirectory, "0",
			both(l.fromStranger(net, msalAgent, session), func(x *signin) { x.transfer = words.transferDevice }))
	}
}

func layB1(l *layer) {
	t := l.moment()
	nets := make([]*network, 8)
	for i := range nets {
		nets[i] = l.stranger(i%2 == 0)
	}
	for i := range 12 {
		at := t + ticks(i)*4*minute + ticks(l.r.Int64N(int64(40*second)))
		l.signin(tableBackground, at, l.victim(), appOffice, resExchange, "50126",
			both(l.fromStranger(nets[i%len(nets)], fasthttpAgent, uuid{}), l.passwordOnly()))
	}
}

func layB2(l *layer) {
	t, net := l.moment(), l.stranger(true)
	for i := range 9 {
		p := l.victim()
		for k := range 2 {
			l.signin(tableBackground, t+ticks(i)*75*second+ticks(k)*20*second, p, appOffice, resExchange, []string{"81004", "81011"}[k],
				both(l.fromStranger(net, chromeAgent, uuid{}), func(x *signin) { x.incoming = l.w.words.tokenNone }))
		}
	}
}

func layB3(l *layer) {
	p := l.victim()
	phone := &p.devices[1]
	n := 2400 + l.r.IntN(400)
	codes := l.w.results.mix("50173", 55, "50133", 25, "700082", 15, "50196", 5)
	l.ip(p.nets[netHome])
	for i := range n {
		at := l.at(10*minute + ticks(i)*15*hour/ticks(n))
		code := l.w.results.list[codes.pick(l.r.Uint64())].code
		l.signin(tableBackground, at, p, appOutlookMobile, resExchange, code, func(x *signin) {
			x.agent, x.detail, x.session = phone.agent[0], phone.detail[0], l.w.session(p, 1, at)
		})
	}
}

func layB4(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(false)
	p.quiet = append(p.quiet, span{t - 15*day, l.w.end()})
	for i := range 2 {
		l.signin(tableBackground, t+ticks(i)*9*minute, p, appLegacyMail, resExchange, "0",
			both(l.fromStranger(net, basicAgent, uuid{}), l.legacy(legacyIMAP)))
	}
}

func layB5(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(true)
	l.signin(tableBackground, t, p, appLegacyMail, resExchange, "0", both(l.fromStranger(net, basicAgent, uuid{}), l.legacy(legacyPOP)))
}

func layB7(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(false)
	session := newUUID(l.r)
	detail := newText(`{"deviceId":"` + newUUID(l.r).String() + `","displayName":"DESKTOP-7Q2","operatingSystem":"Windows 10","isCompliant":false,"isManaged":false,"trustType":"Azure AD registered"}`)
	for i := range 2 {
		l.signin(tableBackground, t+ticks(i)*5*minute, p, appBroker, resDirectory, "0",
			both(l.fromStranger(net, linuxAgent, session), func(x *signin) { x.incoming, x.detail = l.w.words.primary, detail }))
	}
}

func layB8(l *layer) {
	p, t, net := l.victim(), l.moment(), l.stranger(true)
	session := newUUID(l.r)
	for i := range 3 {
		l.signin(tableBackground, t+ticks(i)*3*minute, p, appOffice, resExchange, "0", l.fromStranger(net, pythonAgent, session))
	}
}

func layB9(l *layer) {
	p, t, net := l.victim(), l.at(3*hour+ticks(l.r.Int64N(int64(hour)))), l.stranger(false)
	l.resetOf(p, t)
	l.signin(tableSignin, t+9*minute, p, appOfficeHome, resGraph, "0", nil)
	session := newUUID(l.r)
	for i, code := range []string{"50173", "50173", "50133", "50173", "50132"} {
		l.signin(tableBackground, t+2*hour+ticks(i)*4*minute, p, appOffice, resExchange, code, l.fromStranger(net, chromeAgent, session))
	}
}

func layE3(l *layer) {
	p, net := l.victim(), l.stranger(true)
	t := l.at(10*hour + ticks(l.r.Int64N(int64(20*minute))))
	by := byPerson(p, net)
	domain := target{ID: uuidOf(l.w.seed, hashText("domain")).String(), Name: "contoso.example", Type: "Other",
		Properties: []property{
			{"DomainName", `[]`, `["contoso.example"]`},
			{"FederationSettings", `[]`, `["http://sts.contoso-login.example/adfs/services/trust"]`},
		}}
	l.audit(l.w.newAudit(l.r, t, opFederation, "DirectoryManagement", "Update", by, domain))
	l.audit(l.w.newAudit(l.r, t+3*second, opAuthDomain, "DirectoryManagement", "Update", by, domain))
	session := newUUID(l.r)
	change := both(l.fromStranger(net, chromeAgent, session), func(x *signin) { x.federated = true })
	l.signin(tableSignin, t+20*minute, p, appAzurePortal, resARM, "0", change)
	l.signin(tableBackground, t+23*minute, p, appAzurePortal, resGraph, "0", change)
}
