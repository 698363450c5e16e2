package world

import (
	"context"

	"anylab/lab/fault"
	"anylab/lab/service"
)

// server is a running service. All but its process and its behaviour is its own.
type server struct{ *service.Service }

// Proc implements fault.Answering.
func (s server) Proc() fault.Process { return process{s.Service.Proc()} }

// Behave implements fault.Answering.
func (s server) Behave(ctx context.Context, b fault.Behaviour) error {
	return s.Service.Behave(ctx, service.Behaviour(b))
}

// Behaviour implements fault.Answering.
func (s server) Behaviour() fault.Behaviour { return fault.Behaviour(s.Service.Behaviour()) }
