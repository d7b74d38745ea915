package generate

// Sink takes the rows of every table. Rows are encoded by many workers and written by one, in TimeGenerated order.
type Sink interface {
	// Open begins a table; the tables come one after the other, each closed before the next is opened.
	Open(table string, columns []Column) (TableSink, error)
}

// TableSink takes the rows of one table.
type TableSink interface {
	// NewChunk makes an empty chunk. Workers call it at the same time.
	NewChunk() Chunk
	// Write takes a filled chunk, in order and one at a time; the sink may use the chunk again afterwards.
	Write(Chunk) error
	// Close ends the table after its last chunk, also after an error.
	Close() error
}

// Chunk holds a run of rows. One worker fills it.
type Chunk interface {
	// Append takes one row; the row is valid only during the call.
	Append(*Row)
}
