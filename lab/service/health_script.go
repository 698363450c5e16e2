package service

import (
	"context"
	"fmt"
	"os/exec"

	"anylab/lab"
	"anylab/topologies/document"
)

var scriptHealth = healthKind{polled(runScript), HealthFacts{Summary: "runs a command each time; its exit status is the verdict", Polls: true, Command: true}}

// Script is the command of a health check that is run each time, its placeholders
// replaced as on the node; nil for other kinds.
func (c Config) Script(n *lab.Node) []string {
	if about := healthKinds[c.Health.Kind]; !about.Command || about.Announces {
		return nil
	}
	return c.expand(n, c.Health.Command)
}

// runScript runs the user's check in the node: exit status 0 is healthy. At
// the timeout the script is killed, with all the processes that it started.
func runScript(ctx context.Context, s *Service) error {
	args := s.config.expand(s.node, s.config.Health.Command)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	dir, err := s.workDir()
	if err != nil {
		return err
	}
	cmd.Dir = dir
	lead(cmd)
	log, err := s.node.OpenLog(s.Name() + "-health")
	if err != nil {
		return fmt.Errorf("open the health script's log: %w", err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	// Not Node.Start: a script that ends is no process exit worth an event.
	if err := s.node.Spawn(cmd); err != nil {
		return fmt.Errorf("run %s: %w", args[0], err)
	}
	err = cmd.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("%s was killed after %v", args[0], document.Duration(s.config.Health.Timeout))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return nil
}
