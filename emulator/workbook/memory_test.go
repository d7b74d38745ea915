package workbook

import (
	"io/fs"
	"testing/fstest"
)

type memory map[string][]byte

func (m memory) fs() fs.FS {
	out := fstest.MapFS{}
	for name, data := range m {
		out[name] = &fstest.MapFile{Data: data}
	}
	return out
}
