package fault_test

import (
	"testing"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
	"anylab/lab/probe"
	"anylab/lab/service"
)

func TestMain(m *testing.M) {
	labtest.Main(m, map[string]func([]string) int{"probe": probe.Main, "service": service.Main, "speaker": bgp.Main})
}
