package azure

import (
	"fmt"
	"runtime/debug"
)

// Bug is a panic of a goroutine, brought back to who waits for it: left alone it would end the process in the middle of an
// apply, and print its value whatever that holds.
type Bug struct {
	Value any
	Stack []byte
}

func (b *Bug) Error() string { return "a bug of ours: " + Redact(fmt.Sprint(b.Value)) }

// NonRetriable tells the SDK that trying again is of no use.
func (b *Bug) NonRetriable() {}

// Caught turns a panic of f into a Bug.
func Caught(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Bug{p, debug.Stack()}
		}
	}()
	return f()
}
