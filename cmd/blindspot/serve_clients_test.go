package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/monitor/azquery"
)

// The lines that serve prints are taken up as they are printed, by a shell, and clients in four languages find their way
// by them alone: each takes its ordinary credential, and is told nothing but the address of the API.

// requireClients names the clients whose absence is a failure.
const requireClients = "BLINDSPOT_REQUIRE_CLIENTS"

// printedLines are what serve printed, once it has printed all.
func printedLines(t *testing.T, binary string, args ...string) (p *servedProcess, exports, az string) {
	t.Helper()
	p = startServe(t, binary, nil, args...)
	text := ""
	for deadline := time.Now().Add(10 * time.Second); !strings.Contains(text, "az login"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not printed: %s", text)
		}
		text = p.stdout.String()
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "export ") {
			exports += line
		}
		if rest, ok := strings.CutPrefix(line, "# az "); ok {
			az += "az " + rest
		}
	}
	return p, exports, az
}

// pasted runs a script in a shell that knows nothing of Azure but what was printed.
func pasted(t *testing.T, script string, more ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-e", "-c", script)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONWARNINGS=ignore", "AZURE_CORE_COLLECT_TELEMETRY=false"}, more...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, out)
	}
	return string(out)
}

// without skips a test whose client is not here, or fails it where the client was promised.
func without(t *testing.T, client, reason string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv(requireClients), ","), client) {
		t.Fatalf("%s, and %s promises it", reason, requireClients)
	}
	t.Skip("skipped: " + reason)
}

func TestServedLinesAsPrinted(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("skipped: bash is not installed")
	}
	t.Parallel()
	binary := servedProgram(t)
	p, exports, az := printedLines(t, binary)
	id := p.ready.WorkspaceID

	t.Run("go", func(t *testing.T) {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		out := pasted(t, exports+`"$SELF" -test.run '^TestServedGoClient$' -test.v`, "SELF="+self, "BLINDSPOT_SERVED_API="+p.ready.HTTPS, "BLINDSPOT_SERVED_WORKSPACE="+id)
		if !strings.Contains(out, "--- PASS: TestServedGoClient") {
			t.Errorf("%s", out)
		}
	})
	t.Run("python", func(t *testing.T) {
		if out, err := exec.Command("/usr/bin/python3", "-c", "import azure.monitor.query, azure.identity").CombinedOutput(); err != nil {
			without(t, "python", "python3-azure is not installed: "+strings.TrimSpace(string(out)))
		}
		out := pasted(t, exports+`/usr/bin/python3 - <<'END'
import os
from azure.identity import DefaultAzureCredential, EnvironmentCredential, ManagedIdentityCredential
from azure.monitor.query import LogsQueryClient
for credential in (DefaultAzureCredential(), EnvironmentCredential(), ManagedIdentityCredential()):
    print(LogsQueryClient(credential, endpoint=os.environ["API"]).query_workspace(os.environ["WORKSPACE"], "print 41 + 1", timespan=None).tables[0].rows[0][0])
END
`, "API="+p.ready.HTTPS, "WORKSPACE="+id)
		if out != "42\n42\n42\n" {
			t.Errorf("%s", out)
		}
	})
	t.Run("node", func(t *testing.T) {
		modules := filepath.Join("..", "..", "emulator", "server", "testdata", "node")
		if _, err := exec.LookPath("node"); err != nil {
			without(t, "node", "node is not installed")
		}
		if _, err := os.Stat(filepath.Join(modules, "node_modules")); err != nil {
			without(t, "node", "npm ci was not run in "+modules)
		}
		out := pasted(t, exports+"cd "+shellQuote(modules)+` && node --input-type=module - <<'END'
import { DefaultAzureCredential, EnvironmentCredential, ManagedIdentityCredential } from "@azure/identity";
import { LogsQueryClient } from "@azure/monitor-query";
for (const credential of [new DefaultAzureCredential(), new EnvironmentCredential(), new ManagedIdentityCredential()]) {
  const r = await new LogsQueryClient(credential, { endpoint: process.env.API }).queryWorkspace(process.env.WORKSPACE, "print 41 + 1", { duration: "PT1H" });
  console.log(r.tables[0].rows[0][0]);
}
END
`, "API="+p.ready.HTTPS, "WORKSPACE="+id)
		if out != "42\n42\n42\n" {
			t.Errorf("%s", out)
		}
	})
	t.Run("az", func(t *testing.T) {
		if _, err := exec.LookPath("az"); err != nil {
			without(t, "az", "az is not installed")
		}
		out := pasted(t, exports+az+`az rest --method post --url "$API/v1/workspaces/$WORKSPACE/query" --body '{"query":"print 41 + 1"}' --query 'tables[0].rows[0][0]'
az account show --query environmentName
test -d "$AZURE_CONFIG_DIR"; test ! -e "$HOME/.azure/clouds.config"
if /usr/bin/python3 -c 'import azure.identity'; then /usr/bin/python3 - <<'END'
from azure.identity import AzureCliCredential
print("token", AzureCliCredential().get_token("https://management.azure.com/.default").token.count("."))
END
fi
`, "API="+p.ready.HTTPS, "WORKSPACE="+id)
		for _, want := range []string{"\n42\n", `"blindspot"`, "token 2\n"} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is missing:\n%s", want, out)
			}
		}
	})
}

// TestServedGoClient is the Go program of the test above, in a process of its own because Go reads SSL_CERT_FILE once.
func TestServedGoClient(t *testing.T) {
	api := os.Getenv("BLINDSPOT_SERVED_API")
	if api == "" {
		t.Skip("skipped: this is the client that TestServedLinesAsPrinted starts")
	}
	at := policy.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: os.Getenv("AZURE_AUTHORITY_HOST"),
		Services: map[cloud.ServiceName]cloud.ServiceConfiguration{azquery.ServiceNameLogs: {Endpoint: api + "/v1", Audience: api}}}}
	for name, make := range map[string]func() (*azquery.LogsClient, error){
		"default": func() (*azquery.LogsClient, error) {
			c, err := azidentity.NewDefaultAzureCredential(nil)
			if err != nil {
				return nil, err
			}
			return azquery.NewLogsClient(c, &azquery.LogsClientOptions{ClientOptions: at})
		},
		"managed identity": func() (*azquery.LogsClient, error) {
			c, err := azidentity.NewManagedIdentityCredential(nil)
			if err != nil {
				return nil, err
			}
			return azquery.NewLogsClient(c, &azquery.LogsClientOptions{ClientOptions: at})
		},
	} {
		c, err := make()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, err := c.QueryWorkspace(context.Background(), os.Getenv("BLINDSPOT_SERVED_WORKSPACE"), azquery.Body{Query: to.Ptr("print 41 + 1")}, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.Tables[0].Rows[0][0] != 42.0 {
			t.Errorf("%s: %v", name, r.Tables[0].Rows)
		}
	}
}
