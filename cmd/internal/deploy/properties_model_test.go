package deploy

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPropertiesKnowTheModels holds the list against the models of the service's own SDK for Node, which the clients' tests
// install: no property of a model is missing in the list.
func TestPropertiesKnowTheModels(t *testing.T) {
	models := map[string]map[string]bool{} // the properties of a model, true when they are read only
	extends := map[string][]string{}
	for _, name := range []string{"arm-securityinsight", "arm-operationalinsights"} {
		b, err := os.ReadFile("../../../emulator/server/testdata/node/node_modules/@azure/" + name + "/types/" + name + ".d.ts")
		if err != nil {
			t.Skip("the SDK for Node is not installed (npm ci in emulator/server/testdata/node)")
		}
		text := regexp.MustCompile(`(?s)/\*\*.*?\*/`).ReplaceAllString(string(b), "")
		for _, m := range regexp.MustCompile(`(?s)export declare interface (\w+)(?: extends ([\w, \n]+?))? \{(.*?)\n\}`).FindAllStringSubmatch(text, -1) {
			props := map[string]bool{}
			for _, p := range regexp.MustCompile(`(?m)^ {4}(readonly )?"?([\w$]+)"?\??: `).FindAllStringSubmatch(m[3], -1) {
				props[p[2]] = p[1] != ""
			}
			if models[m[1]] == nil {
				models[m[1]] = props
				extends[m[1]] = strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
			}
		}
	}
	list := readProperties(t)
	compared := 0
	check := func(o *object, what string) {
		if o.model == "-" {
			return
		}
		if models[o.model] == nil {
			if what != o.model { // a type of a newer version than the SDK's may have a name of ours
				t.Errorf("%s: the SDK has no model %s", what, o.model)
			}
			return
		}
		var all func(model string)
		all = func(model string) {
			switch model {
			case "Resource", "ResourceWithEtag", "ProxyResource":
				return // around all of them
			}
			for p, ro := range models[model] {
				compared++
				if p == "etag" || p == "systemData" {
					continue // around all of them
				}
				switch have := o.find(p); {
				case have == nil:
					t.Errorf("%s: the model %s has %s, the list has not", what, model, p)
				case ro && !have.ro:
					t.Errorf("%s: %s is read only in the model %s", what, p, model)
				}
			}
			for _, e := range extends[model] {
				all(e)
			}
		}
		all(o.model)
	}
	for _, k := range list.kinds {
		check(&k.object, k.String())
	}
	for _, name := range sortedTypes(list) {
		check(list.types[name], name)
	}
	if compared < 300 {
		t.Errorf("only %d properties were compared", compared)
	}
	t.Logf("%d properties of the SDK's models are in the list", compared)
}

func sortedTypes(l *propertyList) []string {
	set := map[string]bool{}
	for n := range l.types {
		set[n] = true
	}
	return sorted(set)
}
