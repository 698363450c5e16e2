package service

import (
	"context"

	"anylab/lab"
	"anylab/lab/record"
)

var loopHealth = healthKind{watchLoop, HealthFacts{Summary: "a health checker of your own that asks, announces and withdraws by itself", Command: true, Announces: true}}

// watchLoop runs a checker of the user's that does everything itself: it asks,
// it announces and it takes back, in whatever way. Here nothing is judged or
// announced: what the checker thinks shows in what it does. Without a command
// the BGP daemon runs it.
func watchLoop(ctx context.Context, s *Service) {
	if len(s.config.Health.Command) == 0 {
		s.route.healthy.Store(true)
		<-ctx.Done()
		return
	}
	p, err := s.startLoop(ctx)
	if err != nil {
		s.doubt("health-checker-failed", err.Error())
		return
	}
	s.route.healthy.Store(true)
	<-p.Done() // with ctx it is killed
	s.route.healthy.Store(false)
	if ctx.Err() == nil {
		s.doubt("health-checker-ended", p.Name()+" on "+s.Node()+": "+p.Status())
	}
}

func (s *Service) startLoop(ctx context.Context) (*lab.Proc, error) {
	cmd, err := program(s.config.expand(s.node, s.config.Health.Command))
	if err != nil {
		return nil, err
	}
	if cmd.Dir, err = s.workDir(); err != nil {
		return nil, err
	}
	return s.node.Start(ctx, s.Name()+"-health", cmd)
}

// Checker is the command of a health check that announces by itself, its
// placeholders replaced as on the node; nil for other kinds.
func (c Config) Checker(n *lab.Node) []string {
	if !c.Health.Announces() {
		return nil
	}
	return c.expand(n, c.Health.Command)
}

func (s *Service) doubt(name, detail string) {
	s.sink.Emit(record.Event{At: record.Now(), Kind: record.KindFinding, Node: s.Node(),
		Data: record.Finding{Name: name, Detail: detail}})
}
