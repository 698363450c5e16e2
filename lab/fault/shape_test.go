package fault_test

import (
	"testing"

	"anylab/lab/fault"
	"anylab/lab/record"
)

func TestShapeOfTheory(t *testing.T) {
	s := setting(parse(t, mixed))
	for _, tt := range []struct {
		kind   string
		at     fault.Place
		params string
		want   record.Shape
	}{
		{"blackhole", on("r", "a"), "", record.Jittered},
		{"blackhole", oneWay("r", "a"), "", record.Jittered},
		{"blackhole", on("r", "a"), "only: bfd", record.JitteredFirst},
		{"blackhole", on("r", "a"), "only: bgp", record.Uniform},
		{"blackhole", on("r", "b"), "", record.Uniform},
		{"blackhole", on("r", "c"), "", ""}, // never detected
		{"switch-down", on("r", "d"), "", record.Uniform},
		{"power-loss", on("b"), "", record.Uniform},
		{"power-loss", on("a"), "", ""}, // the last of two links decides
		{"link-down", on("r", "a"), "", ""},
		{"service-crash", on("a"), "", record.Uniform},
		{"service-hang", on("a"), "", ""},
	} {
		if got := build(t, tt.kind, tt.at, tt.params).Declare(s).Theory.Shape; got != tt.want {
			t.Errorf("%s on %v %s: %q, want %q", tt.kind, tt.at, tt.params, got, tt.want)
		}
	}
	bird := setting(parse(t, mixed+"daemon: bird\n"))
	if got := build(t, "blackhole", on("r", "b"), "").Declare(bird).Theory.Shape; got != "" {
		t.Errorf("keepalives of another daemon: %q, want none", got)
	}
	single := setting(parse(t, mixed+"bfd: {interval: 50ms, multiplier: 1}\n"))
	if got := build(t, "blackhole", on("r", "b"), "").Declare(single).Theory.Shape; got != "" {
		t.Errorf("a multiplier of 1: %q, want none", got)
	}
}
