package builtin

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/seed-caab1ad3/blindspot/emulator/kql/value"
	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func encodingKernels() []Scalar {
	return []Scalar{
		{Name: "base64_encode_tostring", Kernel: textToText(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })},
		{Name: "base64_decode_tostring", Kernel: textToText(decodeBase64Text)},
		{Name: "base64_decode_toarray", Kernel: textToNode(decodeBase64Array)},
		{Name: "base64_encode_fromarray", Kernel: rows(encodeBase64Array)},
		{Name: "base64_decode_toguid", Kernel: rows(decodeBase64GUID)},
		{Name: "base64_encode_fromguid", Kernel: rows(encodeBase64GUID)},
		{Name: "gzip_compress_to_base64_string", Kernel: textToText(func(s string) string {
			return compress(s, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
		})},
		{Name: "gzip_decompress_from_base64_string", Kernel: inflater(func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })},
		{Name: "zlib_compress_to_base64_string", Kernel: textToText(func(s string) string {
			return compress(s, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
		})},
		{Name: "zlib_decompress_from_base64_string", Kernel: inflater(func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) })},
		{Name: "url_encode", Kernel: textToText(urlEncode)},
		{Name: "url_encode_component", Kernel: textToText(urlEncodeComponent)},
		{Name: "url_decode", Kernel: textToText(urlDecode)},
		{Name: "punycode_from_string", Kernel: textToText(punycodeEncode)},
		{Name: "punycode_to_string", Kernel: textToText(punycodeDecode)},
		{Name: "punycode_domain_from_string", Kernel: textToText(func(s string) string { return eachLabel(s, decodeLabel) })},
		{Name: "punycode_domain_to_string", Kernel: textToText(func(s string) string { return eachLabel(s, encodeLabel) })},
	}
}

// decodeBase64 takes the standard alphabet; padding may be missing.
func decodeBase64(s string) ([]byte, bool) {
	s = strings.TrimSpace(s)
	if b, err := base64.StdEncoding.DecodeString(s); err == nil {
		return b, true
	}
	return nil, false
}

func decodeBase64Text(s string) string {
	b, ok := decodeBase64(s)
	if !ok || !utf8.Valid(b) {
		return ""
	}
	return string(b)
}

func decodeBase64Array(s string) *value.Node {
	b, ok := decodeBase64(s)
	if !ok {
		return nil
	}
	elems := make([]*value.Node, len(b))
	for i, c := range b {
		elems[i] = value.NodeLong(int64(c))
	}
	return value.NodeArray(elems...)
}

func encodeBase64Array(_ *Call, a []value.Value) value.Value {
	n := a[0].Node()
	if n.IsNull() || n.Kind != value.KindArray {
		return value.NewString("")
	}
	b := make([]byte, len(n.Elems))
	for i, e := range n.Elems {
		if e.Kind != value.KindLong || e.I < 0 || e.I > 255 {
			return value.NewString("")
		}
		b[i] = byte(e.I)
	}
	return value.NewString(base64.StdEncoding.EncodeToString(b))
}

// A guid's bytes have its first three groups in little-endian order.
var guidOrder = [16]int{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}

func decodeBase64GUID(_ *Call, a []value.Value) value.Value {
	b, ok := decodeBase64(a[0].Text())
	if !ok || len(b) != 16 {
		return value.Null(value.GUID)
	}
	var ordered [16]byte
	for i, k := range guidOrder {
		ordered[i] = b[k]
	}
	g, _ := value.ParseGUID(hex.EncodeToString(ordered[:]))
	return value.NewGUID(g)
}

func encodeBase64GUID(_ *Call, a []value.Value) value.Value {
	b, err := hex.DecodeString(strings.ReplaceAll(a[0].Text(), "-", ""))
	if err != nil || len(b) != 16 {
		return value.NewString("")
	}
	var ordered [16]byte
	for i, k := range guidOrder {
		ordered[i] = b[k]
	}
	return value.NewString(base64.StdEncoding.EncodeToString(ordered[:]))
}

// maxInflated bounds what decompression gives.
const maxInflated = 64 << 20

func compress(s string, open func(io.Writer) io.WriteCloser) string {
	var buf bytes.Buffer
	w := open(&buf)
	_, err := io.WriteString(w, s)
	if cerr := w.Close(); err != nil || cerr != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(buf.Bytes())
}

// inflater makes a kernel that undoes a compression. What is not compressed so is the empty text; what is larger than
// maxInflated, in one row or in the rows of a batch together, is an error.
func inflater(open func(io.Reader) (io.Reader, error)) Kernel {
	return func(c *Call, args []vector.Column, n int) (vector.Column, error) {
		in := texts(args[0])
		out := make([]string, n)
		left := int64(maxInflated)
		for i := range out {
			b, ok := decodeBase64(in.At(i))
			if !ok {
				continue
			}
			r, err := open(bytes.NewReader(b))
			if err != nil {
				continue
			}
			text, err := io.ReadAll(io.LimitReader(r, left+1))
			if left -= int64(len(text)); left < 0 {
				return nil, fmt.Errorf("%s(): more than %d MiB come out, the limit", c.Fn.Name, maxInflated>>20)
			}
			if err == nil {
				out[i] = string(text)
			}
		}
		return flatStrings(out), nil
	}
}

const upperHex = "0123456789abcdef"

func percent(s string, keep func(c byte) bool, plus bool) string {
	out := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case keep(c):
			out = append(out, c)
		case c == ' ' && plus:
			out = append(out, '+')
		default:
			out = append(out, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(out)
}

// urlEncode encodes everything that may not stand in a query, blanks as +.
func urlEncode(s string) string {
	return percent(s, func(c byte) bool { return isTermByte(c) || strings.IndexByte("-_.!*()", c) >= 0 }, true)
}

// urlEncodeComponent is urlEncode with blanks as %20.
func urlEncodeComponent(s string) string {
	return percent(s, func(c byte) bool { return isTermByte(c) || strings.IndexByte("-_.!*()", c) >= 0 }, false)
}

// urlDecode decodes what can be decoded and leaves the rest.
func urlDecode(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			out = append(out, ' ')
		case c == '%' && i+2 < len(s):
			if b, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				out = append(out, b[0])
				i += 2
				continue
			}
			out = append(out, c)
		default:
			out = append(out, c)
		}
	}
	return string(out)
}
