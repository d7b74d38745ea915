package symbol

import "strings"

// Workspaces is a Catalog that knows other workspaces, for workspace("...").
type Workspaces interface {
	Catalog
	// Workspace finds a workspace by what identifies it: its name, its id, or its resource id. It returns the name by which
	// InWorkspace qualifies its tables, "" for the workspace that asks, and what names mean there.
	Workspace(identifier string) (name string, names Catalog, ok bool)
}

// AnyWorkspace is a Workspaces that takes every other workspace for one with at least its own tables: a compiler that checks
// what is written, without the data, cannot know more.
type AnyWorkspace interface {
	AnyWorkspace() bool
}

const (
	workspaceBefore = `workspace("`
	workspaceAfter  = `").`
)

// InWorkspace is the name of another workspace's table as queries, rule tests and plans have it: workspace("other").SigninLogs.
// A table of the workspace itself, whose name is "", keeps its own.
func InWorkspace(workspace, table string) string {
	if workspace == "" {
		return table
	}
	return workspaceBefore + workspace + workspaceAfter + table
}

// SplitWorkspace takes a name of InWorkspace apart; the workspace is "" for a plain table. Single quotes are as good.
func SplitWorkspace(name string) (workspace, table string) {
	rest, ok := strings.CutPrefix(name, "workspace(")
	if !ok || len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
		return "", name
	}
	workspace, table, ok = strings.Cut(rest[1:], string(rest[0])+").")
	if !ok || workspace == "" || table == "" || strings.ContainsAny(workspace, `"'\`) {
		return "", name
	}
	return workspace, strings.Trim(table, `[]'"`)
}
