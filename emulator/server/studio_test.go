package server

import (
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The page stands alone: nothing of it comes from elsewhere, and the policy lets only its own script and style run.
func TestStudioStandsAlone(t *testing.T) {
	s, err := New(Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/studio", nil))
	page, policy := rec.Body.String(), rec.Header().Get("Content-Security-Policy")
	if rec.Code != 200 || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", rec.Code, rec.Header())
	}
	if found := regexp.MustCompile(`(src|href)\s*=\s*"|https?://|@import|\burl\(|innerHTML|insertAdjacent|\son[a-z]+="|style="`).FindAllString(page, -1); len(found) > 0 {
		t.Errorf("the page has %q", found)
	}
	for _, want := range []string{"default-src 'none'", "script-src 'sha256-", "style-src 'sha256-", "connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%q is not in %q", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Count(page, "<script>") != 1 || strings.Count(page, "<style>") != 1 {
		t.Errorf("%q", policy)
	}
	// Everything that takes input has a name.
	for _, m := range regexp.MustCompile(`<(?:input|select|textarea) id="([a-z]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `<label for="`+m[1]+`">`) {
			t.Errorf("%s has no label", m[1])
		}
	}
}

// In a browser: a link's query is run, its rows are shown as text, and a mistake is shown at its place. Skipped where there is
// no Chromium.
func TestStudioInBrowser(t *testing.T) {
	var chromium string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			chromium = p
			break
		}
	}
	if chromium == "" {
		t.Skip("no Chromium on the PATH")
	}
	s, err := New(Options{Now: clock, Engine: testEngine(t)})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	for _, c := range []struct{ query, want string }{
		{`print a = 1, b = '<b>bold</b>'`, `<td class="number">1</td><td>&lt;b&gt;bold&lt;/b&gt;</td>`},
		{"print a = 1\n| where c == 2", `2:9: SEM0100: `},
	} {
		address := web.URL + "/studio#q=" + strings.NewReplacer(" ", "%20", "|", "%7C", "'", "%27", "<", "%3C", ">", "%3E", "\n", "%0A", "=", "%3D").Replace(c.query)
		cmd := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(t.TempDir(), "profile"), "--virtual-time-budget=10000", "--timeout=20000", "--dump-dom", address)
		cmd.WaitDelay = time.Second
		dom, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if text := string(dom); !strings.Contains(text, c.want) {
			_, main, _ := strings.Cut(text, "<p id=\"state\"")
			t.Errorf("%s: no %s in %.1500s", c.query, c.want, main)
		}
	}
}
