package world

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"anylab/lab"
	"anylab/lab/fault"
	"anylab/lab/service"
)

// shell runs commands on the lab's nodes.
type shell struct{ lab *lab.Lab }

// scriptLog has what commands say.
const scriptLog = "scripts"

// Run implements fault.Shell. Output goes to the node's log of scripts, after the
// command itself.
func (s shell) Run(ctx context.Context, node string, command []string) error {
	n, err := s.lab.Node(node)
	if err != nil {
		return err
	}
	cmd, err := service.Command(ctx, expand(n, command))
	if err != nil {
		return err
	}
	if cmd.Dir, err = n.WorkDir(scriptLog); err != nil {
		return err
	}
	log, err := n.OpenLog(scriptLog)
	if err != nil {
		return fmt.Errorf("open the log of scripts: %w", err)
	}
	defer log.Close()
	line := strings.Join(cmd.Args, " ")
	if _, err := fmt.Fprintf(log, "$ %s\n", line); err != nil {
		return fmt.Errorf("write the log of scripts: %w", err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := n.Spawn(cmd); err != nil {
		return fmt.Errorf("run %s: %w", line, err)
	}
	var failed *exec.ExitError
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s has not ended by itself: %w", line, ctx.Err())
	case errors.As(err, &failed):
		return fault.Refusal{Command: line, Status: failed.Error(), Output: lastLine(n)}
	}
	return err
}

// expand puts what is known of the node in place of the placeholders.
func expand(n *lab.Node, command []string) []string {
	r := strings.NewReplacer("{node}", n.Name, "{dir}", n.Dir(), "{dev}", n.AnycastDev)
	args := make([]string, len(command))
	for i, a := range command {
		args[i] = r.Replace(a)
	}
	return args
}

// lastLine is what the latest command said last, empty if that was nothing, or
// nothing is kept.
func lastLine(n *lab.Node) string {
	text, err := n.EndOfLog(scriptLog)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "$ ") {
		return last
	}
	return ""
}
