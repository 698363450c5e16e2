package record

import (
	"testing"
	"time"
)

func TestTransport(t *testing.T) {
	for _, c := range []struct {
		group               ProbeGroup
		streams, unrepeated bool
	}{
		{ProbeGroup{Kind: "dns"}, false, true},
		{ProbeGroup{Kind: "http", Timeout: time.Second}, false, true},
		{ProbeGroup{Kind: "http", Timeout: 2 * time.Second}, false, false},
		{ProbeGroup{Kind: "http", Timeout: 2 * time.Second, RoundTrip: 500 * time.Millisecond}, false, true},
		{ProbeGroup{Kind: "http", Timeout: 2 * time.Second, RoundTrip: 400 * time.Millisecond}, false, false},
		{ProbeGroup{Kind: "http-stream", Timeout: time.Second}, true, false},
		// What is stated counts, whatever the kind is called.
		{ProbeGroup{Kind: "quic", Transport: Datagram, Timeout: time.Minute}, false, true},
		{ProbeGroup{Kind: "grpc", Transport: LongConnection}, true, false},
		{ProbeGroup{Kind: "dns", Transport: Connection, Timeout: time.Minute}, false, false},
	} {
		if s, u := c.group.Streams(), c.group.Unrepeated(); s != c.streams || u != c.unrepeated {
			t.Errorf("%+v: streams %v, unrepeated %v", c.group, s, u)
		}
	}
}
