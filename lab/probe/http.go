package probe

import (
	"bytes"
	"strconv"

	"anylab/lab/record"
)

var httpKind = kind{
	new: newHTTP, outstanding: maxConnections,
	Facts: Facts{
		Summary:  "/, on a TCP connection of its own; a 5xx is no answer",
		Services: []string{"http"}, Transport: record.Connection, Trips: 2,
	},
}

// newHTTP gets / over a connection of its own. The node is what the header
// X-Anycast-Node says, else the first word of the body. A server error (5xx) is
// no answer: its user is not served.
func newHTTP(c Config) transport {
	request := "GET / HTTP/1.1\r\nHost: " + c.Target.String() +
		"\r\nUser-Agent: anylab\r\nAccept: */*\r\nConnection: close\r\n\r\n"
	return newStream(c, conversation{request: []byte(request), parse: parseHTTP})
}

// parseHTTP reads as much of a response (RFC 9112) as it takes to know who
// answered.
func parseHTTP(received []byte, end bool) reply {
	head, body, whole := bytes.Cut(received, []byte("\r\n\r\n"))
	if !whole {
		return reply{done: end}
	}
	status, fields, _ := bytes.Cut(head, []byte("\r\n"))
	if !served(status) {
		return reply{done: true}
	}
	if node := field(fields, "X-Anycast-Node"); len(node) > 0 {
		return reply{done: true, ok: true, node: node}
	}
	node, complete := firstWord(body)
	if size, err := strconv.Atoi(string(field(fields, "Content-Length"))); err == nil && len(body) >= size {
		complete = true
	}
	return reply{done: complete || end, ok: true, node: node}
}

// served looks at the status line, "HTTP/1.1 200 OK".
func served(line []byte) bool {
	version, rest, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(rest, []byte(" "))
	n, err := strconv.Atoi(string(code))
	return bytes.HasPrefix(version, []byte("HTTP/")) && err == nil && n >= 100 && n < 500
}

// field returns a header field's value, nil if there is none.
func field(fields []byte, name string) []byte {
	for len(fields) > 0 {
		line, rest, _ := bytes.Cut(fields, []byte("\r\n"))
		fields = rest
		key, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(key, []byte(name)) {
			return bytes.TrimSpace(value)
		}
	}
	return nil
}

// firstWord returns the first word, and whether something ends it.
func firstWord(body []byte) (word []byte, ended bool) {
	words := bytes.Fields(body)
	if len(words) == 0 {
		return nil, false
	}
	after := bytes.Index(body, words[0]) + len(words[0])
	return words[0], after < len(body)
}
