package observe

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/lab/record"
)

// mortal is an observer that ends when told to, with err.
type mortal struct {
	die <-chan struct{}
	err error
}

func (m mortal) Start(ctx context.Context, _ *lab.Node, _ record.Sink) (func() error, error) {
	return background(func() error {
		select {
		case <-m.die:
		case <-ctx.Done():
		}
		return m.err
	}), nil
}

// An observer that ends before it was told to is a finding at once, not only
// an error at the end; one that was told to is none, whatever it returns.
func TestADeadObserverIsAFinding(t *testing.T) {
	l := labtest.Open(t, `
name: one
nodes:
  r: {role: router, asn: 65000}
  a: {role: anycast, asn: 65001}
links:
  - endpoints: [r, a]
anycast: 192.0.2.100/32
`)
	for _, c := range []struct {
		name  string
		err   error
		early bool
		want  string
	}{
		{"with an error", errors.New("broken"), true, "observe mortal on a: broken"},
		{"without one", nil, true, "observe mortal on a: it ended early"},
		{"late", errors.New("broken"), false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var events labtest.Events
			die := make(chan struct{})
			ctx, stop := context.WithCancel(t.Context())
			wait, err := start(ctx, l, Options{}, &events, []kind{{"mortal", func(_ *lab.Lab, node string) bool { return node == "a" },
				func(*lab.Lab, Options) Observer { return mortal{die, c.err} }}})
			if err != nil {
				t.Fatal(err)
			}
			if c.early {
				close(die)
				e := events.Wait(t, time.Minute, func(e record.Event) bool { return e.Kind == record.KindFinding })
				if f := e.Data.(record.Finding); f.Name != Died || f.Detail != c.want {
					t.Errorf("finding %+v, want %q", f, c.want)
				}
			}
			stop()
			err = wait()
			if !errors.Is(err, c.err) && c.err != nil || err == nil || !strings.Contains(err.Error(), "observe mortal on a") {
				t.Errorf("wait returned %v", err)
			}
			if n := len(events.Of(record.KindFinding)); !c.early && n > 0 {
				t.Errorf("%d findings about an observer that was told to end", n)
			}
		})
	}
}
