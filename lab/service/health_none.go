package service

import (
	"context"

	"anylab/lab/record"
)

var noneHealth = healthKind{watchNothing, HealthFacts{Summary: "the route stays whatever happens, the black hole of anycast"}}

// watchNothing announces the address and leaves it announced, whatever
// happens to the service: the black hole that a health check prevents.
func watchNothing(ctx context.Context, s *Service) {
	s.judge(ctx, record.Now(), nil)
	wait[struct{}](ctx, s, nil)
}
