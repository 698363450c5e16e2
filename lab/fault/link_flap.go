package fault

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

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
}

// Check says whether the place is a link and the times leave room for both.
func (f *LinkFlap) Check(s Setting) error {
	if f.Duty <= 0 || f.Duty >= 1 {
		return mistake("duty", "it must be more than 0%% and less than 100%%, or the link does not flap")
	}
	if most := int(longestFault / f.Period); f.Count > most {
		return mistake("count", "%d times, one every %v, take longer than 24h, which no fault does; it must be at most %d", f.Count, document.Duration(f.Period), most)
	}
	return f.down().Check(s)
}

// Within says: the link comes up again at least once.
func (f *LinkFlap) Within(lasts time.Duration) error {
	if low := f.low(); low >= lasts && !f.Random {
		return mistake("period", "the link is down for %v at a time, and the fault is healed after %v: it would not come up once; the period times the duty must be shorter than for", document.Duration(low), document.Duration(lasts))
	}
	return nil
}

// low is how long the link is down, in the mean.
func (f *LinkFlap) low() time.Duration { return time.Duration(float64(f.Period) * float64(f.Duty)) }

// longestFault is how long one may last.
const longestFault = 24 * time.Hour

// down is the fault that is repeated.
func (f *LinkFlap) down() *LinkDown { return &LinkDown{place: f.place} }

// Declare says: see the first loss of the carrier.
func (f *LinkFlap) Declare(s Setting) Declaration { return f.down().Declare(s) }

// Inject sets the end down for the first time and leaves the rest to the clock,
// until it is healed. Healing sets the end up.
func (f *LinkFlap) Inject(_ context.Context, w *World) (Injected, error) {
	link, end, err := f.down().target(w)
	if err != nil {
		return Injected{}, err
	}
	down := w.unplugged(link, end)
	if err := link.SetDown(end); err != nil {
		return down, err
	}
	l := &flapping{LinkFlap: f, link: link, end: end, random: rand.New(rand.NewPCG(f.Seed, w.Round))}
	l.stop = w.Later(l.draw(l.low()), l.turn)
	return Injected{
		active: func(ctx context.Context) (bool, error) {
			down, err := down.Active(ctx)
			return down || !l.healed, err
		},
		heal: func(ctx context.Context) error { return errors.Join(l.over(), down.Heal(ctx)) },
	}, nil
}

// flapping is a link that goes down and up.
type flapping struct {
	*LinkFlap
	link   Link
	end    string
	random *rand.Rand
	up     bool  // just now
	times  int   // that it went up
	failed error // to set the end
	stop   func()
	healed bool
}

// turn sets the end up or down. After the last time it stays up.
func (l *flapping) turn() (time.Duration, bool) {
	l.up = !l.up
	if !l.up {
		l.failed = l.link.SetDown(l.end)
		return l.draw(l.low()), l.failed == nil
	}
	l.failed = l.link.SetUp(l.end)
	l.times++
	return l.draw(l.Period - l.low()), l.failed == nil && l.times != l.Count
}

// draw returns the mean, or a time between 0 and twice the mean.
func (l *flapping) draw(mean time.Duration) time.Duration {
	if !l.Random {
		return mean
	}
	return time.Duration(l.random.Int64N(int64(2*mean) + 1))
}

// over ends the flapping and says what went wrong.
func (l *flapping) over() error {
	if l.healed {
		return nil
	}
	l.stop()
	l.healed = true
	return l.failed
}
