package world_test

import (
	"testing"

	"anylab/lab/labtest"
	"anylab/lab/probe"
	"anylab/lab/service"
	"anylab/lab/speaker"
)

func TestMain(m *testing.M) {
	labtest.Main(m, map[string]func([]string) int{"prober": probe.Main, "service": service.Main, "speaker": speaker.Main})
}
