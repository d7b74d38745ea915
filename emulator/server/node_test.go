package server

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNodeClients runs Microsoft's JavaScript clients against a server. They are installed with `npm ci` in
// testdata/node.
func TestNodeClients(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("skipped: node is not installed")
	}
	if _, err := os.Stat("testdata/node/node_modules"); err != nil {
		t.Skip("skipped: testdata/node has no node_modules; run npm ci there")
	}
	s, _ := started(t, Options{})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, s.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "clients.mjs")
	cmd.Dir = "testdata/node"
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+ca, "IDENTITY_ENDPOINT="+s.URL()+"/msi/token", "IDENTITY_HEADER=x",
		"STAND_IN_HTTPS="+s.SecureURL(), "STAND_IN_HTTP="+s.URL(), "STAND_IN_WORKSPACE_ID="+s.opts.WorkspaceID, "STAND_IN_RESOURCE="+s.WorkspaceResource(),
		"STAND_IN_SUBSCRIPTION="+s.opts.Subscription, "STAND_IN_GROUP="+s.opts.ResourceGroup, "STAND_IN_WORKSPACE="+s.opts.Workspace, "STAND_IN_TENANT="+s.opts.Tenant)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"monitor-query", "monitor-query-logs", "identity managed", "arm-securityinsight", "arm-operationalinsights", "monitor-ingestion", "kusto-data"} {
		if !strings.Contains(string(out), "ok "+name+"\n") {
			t.Errorf("%s did not run:\n%s", name, out)
		}
	}
}
