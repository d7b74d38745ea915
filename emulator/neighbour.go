package emulator

import (
	"path/filepath"
	"strings"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/symbol"
	"github.com/seed-caab1ad3/blindspot/emulator/store"
)

// Neighbour is another workspace that queries can name: workspace("soc-emea").SigninLogs. The time range and the visibility
// of a query bound its tables as they bound those of the workspace itself.
type Neighbour struct {
	Name       string
	ID         string // its GUID, "" when nobody said
	ResourceID string // "" when nobody said; then the last part of a resource id stands for the name
	*Workspace
}

// AddNeighbour makes another workspace known; one of the same name is replaced.
func (w *Workspace) AddNeighbour(n Neighbour) {
	w.DropNeighbour(n.Name)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.version++
	w.neighbours = append(w.neighbours[:len(w.neighbours):len(w.neighbours)], &n)
}

// DropNeighbour makes a workspace unknown again.
func (w *Workspace) DropNeighbour(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]*Neighbour, 0, len(w.neighbours))
	for _, n := range w.neighbours {
		if strings.EqualFold(n.Name, name) {
			n.mu.RLock()
			w.version += n.version + 1 // meaning() grows although this one no longer counts
			n.mu.RUnlock()
			continue
		}
		list = append(list, n)
	}
	w.neighbours = list
}

// Neighbour finds a workspace by its name, id, resource id, or SUBSCRIPTION/GROUP/NAME.
//
// Source: Azure Monitor documentation, "Cross workspace queries": resource identifiers.
func (w *Workspace) Neighbour(identifier string) (*Neighbour, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, n := range w.neighbours {
		if n.called(identifier) {
			return n, true
		}
	}
	return nil, false
}

func (n *Neighbour) called(identifier string) bool {
	for _, known := range []string{n.Name, n.ID, n.ResourceID} {
		if known != "" && strings.EqualFold(known, identifier) {
			return true
		}
	}
	parts := strings.Split(strings.Trim(identifier, "/"), "/")
	last := parts[len(parts)-1]
	switch {
	case len(parts) == 1, !strings.EqualFold(last, n.Name):
		return false
	case n.ResourceID == "":
		return true
	}
	_, group, _ := strings.Cut(strings.ToLower(n.ResourceID), "/resourcegroups/")
	group, _, _ = strings.Cut(group, "/")
	return len(parts) == 3 && strings.EqualFold(parts[1], group)
}

// NeighbourOf returns a workspace by its name and makes an empty one, with this one's catalog and clock, when it is not known.
func (w *Workspace) NeighbourOf(name string) *Neighbour {
	if n, ok := w.Neighbour(name); ok {
		return n
	}
	o := Options{Catalog: w.o.Catalog, Clock: w.o.Clock, Name: name}
	w.AddNeighbour(Neighbour{Name: name, Workspace: New(o)})
	n, _ := w.Neighbour(name)
	return n
}

// Workspace finds another workspace for the compiler.
func (n names) Workspace(identifier string) (string, symbol.Catalog, bool) {
	if identifier != "" && (strings.EqualFold(identifier, n.w.o.TenantID) || strings.EqualFold(identifier, n.w.o.Name)) {
		return "", n, true
	}
	other, ok := n.w.Neighbour(identifier)
	if !ok {
		if c, known := n.w.o.Catalog.(symbol.Workspaces); known && n.w.o.AnyWorkspace {
			return c.Workspace(identifier)
		}
		return "", nil, false
	}
	return other.Name, names{other.Workspace}, true
}

// holder returns the workspace that a table's name leads to, and the table's name there. A workspace that is not known
// leads nowhere: the name is then taken for a table's.
func (w *Workspace) holder(name string) (*Workspace, string) {
	in, table := symbol.SplitWorkspace(name)
	if in == "" {
		return w, name
	}
	if n, ok := w.Neighbour(in); ok {
		return n.Workspace, table
	}
	return w, name
}

// meaning is a number that grows when what names mean may have changed, here or in a neighbour.
func (w *Workspace) meaning() int {
	w.mu.RLock()
	version, neighbours := w.version, w.neighbours
	w.mu.RUnlock()
	for _, n := range neighbours {
		n.mu.RLock()
		version += n.version
		n.mu.RUnlock()
	}
	return version
}

// NeighbourFolder holds, in a folder of events, the events of other workspaces: a folder each, named for the workspace.
const NeighbourFolder = "workspaces"

// DataFile is a file of events and the workspace that they are of, "" for the one that asked.
type DataFile struct {
	Path, Workspace string
}

// DataFiles lists the data files of paths in their order, and makes the workspaces known that own some of them.
func (w *Workspace) DataFiles(paths []string) ([]DataFile, error) {
	var out []DataFile
	for _, p := range paths {
		files, err := store.Files([]string{p})
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			d := DataFile{Path: f}
			if rel, err := filepath.Rel(p, f); err == nil {
				parts := strings.Split(filepath.ToSlash(rel), "/")
				if len(parts) > 2 && parts[0] == NeighbourFolder && !strings.ContainsAny(parts[1], `"'\`) {
					d.Workspace = w.NeighbourOf(parts[1]).Name
				}
			}
			out = append(out, d)
		}
	}
	return out, nil
}
