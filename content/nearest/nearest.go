// Package nearest finds the name that a person most likely meant: in come a misspelt name and the names there are, out
// comes the closest one, if it is close enough to be worth saying. It leaves the wording to its callers.
package nearest

import "strings"

// Of returns the candidate closest to name, or "" when none is close. Letter case weighs little; a swap of two neighbours
// counts as one slip. The first of equally close candidates wins, so the order of candidates decides ties.
func Of(name string, candidates []string) string {
	f := New(name)
	for _, c := range candidates {
		f.Try(c)
	}
	return f.Best()
}

// Finder holds the search for one name, for callers that do not have their candidates in a slice.
type Finder struct {
	name, lower string
	limit       int // the distance allowed, in quarters of a slip
	best        string
	score       int
	row         [3][]int
}

// New starts a search. Names of more than 128 bytes find nothing.
func New(name string) *Finder {
	f := &Finder{name: name, lower: strings.ToLower(name)}
	if n := len(name); n > 0 && n <= 128 {
		f.limit = 4*max(1, min(3, n/3)) + 3
		f.score = f.limit + 1
	}
	return f
}

// Try offers a candidate.
func (f *Finder) Try(candidate string) {
	if f.score == 0 || candidate == f.name || len(candidate) > 128 {
		return
	}
	if d := len(candidate) - len(f.name); d*4 > f.limit || -d*4 > f.limit {
		return
	}
	lower := strings.ToLower(candidate)
	score := 1 // other letters' case only
	if lower != f.lower {
		score = 4 * f.distance(lower)
		if score == 0 || score > 4*((f.limit)/4) {
			return
		}
	}
	if score < f.score {
		f.best, f.score = candidate, score
	}
}

// Best returns the closest candidate so far, "" when none was close.
func (f *Finder) Best() string { return f.best }

// distance is the optimal string alignment distance of the lower-cased names.
func (f *Finder) distance(other string) int {
	a, b := f.lower, other
	for i := range f.row {
		if cap(f.row[i]) <= len(b) {
			f.row[i] = make([]int, 160)
		}
		f.row[i] = f.row[i][:len(b)+1]
	}
	before, last, now := f.row[0], f.row[1], f.row[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		lowest := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			now[j] = d
			lowest = min(lowest, d)
		}
		if 4*lowest > f.limit {
			return lowest
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}
