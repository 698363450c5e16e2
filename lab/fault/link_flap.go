package fault

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"anylab/lab"
	"anylab/topologies/document"
)

// LinkFlap sets one end of a link down and up again and again. It begins with
// down.
type LinkFlap struct {
	place  Place
	Period time.Duration    `yaml:"period" default:"1s" min:"2ms" max:"24h" doc:"from one loss of the carrier to the next"`
	Duty   document.Percent `yaml:"duty" default:"50%" doc:"the share of a period during which the link is down"`
	Count  int              `yaml:"count" min:"1" doc:"how many times; until it is healed"`
	Random bool             `yaml:"random" doc:"draw each time up and down, with the period's and duty's as their means"`
	Seed   uint64           `yaml:"seed" default:"1" doc:"of the draws"`

	stop  func() error // ends the flapping and says what went wrong; nil if there is none
	round uint64       // how often it was injected: each time has draws of its own
}

// Check says whether the place is a link and the times leave room for both.
func (f *LinkFlap) Check(s Setting) error {
	if f.Duty <= 0 || f.Duty >= 1 {
		return mistake("duty", "it must be more than 0%% and less than 100%%, or the link does not flap")
	}
	return f.down().Check(s)
}

// down is the fault that is repeated.
func (f *LinkFlap) down() *LinkDown { return &LinkDown{place: f.place} }

// Theory is that of the first loss of the carrier.
func (f *LinkFlap) Theory(s Setting) Theory { return f.down().Theory(s) }

// Inject sets the end down for the first time and leaves the rest to a
// goroutine, which Heal ends.
func (f *LinkFlap) Inject(ctx context.Context, w *World) error {
	link, end, err := f.down().target(w)
	if err != nil {
		return err
	}
	if err := link.SetDown(end); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(f.Seed, f.round))
	f.round++
	flapping, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var failed error
	var done sync.WaitGroup
	done.Go(func() { failed = f.flap(flapping, random, link, end) })
	f.stop = sync.OnceValue(func() error {
		cancel()
		done.Wait()
		return failed
	})
	return nil
}

// flap starts with the link down and stops with it up, unless ctx ends first.
func (f *LinkFlap) flap(ctx context.Context, random *rand.Rand, link *lab.Link, end string) error {
	down := time.Duration(float64(f.Period) * float64(f.Duty))
	for n := 1; ; n++ {
		if !pause(ctx, f.draw(random, down)) {
			return nil
		}
		if err := link.SetUp(end); err != nil {
			return err
		}
		if n == f.Count || !pause(ctx, f.draw(random, f.Period-down)) {
			return nil
		}
		if err := link.SetDown(end); err != nil {
			return err
		}
	}
}

// draw returns the mean, or a time between 0 and twice the mean.
func (f *LinkFlap) draw(random *rand.Rand, mean time.Duration) time.Duration {
	if !f.Random {
		return mean
	}
	return time.Duration(random.Int64N(int64(2*mean) + 1))
}

// pause waits, and returns false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Active says whether the link flaps, or is down at this moment.
func (f *LinkFlap) Active(w *World) (bool, error) {
	down, err := f.down().Active(w)
	return down || f.stop != nil, err
}

// Heal ends the flapping and sets the end up.
func (f *LinkFlap) Heal(ctx context.Context, w *World) error {
	var err error
	if f.stop != nil {
		err = f.stop()
		f.stop = nil
	}
	return errors.Join(err, f.down().Heal(ctx, w))
}
