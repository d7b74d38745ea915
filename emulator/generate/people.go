package generate

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// person is a user account and all it ever touches. Everything a row about the person needs is prepared here.
type person struct {
	index    int
	id       uuid
	upn      text
	name     text
	typ      text // UserType
	place    *place
	nets     [3]*network // office, home, mobile carrier; the same one thrice for a service mailbox
	devices  []device
	homeID   uuid // HomeTenantId
	homeName text
	cross    text // CrossTenantAccessType
	idType   text // SignInIdentifierType
	legacy   text // the old protocol a service mailbox speaks

	rate      float64 // own activity against the mean, 0.5 to 1.5
	guest     bool
	engineer  bool
	federated bool // TokenIssuerType ADFederationServices
	deviceFlow,
	mailbox bool
	stuck uint8 // result code of a client that never stops failing, 0 = none
	// quiet is when the person's benign activity stops, set by the attacks that need silence.
	quiet []span
	// victim marks the people an attack chose; the ordinary resets leave them alone.
	victim bool
}

type span struct{ from, to ticks }

func (s span) holds(t ticks) bool { return t >= s.from && t < s.to }

func (p *person) silent(t ticks) bool {
	for _, s := range p.quiet {
		if s.holds(t) {
			return true
		}
	}
	return false
}

const (
	netOffice = iota
	netHome
	netMobile
)

// device is one computer or phone. The detail of a browser names the browser, the detail of an application does not.
type device struct {
	id           uuid
	known        bool
	phone        bool
	windows      bool
	apps         []uint8
	agent        [2]text // user agent: application, browser
	detail       [2]text // DeviceDetail: application, browser
	displayLabel string
}

var firstNames = strings.Fields(`Anna Bo Clara Dag Emil Freja Gustav Hanne Ida Jonas Karen Lars Maja Niels Olga Peter
	Rikke Sofie Tobias Ulla Viktor Wilma Yrsa Agnes Birk Carl Ditte Erik Fie Gerda Henrik Ingrid Johan Kirsten Liv
	Magnus Nora Oskar Pia Rasmus Signe Thea Ulrik Vera Asta Bjarke Cecilie Daniel Esther Frida Gorm Helle Isak Julie
	Kasper Lone Mikkel Nanna Otto Petra`)

var lastNames = strings.Fields(`Ager Bakke Brandt Bruun Dahl Dam Ek Eng Falk Fjeld Foss Gren Grove Hage Hald Holm Hult
	Juhl Kant Kjer Kofod Lind Lund Lykke Mark Moen Mose Myhre Nord Nygaard Odde Palm Quist Rask Ravn Rosen Sand Skov
	Solberg Stein Strand Sund Sunde Thorn Toft Tveit Vang Veld Vik Vinter West Wolff Aas Berg Bloch Borg Busk Degn Elm
	Fabricius`)

var partnerTenants = []string{"fabrikam", "northwind", "tailspin", "adventureworks"}

// makePeople builds n users, then the service mailboxes. Shares: 3 in 100 guests, 12 engineers, 5 federated.
func (w *world) makePeople(n int) {
	r := newRand(w.seed, "people")
	taken := map[string]int{}
	member, guest := newText("Member"), newText("Guest")
	upnType := newText("userPrincipalName")
	none, b2b := newText("none"), newText("b2bCollaboration")
	contoso := newText("contoso.example")
	partners := make([]text, len(partnerTenants))
	for i, p := range partnerTenants {
		partners[i] = newText(p + ".example")
	}
	w.people = make([]*person, 0, n+len(serviceMailboxes))
	total := 0
	for _, p := range w.homes {
		total += p.weight
	}
	for i := range n {
		left := r.IntN(total)
		at := 0
		for left -= w.homes[0].weight; left >= 0; left -= w.homes[at].weight {
			at++
		}
		p := &person{
			index: i, id: newUUID(r), place: &w.homes[at], idType: upnType,
			rate: 0.5 + r.Float64(), typ: member, cross: none, homeID: w.tenant, homeName: contoso,
		}
		first, last := firstNames[r.IntN(len(firstNames))], lastNames[r.IntN(len(lastNames))]
		account := strings.ToLower(first + "." + last)
		taken[account]++
		if k := taken[account]; k > 1 {
			account = fmt.Sprintf("%s%d", account, k)
		}
		p.name = newText(first + " " + last)
		p.upn = newText(account + "@contoso.example")
		switch roll := i % 100; {
		case roll == 17 || roll == 50 || roll == 83:
			p.guest = true
			k := r.IntN(len(partners))
			p.upn = newText(fmt.Sprintf("%s_%s.example#EXT#@contoso.example", account, partnerTenants[k]))
			p.typ, p.cross = guest, b2b
			p.homeID, p.homeName = uuidOf(w.seed, hashText("partner"), uint64(k)), partners[k]
		case roll%8 == 3:
			p.engineer = true
			p.deviceFlow = roll == 3
		case roll%20 == 9:
			p.federated = true
		}
		w.makeNetworks(p, at)
		w.makeDevices(p, r)
		w.people = append(w.people, p)
	}
	// The stuck clients: an old session that a forgotten device keeps trying, every day the same.
	stuck := [...]string{"50173", "50133", "700082"}
	for i := range max(1, n/170) {
		p := w.people[(5+i*97)%n]
		if !p.guest && !p.engineer {
			p.stuck = w.results.byCode[stuck[i%len(stuck)]]
		}
	}
	for _, box := range serviceMailboxes {
		p := &person{
			index: len(w.people), id: newUUID(r), place: &w.homes[0], idType: upnType, mailbox: true,
			name: newText("Service " + box.name), upn: newText(box.name + "@contoso.example"), legacy: box.protocol,
			rate: 1, typ: member, cross: none, homeID: w.tenant, homeName: contoso,
		}
		p.nets = [3]*network{w.offices[0], w.offices[0], w.offices[0]}
		agent := newText("")
		p.devices = []device{{apps: []uint8{appLegacyMail}, agent: [2]text{agent, agent}, detail: [2]text{w.noDevice, w.noDevice}}}
		w.people = append(w.people, p)
	}
}

// serviceMailboxes are the accounts that use a legacy protocol with the company's blessing; a workspace lists them
// in the watchlist bs_legacy_ok.
var serviceMailboxes = []struct {
	name     string
	protocol text
	detail   string
}{
	{"scanner", legacySMTP, "scan to mail"},
	{"ticketing", legacyIMAP, "ticket import"},
}

func (w *world) makeNetworks(p *person, at int) {
	const firstHome, homes = 0x1000, 0xb000
	block := firstHome + p.index%homes
	subnet := p.index / homes
	p.nets = [3]*network{
		w.offices[at],
		newNetwork(p.place, fmt.Sprintf("2001:db8:%x:%x::1d", block, subnet), asnHome+at, w.noNames),
		newNetwork(p.place, fmt.Sprintf("2001:db8:%x:%x::%x", 0xc000+at, p.index&0xffff, 0x10+p.index>>16), asnCarrier+at, w.noNames),
	}
	if p.guest { // a partner's office is not ours
		p.nets[netOffice] = p.nets[netHome]
	}
}

var windowsVersions = []string{"Windows 11", "Windows 11", "Windows 10"}

func (w *world) makeDevices(p *person, r *rand.Rand) {
	computer := device{apps: desktopApps, id: newUUID(r), known: true}
	label := fmt.Sprintf("PC-%05d", p.index)
	os, agentOS, browser := windowsVersions[r.IntN(len(windowsVersions))], "Windows NT 10.0; Win64; x64", "Edge"
	computer.windows = true
	if p.engineer {
		computer.apps = engineerApps
	}
	if roll := r.IntN(100); roll < 12 {
		os, agentOS, browser = "MacOs", "Macintosh; Intel Mac OS X 10_15_7", "Safari"
		computer.windows = false
		label = fmt.Sprintf("MAC-%05d", p.index)
	} else if roll < 30 {
		browser = "Chrome"
	}
	version := 138 + r.IntN(4)
	browserAgent := fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", agentOS, version)
	switch browser {
	case "Edge":
		browserAgent += fmt.Sprintf(" Edg/%d.0.0.0", version)
	case "Safari":
		browserAgent = fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.%d Safari/605.1.15", agentOS, version-138)
	}
	appAgent := fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) MSAL.Desktop/4.%d", agentOS, 60+version-138)
	computer.agent = [2]text{newText(appAgent), newText(browserAgent)}
	trust, managed := "Azure AD joined", true
	if r.IntN(3) == 0 && computer.windows {
		trust = "Hybrid Azure AD joined"
	}
	browserName := fmt.Sprintf("%s %d.0.0", browser, version)
	if browser == "Safari" {
		browserName = fmt.Sprintf("Safari 18.%d", version-138)
	}
	if p.guest {
		computer.known, computer.id, computer.apps = false, uuid{}, []uint8{appTeams}
		computer.detail = [2]text{
			newText(fmt.Sprintf(`{"deviceId":"","operatingSystem":%q}`, os)),
			newText(fmt.Sprintf(`{"deviceId":"","operatingSystem":%q,"browser":%q}`, os, browserName)),
		}
		p.devices = []device{computer}
		return
	}
	computer.displayLabel = label
	computer.detail = deviceDetails(computer.id, label, os, browserName, trust, managed, managed)
	p.devices = append(p.devices, computer)
	if p.index%13 == 4 {
		return // works on the computer only
	}
	p.devices = append(p.devices, makePhone(p, r, "phone"))
	if p.index%5 == 2 {
		p.devices = append(p.devices, makePhone(p, r, "tablet"))
	}
}

func makePhone(p *person, r *rand.Rand, kind string) device {
	d := device{apps: phoneApps, id: newUUID(r), known: true, phone: true}
	minor := r.IntN(4)
	os, browser := "Ios 26", "Mobile Safari"
	agent := fmt.Sprintf("Mozilla/5.0 (iPhone; CPU iPhone OS 26_%d like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)", minor)
	web := agent + " Version/26.0 Mobile/15E148 Safari/604.1"
	app := agent + " Mobile/15E148 Outlook-iOS/2.0"
	if r.IntN(5) < 2 {
		os, browser = "Android 15", "Chrome Mobile"
		agent = fmt.Sprintf("Mozilla/5.0 (Linux; Android 15; SM-A%d5) AppleWebKit/537.36 (KHTML, like Gecko)", minor+3)
		web = agent + " Chrome/138.0.0.0 Mobile Safari/537.36"
		app = agent + " Outlook-Android/2.0"
	}
	d.agent = [2]text{newText(app), newText(web)}
	d.displayLabel = fmt.Sprintf("%s-%05d", strings.ToUpper(kind), p.index)
	d.detail = deviceDetails(d.id, d.displayLabel, os, browser, "Azure AD registered", true, true)
	return d
}

func deviceDetails(id uuid, label, os, browser, trust string, compliant, managed bool) [2]text {
	common := fmt.Sprintf(`{"deviceId":"%s","displayName":%q,"operatingSystem":%q,`, id, label, os)
	tail := fmt.Sprintf(`"isCompliant":%t,"isManaged":%t,"trustType":%q}`, compliant, managed, trust)
	return [2]text{
		newText(common + tail),
		newText(common + fmt.Sprintf(`"browser":%q,`, browser) + tail),
	}
}
