package server

import (
	"sort"
	"strings"
)

// txn is one change of the store while it is decided on. Reads see the store as it was before; nothing is changed until
// all is written down.
type txn struct {
	s       *state
	puts    []*resource
	deletes []string // lower-cased ids
}

// checking is what a type's check looks at: the resource about to be kept, the one before it (nil for a new one), the
// api-version, and the change that more can be added to.
type checking struct {
	*txn
	server  *Server
	r, old  *resource
	version string
}

// put adds a resource to the change.
func (t *txn) put(r *resource) { t.puts = append(t.puts, r) }

// remove adds a resource and all below it to the change.
func (t *txn) remove(id string) {
	key := strings.ToLower(id)
	if t.s.items[key] != nil {
		t.deletes = append(t.deletes, key)
	}
	t.removeBelow(id)
}

func (t *txn) removeBelow(id string) {
	prefix := strings.ToLower(id) + "/"
	var below []string
	for k := range t.s.items {
		if strings.HasPrefix(k, prefix) {
			below = append(below, k)
		}
	}
	sort.Strings(below)
	t.deletes = append(t.deletes, below...)
}

// need is a check that refuses a resource without some properties.
func need(names ...string) func(*checking) *armError {
	return func(c *checking) *armError { return missing(c.r, names...) }
}
