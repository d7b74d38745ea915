// Command serve loads `blindspot serve` of the built binary and holds it to what a server must do: a long even load is
// answered in time and takes no more memory with time; more queries than it may run are refused with 429 and Retry-After, and
// none hangs; a killed server has every write that it acknowledged.
//
//	go run ./bench/serve [-rows 2000000] [-rate 300] [-for 5m] [-kills 50] [-skip soak,overload,kill] ./blindspot
//
// It prints figures, with the processor time that the server used and the machine's load, and ends with 1 when one is missed.
// Latency counts from the moment at which a request was due, so that a server that falls behind cannot hide it.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	rows := flag.Int("rows", 2_000_000, "rows of SigninLogs to begin with")
	rate := flag.Int("rate", 300, "requests a second")
	span := flag.Duration("for", 5*time.Minute, "how long the even load lasts")
	kills := flag.Int("kills", 50, "how often the server is killed")
	skip := flag.String("skip", "", "parts to leave out: soak, overload, kill")
	most := flag.Duration("p99", 250*time.Millisecond, "the bar of the 99th percentile")
	flag.Parse()
	bin := "./blindspot"
	if flag.NArg() > 0 {
		bin = flag.Arg(0)
	}
	dir, err := os.MkdirTemp("", "blindspot-serve-bench-")
	if err != nil {
		fail(err)
	}
	missed := 0
	hold := func(ok bool, format string, args ...any) {
		mark := "ok    "
		if !ok {
			mark = "MISSED"
			missed++
		}
		fmt.Printf("%s  %s\n", mark, fmt.Sprintf(format, args...))
	}
	without := func(part string) bool { return slices.Contains(strings.Split(*skip, ","), part) }
	if !without("soak") || !without("overload") {
		s := start(bin, dir, *rows)
		if !without("soak") {
			s.soak(*rate, *span, *most, hold)
		}
		if !without("overload") {
			s.overload(hold)
		}
		s.stop()
	}
	if !without("kill") {
		killing(bin, dir, *kills, hold)
	}
	if err := os.RemoveAll(dir); err != nil {
		fail(err)
	}
	if missed > 0 {
		os.Exit(1)
	}
}

// server is a running `blindspot serve`.
type server struct {
	cmd                   *exec.Cmd
	base, workspace, guid string // its address, the workspace's resource id and GUID
	http                  *http.Client
}

// start runs the server; rows is how many events it begins with, negative for a state folder in place of events.
func start(bin, dir string, rows int) *server {
	ready := filepath.Join(dir, "ready.json")
	os.Remove(ready)
	args := []string{"serve", "--addr", "127.0.0.1:0", "--tls-addr", "127.0.0.1:0", "--ready-file", ready, "--quiet"}
	if rows < 0 {
		args = append(args, "--state", filepath.Join(dir, "state"))
	} else {
		file := filepath.Join(dir, "SigninLogs.jsonl")
		if err := seed(file, rows); err != nil {
			fail(err)
		}
		args = append(args, "--seed-data", file)
	}
	s := &server{cmd: exec.Command(bin, args...), http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxConnsPerHost: 1024}, Timeout: 4 * time.Minute}}
	s.cmd.Stderr = os.Stderr
	begin := time.Now()
	if err := s.cmd.Start(); err != nil {
		fail(err)
	}
	for {
		var at struct{ HTTP, WorkspaceID, WorkspaceResourceID string }
		if b, err := os.ReadFile(ready); err == nil && json.Unmarshal(b, &at) == nil && at.HTTP != "" {
			s.base, s.workspace, s.guid = at.HTTP, at.WorkspaceResourceID, at.WorkspaceID
			break
		}
		if time.Since(begin) > 5*time.Minute {
			fail(errors.New("the server is not ready after five minutes"))
		}
		time.Sleep(5 * time.Millisecond)
	}
	if rows > 0 {
		fmt.Printf("%d rows are there after %.1f s, %d MB\n", rows, time.Since(begin).Seconds(), s.memory()>>20)
	}
	return s
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(os.Interrupt)
	_ = s.cmd.Wait()
	s.http.CloseIdleConnections()
}

// seed writes events of the day before now.
func seed(file string, rows int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	begin := time.Now().UTC().Add(-24 * time.Hour)
	codes := []string{"0", "0", "0", "0", "0", "0", "50126", "50126", "50053", "50140"}
	for i := range rows {
		at := begin.Add(24 * time.Hour * time.Duration(i) / time.Duration(rows))
		fmt.Fprintf(w, `{"TimeGenerated":%q,"UserPrincipalName":"user%d@contoso.example","IPAddress":"198.51.100.%d","ResultType":%q,"AppDisplayName":"App %d","Location":"NL"}`+"\n",
			at.Format("2006-01-02T15:04:05.0000000Z"), r.IntN(20_000), r.IntN(256), codes[r.IntN(len(codes))], r.IntN(40))
	}
	return errors.Join(w.Flush(), f.Close())
}

// answer is what came of one request.
type answer struct {
	kind   string
	took   time.Duration
	status int // 0 when there was none
	retry  bool
}

// ask sends one request and reads its answer to the end.
func (s *server) ask(kind, method, path, body string, due time.Time) answer {
	r, err := http.NewRequest(method, s.base+path, strings.NewReader(body))
	if err != nil {
		fail(err)
	}
	r.Header.Set("Authorization", "Bearer x")
	r.Header.Set("Content-Type", "application/json")
	if kind == "token" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	a := answer{kind: kind}
	resp, err := s.http.Do(r)
	if err == nil {
		if _, err = io.Copy(io.Discard, resp.Body); err == nil {
			a.status, a.retry = resp.StatusCode, resp.Header.Get("Retry-After") != ""
		}
		resp.Body.Close()
	}
	a.took = time.Since(due)
	return a
}

// mixed is the n-th request of the even load.
func (s *server) mixed(n int, due time.Time) answer {
	insights := s.workspace + "/providers/Microsoft.SecurityInsights"
	query := func(text, span string) answer {
		b, _ := json.Marshal(map[string]string{"query": text, "timespan": span})
		return s.ask("query", "POST", "/v1/workspaces/"+s.guid+"/query", string(b), due)
	}
	switch k := n / 20; n % 20 {
	case 0, 1, 2:
		return query("SigninLogs | where ResultType != '0' | summarize count() by ResultType", "PT5M")
	case 3, 4:
		return query(fmt.Sprintf("SigninLogs | where UserPrincipalName == 'user%d@contoso.example' | top 10 by TimeGenerated desc", k%20_000), "PT1H")
	case 5:
		return query("SigninLogs | where ResultType == '50126' | summarize Users = dcount(UserPrincipalName) by IPAddress | where Users > 3", "PT10M")
	case 6:
		return query("SigninLogs | count", "P1D")
	case 7, 8, 9:
		return s.ask("get", "GET", insights+fmt.Sprintf("/metadata/m%d?api-version=2025-09-01", k%200), "", due)
	case 10, 11:
		return s.ask("list", "GET", insights+"/alertRules?api-version=2025-09-01&$top=20", "", due)
	case 12, 13:
		return s.ask("put", "PUT", insights+fmt.Sprintf("/metadata/m%d?api-version=2025-09-01", k%200), `{"properties":{"parentId":"x","kind":"AnalyticsRule","version":"1.0.`+strconv.Itoa(k)+`"}}`, due)
	case 14:
		return s.ask("put", "PUT", insights+fmt.Sprintf("/alertRules/r%d?api-version=2025-09-01", k%100), rule(k%100), due)
	case 15:
		return s.ask("put", "PUT", s.workspace+fmt.Sprintf("/savedSearches/h%d?api-version=2020-08-01", k%50), `{"properties":{"category":"Hunting Queries","displayName":"H`+strconv.Itoa(k%50)+`","query":"SigninLogs | take 1"}}`, due)
	case 16, 17:
		return s.ask("ingest", "POST", "/dataCollectionRules/dcr-x/streams/Microsoft-SigninLogs?api-version=2023-01-01", events(n, 10), due)
	case 18:
		return s.ask("token", "POST", "/00000000-0000-4000-8000-0000000000ff/oauth2/v2.0/token", "grant_type=client_credentials&client_id=c&client_secret=s&scope=x", due)
	}
	return s.ask("get", "GET", "/health", "", due)
}

func rule(n int) string {
	return fmt.Sprintf(`{"kind":"Scheduled","properties":{"displayName":"Rule %d","enabled":true,"severity":"Low","query":"SigninLogs | where ResultType == '50126' | summarize N = count() by UserPrincipalName | where N > %d","suppressionEnabled":false,"suppressionDuration":"PT5H","queryFrequency":"PT1H","queryPeriod":"PT1H","triggerOperator":"GreaterThan","triggerThreshold":0}}`, n, n)
}

func events(n, count int) string {
	var b bytes.Buffer
	now := time.Now().UTC().Format(time.RFC3339Nano)
	for i := range count {
		sep := ","
		if i == 0 {
			sep = "["
		}
		fmt.Fprintf(&b, `%s{"TimeGenerated":%q,"UserPrincipalName":"user%d@contoso.example","IPAddress":"198.51.100.%d","ResultType":"50126","AppDisplayName":"App 1","Location":"NL"}`, sep, now, (n*31+i)%20_000, (n+i)%256)
	}
	return b.String() + "]"
}

// soak sends an even load. Requests are sent when they are due, however many are under way.
func (s *server) soak(rate int, span time.Duration, most time.Duration, hold func(bool, string, ...any)) {
	for k := range 200 { // what is read is there
		s.ask("put", "PUT", s.workspace+fmt.Sprintf("/providers/Microsoft.SecurityInsights/metadata/m%d?api-version=2025-09-01", k), `{"properties":{"parentId":"x","kind":"AnalyticsRule"}}`, time.Now())
	}
	var mu sync.Mutex
	var all []answer
	var wait sync.WaitGroup
	type sample struct {
		at    time.Duration
		bytes int64
	}
	var memory []sample
	begin, cpu := time.Now(), s.cpu()
	total := int(span.Seconds() * float64(rate))
	for n := range total {
		due := begin.Add(time.Duration(n) * time.Second / time.Duration(rate))
		if d := time.Until(due); d > 0 {
			time.Sleep(d)
		}
		wait.Go(func() {
			a := s.mixed(n, due)
			mu.Lock()
			all = append(all, a)
			mu.Unlock()
		})
		if n%rate == 0 {
			memory = append(memory, sample{time.Since(begin), s.memory()})
		}
	}
	wait.Wait()
	took, used := time.Since(begin), s.cpu()-cpu
	kinds := map[string][]time.Duration{}
	var whole []time.Duration
	bad, refused, lost := map[int]int{}, 0, 0
	for _, a := range all {
		kinds[a.kind] = append(kinds[a.kind], a.took)
		whole = append(whole, a.took)
		switch {
		case a.status == 0:
			lost++
		case a.status == 429:
			refused++
		case a.status >= 300:
			bad[a.status]++
		}
	}
	fmt.Printf("%d requests in %.0f s, the server used %.1f s of processor (%.0f us a request), machine load %s\n", len(all), took.Seconds(), used.Seconds(), used.Seconds()*1e6/float64(len(all)), load())
	for _, k := range []string{"query", "get", "list", "put", "ingest", "token"} {
		fmt.Printf("  %-7s %6d  median %7s  p99 %7s  worst %7s\n", k, len(kinds[k]), at(kinds[k], 0.5), at(kinds[k], 0.99), at(kinds[k], 1))
	}
	hold(at(whole, 0.99) <= most, "the 99th percentile is %s; the bar is %s", at(whole, 0.99), most)
	hold(len(bad) == 0 && lost == 0, "answers that are no success: %v, no answer: %d, told to come again: %d", bad, lost, refused)
	// What is held is told by the least of a stretch: between collections garbage is on top of it.
	least := func(from, to time.Duration) (n int64) {
		for _, m := range memory {
			if m.at >= from && m.at < to && (n == 0 || m.bytes < n) {
				n = m.bytes
			}
		}
		return n
	}
	early, late := least(span*2/5-span/20, span*2/5+span/20), least(span-span/10, span+time.Hour) // of five minutes, about the second, and the last half
	grown := 100 * float64(late-early) / float64(max(early, 1))
	hold(grown <= 5, "memory is %d MB at two fifths and %d MB at the end: %+.1f %%; the bar is 5 %%", early>>20, late>>20, grown)
}

// overload sends more costly queries at once than may run and wait.
func (s *server) overload(hold func(bool, string, ...any)) {
	const at = 400
	body, _ := json.Marshal(map[string]string{"query": "SigninLogs | summarize Users = dcount(UserPrincipalName) by IPAddress | top 5 by Users"})
	var wait sync.WaitGroup
	var good, refused, other, untold atomic.Int64
	begin := time.Now()
	for range at {
		wait.Go(func() {
			switch a := s.ask("query", "POST", "/v1/workspaces/"+s.guid+"/query", string(body), begin); {
			case a.status == 200:
				good.Add(1)
			case a.status == 429 && a.retry:
				refused.Add(1)
			case a.status == 429:
				untold.Add(1)
			default:
				other.Add(1)
			}
		})
	}
	wait.Wait()
	took := time.Since(begin)
	hold(refused.Load() > 0 && other.Load() == 0 && untold.Load() == 0, "%d costly queries at once: %d answered, %d told to come again, %d without saying when, %d other; all within %.1f s, memory %d MB",
		at, good.Load(), refused.Load(), untold.Load(), other.Load(), took.Seconds(), s.memory()>>20)
	a := s.ask("query", "POST", "/v1/workspaces/"+s.guid+"/query", `{"query":"print 1"}`, time.Now())
	hold(a.status == 200, "after the rush a query is answered with %d in %s", a.status, a.took.Round(time.Millisecond))
}

// killing kills the server at some moment under load, again and again, and asks the next one for all that was acknowledged.
func killing(bin, dir string, kills int, hold func(bool, string, ...any)) {
	r := rand.New(rand.NewPCG(3, 4))
	written := map[string]string{} // path to the version that was acknowledged last
	rows, unsure, lost, restarts := 0, 0, 0, time.Duration(0)
	maybe := map[string][]string{} // versions whose answer did not come
	for round := range kills {
		begin := time.Now()
		s := start(bin, dir, -1)
		if round > 0 {
			restarts = max(restarts, time.Since(begin))
			lost += s.missing(written, maybe)
			if n := s.count(); n < rows || n > rows+unsure {
				fmt.Printf("round %d: %d rows are there; %d were acknowledged and %d more were sent\n", round, n, rows, unsure)
				lost++
			} else {
				rows, unsure = n, 0
			}
			maybe = map[string][]string{}
		}
		stop := make(chan struct{})
		var mu sync.Mutex
		var wait sync.WaitGroup
		for worker := range 8 {
			wait.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					if worker < 2 {
						a := s.ask("ingest", "POST", "/dataCollectionRules/dcr-x/streams/Custom-Kept_CL?api-version=2023-01-01", `[{"A":"x"},{"A":"y"}]`, time.Now())
						mu.Lock()
						if a.status == 204 {
							rows += 2
						} else {
							unsure += 2
						}
						mu.Unlock()
						continue
					}
					path := s.workspace + fmt.Sprintf("/providers/Microsoft.SecurityInsights/metadata/w%d-%d?api-version=2025-09-01", worker, n%40)
					version := fmt.Sprintf("%d.%d.%d", round, worker, n)
					a := s.ask("put", "PUT", path, `{"properties":{"parentId":"x","kind":"AnalyticsRule","version":"`+version+`"}}`, time.Now())
					mu.Lock()
					if a.status == 200 || a.status == 201 {
						written[path] = version
					} else {
						maybe[path] = append(maybe[path], version)
					}
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(50+r.IntN(250)) * time.Millisecond)
		if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
			fail(err)
		}
		_ = s.cmd.Wait()
		close(stop)
		wait.Wait()
		s.http.CloseIdleConnections()
	}
	s := start(bin, dir, -1)
	lost += s.missing(written, maybe)
	if n := s.count(); n < rows || n > rows+unsure {
		lost++
	}
	s.stop()
	hold(lost == 0, "killed %d times under load: %d resources and %d rows were acknowledged, %d lost; the slowest restart took %s", kills, len(written), rows, lost, restarts.Round(time.Millisecond))
}

// missing counts the resources that are not as they were acknowledged.
func (s *server) missing(written map[string]string, maybe map[string][]string) (n int) {
	for path, version := range written {
		r, err := http.NewRequest("GET", s.base+path, nil)
		if err != nil {
			fail(err)
		}
		r.Header.Set("Authorization", "Bearer x")
		resp, err := s.http.Do(r)
		if err != nil {
			fail(err)
		}
		var got struct{ Properties struct{ Version string } }
		err = json.NewDecoder(resp.Body).Decode(&got)
		resp.Body.Close()
		if v := got.Properties.Version; err != nil || v != version && !slices.Contains(maybe[path], v) {
			fmt.Printf("%s has version %q; %q was acknowledged\n", path, v, version)
			n++
		} else {
			written[path] = v
		}
	}
	return n
}

func (s *server) count() int {
	resp, err := s.post("/v1/workspaces/"+s.guid+"/query", `{"query":"union isfuzzy=true Kept_CL, (datatable(A:string)[]) | count"}`)
	if err != nil {
		fail(err)
	}
	var got struct {
		Tables []struct{ Rows [][]int }
	}
	if err := json.Unmarshal(resp, &got); err != nil || len(got.Tables) == 0 {
		fail(fmt.Errorf("%s: %v", resp, err))
	}
	return got.Tables[0].Rows[0][0]
}

func (s *server) post(path, body string) ([]byte, error) {
	r, err := http.NewRequest("POST", s.base+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer x")
	resp, err := s.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func at(list []time.Duration, part float64) time.Duration {
	if len(list) == 0 {
		return 0
	}
	s := slices.Clone(list)
	slices.Sort(s)
	return s[min(int(part*float64(len(s))), len(s)-1)].Round(100 * time.Microsecond)
}

// memory is what the server holds in RAM, 0 where the system does not tell.
func (s *server) memory() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	f := strings.Fields(rest)
	if len(f) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(f[0], 10, 64)
	return n << 10
}

// cpu is the processor time that the server has used.
func (s *server) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(b))[:1], " ")
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
