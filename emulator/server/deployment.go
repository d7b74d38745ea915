package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Deployments apply a template's resources through the same checks as a PUT of each, in the order of what they depend
// on. The work is done before the answer, so the first answer has the final provisioningState already.
//
// Source: Azure Resource Manager documentation, "Understand the structure and syntax of ARM templates".

// deploymentBody is the body of a deployment's PUT.
type deploymentBody struct {
	Location   string `json:"location"`
	Properties struct {
		Mode       string              `json:"mode"`
		Template   json.RawMessage     `json:"template"`
		Parameters map[string]argument `json:"parameters"`
		Link       any                 `json:"templateLink"`
	} `json:"properties"`
}

type argument struct {
	Value     any `json:"value"`
	Reference any `json:"reference"`
}

type template struct {
	Schema         string               `json:"$schema"`
	ContentVersion string               `json:"contentVersion"`
	Parameters     map[string]parameter `json:"parameters"`
	Variables      map[string]any       `json:"variables"`
	Functions      []any                `json:"functions"`
	Resources      []map[string]any     `json:"resources"`
	Outputs        map[string]output    `json:"outputs"`
}

type parameter struct {
	Type    string `json:"type"`
	Default any    `json:"defaultValue"`
	Allowed []any  `json:"allowedValues"`
}

type output struct {
	Type  string `json:"type"`
	Value any    `json:"value"`
}

// planned is one resource of a template, evaluated.
type planned struct {
	id        string
	place     place
	version   string
	in        request
	dependsOn []string
}

const mostDeployed = 800

func invalidTemplate(format string, args ...any) *armError {
	return &armError{http.StatusBadRequest, "InvalidTemplate", "Deployment template validation failed: '" + fmt.Sprintf(format, args...) + "'."}
}

func (s *Server) readDeployment(r *http.Request) (*deploymentBody, *template, []planned, map[string]any, *armError) {
	var in deploymentBody
	if e := templateBody(r, &in); e != nil {
		return nil, nil, nil, nil, e
	}
	if in.Properties.Link != nil || len(in.Properties.Template) == 0 || string(in.Properties.Template) == "null" {
		return nil, nil, nil, nil, invalidTemplate("the stand-in needs the template in the body; templateLink is not supported")
	}
	if len(in.Properties.Template) > mostTemplate {
		return nil, nil, nil, nil, invalidTemplate("the template is over %d bytes", mostTemplate)
	}
	if m := in.Properties.Mode; !strings.EqualFold(m, "Incremental") {
		return nil, nil, nil, nil, invalidTemplate("the stand-in deploys in mode Incremental only, and the mode is %q", m)
	}
	var t template
	d := json.NewDecoder(strings.NewReader(string(in.Properties.Template)))
	d.UseNumber()
	if err := d.Decode(&t); err != nil {
		return nil, nil, nil, nil, invalidTemplate("%v", err)
	}
	c, e := s.scopeOf(&in, &t)
	if e != nil {
		return nil, nil, nil, nil, e
	}
	plan, e := s.planTemplate(c, &t)
	if e != nil {
		return nil, nil, nil, nil, e
	}
	outputs := map[string]any{}
	for name, o := range t.Outputs {
		v, err := c.evaluate(o.Value)
		if err != nil {
			return nil, nil, nil, nil, invalidTemplate("the output '%s': %v", name, err)
		}
		outputs[name] = map[string]any{"type": o.Type, "value": v}
	}
	return &in, &t, plan, outputs, nil
}

// templateBody reads a deployment's body, which need not be strict JSON.
func templateBody(r *http.Request, into *deploymentBody) *armError {
	from, e := unpacked(r)
	if e != nil {
		return e
	}
	text, err := io.ReadAll(limited(from, maxJSON))
	if err != nil {
		return unreadable(err)
	}
	decode := func(text []byte) error {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		return d.Decode(into)
	}
	if err = decode(text); err == nil {
		return nil
	}
	strict, failed := strictJSON(text)
	if failed != nil {
		return unreadable(err)
	}
	*into = deploymentBody{}
	if err = decode(strict); err != nil {
		return unreadable(err)
	}
	return nil
}

// scopeOf gives parameters and variables their values.
func (s *Server) scopeOf(in *deploymentBody, t *template) (*scope, *armError) {
	if t.Schema == "" || t.ContentVersion == "" {
		return nil, invalidTemplate("$schema and contentVersion are required")
	}
	if len(t.Functions) > 0 {
		return nil, invalidTemplate("user-defined functions are not supported by the stand-in")
	}
	c := &scope{parameters: map[string]any{}, variables: map[string]any{}, subscription: s.opts.Subscription, group: s.opts.ResourceGroup, location: s.opts.Location, tenant: s.opts.Tenant}
	given := map[string]argument{}
	for name, a := range in.Properties.Parameters {
		known := false
		for p := range t.Parameters {
			known = known || strings.EqualFold(p, name)
		}
		if !known {
			return nil, invalidTemplate("the template has no parameter '%s'", name)
		}
		if a.Reference != nil {
			return nil, invalidTemplate("the parameter '%s' refers to a vault, which the stand-in does not support", name)
		}
		given[strings.ToLower(name)] = a
	}
	c.utcNow = s.opts.Now().UTC().Format("20060102T150405Z")
	for _, name := range keysOf(t.Parameters) {
		p := t.Parameters[name]
		v := p.Default
		if a, ok := given[strings.ToLower(name)]; ok {
			v = a.Value
		} else if v == nil {
			return nil, invalidTemplate("the value for the template parameter '%s' is not provided", name)
		} else {
			var err error
			if v, err = c.evaluate(v); err != nil {
				return nil, invalidTemplate("the parameter '%s': %v", name, err)
			}
		}
		if !hasType(v, p.Type) {
			return nil, invalidTemplate("the parameter '%s' is no %s", name, p.Type)
		}
		if len(p.Allowed) > 0 {
			ok := false
			for _, a := range p.Allowed {
				ok = ok || sameJSON(a, v)
			}
			if !ok {
				return nil, invalidTemplate("the value of the parameter '%s' is not among those allowed", name)
			}
		}
		c.parameters[strings.ToLower(name)] = v
	}
	c.utcNow = ""
	return c, s.variables(c, t)
}

// variables are evaluated in rounds, because one may name another.
func (s *Server) variables(c *scope, t *template) *armError {
	left := sortedKeys(t.Variables)
	for len(left) > 0 {
		var again []string
		var last error
		for _, name := range left {
			if strings.EqualFold(name, "copy") {
				return invalidTemplate("copy is not supported by the stand-in")
			}
			v, err := c.evaluate(t.Variables[name])
			if err != nil {
				again, last = append(again, name), fmt.Errorf("the variable '%s': %w", name, err)
				continue
			}
			c.variables[strings.ToLower(name)] = v
		}
		if len(again) == len(left) {
			return invalidTemplate("%v", last)
		}
		left = again
	}
	return nil
}

func keysOf[V any](m map[string]V) []string {
	all := make(map[string]any, len(m))
	for k := range m {
		all[k] = nil
	}
	return sortedKeys(all)
}

func hasType(v any, name string) bool {
	switch strings.ToLower(name) {
	case "string", "securestring":
		_, ok := v.(string)
		return ok
	case "int":
		n, ok := v.(json.Number)
		_, err := n.Int64()
		return ok && err == nil
	case "bool":
		_, ok := v.(bool)
		return ok
	case "array":
		_, ok := v.([]any)
		return ok
	case "object", "secureobject":
		_, ok := v.(map[string]any)
		return ok
	}
	return false
}

// planTemplate evaluates the resources and puts each behind those that it depends on.
func (s *Server) planTemplate(c *scope, t *template) ([]planned, *armError) {
	var all []planned
	for _, r := range t.Resources {
		if e := s.planResource(c, r, "", "", &all); e != nil {
			return nil, e
		}
	}
	if len(all) > mostDeployed {
		return nil, invalidTemplate("the template has %d resources; %d are allowed", len(all), mostDeployed)
	}
	seen := map[string]bool{}
	for _, p := range all {
		k := strings.ToLower(p.id)
		if seen[k] {
			return nil, invalidTemplate("the resource '%s' is defined multiple times in the template", p.id)
		}
		seen[k] = true
	}
	return inOrder(all)
}

func inOrder(all []planned) ([]planned, *armError) {
	var out []planned
	done := make([]bool, len(all))
	for len(out) < len(all) {
		moved := false
		for i, p := range all {
			if done[i] {
				continue
			}
			ready := true
			for _, d := range p.dependsOn {
				for j, q := range all {
					ready = ready && (done[j] || i == j || !dependencyIs(d, q.id))
				}
			}
			if ready {
				out, done[i], moved = append(out, p), true, true
			}
		}
		if !moved {
			return nil, invalidTemplate("the resources depend on each other in a circle")
		}
	}
	return out, nil
}

// dependencyIs reports whether a dependsOn, an id or the last part of one, names a resource.
func dependencyIs(d, id string) bool {
	d, id = strings.ToLower(strings.Trim(d, "/")), strings.ToLower(strings.Trim(id, "/"))
	return d == id || strings.HasSuffix(id, "/"+d)
}

func (s *Server) planResource(c *scope, r map[string]any, parentType, parentName string, all *[]planned) *armError {
	raw := make(map[string]any, len(r))
	var children []any
	for k, v := range r {
		switch strings.ToLower(k) {
		case "resources":
			children, _ = v.([]any)
		case "comments":
		case "copy":
			return invalidTemplate("copy is not supported by the stand-in")
		default:
			raw[strings.ToLower(k)] = v
		}
	}
	if condition, ok := raw["condition"]; ok {
		v, err := c.evaluate(condition)
		if err != nil {
			return invalidTemplate("a condition: %v", err)
		}
		if b, ok := v.(bool); !ok {
			return invalidTemplate("a condition is no bool")
		} else if !b {
			return nil
		}
	}
	whole, err := c.evaluate(map[string]any(raw))
	if err != nil {
		return invalidTemplate("%v", err)
	}
	m := whole.(map[string]any)
	text := func(name string) string { t, _ := m[name].(string); return t }
	typeName, name := text("type"), text("name")
	if typeName == "" || name == "" || text("apiversion") == "" {
		return invalidTemplate("a resource needs type, name and apiVersion")
	}
	if parentType != "" {
		typeName, name = parentType+"/"+typeName, parentName+"/"+name
	}
	base := "/subscriptions/" + c.subscription + "/resourceGroups/" + c.group
	if sc := text("scope"); sc != "" {
		if !strings.HasPrefix(sc, "/") { // Namespace/type/name of the same group
			parts := strings.Split(sc, "/")
			if len(parts)%2 == 0 {
				return invalidTemplate("the scope '%s' is no id of a resource", sc)
			}
			sc = base + "/providers/" + sc
		}
		base = strings.TrimRight(sc, "/")
	}
	path, err := typePath(typeName, strings.Split(name, "/"))
	if err != nil {
		return invalidTemplate("%v", err)
	}
	id := base + path
	p, ok := s.parse(pathOf(id))
	if !ok || p.name == "" || p.action != "" {
		return invalidTemplate("the resource type '%s' is not known to the stand-in", typeName)
	}
	if p.t.readOnly || p.t.name == "Microsoft.Resources/deployments" {
		return invalidTemplate("the stand-in deploys no resource of type '%s'", p.t.name)
	}
	if !s.knownScope(p.parent) {
		return &armError{http.StatusNotFound, "ResourceNotFound", "The workspace or resource group of " + id + " was not found."}
	}
	version, e := p.t.version(map[string][]string{"api-version": {text("apiversion")}}, s.opts.Location)
	if e != nil {
		return e
	}
	one := planned{id: p.id(), place: p, version: version}
	one.in.Kind, one.in.Location = text("kind"), text("location")
	one.in.Etag = text("etag")
	one.in.Tags, _ = m["tags"].(map[string]any)
	one.in.Properties, _ = m["properties"].(map[string]any)
	deps, _ := m["dependson"].([]any)
	for _, d := range deps {
		t, ok := d.(string)
		if !ok {
			return invalidTemplate("dependsOn of '%s' holds something that is no text", id)
		}
		one.dependsOn = append(one.dependsOn, t)
	}
	if parentType != "" {
		one.dependsOn = append(one.dependsOn, parentName)
	}
	*all = append(*all, one)
	for _, x := range children {
		child, ok := x.(map[string]any)
		if !ok {
			return invalidTemplate("a resource below '%s' is no object", id)
		}
		if e := s.planResource(c, child, typeName, name, all); e != nil {
			return e
		}
	}
	return nil
}

// deploy answers the PUT of a deployment.
func (s *Server) deploy(w http.ResponseWriter, r *http.Request, p place, version string) {
	if !strings.Contains(strings.ToLower(p.parent), "/resourcegroups/") {
		writeArm(w, invalidTemplate("the stand-in deploys to its resource group only"))
		return
	}
	in, _, plan, outputs, e := s.readDeployment(r)
	if e != nil {
		writeArm(w, e)
		return
	}
	now := s.opts.Now
	begin := now()
	var operations, made []any
	failed := map[string]bool{}
	var details []any
	for i, one := range plan {
		op := map[string]any{"targetResource": map[string]any{"id": one.id, "resourceType": one.place.t.name, "resourceName": one.place.name}, "provisioningOperation": "Create", "timestamp": stamp(now())}
		if d := blocked(one, failed); d != "" {
			failed[strings.ToLower(one.id)] = true
			op["provisioningState"], op["statusCode"] = "Failed", "Conflict"
			op["statusMessage"] = map[string]any{"error": map[string]any{"code": "DependencyFailed", "message": "The resource depends on " + d + ", which failed."}}
		} else if _, created, err := s.write(one.place, one.in, one.version); err != nil {
			failed[strings.ToLower(one.id)] = true
			op["provisioningState"], op["statusCode"] = "Failed", http.StatusText(err.status)
			op["statusMessage"] = map[string]any{"error": map[string]any{"code": err.code, "message": err.message}}
			details = append(details, map[string]any{"code": err.code, "message": err.message, "target": one.id})
		} else {
			op["provisioningState"], op["statusCode"] = "Succeeded", "OK"
			if created {
				op["statusCode"] = "Created"
			}
			made = append(made, map[string]any{"id": one.id})
		}
		operations = append(operations, map[string]any{"id": fmt.Sprintf("%s/operations/%04d", p.id(), i), "operationId": fmt.Sprintf("%04d", i), "properties": op})
	}
	state := map[string]any{"mode": "Incremental", "timestamp": stamp(now()), "duration": fmt.Sprintf("PT%.3fS", now().Sub(begin).Seconds()), "correlationId": stableID(p.id(), stamp(begin)),
		"provisioningState": "Succeeded", "outputs": outputs, "outputResources": made, "operations": operations}
	if len(details) > 0 {
		state["provisioningState"] = "Failed"
		state["error"] = map[string]any{"code": "DeploymentFailed", "message": "At least one resource deployment operation failed. Please list deployment operations for details.", "details": details}
	}
	res, created, e := s.write(p, request{Location: in.Location, Properties: plain(state)}, version)
	if e != nil {
		writeArm(w, e)
		return
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	if len(details) > 0 { // clients learn of a failure by asking how it went; a success they read off the answer
		w.Header().Set("Azure-AsyncOperation", baseOf(r)+p.id()+"/operationStatuses/"+stableID(p.id(), stamp(begin))+"?api-version="+version)
		w.Header().Set("Retry-After", "1")
	}
	s.answer(w, status, p.t, res, version)
}

// operationStatus says how a deployment went.
func (s *Server) operationStatus(w http.ResponseWriter, _ *http.Request, c call) {
	r := s.store.get("/" + strings.Join(c.segments[:8], "/"))
	if r == nil {
		writeError(w, http.StatusNotFound, "DeploymentNotFound", "Deployment '"+shorten(c.segments[7])+"' could not be found.")
		return
	}
	out := map[string]any{"status": r.text("provisioningState")}
	if e, ok := r.Properties["error"]; ok {
		out["error"] = e
	}
	writeJSON(w, http.StatusOK, out)
}

// plain makes a value as if it had been read from JSON, so that the store holds the same before and after a restart.
func plain(m map[string]any) map[string]any {
	var out map[string]any
	d := json.NewDecoder(strings.NewReader(string(appendJSON(nil, m))))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return map[string]any{}
	}
	return out
}

// blocked names a failed resource that another depends on, "" when there is none.
func blocked(p planned, failed map[string]bool) string {
	for _, d := range p.dependsOn {
		for id := range failed {
			if dependencyIs(d, id) && !strings.EqualFold(id, p.id) {
				return d
			}
		}
	}
	return ""
}

// showDeployment leaves the operations out: they have an address of their own.
func showDeployment(_ *Server, _ *resource, out map[string]any, _ string) {
	delete(out["properties"].(map[string]any), "operations")
}

func (s *Server) deploymentOperations(w http.ResponseWriter, p place) {
	r := s.store.get(p.id())
	if r == nil {
		writeError(w, http.StatusNotFound, "DeploymentNotFound", "Deployment '"+p.name+"' could not be found.")
		return
	}
	ops, _ := r.Properties["operations"].([]any)
	if ops == nil {
		ops = []any{}
	}
	writeJSON(w, http.StatusOK, map[string]any{"value": ops})
}

// validateDeployment evaluates a template without applying it.
func (s *Server) validateDeployment(w http.ResponseWriter, r *http.Request, p place) {
	_, _, plan, _, e := s.readDeployment(r)
	if e != nil {
		writeArm(w, e)
		return
	}
	var found []any
	for _, one := range plan {
		found = append(found, map[string]any{"id": one.id})
	}
	writeJSON(w, http.StatusOK, map[string]any{"id": p.id(), "name": p.name, "type": p.t.name,
		"properties": map[string]any{"mode": "Incremental", "provisioningState": "Succeeded", "timestamp": stamp(s.opts.Now()), "validatedResources": found}})
}
