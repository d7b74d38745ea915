package emulator

// DropFunction takes a saved function out of the workspace; the catalog's of the same name shows again.
func (w *Workspace) DropFunction(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.functions, name)
	w.version++
}

// DropWatchlist takes a watchlist out of the workspace; the catalog's of the same alias shows again.
func (w *Workspace) DropWatchlist(alias string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.watchlists, alias)
	w.version++
}
