package syntax

// BinaryOp is an operator of BinaryExpr or InExpr. Legacy spellings (notcontains, containscs, <>) have the operator of
// their present spelling.
type BinaryOp uint8

// The operators.
const (
	OpNone BinaryOp = iota
	OpOr
	OpAnd
	OpEqual
	OpNotEqual
	OpLess
	OpLessEqual
	OpGreater
	OpGreaterEqual
	OpAdd
	OpSubtract
	OpMultiply
	OpDivide
	OpModulo
	OpEqualCI    // =~
	OpNotEqualCI // !~
	OpHas
	OpNotHas
	OpHasCS
	OpNotHasCS
	OpHasPrefix
	OpNotHasPrefix
	OpHasPrefixCS
	OpNotHasPrefixCS
	OpHasSuffix
	OpNotHasSuffix
	OpHasSuffixCS
	OpNotHasSuffixCS
	OpContains
	OpNotContains
	OpContainsCS
	OpNotContainsCS
	OpStartsWith
	OpNotStartsWith
	OpStartsWithCS
	OpNotStartsWithCS
	OpEndsWith
	OpNotEndsWith
	OpEndsWithCS
	OpNotEndsWithCS
	OpLike
	OpNotLike
	OpLikeCS
	OpNotLikeCS
	OpMatchesRegex
	OpSearch // X : Y, in search predicates
	OpIn
	OpNotIn
	OpInCI    // in~
	OpNotInCI // !in~
	OpHasAny
	OpHasAll
)

// String returns the present spelling.
func (op BinaryOp) String() string {
	switch op {
	case OpOr:
		return "or"
	case OpAnd:
		return "and"
	case OpEqual:
		return "=="
	case OpNotEqual:
		return "!="
	case OpLess:
		return "<"
	case OpLessEqual:
		return "<="
	case OpGreater:
		return ">"
	case OpGreaterEqual:
		return ">="
	case OpAdd:
		return "+"
	case OpSubtract:
		return "-"
	case OpMultiply:
		return "*"
	case OpDivide:
		return "/"
	case OpModulo:
		return "%"
	case OpEqualCI:
		return "=~"
	case OpNotEqualCI:
		return "!~"
	case OpHas:
		return "has"
	case OpNotHas:
		return "!has"
	case OpHasCS:
		return "has_cs"
	case OpNotHasCS:
		return "!has_cs"
	case OpHasPrefix:
		return "hasprefix"
	case OpNotHasPrefix:
		return "!hasprefix"
	case OpHasPrefixCS:
		return "hasprefix_cs"
	case OpNotHasPrefixCS:
		return "!hasprefix_cs"
	case OpHasSuffix:
		return "hassuffix"
	case OpNotHasSuffix:
		return "!hassuffix"
	case OpHasSuffixCS:
		return "hassuffix_cs"
	case OpNotHasSuffixCS:
		return "!hassuffix_cs"
	case OpContains:
		return "contains"
	case OpNotContains:
		return "!contains"
	case OpContainsCS:
		return "contains_cs"
	case OpNotContainsCS:
		return "!contains_cs"
	case OpStartsWith:
		return "startswith"
	case OpNotStartsWith:
		return "!startswith"
	case OpStartsWithCS:
		return "startswith_cs"
	case OpNotStartsWithCS:
		return "!startswith_cs"
	case OpEndsWith:
		return "endswith"
	case OpNotEndsWith:
		return "!endswith"
	case OpEndsWithCS:
		return "endswith_cs"
	case OpNotEndsWithCS:
		return "!endswith_cs"
	case OpLike:
		return "like"
	case OpNotLike:
		return "notlike"
	case OpLikeCS:
		return "likecs"
	case OpNotLikeCS:
		return "notlikecs"
	case OpMatchesRegex:
		return "matches regex"
	case OpSearch:
		return ":"
	case OpIn:
		return "in"
	case OpNotIn:
		return "!in"
	case OpInCI:
		return "in~"
	case OpNotInCI:
		return "!in~"
	case OpHasAny:
		return "has_any"
	case OpHasAll:
		return "has_all"
	}
	return "?"
}

// Comparison reports whether the operator compares by value: ==, !=, <, <=, > or >=.
func (op BinaryOp) Comparison() bool { return OpEqual <= op && op <= OpGreaterEqual }

// Arithmetic reports whether the operator is +, -, *, / or %.
func (op BinaryOp) Arithmetic() bool { return OpAdd <= op && op <= OpModulo }

// StringOp reports whether the operator works on text: =~ to matches regex, and :.
func (op BinaryOp) StringOp() bool { return OpEqualCI <= op && op <= OpSearch }
