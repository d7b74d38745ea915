package generate

import (
	"fmt"
	"net/netip"
)

// place is a city as LocationDetails shows it. offset is the working day's shift from UTC; January, so no summer time.
type place struct {
	country, state, city string
	lat, lon             float64
	offset               ticks
	weight               int // of 100 users

	code     text // Location
	location text // LocationDetails
}

// homePlaces are where the sample company works; no attacker signs in from their countries.
var homePlaceList = []place{
	{country: "DK", state: "Hovedstaden", city: "Copenhagen", lat: 55.676, lon: 12.568, offset: hour, weight: 34},
	{country: "DK", state: "Midtjylland", city: "Aarhus", lat: 56.157, lon: 10.211, offset: hour, weight: 10},
	{country: "SE", state: "Stockholms Lan", city: "Stockholm", lat: 59.329, lon: 18.069, offset: hour, weight: 16},
	{country: "NO", state: "Oslo", city: "Oslo", lat: 59.914, lon: 10.752, offset: hour, weight: 11},
	{country: "DE", state: "Hamburg", city: "Hamburg", lat: 53.551, lon: 9.994, offset: hour, weight: 10},
	{country: "GB", state: "England", city: "London", lat: 51.507, lon: -0.128, offset: 0, weight: 9},
	{country: "FI", state: "Uusimaa", city: "Helsinki", lat: 60.170, lon: 24.938, offset: 2 * hour, weight: 6},
	{country: "PL", state: "Mazowieckie", city: "Warsaw", lat: 52.230, lon: 21.012, offset: hour, weight: 4},
}

// cloudPlaceList are where hosted workloads sign in from.
var cloudPlaceList = []place{
	{country: "NL", state: "Noord-Holland", city: "Middenmeer", lat: 52.807, lon: 4.998},
	{country: "IE", state: "Dublin", city: "Dublin", lat: 53.350, lon: -6.260},
}

// farPlaceList are where attackers appear: each more than 2,000 km from every home place.
var farPlaceList = []place{
	{country: "NG", state: "Lagos", city: "Lagos", lat: 6.455, lon: 3.394},
	{country: "BR", state: "Sao Paulo", city: "Sao Paulo", lat: -23.551, lon: -46.633},
	{country: "VN", state: "Ha Noi", city: "Hanoi", lat: 21.028, lon: 105.854},
	{country: "ZA", state: "Gauteng", city: "Johannesburg", lat: -26.204, lon: 28.047},
	{country: "ID", state: "Jakarta Raya", city: "Jakarta", lat: -6.175, lon: 106.827},
	{country: "CA", state: "Ontario", city: "Toronto", lat: 43.651, lon: -79.347},
	{country: "SG", state: "", city: "Singapore", lat: 1.290, lon: 103.852},
	{country: "MX", state: "Ciudad de Mexico", city: "Mexico City", lat: 19.433, lon: -99.133},
	{country: "KE", state: "Nairobi", city: "Nairobi", lat: -1.286, lon: 36.817},
	{country: "AR", state: "Buenos Aires", city: "Buenos Aires", lat: -34.604, lon: -58.382},
}

func preparePlaces(list []place) []place {
	out := make([]place, len(list))
	for i, p := range list {
		p.code = newText(p.country)
		p.location = newText(fmt.Sprintf(
			`{"city":%q,"state":%q,"countryOrRegion":%q,"geoCoordinates":{"latitude":%.3f,"longitude":%.3f}}`,
			p.city, p.state, p.country, p.lat, p.lon))
		out[i] = p
	}
	return out
}

// network is one address and where it is. Addresses come only from RFC 5737 and RFC 3849, system numbers only
// from the private range of RFC 6996, so that no sample names a real network. Those IPv4 ranges are three /24s,
// too few for an office of people: every home, carrier cell and hosted machine is its own IPv6 /48.
//
//	192.0.2.0/24          the company's own offices
//	198.51.100.0/24       hosting, bots and attackers
//	203.0.113.0/24        hosting, bots and attackers
//	2001:db8:1000::/48 to 2001:db8:bfff::/48 homes, one each
//	2001:db8:c000::/36    mobile carriers
//	2001:db8:e000::/36    hosted workloads
//	2001:db8:f000::/36    attackers
type network struct {
	place   *place
	address text
	asn     text
	named   text // NetworkLocationDetails
}

const (
	asnOffice  = 64512
	asnHome    = 64600 // + place
	asnCarrier = 64700 // + place
	asnCloud   = 64800 // + place
	asnAttack  = 65000 // + place or more
)

func newNetwork(p *place, address string, asn int, named text) *network {
	if a, err := netip.ParseAddr(address); err == nil {
		address = a.String() // the canonical form of RFC 5952
	}
	return &network{place: p, address: newText(address), asn: newText(fmt.Sprint(asn)), named: named}
}
