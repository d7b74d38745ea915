package builtin

import (
	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// stringMatch tells whether a prepared needle matches a text.
type stringMatch func(n *needle, s string) bool

func matchEqual(n *needle, s string) bool     { return n.equals(s) }
func matchContains(n *needle, s string) bool  { return n.index(s, 0) >= 0 }
func matchPrefix(n *needle, s string) bool    { return n.prefixOf(s) }
func matchSuffix(n *needle, s string) bool    { return n.suffixOf(s) }
func matchTerm(n *needle, s string) bool      { return n.term(s, true, true) }
func matchTermStart(n *needle, s string) bool { return n.term(s, true, false) }
func matchTermEnd(n *needle, s string) bool   { return n.term(s, false, true) }

func stringPredicateKernels() []Scalar {
	kernels := []Scalar{
		{Name: "=~", Kernel: predicate(matchEqual, true, false)},
		{Name: "!~", Kernel: predicate(matchEqual, true, true)},
		{Name: ":", Kernel: predicate(matchTerm, true, false)},
		{Name: "matches regex", Kernel: matchesRegex},
		{Name: "has_any", Kernel: hasList(false)},
		{Name: "has_all", Kernel: hasList(true)},
		{Name: "in", Kernel: in(false, false)},
		{Name: "!in", Kernel: in(false, true)},
		{Name: "in~", Kernel: in(true, false)},
		{Name: "!in~", Kernel: in(true, true)},
		{Name: "has_any_index", Kernel: hasAnyIndex},
		{Name: "like", Kernel: likeKernel(true, false)},
		{Name: "notlike", Kernel: likeKernel(true, true)},
		{Name: "likecs", Kernel: likeKernel(false, false)},
		{Name: "notlikecs", Kernel: likeKernel(false, true)},
	}
	for _, op := range []struct {
		name  string
		match stringMatch
	}{
		{"contains", matchContains}, {"startswith", matchPrefix}, {"endswith", matchSuffix},
		{"has", matchTerm}, {"hasprefix", matchTermStart}, {"hassuffix", matchTermEnd},
	} {
		kernels = append(kernels,
			Scalar{Name: op.name, Kernel: predicate(op.match, true, false)},
			Scalar{Name: "!" + op.name, Kernel: predicate(op.match, true, true)},
			Scalar{Name: op.name + "_cs", Kernel: predicate(op.match, false, false)},
			Scalar{Name: "!" + op.name + "_cs", Kernel: predicate(op.match, false, true)})
	}
	return kernels
}

// predicate makes the kernel of a string operator. A dynamic on either side counts as its text.
func predicate(match stringMatch, fold, negate bool) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		s := texts(args[0])
		out := make([]bool, n)
		if _, ok := args[1].(*vector.Const); ok {
			nd := prepare(c, args[1:], func() *needle {
				text, _ := constText(args, 1)
				nd := newNeedle(text, fold)
				return &nd
			})
			for i := range out {
				out[i] = match(nd, s.At(i)) != negate
			}
			return &vector.Bools{Data: out}, nil
		}
		w := texts(args[1])
		for i := range out {
			nd := newNeedle(w.At(i), fold)
			out[i] = match(&nd, s.At(i)) != negate
		}
		return &vector.Bools{Data: out}, nil
	}
}

// listTexts returns the texts of a list: the elements of constants, arrays flattened. ok is false when not all are constant.
func listTexts(args []vector.Column) (list []string, ok bool) {
	for _, a := range args {
		k, isConst := a.(*vector.Const)
		if !isConst {
			return nil, false
		}
		list = appendListTexts(list, k.Val)
	}
	return list, true
}

func appendListTexts(list []string, v value.Value) []string {
	if v.Type == value.Dynamic && v.Dyn != nil && v.Dyn.Kind == value.KindArray {
		for _, e := range v.Dyn.Elems {
			list = append(list, e.Text())
		}
		return list
	}
	return append(list, v.Text())
}

// termList is a list of terms for has_any and has_all.
type termList struct {
	needles []needle // those that are no plain terms, or all when they are few
	set     *termSet // the plain terms when they are many
	size    int      // number of terms in set
	seen    []bool
}

func newTermList(list []string) *termList {
	t := &termList{}
	many := len(list) > 4
	for _, s := range list {
		if many && isPlainTerm(s) {
			if t.set == nil {
				t.set = &termSet{places: map[string]int{}}
			}
			key := foldASCII(s)
			if _, ok := t.set.places[key]; !ok {
				t.set.places[key] = t.size
				t.size++
			}
			continue
		}
		t.needles = append(t.needles, newNeedle(s, true))
	}
	t.seen = make([]bool, t.size)
	return t
}

func (t *termList) any(s string) bool {
	found := false
	if t.set != nil {
		t.set.each(s, func(int) bool { found = true; return false })
	}
	for i := 0; !found && i < len(t.needles); i++ {
		found = t.needles[i].term(s, true, true)
	}
	return found
}

func (t *termList) all(s string) bool {
	for i := range t.needles {
		if !t.needles[i].term(s, true, true) {
			return false
		}
	}
	if t.set == nil {
		return true
	}
	clear(t.seen)
	missing := t.size
	t.set.each(s, func(p int) bool {
		if !t.seen[p] {
			t.seen[p] = true
			missing--
		}
		return missing > 0
	})
	return missing == 0
}

func hasList(all bool) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		s := texts(args[0])
		out := make([]bool, n)
		if list, ok := listTexts(args[1:]); ok {
			t := prepare(c, args[1:], func() *termList { return newTermList(list) })
			for i := range out {
				if all {
					out[i] = t.all(s.At(i))
				} else {
					out[i] = t.any(s.At(i))
				}
			}
			return &vector.Bools{Data: out}, nil
		}
		for i := range out {
			var list []string
			for _, a := range args[1:] {
				list = appendListTexts(list, a.Value(i))
			}
			t := newTermList(list)
			if all {
				out[i] = t.all(s.At(i))
			} else {
				out[i] = t.any(s.At(i))
			}
		}
		return &vector.Bools{Data: out}, nil
	}
}

// hasAnyIndex gives the place of the first element that has() finds, -1 when there is none.
func hasAnyIndex(c *Call, args []vector.Column, n int) (vector.Column, error) {
	s := texts(args[0])
	out := newLongs(c.Out, n)
	for i := 0; i < n; i++ {
		v := args[1].Value(i)
		if v.Null {
			out.null(i)
			continue
		}
		out.data[i] = -1
		for k, w := range appendListTexts(nil, v) {
			nd := newNeedle(w, true)
			if nd.term(s.At(i), true, true) {
				out.data[i] = int64(k)
				break
			}
		}
	}
	return out.column(), nil
}

// likeKernel is the old like operator: % stands for any text.
func likeKernel(fold, negate bool) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		s, p := texts(args[0]), texts(args[1])
		out := make([]bool, n)
		for i := range out {
			a, b := s.At(i), p.At(i)
			if fold {
				a, b = foldASCII(a), foldASCII(b)
			}
			out[i] = like(a, b) != negate
		}
		return &vector.Bools{Data: out}, nil
	}
}

// like matches % with any run of bytes, going back to the last % on a mismatch.
func like(s, p string) bool {
	i, j, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case j < len(p) && p[j] == '%':
			star, mark = j, i
			j++
		case j < len(p) && p[j] == s[i]:
			i++
			j++
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(p) && p[j] == '%' {
		j++
	}
	return j == len(p)
}
