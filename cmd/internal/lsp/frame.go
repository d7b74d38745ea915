package lsp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxFrame bounds a message: editors send a file in one piece, and content files are small.
const maxFrame = 64 << 20

// readFrame reads one message: header lines, an empty line, and as many bytes as Content-Length says. io.EOF means that the
// stream ended between messages.
//
// Source: Language Server Protocol specification, base protocol.
func readFrame(r *bufio.Reader) ([]byte, error) {
	length, lines, blanks := -1, 0, 0
	for {
		line, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && lines == 0 && len(line) == 0:
			return nil, io.EOF
		case errors.Is(err, bufio.ErrBufferFull) || lines > 20 || blanks > 1000:
			return nil, errors.New("the header of a message is too long")
		case errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			if lines == 0 {
				blanks++ // between messages
				continue
			}
			break
		}
		lines++
		name, value, ok := strings.Cut(text, ":")
		if !ok {
			return nil, fmt.Errorf("the header line %q has no colon", clipped(text))
		}
		if !strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			continue
		}
		size, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || size < 0 || size > maxFrame {
			return nil, fmt.Errorf("Content-Length %q is no size of a message; it is at most %d", clipped(strings.TrimSpace(value)), maxFrame)
		}
		length = size
	}
	if length < 0 {
		return nil, errors.New("a message without Content-Length")
	}
	// The bytes are read before memory for all of them is taken: a header can promise what never comes.
	var b strings.Builder
	if n, err := io.CopyN(&b, r, int64(length)); err != nil {
		return nil, fmt.Errorf("a message of %d bytes ends after %d: %w", length, n, io.ErrUnexpectedEOF)
	}
	return []byte(b.String()), nil
}

// writeFrame writes one message.
func writeFrame(w io.Writer, body []byte) error {
	_, err := w.Write(append([]byte("Content-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"), body...))
	return err
}

func clipped(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return s
}
