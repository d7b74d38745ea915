package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// servedProcess is a `blindspot serve` in a process of its own, which a test may kill.
type servedProcess struct {
	cmd            *exec.Cmd
	ready          ready
	stdout, stderr *written
	client         *http.Client
}

// written is what a process has written so far, to be read while it still writes.
type written struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *written) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *written) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func startServe(t *testing.T, binary string, env []string, args ...string) *servedProcess {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ready.json")
	p := &servedProcess{stdout: &written{}, stderr: &written{}}
	p.cmd = exec.Command(binary, append([]string{"serve", "--addr", "127.0.0.1:0", "--ready-file", file}, args...)...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if b, err := os.ReadFile(file); err == nil {
			if err := json.Unmarshal(b, &p.ready); err != nil {
				t.Fatalf("the ready file was read in part: %v", err)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not ready: %s", p.stderr)
		}
	}
	pem, err := os.ReadFile(p.ready.CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	p.client = &http.Client{Transport: transport, Timeout: 10 * time.Second}
	return p
}

// call sends a request over TLS; a status of 0 is a connection that broke.
func (p *servedProcess) call(method, path, body string) (int, string) {
	r, err := http.NewRequest(method, p.ready.HTTPS+path, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("Authorization", "Bearer canary-token")
	a, err := p.client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		return 0, err.Error()
	}
	return a.StatusCode, string(b)
}

// servedProgram is the program under its own name: the test binary, which TestMain lets be it.
func servedProgram(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "blindspot")
	if err := os.Symlink(self, binary); err != nil {
		t.Skipf("skipped: no symbolic links here: %v", err)
	}
	return binary
}

func TestServe(t *testing.T) {
	binary := servedProgram(t)
	metadata := func(p *servedProcess, name string) string {
		return p.ready.WorkspaceScope + "/providers/Microsoft.SecurityInsights/metadata/" + name + "?api-version=2025-09-01"
	}
	body := `{"properties":{"parentId":"x","kind":"AnalyticsRule"}}`

	t.Run("events, environment and a clean end", func(t *testing.T) {
		data := filepath.Join(t.TempDir(), "SigninLogs.json")
		if err := os.WriteFile(data, []byte(`{"TimeGenerated":"2026-01-05T10:00:00Z","UserPrincipalName":"alice@contoso.example"}`+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		p := startServe(t, binary, nil, "--seed-data", data, "--now", "2026-01-05T12:00:00Z", "--workspace", "mine")
		for _, name := range []string{"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "AZURE_AUTHORITY_HOST", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"} {
			if p.ready.Env[name] == "" {
				t.Errorf("%s is not in the ready file", name)
			}
		}
		if p.ready.Workspace != "mine" || !strings.HasPrefix(p.ready.HTTP, "http://127.0.0.1:") {
			t.Errorf("ready: %+v", p.ready)
		}
		status, answer := p.call("POST", "/v1/workspaces/"+p.ready.WorkspaceID+"/query?sig=canary-query", `{"query":"SigninLogs | project UserPrincipalName","timespan":"P1D"}`)
		if status != 200 || !strings.Contains(answer, `"rows":[["alice@contoso.example"]]`) {
			t.Errorf("%d %s", status, answer)
		}
		ca := p.ready.CA
		if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("after Ctrl-C: %v\n%s", err, p.stderr)
		}
		if _, err := os.Stat(ca); err == nil {
			t.Error("the temporary folder is left over")
		}
		for _, line := range []string{"export SSL_CERT_FILE=", "export NODE_EXTRA_CA_CERTS=", "az cloud register"} {
			if !strings.Contains(p.stdout.String(), line) {
				t.Errorf("stdout lacks %q:\n%s", line, p.stdout)
			}
		}
		if strings.Contains(p.stdout.String()+p.stderr.String(), "canary") {
			t.Errorf("a secret shows:\n%s%s", p.stdout, p.stderr)
		}
	})

	// Sixteen clients write content and rows until the process is killed; what was answered is there when it is started again.
	t.Run("kill under load loses no answered write", func(t *testing.T) {
		state := filepath.Join(t.TempDir(), "state")
		answered, rows := map[string]bool{}, map[string]bool{}
		for round := range 4 {
			p := startServe(t, binary, nil, "--state", state, "--quiet")
			for name := range answered {
				if status, text := p.call("GET", metadata(p, name), ""); status != 200 {
					t.Fatalf("round %d: %s is lost: %d %s", round, name, status, text)
				}
			}
			if len(rows) > 0 {
				status, text := p.call("POST", "/v1/workspaces/"+p.ready.WorkspaceID+"/query", `{"query":"Killed_CL | summarize by Word"}`)
				for word := range rows {
					if status != 200 || !strings.Contains(text, `["`+word+`"]`) {
						t.Fatalf("round %d: the row %s is lost: %d", round, word, status)
					}
				}
			}
			go func() {
				time.Sleep(time.Duration(60+round*90) * time.Millisecond)
				_ = p.cmd.Process.Kill()
			}()
			var mu sync.Mutex
			var clients sync.WaitGroup
			for client := range 16 {
				clients.Go(func() {
					for i := 0; ; i++ {
						name, into := fmt.Sprintf("r%d-%d-%d", round, client, i), answered
						var status int
						if client%4 == 0 {
							into = rows
							status, _ = p.call("POST", "/dataCollectionRules/d/streams/Custom-Killed_CL?api-version=2023-01-01", fmt.Sprintf(`[{"Word":%q}]`, name))
						} else {
							status, _ = p.call("PUT", metadata(p, name), body)
						}
						if status == 0 {
							return
						}
						if status/100 != 2 {
							t.Errorf("status %d", status)
							return
						}
						mu.Lock()
						into[name] = true
						mu.Unlock()
					}
				})
			}
			clients.Wait()
			_ = p.cmd.Wait()
		}
		if len(answered) < 20 || len(rows) < 5 {
			t.Errorf("only %d writes and %d rows were answered", len(answered), len(rows))
		}
		t.Logf("%d writes and %d rows answered, 4 kills", len(answered), len(rows))
	})

	t.Run("a secret is demanded and shown nowhere", func(t *testing.T) {
		p := startServe(t, binary, []string{secretVariable + "=canary-secret"})
		if status, _ := p.call("GET", metadata(p, "m"), ""); status != 401 {
			t.Errorf("a token of another is taken: %d", status)
		}
		b, err := json.Marshal(p.ready)
		if err != nil {
			t.Fatal(err)
		}
		if all := p.stdout.String() + p.stderr.String() + string(b); strings.Contains(all, "canary") {
			t.Errorf("a secret shows:\n%s", all)
		}
	})

	t.Run("faults", func(t *testing.T) {
		p := startServe(t, binary, nil, "--fault", "429:PUT:metadata@1x1~2s", "--fault", "cut:DELETE")
		want := []int{201, 429, 201}
		for i, status := range want {
			if got, text := p.call("PUT", metadata(p, fmt.Sprint("m", i)), body); got != status {
				t.Errorf("write %d: %d %s, want %d", i, got, text, status)
			}
		}
		if got, _ := p.call("DELETE", metadata(p, "m0"), ""); got != 0 {
			t.Errorf("a cut connection answered %d", got)
		}
		if got, _ := p.call("GET", metadata(p, "m0"), ""); got != 404 {
			t.Errorf("the request before the cut was not carried out: %d", got)
		}
	})

	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--addr", "0.0.0.0:0"}, "loopback"},
		{[]string{"--fault", "zebra"}, "is no fault"},
		{[]string{"--now", "noon"}, "is no time"},
		{[]string{"--seed-data", "/does/not/exist"}, "--seed-data"},
		{[]string{"--workspace", "a b"}, "workspace name"},
		{[]string{"more"}, "no arguments"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			out, err := exec.Command(binary, append([]string{"serve"}, c.args...)...).CombinedOutput()
			var exit *exec.ExitError
			if e, ok := err.(*exec.ExitError); ok {
				exit = e
			}
			if exit == nil || exit.ExitCode() != exitUsage || !strings.Contains(string(out), c.want) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
