package server

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestNodeClients runs Microsoft's JavaScript clients against a server. They are installed with `npm ci` in
// testdata/node.
func TestNodeClients(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		absent(t, "node", "node is not installed")
	}
	if _, err := os.Stat("testdata/node/node_modules"); err != nil {
		absent(t, "node", "testdata/node has no node_modules; run npm ci there")
	}
	s, _ := started(t, Options{Log: asked(t, "node")})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "clients.mjs")
	cmd.Dir = "testdata/node"
	cmd.Env = identityOf(t, s)
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
