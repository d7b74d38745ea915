package content

import "fmt"

// Severity of a problem.
type Severity uint8

// The severities, the gravest first.
const (
	Error Severity = iota
	Warning
	Info
)

// String returns "error", "warning" or "info".
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "info"
}

// The codes of problems. They are also names of checks: validate lists them beside its own.
const (
	CodeSyntax       = "yaml-syntax"        // the file is no YAML (or JSON)
	CodeDuplicateKey = "yaml-duplicate-key" // a mapping names a key twice
	CodeUnknownKey   = "yaml-unknown-key"   // a key that nothing reads
	CodeType         = "yaml-type"          // a value of the wrong kind: a list for a text, a word for a number
	CodeMissing      = "content-missing"    // what the kind cannot do without
	CodeReference    = "content-reference"  // a file names another that is not there
	CodeUnreadable   = "file-unreadable"    // the file system refused
	CodeTooLarge     = "file-too-large"     // larger than the loader reads
	CodeBinary       = "file-binary"        // no text, or not UTF-8
	CodeSymlink      = "file-symlink"       // a link that leaves the folder
	CodeKind         = "file-kind"          // nothing tells what the file is
	CodeNoContent    = "content-empty"      // no content was found at all
)

// Problem is something wrong with a file that was found while reading it.
type Problem struct {
	Span     Span
	Code     string
	Severity Severity
	Message  string // what was found, in one sentence without a full stop
	Help     string // what would be right; may be empty
	Path     string // the place inside the document, "entityMappings.0.entityType"; empty for the whole file
}

// Error gives the one line form: file:line:col: what was found; what would be right.
func (p Problem) Error() string {
	s := fmt.Sprintf("%s: %s", p.Span, p.Message)
	if p.Help != "" {
		s += "; " + p.Help
	}
	return s
}
