package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"testing"
	"time"

	"github.com/seed-caab1ad3/blindspot/content/tables"
	"github.com/seed-caab1ad3/blindspot/emulator"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
)

var testNow = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return testNow }

// testEngine is the emulator with a few sign-ins.
func testEngine(t testing.TB) Engine {
	t.Helper()
	e := Adapt(emulator.New(emulator.Options{Catalog: catalog.New(tables.Sentinel), Clock: clock}))
	rows := `{"TimeGenerated":"2026-01-05T10:00:00Z","UserPrincipalName":"alice@contoso.example","IPAddress":"192.0.2.1","ResultType":"0","Location":"NL"}
{"TimeGenerated":"2026-01-05T11:30:00Z","UserPrincipalName":"bob@contoso.example","IPAddress":"192.0.2.2","ResultType":"50126","Location":"NL"}
{"TimeGenerated":"2026-01-05T11:45:00Z","UserPrincipalName":"carol@contoso.example","IPAddress":"198.51.100.7","ResultType":"50126","Location":"FR"}
`
	if err := e.Ingest(context.Background(), "SigninLogs", []byte(rows), testNow.Add(-10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	return e
}

// started is a server that listens, and a client that trusts it.
func started(t testing.TB, o Options) (*Server, *http.Client) {
	t.Helper()
	if o.Engine == nil {
		o.Engine = testEngine(t)
	}
	if o.Now == nil {
		o.Now = clock
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = s.Close(ctx)
	})
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CA()) {
		t.Fatal("the authority's certificate does not parse")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return s, &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

func TestLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "example.org:80"} {
		s, err := New(Options{Addr: addr})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err == nil {
			_ = s.Close(context.Background())
			t.Errorf("%s was listened on", addr)
		}
	}
}

func TestForeignHostsAndOrigins(t *testing.T) {
	s, client := started(t, Options{})
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"", "", 200},
		{"attacker.example", "", 403},
		{"", "https://attacker.example", 403},
		{"", "null", 403},
		{"localhost", "http://127.0.0.1:99", 200},
	} {
		r, err := http.NewRequest(http.MethodGet, s.URL()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		a, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != c.want {
			t.Errorf("host %q, origin %q: %d, want %d", c.host, c.origin, a.StatusCode, c.want)
		}
	}
}
