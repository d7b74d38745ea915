package exec

import (
	"fmt"
	"runtime/debug"
)

// Fault is a stop of the engine at a place where it should not be able to stop: a bug of ours. It is an error and not a
// panic so that one query's fault ends neither a server nor a test run.
type Fault struct {
	Cause any
	Stack []byte
}

// Error says that the fault is ours; the stack is kept apart, for reports.
func (f *Fault) Error() string { return fmt.Sprintf("a bug of ours stopped the query: %v", f.Cause) }

// Guard calls f and turns a panic in it into a *Fault.
func Guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Fault{Cause: p, Stack: debug.Stack()}
		}
	}()
	return f()
}
