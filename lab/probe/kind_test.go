package probe

import (
	"slices"
	"testing"

	"anylab/lab/record"
)

// What a service is asked by unless the scenario says otherwise, and what else
// it answers.
func TestOf(t *testing.T) {
	for service, want := range map[string][]string{
		"dns":     {"dns", "tcp-connect", "icmp"},
		"http":    {"http", "http-stream", "tcp-connect", "icmp"},
		"tcp":     {"tcp-connect", "tcp-stream", "icmp"},
		"udp":     {"udp", "icmp"},
		"unknown": {"icmp"},
	} {
		if got := Of(service); !slices.Equal(got, want) {
			t.Errorf("%s answers %v, want %v", service, got, want)
		}
	}
}

// Every kind says how its requests travel, and that agrees with what readers
// take older records for, and with whether it has a payload of its own.
func TestFacts(t *testing.T) {
	for _, name := range Kinds() {
		about, ok := About(name)
		if !ok || about.Summary == "" || about.Transport == "" || kinds[name].outstanding == 0 {
			t.Errorf("%s declares %+v", name, kinds[name])
		}
		if old := (record.ProbeGroup{Kind: name}).Carried(); old != about.Transport {
			t.Errorf("%s: an older record is read as %s, not %s", name, old, about.Transport)
		}
		if datagram := about.Transport == record.Datagram; datagram != (about.Payload > 0) {
			t.Errorf("%s travels by %s and has %d bytes of payload", name, about.Transport, about.Payload)
		}
	}
	if _, ok := About("carrier-pigeon"); ok {
		t.Error("a kind that there isn't has facts")
	}
}
