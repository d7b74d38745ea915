package expr

import (
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

// blended is the dictionary of all texts of some dictionaries and constants, made once enough rows have asked.
type blended struct {
	mu     sync.Mutex
	rows   int
	dict   *vector.Dict
	codeOf [blendLimit][]uint32 // by part: the code of each of its values
}

// blendLimit is how many branches of an iff or case share a dictionary.
const blendLimit = 4

type blendKey struct {
	dicts  [blendLimit]*vector.Dict
	consts [blendLimit]string
	chosen [blendLimit]bool // parts that some row takes
}

// blendTexts is blend for texts that come from dictionaries: what comes out has one too, the same for all batches of the
// same rows. It returns nil where that cannot be or does not pay.
func (f *Frame) blendTexts(branch []int32, parts []vector.Column, partial []bool) vector.Column {
	m := f.p.env.Memory
	if m == nil || len(parts) > blendLimit {
		return nil
	}
	var key blendKey
	size := 0
	for k, c := range parts {
		key.chosen[k] = c != nil
		switch c := c.(type) {
		case nil:
		case *vector.Const:
			key.consts[k] = c.Val.S
		case *vector.Strings:
			if c.Dict == nil {
				return nil
			}
			key.dicts[k] = c.Dict
			size += len(c.Dict.Values)
		default:
			return nil
		}
	}
	if size == 0 {
		return nil
	}
	b := m.blend(key)
	if !b.ready(m, key, parts, len(branch), size) {
		return nil
	}
	codes := make([]uint32, len(branch))
	var next [blendLimit]int
	var from [blendLimit][]uint32
	for k, c := range parts {
		if s, ok := c.(*vector.Strings); ok {
			from[k] = s.Codes
		}
	}
	for i, p := range branch {
		at := i
		if partial[p] {
			at = next[p]
			next[p]++
		}
		if from[p] == nil {
			codes[i] = b.codeOf[p][0]
		} else {
			codes[i] = b.codeOf[p][from[p][at]]
		}
	}
	return &vector.Strings{Typ: value.String, Dict: b.dict, Codes: codes}
}

// ready makes the dictionary when it is time; false says that it is not yet.
func (b *blended) ready(m *Memory, key blendKey, parts []vector.Column, rows, size int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dict != nil {
		return true
	}
	if b.rows += rows; b.rows < size/4 {
		return false
	}
	var all []string
	for k, c := range parts {
		if d := key.dicts[k]; d != nil {
			all = append(all, d.Values...)
		} else if c != nil {
			all = append(all, key.consts[k])
		}
	}
	dict, codes := vector.DictOf(all)
	for k, c := range parts {
		if c == nil {
			continue
		}
		n := 1
		if d := key.dicts[k]; d != nil {
			n = len(d.Values)
		}
		b.codeOf[k], codes = codes[:n:n], codes[n:]
	}
	b.dict = dict
	m.grew(int64(len(all))*4 + int64(len(dict.Values))*40)
	return true
}
