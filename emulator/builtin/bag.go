package builtin

import (
	"strconv"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func bagKernels() []Scalar {
	return []Scalar{
		{Name: "bag_pack", Kernel: bagPack},
		// package bind gives these two the columns' names before their values, as bag_pack has them; pack_all() that keeps empty values
		// is bag_pack.
		{Name: "bag_pack_columns", Kernel: bagPack},
		{Name: "pack_all", Kernel: packAll},
		{Name: "bag_keys", Kernel: nodeToNode(bagKeys)},
		{Name: "bag_has_key", Kernel: rows(bagHasKey)},
		{Name: "bag_merge", Kernel: rows(bagMerge)},
		{Name: "bag_remove_keys", Kernel: rows(bagRemoveKeys)},
		{Name: "bag_set_key", Kernel: rows(bagSetKey)},
		{Name: "bag_zip", Kernel: rows(bagZip)},
		{Name: "treepath", Kernel: nodeToNode(treePath)},
		{Name: "extract_json", Kernel: rows(extractJSON)},
	}
}

// Path reads one step of a dynamic: args are the dynamic and the key, a string for a bag's slot or a number for an array's
// element. It stands for bind.Path.
var Path = &Scalar{Name: "path", Kernel: pathStep}

func pathStep(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	in := trees(args[0])
	out := make([]*value.Node, n)
	if k, ok := args[1].(*vector.Const); ok && k.Val.Type == value.String {
		for i := range out {
			out[i] = in.At(i).Get(k.Val.S)
		}
		return &vector.Dynamics{Nodes: out}, nil
	}
	for i := range out {
		out[i] = stepInto(in.At(i), args[1].Value(i))
	}
	return &vector.Dynamics{Nodes: out}, nil
}

func stepInto(n *value.Node, key value.Value) *value.Node {
	if key.Null || n.IsNull() {
		return nil
	}
	if key.Type == value.Dynamic {
		key = key.Dyn.Scalar()
	}
	switch key.Type {
	case value.String:
		return n.Get(key.S)
	case value.Int, value.Long:
		return n.At(key.I)
	}
	return nil
}

// bagPack takes keys and values in turn. A key that comes again has its last value.
func bagPack(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	return packPairs(args, n, vector.View[bool]{Data: []bool{false}}), nil
}

// packAll is bagPack without null and empty values, unless a first argument says that they stay.
func packAll(_ *Call, args []vector.Column, n int) (vector.Column, error) {
	skip := vector.View[bool]{Data: []bool{true}}
	if len(args)%2 == 1 {
		skip = truths(args[0])
		args = args[1:]
	}
	return packPairs(args, n, skip), nil
}

func packPairs(args []vector.Column, n int, skipEmpty vector.View[bool]) vector.Column {
	keys := make([]vector.Texts, len(args)/2)
	distinct := map[string]bool{}
	plain := skipEmpty.IsConst() && !skipEmpty.Data[0]
	names := make([]string, len(keys))
	for k := range keys {
		keys[k] = texts(args[2*k])
		name, ok := constText(args, 2*k)
		plain = plain && ok && !distinct[name]
		distinct[name] = true
		names[k] = name
	}
	out := make([]*value.Node, n)
	for i := range out {
		if plain { // constant distinct keys: all rows share them
			elems := make([]*value.Node, len(keys))
			for k := range keys {
				elems[k] = element(args[2*k+1].Value(i))
			}
			out[i] = value.NodeBag(names, elems)
			continue
		}
		var b bag
		for k := range keys {
			v := args[2*k+1].Value(i)
			if skipEmpty.At(i) && (v.Null || v.Type == value.String && v.S == "") {
				continue
			}
			b.set(keys[k].At(i), element(v), true)
		}
		out[i] = b.node()
	}
	return &vector.Dynamics{Nodes: out}
}

func bagKeys(n *value.Node) *value.Node {
	if n.IsNull() || n.Kind != value.KindBag {
		return nil
	}
	return textArray(n.Keys)
}

func isBag(v value.Value) bool {
	return v.Type == value.Dynamic && v.Dyn != nil && v.Dyn.Kind == value.KindBag
}

// jsonPath reads $.a.b[0]['c'] into steps: strings and numbers. false when the text is no such path.
func jsonPath(s string) ([]value.Value, bool) {
	if s == "" || s[0] != '$' {
		return nil, false
	}
	var steps []value.Value
	for i := 1; i < len(s); {
		switch s[i] {
		case '.':
			end := i + 1
			for end < len(s) && s[end] != '.' && s[end] != '[' {
				end++
			}
			if end == i+1 {
				return nil, false
			}
			steps = append(steps, value.NewString(s[i+1:end]))
			i = end
		case '[':
			end := i + 1
			if end < len(s) && (s[end] == '\'' || s[end] == '"') {
				quote := s[end]
				end++
				for end < len(s) && s[end] != quote {
					end++
				}
				if end+1 >= len(s) || s[end+1] != ']' {
					return nil, false
				}
				steps = append(steps, value.NewString(s[i+2:end]))
				i = end + 2
				continue
			}
			for end < len(s) && s[end] != ']' {
				end++
			}
			if end >= len(s) {
				return nil, false
			}
			at, err := strconv.ParseInt(s[i+1:end], 10, 64)
			if err != nil {
				return nil, false
			}
			steps = append(steps, value.NewLong(at))
			i = end + 1
		default:
			return nil, false
		}
	}
	return steps, true
}

func walk(n *value.Node, steps []value.Value) *value.Node {
	for _, s := range steps {
		n = stepInto(n, s)
	}
	return n
}

// keySteps reads a key as a JSON path when it begins with $, else as one key.
func keySteps(key string) []value.Value {
	if steps, ok := jsonPath(key); ok && len(steps) > 0 {
		return steps
	}
	return []value.Value{value.NewString(key)}
}

func bagHasKey(_ *Call, a []value.Value) value.Value {
	if !isBag(a[0]) {
		return value.Null(value.Bool)
	}
	return value.NewBool(walk(a[0].Dyn, keySteps(a[1].Text())) != nil)
}

// bagMerge joins bags; a key of several has the value of the first.
func bagMerge(_ *Call, a []value.Value) value.Value {
	var b bag
	found := false
	for _, v := range a {
		if isBag(v) {
			found = true
			for i, k := range v.Dyn.Keys {
				b.set(k, v.Dyn.Elems[i], false)
			}
		}
	}
	if !found {
		return value.Null(value.Dynamic)
	}
	return value.NewDynamic(b.node())
}

func bagRemoveKeys(_ *Call, a []value.Value) value.Value {
	if !isBag(a[0]) {
		return value.Null(value.Dynamic)
	}
	n := a[0].Dyn
	keys, _ := elements(a[1])
	for _, k := range keys {
		n = remove(n, keySteps(k.Text()))
	}
	return value.NewDynamic(n)
}

// remove returns the tree without the slot at the end of a path.
func remove(n *value.Node, steps []value.Value) *value.Node {
	if n.IsNull() || n.Kind != value.KindBag || steps[0].Type != value.String {
		return n
	}
	for i, k := range n.Keys {
		if k != steps[0].S {
			continue
		}
		keys, elems := append([]string(nil), n.Keys...), append([]*value.Node(nil), n.Elems...)
		if len(steps) > 1 {
			elems[i] = remove(elems[i], steps[1:])
			return value.NodeBag(keys, elems)
		}
		return value.NodeBag(append(keys[:i], keys[i+1:]...), append(elems[:i], elems[i+1:]...))
	}
	return n
}

func bagSetKey(_ *Call, a []value.Value) value.Value {
	if !isBag(a[0]) {
		return value.Null(value.Dynamic)
	}
	return value.NewDynamic(assign(a[0].Dyn, keySteps(a[1].Text()), element(a[2])))
}

// assign returns the tree with a value at the end of a path; bags on the way are made.
func assign(n *value.Node, steps []value.Value, v *value.Node) *value.Node {
	if len(steps) == 0 {
		return v
	}
	if steps[0].Type != value.String {
		return n
	}
	var b bag
	if n != nil && n.Kind == value.KindBag {
		for i, k := range n.Keys {
			b.set(k, n.Elems[i], true)
		}
	}
	b.set(steps[0].S, assign(n.Get(steps[0].S), steps[1:], v), true)
	return value.NewDynamic(b.node()).Dyn
}

// bagZip pairs keys with values; keys that are no text are left out, missing values are null.
func bagZip(_ *Call, a []value.Value) value.Value {
	keys, ok := elements(a[0])
	if !ok {
		return value.Null(value.Dynamic)
	}
	values, _ := elements(a[1])
	var b bag
	for i, k := range keys {
		if k.IsNull() || k.Kind != value.KindString {
			continue
		}
		v := nullElement
		if i < len(values) {
			v = values[i]
		}
		b.set(k.S, v, true)
	}
	return value.NewDynamic(b.node())
}

// treePath lists the paths of a tree's slots; of an array only the first element.
func treePath(n *value.Node) *value.Node {
	if n.IsNull() {
		return nil
	}
	var out []string
	var visit func(prefix string, n *value.Node)
	visit = func(prefix string, n *value.Node) {
		if n.IsNull() {
			return
		}
		switch n.Kind {
		case value.KindBag:
			for i, k := range n.Keys {
				p := prefix + "['" + k + "']"
				out = append(out, p)
				visit(p, n.Elems[i])
			}
		case value.KindArray:
			if len(n.Elems) > 0 {
				p := prefix + "[0]"
				out = append(out, p)
				visit(p, n.Elems[0])
			}
		}
	}
	visit("", n)
	return textArray(out)
}

// extractJSON reads a JSON path out of JSON text and converts it; "" or null when it leads nowhere.
func extractJSON(c *Call, a []value.Value) value.Value {
	steps, ok := jsonPath(a[0].Text())
	n := a[1].Dyn
	if a[1].Type != value.Dynamic {
		n, _ = value.ParseJSON(a[1].Text())
	}
	if !ok || n.IsNull() {
		return value.Null(c.Out)
	}
	found := walk(n, steps)
	if found.IsNull() {
		return value.Null(c.Out)
	}
	return value.Convert(value.NewDynamic(found), c.Out)
}
