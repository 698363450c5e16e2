package service

import (
	"context"
	"fmt"

	"anylab/lab/record"
)

var processHealth = healthKind{watchProcess, HealthFacts{Summary: "is told by the kernel the moment that the process ends; a hang it does not see"}}

// watchProcess is told by the kernel when the process ends, which takes no
// polling and well under a millisecond. It knows nothing of a process that
// lives and does not answer. After a restart the service is healthy as soon
// as it answers.
func watchProcess(ctx context.Context, s *Service) {
	p, ok := s.Proc(), true
	for ok {
		s.judge(ctx, record.Now(), nil)
		if _, ok = wait(ctx, s, p.Done()); !ok {
			return
		}
		s.judge(ctx, record.Now(), fmt.Errorf("process ended: %s", p.Status()))
		p, ok = wait(ctx, s, s.restarted)
	}
}
