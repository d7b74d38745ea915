package validate

import (
	"slices"
	"sync"

	"github.com/seed-caab1ad3/blindspot/content"
	"github.com/seed-caab1ad3/blindspot/emulator/catalog"
	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/validate/schema"
)

// Incremental is a Compiler for content that is validated over and over while it is edited. It keeps what the compiler said
// of each query for as long as nothing changed that queries can name (functions, watchlists, tables), and what schemas said
// of each document. Bundles must be loaded with one content.Cache, so that what did not change is the same document. The
// reports are those that a fresh compiler gives.
type Incremental struct {
	hasKernel func(symbol.FunctionKind, string) bool

	mu        sync.Mutex
	kql       *KQL
	last      *content.Bundle // the bundle asked about last
	base      *content.Bundle // the bundle that the catalogs are made of; its names are those of last
	names     []*content.Document
	results   map[queryKey]CompileResult
	functions map[*content.Function]CompileResult
	schemas   map[*content.Document]checked
	turn      int // of Run; what two turns did not ask for is forgotten
	asked     map[queryKey]int
}

type queryKey struct{ text, profile string }

type checked struct {
	violations []schema.Violation
	err        error
	turn       int
}

// NewIncremental returns an empty one; hasKernel may be nil.
func NewIncremental(hasKernel func(symbol.FunctionKind, string) bool) *Incremental {
	return &Incremental{hasKernel: hasKernel, kql: NewKQL(hasKernel), schemas: map[*content.Document]checked{}, results: map[queryKey]CompileResult{},
		functions: map[*content.Function]CompileResult{}, asked: map[queryKey]int{}}
}

// enter makes a bundle the current one; what was kept is dropped when the names that queries can use changed.
func (k *Incremental) enter(b *content.Bundle) {
	if b == k.last {
		return
	}
	k.last = b
	var names []*content.Document
	for _, f := range b.Functions {
		names = append(names, f.Doc)
	}
	for _, w := range b.Watchlists {
		names = append(names, w.Doc)
	}
	for _, t := range b.Tables {
		names = append(names, t.Doc)
	}
	for _, s := range b.Summaries { // their tables have the columns of their queries
		names = append(names, s.Doc)
	}
	if k.base != nil && slices.Equal(names, k.names) {
		return
	}
	k.names, k.base = names, b
	k.kql = NewKQL(k.hasKernel)
	k.results, k.functions, k.asked = map[queryKey]CompileResult{}, map[*content.Function]CompileResult{}, map[queryKey]int{}
}

// Check compiles a query, or says again what was said of it.
func (k *Incremental) Check(query content.Text, profile string, b *content.Bundle) CompileResult {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.enter(b)
	key := queryKey{query.String(), profile}
	k.asked[key] = k.turn
	r, ok := k.results[key]
	if !ok {
		r = k.kql.Check(query, profile, k.base)
		k.results[key] = r
	}
	return r
}

// CheckFunction compiles a function's body, or says again what was said of it.
func (k *Incremental) CheckFunction(f *content.Function, profile string, b *content.Bundle) CompileResult {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.enter(b)
	if r, ok := k.functions[f]; ok {
		return r
	}
	r := k.kql.CheckFunction(f, profile, k.base)
	k.functions[f] = r
	return r
}

// Catalog returns the names that queries of a bundle can use.
func (k *Incremental) Catalog(b *content.Bundle) *catalog.Catalog {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.enter(b)
	return k.kql.catalog("sentinel", k.base).Catalog
}

// schema checks a document once.
func (k *Incremental) schema(d *content.Document) ([]schema.Violation, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.schemas[d]
	if !ok {
		c.violations, c.err = schema.Check(d)
	}
	c.turn = k.turn
	k.schemas[d] = c
	return c.violations, c.err
}

// begin starts a turn and forgets what the last two did not ask for.
func (k *Incremental) begin() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.turn++
	for d, c := range k.schemas {
		if c.turn < k.turn-2 {
			delete(k.schemas, d)
		}
	}
	for key, turn := range k.asked {
		if turn < k.turn-2 {
			delete(k.asked, key)
			delete(k.results, key)
		}
	}
}
