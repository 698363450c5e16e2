package fault_test

import (
	"testing"

	"anylab/lab/fault"
)

func TestShared(t *testing.T) {
	s := setting(parse(t, mixed))
	for _, tt := range []struct {
		kind  string
		at    fault.Place
		other string
		there fault.Place
		want  string
	}{
		{"isolate", on("a"), "link-down", on("r", "a"), "the end of link r-a at a"},
		{"isolate", on("a"), "link-down", fault.Place{On: []string{"r", "a"}, End: "r"}, ""},
		{"isolate", on("a"), "link-down", on("r", "b"), ""},
		{"link-flap", on("r", "a"), "ecmp-member-down", on("r", "a"), "the end of link r-a at a"},
		{"switch-down", on("r", "d"), "switch-down", on("r", "d"), "the switch of link r-d"},
		{"withdraw", on("a"), "drain", on("a"), "what a announces"},
		{"attribute-change", on("a"), "drain", on("a"), "what a announces"},
		{"withdraw", on("a"), "withdraw", on("b"), ""},
		{"daemon-kill", on("a"), "session-reset", on("a"), "the BGP daemon of a"},
		{"daemon-kill", on("a"), "service-crash", on("a"), ""},
		{"service-crash", on("a"), "service-slow", on("a"), "the service dns of a"},
		{"service-crash", on("a"), "service-crash", on("b"), ""},
		{"health-lies", on("a"), "service-crash", on("a"), ""},
		{"power-loss", on("a"), "service-hang", on("a"), "the service dns of a"},
		{"power-loss", on("a"), "daemon-freeze", on("a"), "the BGP daemon of a"},
		{"reboot", on("a"), "address-removed", on("a"), "the anycast addresses of a"},
		{"cpu-starve", on("a"), "service-hang", on("a"), "what stops and continues the service dns of a"},
		{"cpu-starve", on("r"), "daemon-freeze", on("r"), "what stops and continues the BGP daemon of r"},
		{"cpu-starve", on("a"), "service-crash", on("a"), ""},
		{"blackhole", on("r", "a"), "blackhole", on("r", "a"), ""},
	} {
		one, other := build(t, tt.kind, tt.at, "").Declare(s), build(t, tt.other, tt.there, "").Declare(s)
		for _, got := range []string{fault.Shared(one, other), fault.Shared(other, one)} {
			if got != tt.want {
				t.Errorf("%s on %v and %s on %v share %q, want %q", tt.kind, tt.at.On, tt.other, tt.there.On, got, tt.want)
			}
		}
	}
}
