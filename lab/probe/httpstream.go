package probe

import (
	"bytes"
	"strconv"

	"anylab/lab/record"
)

var httpStreamKind = kind{
	new: newHTTPStream, outstanding: maxDatagrams,
	Facts: Facts{
		Summary:  "a long-lived HTTP connection for each flow, asked again and again",
		Services: []string{"http"}, Transport: record.LongConnection, Trips: 2,
	},
}

// get asks a web server for / again and again over a persistent connection
// (RFC 9112 section 9.3).
type get struct{ text string }

// newHTTPStream keeps a connection to a web server for each flow. The answers
// count as those of an http probe.
func newHTTPStream(c Config) transport {
	return newSessions(c, get{"GET / HTTP/1.1\r\nHost: " + c.Target.String() + "\r\nUser-Agent: anylab\r\nAccept: */*\r\n\r\n"})
}

func (g get) request(b []byte, _ uint64) []byte { return append(b, g.text...) }

func (g get) fits([]byte, uint64) bool { return true } // nothing numbers responses but their order

// next takes one response. Where one ends that does not state its length shows
// only at the end of the connection: it is no answer.
func (g get) next(received []byte, _ bool) phrase {
	head, body, whole := bytes.Cut(received, []byte("\r\n\r\n"))
	if !whole {
		return phrase{}
	}
	status, fields, _ := bytes.Cut(head, []byte("\r\n"))
	content, size, whole := content(status, fields, body)
	if !whole {
		return phrase{}
	}
	node := field(fields, "X-Anycast-Node")
	if len(node) == 0 {
		node, _ = firstWord(content)
	}
	return phrase{size: len(received) - len(body) + size, node: node, answer: true, good: served(status)}
}

// content returns the content of a response and the size of the body that
// carries it (RFC 9112 section 6.3), false while that is not known.
func content(status, fields, body []byte) (content []byte, size int, whole bool) {
	_, rest, _ := bytes.Cut(status, []byte(" "))
	if code, _, _ := bytes.Cut(rest, []byte(" ")); bytes.Equal(code, []byte("204")) || bytes.Equal(code, []byte("304")) {
		return nil, 0, true
	}
	if bytes.EqualFold(field(fields, "Transfer-Encoding"), []byte("chunked")) {
		return chunked(body)
	}
	n, err := strconv.Atoi(string(field(fields, "Content-Length")))
	if err != nil || n < 0 || n > len(body) {
		return nil, 0, false
	}
	return body[:n], n, true
}

// chunked takes a chunked body without trailers apart (RFC 9112 section 7.1).
func chunked(body []byte) (content []byte, size int, whole bool) {
	at := 0
	for {
		line, _, whole := bytes.Cut(body[at:], []byte("\r\n"))
		if !whole {
			return nil, 0, false
		}
		length, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(length)), 16, 31)
		from := at + len(line) + 2
		at = from + int(n) + 2 // the chunk's own line end, or that of the empty trailer
		if err != nil || at > len(body) {
			return nil, 0, false
		}
		if n == 0 {
			return content, at, true
		}
		content = append(content, body[from:from+int(n)]...)
	}
}
