package builtin

import (
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/ua-parser/uap-go/uaparser"
)

// userAgents loads the tables of user agents when the first one is parsed: they take tens of milliseconds.
var userAgents = sync.OnceValues(func() (*uaparser.Parser, error) { return uaparser.New() })

// parseUserAgent names the browser, operating system and device of a user agent; the second argument picks among browser, os and device.
func parseUserAgent(_ *Call, a []value.Value) value.Value {
	p, err := userAgents()
	s := a[0].Text()
	if err != nil || s == "" {
		return value.Null(value.Dynamic)
	}
	want := map[string]bool{}
	if len(a) > 1 {
		for _, w := range appendListTexts(nil, a[1]) {
			want[foldASCII(w)] = true
		}
	}
	c := p.Parse(s)
	var b bag
	if len(want) == 0 || want["browser"] {
		b.set("Browser", textBag("Family", c.UserAgent.Family, "MajorVersion", c.UserAgent.Major,
			"MinorVersion", c.UserAgent.Minor, "Patch", c.UserAgent.Patch), true)
	}
	if len(want) == 0 || want["os"] {
		b.set("OperatingSystem", textBag("Family", c.Os.Family, "MajorVersion", c.Os.Major,
			"MinorVersion", c.Os.Minor, "Patch", c.Os.Patch, "PatchMinor", c.Os.PatchMinor), true)
	}
	if len(want) == 0 || want["device"] {
		b.set("Device", textBag("Family", c.Device.Family, "Brand", c.Device.Brand, "Model", c.Device.Model), true)
	}
	return value.NewDynamic(b.node())
}
