// Package signins makes rows of the shape of SigninLogs for benchmarks: as many as asked for, the same each time, in a
// fraction of the time that realistic ones take. Distributions are those that matter to an engine: 20,000 users of whom few
// do most, 200,000 addresses, 300 applications, 20 result codes of which one is nine in ten, 2,000 user agents, 50,000 texts
// of DeviceDetail, and two columns in which no value comes twice.
package signins

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Table is the name of the table that the rows are for.
const Table = "SigninLogs"

// chunk is the number of rows of one append: what a file of a day might hold.
const chunk = 1 << 18

var codes = [20]string{"0", "50126", "50074", "50076", "50053", "50057", "50055", "50034", "53003", "50140", "50158", "500121", "65001", "70044", "700016", "50097", "50105", "530032", "16000", "81010"}

// Rows calls add with all rows, in pieces of time order.
func Rows(n int, add func(*store.Data) error) error {
	rng := rand.New(rand.NewPCG(1, 2))
	users := zipf(20_000, 1.05)
	addresses := zipf(200_000, 1.02)
	start, _ := value.ParseDateTime("2026-01-05")
	const day = int64(864_000_000_000)
	texts := func(n int, format string) *vector.Dict {
		d := &vector.Dict{}
		for i := range n {
			d.Values = append(d.Values, fmt.Sprintf(format, i))
		}
		return d
	}
	userNames, userIDs := texts(20_000, "user%05d@contoso.example"), texts(20_000, "5b1e0000-0000-4000-8000-0000000%05d")
	ips := &vector.Dict{}
	for i := range 200_000 {
		ips.Values = append(ips.Values, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
	}
	apps := texts(300, "Application %03d")
	agents := &vector.Dict{}
	browsers := [...]string{"Chrome/%d.0.0.0 Safari/537.36", "Firefox/%d.0", "Edg/%d.0.0.0", "python-requests/2.%d", "okhttp/4.%d", "axios/1.%d"}
	for i := range 2000 {
		agents.Values = append(agents.Values, fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) build %d "+browsers[i%len(browsers)], i/7, 80+i%60))
	}
	places := texts(78, "C%02d")
	results := &vector.Dict{Values: codes[:]}
	systems := [...]string{"Windows 10", "Windows 11", "MacOs", "Ios 18", "Android 15", "Linux"}
	devices := make([]string, 50_000)
	for i := range devices {
		devices[i] = fmt.Sprintf(`{"deviceId":"d0000000-0000-4000-8000-0000000%05d","displayName":"LAPTOP-%05d","operatingSystem":%q,"browser":"Browser %d.0","isCompliant":%t,"isManaged":%t,"trustType":"Azure AD joined"}`, i, i, systems[i%len(systems)], i%97, i%3 == 0, i%2 == 0)
	}
	deviceDict := vector.NewJSONDict(devices)
	for from := 0; from < n; from += chunk {
		rows := min(chunk, n-from)
		times, duration := make([]int64, rows), make([]int64, rows)
		c := func() []uint32 { return make([]uint32, rows) }
		user, ip, app, agent, place, result, device := c(), c(), c(), c(), c(), c(), c()
		command, correlation := make([]string, rows), make([]string, rows)
		for i := range rows {
			times[i] = start + int64(float64(from+i)/float64(n)*float64(3*day))
			duration[i] = int64(rng.IntN(3000))
			user[i] = users(rng)
			ip[i] = addresses(rng)
			app[i] = uint32(rng.IntN(300) * rng.IntN(300) / 300)
			agent[i] = uint32(rng.IntN(2000) * rng.IntN(2000) / 2000)
			place[i] = user[i] % 78
			if rng.IntN(10) == 0 {
				result[i] = 1 + uint32(rng.IntN(len(codes)-1))
			}
			device[i] = user[i]*2 + uint32(rng.IntN(2))
			if rng.IntN(5) == 0 {
				device[i] = uint32(rng.IntN(len(devices)))
			}
			command[i] = fmt.Sprintf(`C:\Windows\System32\tool%d.exe --task %x --out D:\data\%d-%x.bin %s`, rng.IntN(50), rng.Uint64(), i, rng.Uint32(), [...]string{"-verbose", "-enc", "-quiet", "Invoke-WebRequest"}[rng.IntN(4)])
			correlation[i] = fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", rng.Uint32(), rng.IntN(1<<16), rng.IntN(1<<12), rng.IntN(1<<12), rng.Uint64()>>16)
		}
		text := func(d *vector.Dict, codes []uint32) vector.Column {
			return &vector.Strings{Typ: value.String, Dict: d, Codes: codes}
		}
		flat := func(s []string) vector.Column { return &vector.Strings{Typ: value.String, Flat: s} }
		d := &store.Data{Table: Table, N: rows}
		put := func(name string, v vector.Column) {
			d.Columns, d.Vectors = append(d.Columns, store.Column{Name: name, Type: v.Type()}), append(d.Vectors, v)
		}
		put("TimeGenerated", &vector.Longs{Typ: value.DateTime, Data: times})
		put("UserPrincipalName", text(userNames, user))
		put("UserId", text(userIDs, user))
		put("IPAddress", text(ips, ip))
		put("ResultType", text(results, result))
		put("AppDisplayName", text(apps, app))
		put("UserAgent", text(agents, agent))
		put("Location", text(places, place))
		put("DurationMs", &vector.Longs{Typ: value.Long, Data: duration})
		put("DeviceDetail", &vector.Dynamics{Text: deviceDict, Codes: device})
		put("CommandLine", flat(command))
		put("CorrelationId", flat(correlation))
		if err := add(d); err != nil {
			return err
		}
	}
	return nil
}

// zipf returns a source of numbers below n of which the first are the most frequent.
func zipf(n int, s float64) func(*rand.Rand) uint32 {
	sum := make([]float64, n)
	total := 0.0
	for i := range sum {
		total += 1 / math.Pow(float64(i+10), s)
		sum[i] = total
	}
	return func(rng *rand.Rand) uint32 {
		at := rng.Float64() * total
		lo, hi := 0, n-1
		for lo < hi {
			if mid := (lo + hi) / 2; sum[mid] < at {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		return uint32(lo)
	}
}

// WriteJSON writes n rows as JSON lines.
func WriteJSON(w io.Writer, n int) error {
	b := bufio.NewWriterSize(w, 1<<20)
	var line []byte
	err := Rows(n, func(d *store.Data) error {
		for i := range d.N {
			line = append(line[:0], '{')
			for c, col := range d.Columns {
				if c > 0 {
					line = append(line, ',')
				}
				line = append(value.AppendQuoted(line, col.Name), ':')
				v := d.Vectors[c].Value(i)
				switch col.Type {
				case value.Dynamic:
					line = append(line, v.Dyn.JSON()...)
				case value.Long:
					line = fmt.Appendf(line, "%d", v.I)
				case value.DateTime:
					line = append(value.AppendDateTime(append(line, '"'), v.I), '"')
				default:
					line = value.AppendQuoted(line, v.S)
				}
			}
			if _, err := b.Write(append(line, "}\n"...)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.Flush()
}
