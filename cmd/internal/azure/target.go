// Package azure is a real workspace: queries through azquery, content through Azure Resource Manager, credentials through
// azidentity. In come a target from blindspot.yaml (or the address of a `blindspot serve`) and paths or KQL; out go JSON
// bodies with their etags, and results. What the bodies mean is left to package deploy.
package azure

import (
	"fmt"
	"net"
	"net/url"
	"sort"
	"strings"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/content/nearest"
)

// Target names a workspace and how to sign in to it.
type Target struct {
	Name           string // as in blindspot.yaml; the workspace's own name for a URL
	Subscription   string
	ResourceGroup  string
	Workspace      string
	WorkspaceID    string // GUID for queries; asked from Resource Manager when empty
	Tenant         string
	Location       string // of new workbooks; the workspace's own when empty
	Cloud          string // public, usgovernment, china
	Auth           string // default, cli, secret, certificate, managed-identity, workload-identity
	ClientID       string
	Owner          string // whose marks are ours; "default" when the file says nothing
	URL            string // of a `blindspot serve`; "" for Azure
	Values         map[string]string
	Overrides      map[string]map[string]any // rule id in lower case -> keys of the rule's file
	OtherValueName map[string]bool           // names that other workspaces of the file give a value to
}

// ResourceID is the workspace's id in Resource Manager.
func (t *Target) ResourceID() string {
	return "/subscriptions/" + t.Subscription + "/resourceGroups/" + t.ResourceGroup + "/providers/Microsoft.OperationalInsights/workspaces/" + t.Workspace
}

// GroupID is the id of the workspace's resource group, in which workbooks lie.
func (t *Target) GroupID() string {
	return "/subscriptions/" + t.Subscription + "/resourceGroups/" + t.ResourceGroup
}

// Ours returns the name under which marks of ownership are written.
func (t *Target) Ours() string {
	if t.Owner == "" {
		return "default"
	}
	return t.Owner
}

// targetKeys are the keys of a workspace in blindspot.yaml.
var targetKeys = []string{"subscription", "resourceGroup", "workspace", "workspaceId", "tenant", "cloud", "location", "auth", "clientId", "owner", "url", "values", "overrides"}

// The ways to sign in.
var authKinds = []string{"default", "cli", "secret", "certificate", "managed-identity", "workload-identity"}

// Targets reads the workspaces of blindspot.yaml, sorted by name. doc may be nil: there are none then.
func Targets(doc *content.Document) ([]*Target, error) {
	if doc == nil {
		return nil, nil
	}
	v, err := doc.JSON()
	if err != nil {
		return nil, err
	}
	root, _ := v.(map[string]any)
	list, ok := root["workspaces"].(map[string]any)
	if !ok {
		if root["workspaces"] != nil {
			return nil, fmt.Errorf("%s: workspaces is not a mapping of names to workspaces", doc.Where("workspaces"))
		}
		return nil, nil
	}
	shared, err := values(doc, root["values"], "values")
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(list))
	for n := range list {
		names = append(names, n)
	}
	sort.Strings(names)
	var out []*Target
	every := map[string]bool{}
	for _, n := range names {
		t, err := target(doc, n, list[n])
		if err != nil {
			return nil, err
		}
		for k, v := range shared {
			if _, own := t.Values[k]; !own {
				t.Values[k] = v
			}
		}
		for k := range t.Values {
			every[k] = true
		}
		out = append(out, t)
	}
	for _, t := range out {
		t.OtherValueName = every
	}
	return out, nil
}

func target(doc *content.Document, name string, v any) (*Target, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: the workspace %q is not a mapping; give it subscription, resourceGroup and workspace", doc.Where("workspaces", name), name)
	}
	t := &Target{Name: name, Cloud: "public", Auth: "default", Values: map[string]string{}, Overrides: map[string]map[string]any{}}
	texts := map[string]*string{"subscription": &t.Subscription, "resourceGroup": &t.ResourceGroup, "workspace": &t.Workspace, "workspaceId": &t.WorkspaceID, "tenant": &t.Tenant,
		"cloud": &t.Cloud, "location": &t.Location, "auth": &t.Auth, "clientId": &t.ClientID, "owner": &t.Owner, "url": &t.URL}
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		at := doc.WhereKey("workspaces", name, k)
		switch p := texts[k]; {
		case p != nil:
			s, ok := m[k].(string)
			if !ok {
				return nil, fmt.Errorf("%s: %s of the workspace %q is not a text", at, k, name)
			}
			*p = s
		case k == "values":
			vs, err := values(doc, m[k], "workspaces", name, k)
			if err != nil {
				return nil, err
			}
			t.Values = vs
		case k == "overrides":
			all, ok := m[k].(map[string]any)
			if !ok {
				return nil, fmt.Errorf("%s: overrides is not a mapping of rule ids to keys of the rule", at)
			}
			for id, o := range all {
				keys, ok := o.(map[string]any)
				if !ok {
					return nil, fmt.Errorf("%s: the override of %q is not a mapping of the rule's keys to values", doc.Where("workspaces", name, k, id), id)
				}
				t.Overrides[strings.ToLower(id)] = keys
			}
		default:
			return nil, fmt.Errorf("%s: a workspace has no key %q; %s", at, k, suggest(k, targetKeys))
		}
	}
	if !oneOf(t.Cloud, "public", "usgovernment", "china") {
		return nil, fmt.Errorf("%s: the cloud %q is not known; there are public, usgovernment and china", doc.Where("workspaces", name, "cloud"), t.Cloud)
	}
	if !oneOf(t.Auth, authKinds...) {
		return nil, fmt.Errorf("%s: auth %q is not known; there are %s", doc.Where("workspaces", name, "auth"), t.Auth, strings.Join(authKinds, ", "))
	}
	if t.URL == "" {
		for _, k := range []string{"subscription", "resourceGroup", "workspace"} {
			if *texts[k] == "" {
				return nil, fmt.Errorf("%s: the workspace %q has no %s", doc.WhereKey("workspaces", name), name, k)
			}
		}
	} else if _, err := local(t.URL); err != nil {
		return nil, fmt.Errorf("%s: %w", doc.Where("workspaces", name, "url"), err)
	}
	for _, k := range []string{"subscription", "resourceGroup", "workspace", "workspaceId", "tenant"} {
		if strings.ContainsAny(*texts[k], "/?#%\\ ") {
			return nil, fmt.Errorf("%s: %s holds a character that no such name has", doc.Where("workspaces", name, k), k)
		}
	}
	return t, nil
}

// values reads a mapping of names to scalars.
func values(doc *content.Document, v any, path ...any) (map[string]string, error) {
	out := map[string]string{}
	if v == nil {
		return out, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: values is not a mapping of names to texts", doc.Where(path...))
	}
	for k, x := range m {
		switch x.(type) {
		case map[string]any, []any, nil:
			return nil, fmt.Errorf("%s: the value %q is not a text or a number", doc.Where(append(path, k)...), k)
		}
		out[k] = fmt.Sprint(x)
	}
	return out, nil
}

func suggest(word string, words []string) string {
	if n := nearest.Of(word, words); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return "there are " + strings.Join(words, ", ")
}

func oneOf(s string, list ...string) bool {
	for _, x := range list {
		if s == x {
			return true
		}
	}
	return false
}

// local checks that a URL is that of a `blindspot serve`: http or https on a loopback name.
func local(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the URL of a blindspot serve, for instance http://127.0.0.1:8080", Redact(text))
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%q is not on this machine; a URL stands for a blindspot serve, which listens on 127.0.0.1, ::1 or localhost", Redact(text))
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// Find picks the target that --workspace names: a name of blindspot.yaml, or a URL. Without a name the only one is taken.
func Find(targets []*Target, name string) (*Target, error) {
	if strings.Contains(name, "://") {
		if _, err := local(name); err != nil {
			return nil, err
		}
		return &Target{URL: name, Cloud: "public", Values: map[string]string{}, Overrides: map[string]map[string]any{}}, nil
	}
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = t.Name
		if t.Name == name {
			return t, nil
		}
	}
	switch {
	case len(targets) == 0:
		return nil, fmt.Errorf("no workspace is known; name one under workspaces in blindspot.yaml, or give the URL of a blindspot serve")
	case name == "" && len(targets) == 1:
		return targets[0], nil
	case name == "":
		return nil, fmt.Errorf("which workspace? give --workspace with one of %s", strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("blindspot.yaml has no workspace %q; %s", name, suggest(name, names))
}
