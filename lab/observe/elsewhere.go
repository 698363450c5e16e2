//go:build !linux

package observe

import (
	"context"
	"errors"
	"os"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/topologies"
)

// There is no lab to watch on other systems.

const Died = "observer-died"

type Options struct {
	PcapDir string
	Armed   func()
}

var ErrCut = errors.New("the watching is cut short")

func Canary(context.Context, record.Sink) error { return lab.ErrNotLinux }

func Load(context.Context, record.Sink, <-chan chan<- struct{}) error { return lab.ErrNotLinux }

func Mourn(_ context.Context, _ record.Sink, _ string, wait func() error) func() error { return wait }

func Start(context.Context, *lab.Lab, Options, record.Sink) (wait func() error, err error) {
	return nil, lab.ErrNotLinux
}

func Live(context.Context, *lab.Lab, topologies.Link, *os.File) (dropped int, err error) {
	return 0, lab.ErrNotLinux
}
