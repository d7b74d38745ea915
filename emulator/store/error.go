package store

import "fmt"

// Error says what is wrong in a file, and where. Line is 0 where no line can be named.
type Error struct {
	File string
	Line int
	What string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.What)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.What)
}

// guard calls do and turns a panic in it into an error of the file: data comes from anywhere, and one file that meets a bug of
// ours must end neither a server nor a run over many files.
func guard(file string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{File: file, What: fmt.Sprintf("a bug of ours stopped the reading: %v", p)}
		}
	}()
	return do()
}
