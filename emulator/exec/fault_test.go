package exec

import (
	"context"
	"errors"
	"testing"
)

// TestWorkersPanicsAreErrors: a panic on any worker ends the call with a fault, and the process lives.
func TestWorkersPanicsAreErrors(t *testing.T) {
	r := &run{o: Options{Workers: 4}}
	err := r.forEach(context.Background(), 8, func(_ context.Context, i int) error {
		if i == 3 {
			panic("three")
		}
		return nil
	})
	var f *Fault
	if !errors.As(err, &f) || f.Cause != "three" || len(f.Stack) == 0 {
		t.Fatalf("got %v", err)
	}
}
