// Package content is the pantry: detections and what they need, at rest in files. In comes a folder (an fs.FS) of YAML,
// JSON and CSV; out goes a Bundle of rules, hunting queries, functions, watchlists, workbooks, event templates, streams,
// table schemas and rule tests, together with every Problem met on the way, each with its file, line and column.
//
// Reading is done from YAML nodes, so a text such as the version 1.10 stays what was written, a key that stands twice is
// an error with both places, and an unknown key is a warning with the nearest known one. Positions survive: a Text knows
// where each of its bytes stands in the file, and Document.Where finds the place of any value. Edits splice the one scalar
// that changes and leave every other byte alone.
//
// Whether content is right (schemas, limits, the compiler) is asked by package validate; running it is for package
// emulator. This package imports neither.
package content
