package bind

import (
	"strconv"
	"strings"
)

func itoa(n int) string { return strconv.Itoa(n) }

func fields(s string) []string { return strings.Fields(s) }

// contains reports whether a list of words has a word.
func contains(words, word string) bool {
	for _, w := range strings.Fields(words) {
		if w == word {
			return true
		}
	}
	return false
}
