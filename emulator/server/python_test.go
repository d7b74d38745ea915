package server

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// clientsVariable names the clients, "node,python,az", whose absence is a failure: where it is said that they are
// installed, a test that quietly skips them would tell nothing.
const clientsVariable = "BLINDSPOT_REQUIRE_CLIENTS"

// absent skips a test whose client is not here, or fails it where the client was promised.
func absent(t *testing.T, client, reason string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv(clientsVariable), ","), client) {
		t.Fatalf("%s, and %s promises it", reason, clientsVariable)
	}
	t.Skip("skipped: " + reason)
}

// systemPython is the Python that the distribution's own packages are for, which need not be the first on the path.
const systemPython = "/usr/bin/python3"

// identityOf is the environment that clients in other languages find a server by, with what serve prints for them.
func identityOf(t *testing.T, s *Server) []string {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, s.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	return append(os.Environ(), "NODE_EXTRA_CA_CERTS="+ca, "REQUESTS_CA_BUNDLE="+ca, "IDENTITY_ENDPOINT="+s.URL()+"/msi/token", "IDENTITY_HEADER=x",
		"AZURE_AUTHORITY_HOST="+s.SecureURL(), "AZURE_TENANT_ID=adfs", "AZURE_CLIENT_ID=00000000-0000-4000-8000-0000000000c1", "AZURE_CLIENT_SECRET=any",
		"STAND_IN_HTTPS="+s.SecureURL(), "STAND_IN_HTTP="+s.URL(), "STAND_IN_WORKSPACE_ID="+s.opts.WorkspaceID, "STAND_IN_RESOURCE="+s.WorkspaceResource(),
		"STAND_IN_SUBSCRIPTION="+s.opts.Subscription, "STAND_IN_GROUP="+s.opts.ResourceGroup, "STAND_IN_WORKSPACE="+s.opts.Workspace, "STAND_IN_TENANT="+s.opts.Tenant)
}

// TestPythonClients runs Microsoft's Python clients against a server: azure.identity, azure.monitor.query and ingestion,
// the management clients, azure-kusto-data. They are Debian's packages python3-azure and python3-azure-kusto-data.
func TestPythonClients(t *testing.T) {
	t.Parallel()
	for _, m := range []string{"azure.mgmt.securityinsight", "azure.kusto.data"} {
		if out, err := exec.Command(systemPython, "-c", "import "+m).CombinedOutput(); err != nil {
			absent(t, "python", systemPython+" has no "+m+": "+strings.TrimSpace(string(out)))
		}
	}
	s, _ := started(t, Options{Log: asked(t, "python")})
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, systemPython, "clients.py")
	cmd.Dir = "testdata/python"
	cmd.Env = append(identityOf(t, s), "PYTHONDONTWRITEBYTECODE=1", "PYTHONWARNINGS=ignore")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	source, err := os.ReadFile("testdata/python/clients.py")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`(?m)^@check\ndef (\w+)`).FindAllStringSubmatch(string(source), -1)
	if len(names) < 25 {
		t.Errorf("only %d checks were found", len(names))
	}
	for _, m := range names {
		if name := strings.ReplaceAll(m[1], "_", " "); !strings.Contains(string(out), "ok "+name+"\n") {
			t.Errorf("%s did not run:\n%s", name, out)
		}
	}
}
