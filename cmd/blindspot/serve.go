package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed-caab1ad3/blindspot/cmd/internal/deploy"
	"github.com/seed-caab1ad3/blindspot/emulator/server"
)

// secretVariable holds the client secret that the stand-in demands. It is no flag, because flags show in process lists.
const secretVariable = "BLINDSPOT_SERVE_SECRET"

func serveCommand() *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "stand in for a Sentinel workspace: its APIs on this machine",
		Description: "Answers the Log Analytics query API, content over Azure Resource Manager, logs ingestion, Azure Data Explorer and the\n" +
			"token endpoints, so that unmodified SDK clients work against it. /studio is a page with a box for queries. It listens on\n" +
			"loopback only.\n\n" +
			"Examples:\n" +
			"   blindspot serve --seed-data data --state ./workspace\n" +
			"   blindspot serve --addr 127.0.0.1:0 --ready-file ready.json &      free ports, told in a file\n" +
			"   blindspot serve --fault 429:PUT:alertRules@3x2~1s                 two refusals after three writes of rules\n\n" +
			"A client secret is demanded when the environment variable " + secretVariable + " holds one.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "addr", Value: "127.0.0.1:8470", Usage: "plain http listener at `HOST:PORT`; port 0 picks a free one"},
			&cli.StringFlag{Name: "tls-addr", Usage: "https listener at `HOST:PORT` (default: the port after --addr's, or a free one)"},
			&cli.StringFlag{Name: "state", Usage: "keep content and ingested rows in `DIR`"},
			&cli.GenericFlag{Name: "seed-data", Value: &repeated{}, Usage: "events to begin with, a file or folder at `PATH`; may be repeated"},
			&cli.GenericFlag{Name: "fault", Value: &repeated{}, Usage: "let requests fail: `KIND[:METHOD][:PATH][@AFTER][xTIMES][~WAIT]`; may be repeated"},
			&cli.StringFlag{Name: "ready-file", Usage: "write addresses and environment to `FILE` once it listens"},
			&cli.StringFlag{Name: "workspace", Value: "sentinel", Usage: "`NAME` of the workspace"},
			&cli.StringFlag{Name: "now", Usage: "stop the clock at this `TIME` (RFC 3339)"},
			&cli.BoolFlag{Name: "quiet", Usage: "no line a request"},
		},
		Action: serve,
	}
}

// repeated takes a flag's values as they are; the library's own lists would split them at commas.
type repeated []string

func (r *repeated) Set(v string) error { *r = append(*r, v); return nil }
func (r *repeated) String() string     { return strings.Join(*r, " ") }

// ready is the ready file: what a script needs to know.
type ready struct {
	HTTP           string            `json:"http"`
	HTTPS          string            `json:"https"`
	CA             string            `json:"ca"`
	WorkspaceID    string            `json:"workspaceId"`
	Subscription   string            `json:"subscription"`
	ResourceGroup  string            `json:"resourceGroup"`
	Workspace      string            `json:"workspace"`
	Tenant         string            `json:"tenant"`
	WorkspaceScope string            `json:"workspaceResourceId"`
	Env            map[string]string `json:"env"`
}

func serve(c *cli.Context) (err error) {
	if c.Args().Present() {
		return fail(exitUsage, "serve takes no arguments, and %q is one; events go with --seed-data", c.Args().First())
	}
	opts := server.Options{Addr: c.String("addr"), TLSAddr: c.String("tls-addr"), Workspace: c.String("workspace"), State: c.String("state"), Secret: os.Getenv(secretVariable)}
	if opts.TLSAddr == "" {
		opts.TLSAddr = server.NextPort(opts.Addr)
	}
	for _, text := range *c.Generic("fault").(*repeated) {
		f, err := server.ParseFault(text)
		if err != nil {
			return fail(exitUsage, "%v", err)
		}
		opts.Faults = append(opts.Faults, f)
	}
	if text := c.String("now"); text != "" {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return fail(exitUsage, "--now %q is no time; write it as 2026-01-05T12:00:00Z", text)
		}
		opts.Now = func() time.Time { return t }
	}
	if !c.Bool("quiet") {
		var mu sync.Mutex
		opts.Log = func(line string) {
			mu.Lock()
			defer mu.Unlock()
			fmt.Fprintln(c.App.ErrWriter, line)
		}
	}
	if opts.Engine, err = serveEngine(c.Context, *c.Generic("seed-data").(*repeated), opts.Now); err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" { // it stays for long beside other programs: it keeps little more than it needs
		debug.SetGCPercent(50)
	}
	s, err := server.New(opts)
	if err != nil {
		return fail(exitUsage, "%v", err)
	}
	if err := s.Start(); err != nil {
		return fail(exitUsage, "%v", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if e := s.Close(ctx); err == nil && e != nil && !errors.Is(e, context.DeadlineExceeded) {
			err = fail(exitUsage, "%v", e)
		}
	}()
	dir := opts.State
	if dir == "" {
		if dir, err = os.MkdirTemp("", "blindspot-serve-"); err != nil {
			return fail(exitUsage, "%v", err)
		}
		defer os.RemoveAll(dir)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return fail(exitUsage, "%v", err)
	}
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, s.CA(), 0o600); err != nil {
		return fail(exitUsage, "%v", err)
	}
	about := describe(s, ca, opts.Secret != "")
	printServe(c, about)
	if file := c.String("ready-file"); file != "" {
		if err := writeReady(file, about); err != nil {
			return fail(exitUsage, "%v", err)
		}
		defer os.Remove(file)
	}
	<-c.Context.Done()
	fmt.Fprintln(remarks(c), "stopped")
	return nil
}

func describe(s *server.Server, ca string, secret bool) ready {
	w := s.Identity()
	r := ready{HTTP: s.URL(), HTTPS: s.SecureURL(), CA: ca, WorkspaceID: w.WorkspaceID, Subscription: w.Subscription, ResourceGroup: w.ResourceGroup,
		Workspace: w.Workspace, Tenant: w.Tenant, WorkspaceScope: s.WorkspaceResource()}
	r.Env = map[string]string{
		"SSL_CERT_FILE":       ca, // Go
		"NODE_EXTRA_CA_CERTS": ca, // Node
		"REQUESTS_CA_BUNDLE":  ca, // Python and az
		"CURL_CA_BUNDLE":      ca,
		"AZURE_CONFIG_DIR":    filepath.Join(filepath.Dir(ca), "az"), // so that az's own settings stay as they are

		"AZURE_AUTHORITY_HOST":  r.HTTPS,
		"AZURE_TENANT_ID":       "adfs", // the one tenant for which no client asks Microsoft whether the host may be trusted
		"AZURE_CLIENT_ID":       "00000000-0000-4000-8000-0000000000c1",
		"AZURE_SUBSCRIPTION_ID": w.Subscription,

		"IDENTITY_ENDPOINT": r.HTTP + "/msi/token",
	}
	if !secret { // any will do; one that is demanded is known to who set it, and shown nowhere
		r.Env["AZURE_CLIENT_SECRET"] = "stand-in"
		r.Env["IDENTITY_HEADER"] = "stand-in"
	}
	return r
}

// printServe writes lines that a shell can take up, with what they are for as comments.
func printServe(c *cli.Context, r ready) {
	w := c.App.Writer
	fmt.Fprintf(w, "# workspace %s (%s)\n# http   %s\n# https  %s\n", r.Workspace, r.WorkspaceID, r.HTTP, r.HTTPS)
	fmt.Fprintf(w, "# resource %s\n# studio %s/studio\n", r.WorkspaceScope, r.HTTP)
	fmt.Fprintf(w, "# health %s/health; to begin anew: curl -X POST -H 'x-blindspot-reset: yes' %s/reset\n", r.HTTP, r.HTTP)
	names := make([]string, 0, len(r.Env))
	for n := range r.Env {
		names = append(names, n)
	}
	sort.Strings(names)
	notes := map[string]string{"SSL_CERT_FILE": "Go", "NODE_EXTRA_CA_CERTS": "Node", "REQUESTS_CA_BUNDLE": "Python, az", "CURL_CA_BUNDLE": "curl", "AZURE_CONFIG_DIR": "az",
		"AZURE_AUTHORITY_HOST": "azidentity, azure.identity, @azure/identity", "IDENTITY_ENDPOINT": "managed identity"}
	for _, n := range names {
		line := fmt.Sprintf("export %s=%s", n, shellQuote(r.Env[n]))
		if note := notes[n]; note != "" {
			line += "  # " + note
		}
		fmt.Fprintln(w, line)
	}
	fmt.Fprint(w, azLines(r))
}

// azLines are the commands that point the Azure CLI at the stand-in, each as a comment, because they change what az keeps
// in AZURE_CONFIG_DIR: whoever wants them takes the "# " off.
func azLines(r ready) string {
	return fmt.Sprintf("# az cloud register -n blindspot --endpoint-resource-manager %s\n", r.HTTPS) +
		"# az cloud set -n blindspot\n" +
		`# az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant ` + r.Tenant + "\n"
}

func shellQuote(s string) string {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '/' || r == '.' || r == ':' || r == '-' || r == '_') {
			quoted := "'"
			for _, r := range s {
				if r == '\'' {
					quoted += `'\''`
					continue
				}
				quoted += string(r)
			}
			return quoted + "'"
		}
	}
	return s
}

// writeReady writes the file under another name first, so that who waits for it never reads a part.
func writeReady(file string, r ready) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return deploy.ReplaceFile(file, append(b, '\n'), 0o600)
}
