package source

import (
	"unicode"
	"unicode/utf8"
)

// longestName bounds what Nearest looks at: names longer than this are not corrected.
const longestName = 64

// Nearest returns the candidate that a mistyped name most likely meant, or "" when none is near enough. A candidate that
// differs only in case always wins; else the one with the smallest Damerau-Levenshtein distance, which may be a third of the
// name's length and three at most. Among equals the first wins, so the answer is as stable as the order of candidates.
func Nearest(name string, candidates []string) string {
	if name == "" || len(name) > longestName {
		return ""
	}
	want := fold(name)
	limit := min(3, max(1, len(want)/3))
	best, bestDistance := "", limit+1
	for _, c := range candidates {
		if c == name || len(c) > longestName {
			continue
		}
		got := fold(c)
		if diff := len(got) - len(want); diff >= bestDistance || -diff >= bestDistance {
			continue
		}
		if d := distance(want, got, bestDistance-1); d < bestDistance {
			best, bestDistance = c, d
			if d == 0 {
				break
			}
		}
	}
	return best
}

func fold(s string) []rune {
	out := make([]rune, 0, utf8.RuneCountInString(s))
	for _, r := range s {
		out = append(out, unicode.ToLower(r))
	}
	return out
}

// distance counts insertions, deletions, replacements and swaps of neighbours that turn a into b; more than limit is
// answered as limit+1.
func distance(a, b []rune, limit int) int {
	var rows [3][longestName + 2]int
	before, prev, cur := rows[0][:], rows[1][:], rows[2][:]
	for j := 0; j <= len(b); j++ {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		smallest := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			cur[j] = d
			smallest = min(smallest, d)
		}
		if smallest > limit {
			return limit + 1
		}
		before, prev, cur = prev, cur, before
	}
	return min(prev[len(b)], limit+1)
}
