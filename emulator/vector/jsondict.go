package vector

import (
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// JSONDict is a dictionary of distinct JSON texts with their parsed trees, parsed on first use. It is safe for
// concurrent use.
type JSONDict struct {
	Dict
	mu     sync.Mutex
	parsed []*value.Node
	done   []bool
}
