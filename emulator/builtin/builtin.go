// Package builtin holds the kernels of Kusto's scalar operators and functions and its aggregates, over vectors. In come
// columns whose types a signature of package symbol has settled; out comes a column of the result type. Window functions,
// which need the order of rows, and arg_max and arg_min, which pick rows, are package exec's.
//
// One family a file, as tables of kernels. A kernel sees columns in any encoding and reads them through vector's views;
// Call.Apply puts a dictionary under a kernel where that pays.
package builtin

import (
	"math/rand/v2"
	"sort"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// Context is what kernels may know of the query they run in. It is shared by all calls of one query and read-only but for
// Rand, which one goroutine at a time may use.
type Context struct {
	Now  int64      // ticks of now(), fixed for the query
	Rand *rand.Rand // the query's own random source; nil stands for one seeded with 0
	// GeoIP answers geo_info_from_ip_address; nil gives null.
	GeoIP func(address string) *value.Node
	// Cluster, Database and User answer current_cluster_endpoint, current_database and current_principal.
	Cluster, Database, User string
	// Over is asked between rows that become large; its error ends the call. nil never ends one.
	Over func() error

	randOnce sync.Once
}

func (c *Context) random() *rand.Rand {
	c.randOnce.Do(func() {
		if c.Rand == nil {
			c.Rand = rand.New(rand.NewPCG(0, 0))
		}
	})
	return c.Rand
}

// Kernel computes a call over n rows. Every argument has n rows or is a Const. The result has n rows and the type c.Out; it
// may be a Const.
type Kernel func(c *Call, args []vector.Column, n int) (vector.Column, error)

// Scalar is a scalar function or operator that runs.
type Scalar struct {
	Name   string
	Kernel Kernel
	// Impure functions give another answer each row (rand, new_guid); all others depend on their arguments and Now only.
	Impure bool
}

// families are the tables of kernels. Each is a function, so that a program that runs no query builds none.
func families() [][]Scalar {
	return [][]Scalar{
		comparisonKernels(), stringPredicateKernels(), logicKernels(), arithmeticKernels(), conversionKernels(),
		regexKernels(), textKernels(), encodingKernels(), hashKernels(), sketchKernels(),
		clockKernels(), formatKernels(), mathKernels(), chanceKernels(),
		arrayKernels(), bagKernels(), addressKernels(), parseKernels(),
		seriesKernels(), fitKernels(), geoKernels(), h3Kernels(), overlayKernels(), shapeKernels(), shapePathKernels(), unitKernels(),
	}
}

var table = sync.OnceValue(func() map[string]*Scalar {
	m := make(map[string]*Scalar, 512)
	for _, family := range families() {
		for i := range family {
			m[family[i].Name] = &family[i]
		}
	}
	return m
})

// Lookup returns the kernel of a function or operator by its canonical name.
func Lookup(name string) (*Scalar, bool) {
	s, ok := table()[name]
	return s, ok
}

// Names returns the names of all scalar functions and operators that have kernels, sorted.
func Names() []string {
	m := table()
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
