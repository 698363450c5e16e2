package lab_test

import (
	"context"
	"syscall"
	"testing"

	"anylab/lab"
	"anylab/lab/record"
)

// An end that the lab brought about is told from one that it did not.
func TestProcUnexpectedEnd(t *testing.T) {
	kill := func(p *lab.Proc) { _ = syscall.Kill(p.PID(), syscall.SIGKILL) }
	for _, c := range []struct {
		name string
		end  func(p *lab.Proc)
		want bool
	}{
		{"killed by others", kill, true},
		{"killed on purpose", func(p *lab.Proc) { p.Expect(); kill(p) }, false},
		{"signalled", func(p *lab.Proc) { _ = p.Signal(syscall.SIGKILL) }, false},
		{"stopped", func(p *lab.Proc) { _ = p.Stop(context.Background()) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, events := openOne(t)
			p := start(context.Background(), t, n, "sleep", "300")
			c.end(p)
			await(t, p)
			exit := events.Of(record.KindExit)
			if len(exit) != 1 || exit[0].Data.(record.Proc).Unexpected != c.want {
				t.Errorf("%+v, want unexpected: %v", exit, c.want)
			}
		})
	}
}
