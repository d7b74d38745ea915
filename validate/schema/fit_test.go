package schema

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-caab1ad3/blindspot/content"
	yaml "go.yaml.in/yaml/v4"
)

// Of every shipped document it is known at once that it is right, so the runner is not needed for what people mostly have.
func TestShippedContentFits(t *testing.T) {
	b, _ := content.Load(content.Embedded(), content.Options{})
	for _, d := range b.Documents {
		if n := name(d.Kind); n != "" && !shapeOf(n).fits(d.Root) {
			t.Errorf("%s is left to the runner", d.File())
		}
	}
	for _, n := range Names() {
		if s := shapeOf(n); s == nil || s.unsure {
			t.Errorf("the schema %s is not understood", n)
		}
	}
}

// values are what a mistake may put in a value's place.
var values = []string{
	"x", "''", "\"\"", "null", "~", "", "true", "True", "yes", "0", "-1", "1", "7", "10000", "10001", "99999999999999999999", "1.5", "1e3", "0x10", "0o7", "1_000", "+3",
	".inf", ".nan", "2026-01-05", "PT5H", "T1078", "T1078.004", "T1", "High", "high", "gt", "Scheduled", "[]", "[x]", "[x, x]", "[1, 1]", "[[]]", "{}", "{a: b}", "{a: b, a: c}", "{1: b}",
	"!!str 5", "!!int 5", "!!int '5'", "!x y", "&a x", "&b {a: *b}", "[&c d, *c]", "{<<: {a: b}}", "{? [k] : v}", "! 5", "!!float 5", "!!bool true", "!!null x",
	strings.Repeat("é", 256), strings.Repeat("é", 257), strings.Repeat("é", 501), strings.Repeat("x", 5001), "|\n  a\n  b\n",
}

// Where it is said that a document fits, the runner finds nothing. Documents are the shipped ones with one to three of
// their values, keys or entries changed.
func TestFitsIsTheRunnersAnswer(t *testing.T) {
	b, _ := content.Load(content.Embedded(), content.Options{})
	var seeds []*content.Document
	kinds := map[content.Kind]int{}
	for _, d := range b.Documents {
		if name(d.Kind) != "" && kinds[d.Kind] < 3 && len(d.Source.Bytes) < 8000 {
			kinds[d.Kind]++
			seeds = append(seeds, d)
		}
	}
	config, _ := content.Parse("blindspot.yaml", []byte("workspaces:\n  lab: {subscription: a, resourceGroup: b, name: c}\nchecks: {compile: warning}\n"))
	config.Kind = content.KindConfig
	seeds = append(seeds, config)
	r := rand.New(rand.NewPCG(3, 5))
	fit, broken, left := 0, 0, 0
	for turn := range 2400 {
		seed := seeds[turn%len(seeds)]
		d, problems := content.Parse(seed.File(), seed.Source.Bytes)
		if d == nil {
			t.Fatal(problems)
		}
		d.Kind = seed.Kind
		what := ""
		for range 1 + r.IntN(3) {
			what += change(r, d.Root) + "; "
		}
		violations, err := run(d, name(d.Kind))
		if err != nil {
			continue // aliases without end
		}
		switch fits := shapeOf(name(d.Kind)).fits(d.Root); {
		case fits && len(violations) > 0:
			t.Fatalf("%s fits, and the runner says %v\nchanged: %s", d.File(), violations, what)
		case fits:
			fit++
		case len(violations) > 0:
			broken++
		default:
			left++
		}
	}
	t.Logf("%d fit, %d have violations, %d were right and left to the runner", fit, broken, left)
	if fit < 200 || broken < 200 {
		t.Errorf("the changes are of one kind: %d fit, %d do not", fit, broken)
	}
}

// change makes one change somewhere in a tree and says what it was.
func change(r *rand.Rand, root *yaml.Node) string {
	var nodes []*yaml.Node
	var collect func(*yaml.Node)
	collect = func(n *yaml.Node) {
		nodes = append(nodes, n)
		if n.Kind != yaml.AliasNode {
			for _, c := range n.Content {
				collect(c)
			}
		}
	}
	collect(root)
	n := nodes[r.IntN(len(nodes))]
	value := func() *yaml.Node {
		text := values[r.IntN(len(values))]
		d, _ := content.Parse("v.yaml", []byte("v: "+text+"\n"))
		if d == nil || len(d.Root.Content) < 2 {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
		}
		return d.Root.Content[1]
	}
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) > 0 && r.IntN(2) == 0:
		i := 2 * r.IntN(len(n.Content)/2)
		key := n.Content[i].Value
		switch r.IntN(4) {
		case 0:
			n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
			return "without " + key
		case 1:
			n.Content = append(n.Content, n.Content[i], value())
			return key + " twice"
		case 2:
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "unheard"}, value())
			return "a further key"
		}
		n.Content[i+1] = value()
		return fmt.Sprintf("%s = %q", key, n.Content[i+1].Value)
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0 && r.IntN(2) == 0:
		i := r.IntN(len(n.Content))
		n.Content = append(n.Content, n.Content[i])
		return "an entry twice"
	}
	v := value()
	was := n.Value
	*n = *v
	return fmt.Sprintf("%q became %q", was, n.Value)
}
