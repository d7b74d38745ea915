package content

import (
	"bytes"
	"io/fs"
	"sync"
	"time"
)

// Cache keeps what the files of a folder gave, so that a folder that is loaded again is read and parsed only where it
// changed. Bundles loaded with one Cache share the documents and items of files that stayed the same: a Document that is in
// both of two bundles says that its file, and what it was read with (the CSV file of a watchlist), did not change between
// them. Rules and tests are copies of their own in each bundle, because loading ties them to each other. The zero Cache is
// empty and ready. It is safe for concurrent use; file systems that share one must have different Prefixes.
type Cache struct {
	mu    sync.Mutex
	files map[string]*cachedFile
}

// cachedFile is what a file gave, with the state of each file that was read for it.
type cachedFile struct {
	mu    sync.Mutex // held while readings are compared
	item  item
	reads []reading
}

// reading is the state in which a file was read.
type reading struct {
	name string
	size int64 // -1: it could not be read
	time time.Time
	at   time.Time // when it was read
	data []byte
}

// settled is how much older than its reading a file must be for its time to vouch for its bytes: file systems keep times in
// steps of up to two seconds, and what is written within the same step shows no other time.
const settled = 2 * time.Second

// fresh reports whether a file is as it was when it was read. Its time is asked first, its bytes when that does not tell.
func (r *reading) fresh(l *loader) bool {
	info, err := fs.Stat(l.fsys, r.name)
	if err != nil || info.IsDir() {
		return r.size < 0
	}
	if info.Size() != r.size {
		return false
	}
	if info.ModTime().Equal(r.time) && r.at.Sub(r.time) > settled {
		return true
	}
	now := time.Now()
	data, problem := l.read(r.name)
	if problem != nil || !bytes.Equal(data, r.data) {
		return false
	}
	r.time, r.at = info.ModTime(), now
	return true
}

func (k *cachedFile) fresh(l *loader) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.reads {
		if !k.reads[i].fresh(l) {
			return false
		}
	}
	return true
}

// file returns what a file gave, from before when it has not changed.
func (c *Cache) file(l *loader, name string) item {
	key := l.outside(name)
	c.mu.Lock()
	known := c.files[key]
	c.mu.Unlock()
	if known != nil && known.fresh(l) {
		return known.item
	}
	got := &cachedFile{}
	got.item = l.parse(name, func(name string) ([]byte, *Problem) {
		r := reading{name: name, size: -1, at: time.Now()}
		info, err := fs.Stat(l.fsys, name) // before the bytes: what is written in between shows another time
		data, problem := l.read(name)
		if err == nil && problem == nil {
			r.size, r.time, r.data = info.Size(), info.ModTime(), data
			if int64(len(data)) != r.size {
				r.size = -2 // it was being written: never fresh
			}
		}
		got.reads = append(got.reads, r)
		return data, problem
	})
	c.mu.Lock()
	if c.files == nil {
		c.files = map[string]*cachedFile{}
	}
	c.files[key] = got
	c.mu.Unlock()
	return got.item
}
