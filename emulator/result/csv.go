package result

import (
	"bufio"
	"bytes"
	"io"
)

// WriteCSV writes the first table by RFC 4180, lines ended by LF: a header, then the rows as tostring prints values, with
// null as nothing.
func (r *Result) WriteCSV(w io.Writer) error {
	t := r.Primary()
	b := bufio.NewWriter(w)
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(csvField(c.Name))
	}
	b.WriteByte('\n')
	for row := range t.Rows {
		for i, col := range t.Vectors {
			if i > 0 {
				b.WriteByte(',')
			}
			b.Write(csvField(col.Value(row).Text()))
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

func csvField(s string) []byte {
	field := []byte(s)
	if !bytes.ContainsAny(field, "\",\r\n") && s != "" {
		return field
	}
	if s == "" {
		return nil
	}
	out := append([]byte{'"'}, bytes.ReplaceAll(field, []byte{'"'}, []byte(`""`))...)
	return append(out, '"')
}
