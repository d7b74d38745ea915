package deploy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// The files that this package writes: the journal, snapshots, used plans, saved plans, pulled content. All writing goes through
// disk, so that tests can have every single operation fail.

// disk is the file system.
var disk fileSystem = system{}

type fileSystem interface {
	MkdirAll(name string, mode fs.FileMode) error
	Stat(name string) (fs.FileInfo, error)
	CreateTemp(dir, pattern string) (openFile, error)
	OpenFile(name string, flag int, mode fs.FileMode) (openFile, error)
	Rename(from, to string) error
	Remove(name string) error
}

type openFile interface {
	Name() string
	Write(b []byte) (int, error)
	Chmod(mode fs.FileMode) error
	Sync() error
	Close() error
}

type system struct{}

func (system) MkdirAll(name string, mode fs.FileMode) error     { return os.MkdirAll(name, mode) }
func (system) Stat(name string) (fs.FileInfo, error)            { return os.Stat(name) }
func (system) CreateTemp(dir, pattern string) (openFile, error) { return os.CreateTemp(dir, pattern) }
func (system) OpenFile(name string, flag int, mode fs.FileMode) (openFile, error) {
	return os.OpenFile(name, flag, mode)
}
func (system) Rename(from, to string) error { return os.Rename(from, to) }
func (system) Remove(name string) error     { return os.Remove(name) }

// ReplaceFile puts a file in place whole: a temporary one beside it, flushed to disk, renamed. When it fails, what was there
// is as it was.
func ReplaceFile(name string, data []byte, mode fs.FileMode) error {
	name = behindLink(name)
	temp, err := stage(name, data, mode)
	if err != nil {
		return err
	}
	if err := disk.Rename(temp, name); err != nil {
		_ = disk.Remove(temp)
		return notWritten(name, err)
	}
	return nil
}

// behindLink is the file that a symbolic link stands for: the link stays a link.
func behindLink(name string) string {
	if to, err := filepath.EvalSymlinks(name); err == nil {
		return to
	}
	return name
}

// stage writes the bytes of a file beside its place, and flushes them.
func stage(name string, data []byte, mode fs.FileMode) (temp string, err error) {
	f, err := disk.CreateTemp(filepath.Dir(name), ".blindspot-*")
	if err != nil {
		return "", notWritten(name, err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = errors.Join(f.Chmod(mode), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = disk.Remove(f.Name())
		return "", notWritten(name, err)
	}
	return f.Name(), nil
}

// FileError says that a file of this machine could not be written, and what helps.
type FileError struct {
	File  string
	Cause error
}

func (e *FileError) Unwrap() error { return e.Cause }

func (e *FileError) Error() string {
	why := e.Cause
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(why, &p):
		why = p.Err
	case errors.As(why, &l):
		why = l.Err
	}
	help := ""
	switch {
	case errors.Is(e.Cause, syscall.ENOSPC):
		help = "; make room on the disk and run it again"
	case errors.Is(e.Cause, fs.ErrPermission), errors.Is(e.Cause, syscall.EROFS):
		help = "; make its folder writable for you, or name another one"
	case errors.Is(e.Cause, fs.ErrNotExist):
		help = "; make its folder first"
	}
	return fmt.Sprintf("%s cannot be written (%v)%s", filepath.ToSlash(e.File), why, help)
}

func notWritten(name string, err error) error { return &FileError{name, err} }
