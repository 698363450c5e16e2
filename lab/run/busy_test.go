package run

import "testing"

func TestOverloadedMachineIsNamed(t *testing.T) {
	for pressure, want := range map[string]string{
		"some avg10=98.21 avg60=80.00 avg300=20.00 total=123\nfull avg10=0.00": "this machine is busy: in the last 10 s some task waited for a processor 98 % of the time",
		"some avg10=12.00 avg60=80.00 avg300=20.00 total=123\n":                "",
		"": "",
	} {
		if got := overloaded(pressure); got != want {
			t.Errorf("%q: %q, want %q", pressure, got, want)
		}
	}
}
