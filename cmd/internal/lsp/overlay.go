package lsp

import (
	"io/fs"
	"path"
	"sort"
	"strings"
	"time"
)

// Overlay is a file system in which texts stand in the place of files, also of files that are not there yet. Names are
// slash-separated and inside of base.
func Overlay(base fs.FS, texts map[string]string) fs.FS {
	if len(texts) == 0 {
		return base
	}
	return &overlay{base, texts}
}

type overlay struct {
	base  fs.FS
	texts map[string]string
}

func (o *overlay) Open(name string) (fs.File, error) {
	if text, ok := o.texts[name]; ok {
		return &textFile{textInfo{path.Base(name), int64(len(text)), false}, strings.NewReader(text)}, nil
	}
	return o.base.Open(name)
}

func (o *overlay) Stat(name string) (fs.FileInfo, error) {
	if text, ok := o.texts[name]; ok {
		return textInfo{path.Base(name), int64(len(text)), false}, nil
	}
	info, err := fs.Stat(o.base, name)
	if err != nil {
		for file := range o.texts {
			if strings.HasPrefix(file, name+"/") || name == "." {
				return textInfo{path.Base(name), 0, true}, nil
			}
		}
	}
	return info, err
}

// ReadDir lists a folder with the texts that are no files in it.
func (o *overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(o.base, name)
	have := map[string]bool{}
	for _, e := range list {
		have[e.Name()] = true
	}
	added := false
	for file, text := range o.texts {
		rest := file
		if name != "." {
			var ok bool
			if rest, ok = strings.CutPrefix(file, name+"/"); !ok {
				continue
			}
		}
		first, _, deeper := strings.Cut(rest, "/")
		if have[first] {
			continue
		}
		have[first], added = true, true
		list = append(list, fs.FileInfoToDirEntry(textInfo{first, int64(len(text)), deeper}))
	}
	if err != nil && !added {
		return nil, err
	}
	if added {
		sort.Slice(list, func(i, j int) bool { return list[i].Name() < list[j].Name() })
	}
	return list, nil
}

// ReadLink and Lstat let the loader judge links.
func (o *overlay) ReadLink(name string) (string, error) {
	if l, ok := o.base.(fs.ReadLinkFS); ok {
		return l.ReadLink(name)
	}
	return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
}

func (o *overlay) Lstat(name string) (fs.FileInfo, error) {
	if _, ok := o.texts[name]; ok {
		return o.Stat(name)
	}
	if l, ok := o.base.(fs.ReadLinkFS); ok {
		return l.Lstat(name)
	}
	return o.Stat(name)
}

type textInfo struct {
	name string
	size int64
	dir  bool
}

func (i textInfo) Name() string { return i.name }
func (i textInfo) Size() int64  { return i.size }
func (i textInfo) IsDir() bool  { return i.dir }
func (i textInfo) Sys() any     { return nil }

// ModTime is that of no file, so that nobody takes a text for one that was read before.
func (i textInfo) ModTime() time.Time { return time.Now() }

func (i textInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

type textFile struct {
	info textInfo
	*strings.Reader
}

func (f *textFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *textFile) Close() error               { return nil }
