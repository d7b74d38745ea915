package result

import (
	"fmt"
	"io"
	"strings"

	gotable "github.com/jedib0t/go-pretty/v6/table"
	gotext "github.com/jedib0t/go-pretty/v6/text"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
)

// TextOptions say how a table is drawn.
type TextOptions struct {
	Width   int // of the terminal; 0 cuts nothing
	MaxRows int // rows drawn; 0 draws all
}

// WriteText draws the tables for a terminal. Where the width does not hold all columns, long cells are cut and end in an
// ellipsis; numbers stand to the right.
func (r *Result) WriteText(w io.Writer, o TextOptions) error {
	for i, t := range r.Tables {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := t.writeText(w, o); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) writeText(w io.Writer, o TextOptions) error {
	rows := t.Rows
	if o.MaxRows > 0 {
		rows = min(rows, o.MaxRows)
	}
	cells := make([][]string, rows)
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = gotext.StringWidthWithoutEscSequences(c.Name)
	}
	for row := range cells {
		cells[row] = make([]string, len(t.Columns))
		for i, col := range t.Vectors {
			s := cellText(col.Value(row))
			cells[row][i] = s
			widths[i] = max(widths[i], gotext.StringWidthWithoutEscSequences(s))
		}
	}
	if o.Width > 0 {
		fit(widths, o.Width-1-3*len(widths))
	}
	draw := gotable.NewWriter()
	style := gotable.StyleLight
	style.Format.Header = gotext.FormatDefault
	draw.SetStyle(style)
	header := make(gotable.Row, len(t.Columns))
	configs := make([]gotable.ColumnConfig, len(t.Columns))
	for i, c := range t.Columns {
		header[i] = snip(c.Name, widths[i])
		configs[i] = gotable.ColumnConfig{Number: i + 1}
		if c.Type.Numeric() || c.Type == value.Timespan {
			configs[i].Align, configs[i].AlignHeader = gotext.AlignRight, gotext.AlignRight
		}
	}
	draw.AppendHeader(header)
	draw.SetColumnConfigs(configs)
	for _, row := range cells {
		line := make(gotable.Row, len(row))
		for i, s := range row {
			line[i] = snip(s, widths[i])
		}
		draw.AppendRow(line)
	}
	if len(t.Columns) > 0 {
		if _, err := fmt.Fprintln(w, draw.Render()); err != nil {
			return err
		}
	}
	noun := "rows"
	if t.Rows == 1 {
		noun = "row"
	}
	if rows < t.Rows {
		_, err := fmt.Fprintf(w, "%d %s, %d shown\n", t.Rows, noun, rows)
		return err
	}
	_, err := fmt.Fprintf(w, "%d %s\n", t.Rows, noun)
	return err
}

// cellText is a value on one line; control characters, which could drive the terminal, are written as escapes.
func cellText(v value.Value) string {
	s := v.Text()
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] >= 0x20 && s[i] != 0x7f
	}
	if clean && !strings.ContainsRune(s, '\u009b') {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\r':
			b.WriteString(`\r`)
		case c < 0x20 || c == 0x7f || c >= 0x80 && c < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// fit narrows the widest columns until all fit in total, none below eight.
func fit(widths []int, total int) {
	const least = 8
	for {
		sum, widest := 0, -1
		for i, w := range widths {
			sum += w
			if w > least && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if sum <= total || widest < 0 {
			return
		}
		second := least
		for i, w := range widths {
			if i != widest {
				second = max(second, w)
			}
		}
		widths[widest] = max(least, min(widths[widest]-1, max(second, widths[widest]-(sum-total))))
	}
}

func snip(s string, width int) string {
	if gotext.StringWidthWithoutEscSequences(s) <= width {
		return s
	}
	return gotext.Snip(s, width, "…")
}
