package probe

import "testing"

func TestHTTPResponses(t *testing.T) {
	for text, want := range map[string]phrase{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsite rest":                                     {size: 43, node: []byte("site"), answer: true, good: true},
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsite":                                          {},
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n":                                                  {},
		"HTTP/1.1 200 OK\r\n\r\nsite":                                                               {},
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nsite":                                         {},
		"HTTP/1.1 204 No Content\r\nX-Anycast-Node: a\r\n\r\nHTTP":                                  {size: 46, node: []byte("a"), answer: true, good: true},
		"HTTP/1.1 503 Gone\r\nContent-Length: 0\r\n\r\n":                                            {size: 40, answer: true},
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x\r\nsite\r\n0\r\n\r\nHTTP/1.1 200": {size: 63, node: []byte("site"), answer: true, good: true},
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsite\r\n0\r\n":                   {},
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsite\r\n":                        {},
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n":                               {},
	} {
		got := get{}.next([]byte(text), true)
		if got.size != want.size || string(got.node) != string(want.node) || got.answer != want.answer || got.good != want.good {
			t.Errorf("%q: %d bytes of %q, answer %v, good %v; want %d of %q, %v, %v", text,
				got.size, got.node, got.answer, got.good, want.size, want.node, want.answer, want.good)
		}
	}
}

func TestEchoFits(t *testing.T) {
	e := echo{newToken()}
	request := e.request(nil, 7)
	if p := e.next(append([]byte("a\n"), request...), true); p.size != 2 || string(p.node) != "a" || p.answer {
		t.Errorf("greeting: %+v", p)
	}
	if p := e.next(request[:tokenSize-1], false); p.size != 0 {
		t.Errorf("part of an echo: %+v", p)
	}
	if !e.fits(request, 7) || e.fits(request, 8) || (echo{newToken()}).fits(request, 7) {
		t.Error("an echo fits its own request and no other")
	}
}
