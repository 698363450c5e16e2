package record

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// latest is beyond every time of a run: its clock began when the machine did.
const latest = Time(100 * 365 * 24 * time.Hour)

// leastRate is that of a probe that asks once a day, and less than any.
const leastRate = 1. / 24 / 3600

// sound says what of the event nothing can have been.
func (e Event) sound() error {
	if err := within("its time", e.At); err != nil {
		return err
	}
	switch d := e.Data.(type) {
	case Trial:
		return oneOf("phase of a trial", d.Phase, TrialBegin, TrialEnd)
	case Fault:
		return oneOf("phase of a fault", d.Phase, FaultInject, FaultEffective, FaultVerified, FaultHeal, FaultHealed, FaultHealVerified)
	case BGP:
		return oneOf("message of BGP", d.Type, BGPOpen, BGPUpdate, BGPNotification, BGPKeepalive, BGPRefresh, BGPFin, BGPRst)
	case Silence:
		if !slices.IsSorted([]Time{d.Since, d.Cut, d.Dark, d.Clear, e.At}) || d.Lift < d.Cut || d.Lift > d.Clear {
			return errors.New("the moments of the silence are not in order")
		}
	}
	return nil
}

func oneOf[T ~string](what string, got T, known ...T) error {
	if slices.Contains(known, got) {
		return nil
	}
	return fmt.Errorf("%q is no %s", got, what)
}

func within(what string, t Time) error {
	switch {
	case t < 0:
		return fmt.Errorf("%s is negative", what)
	case t > latest:
		return fmt.Errorf("%s is later than any run", what)
	}
	return nil
}

// sound says what of the group no prober does.
func (g ProbeGroup) sound() error {
	switch {
	case !(g.Rate >= leastRate && g.Rate <= math.MaxInt32): // NaN is neither
		return fmt.Errorf("a probe has a rate, which is not %v requests a second", g.Rate)
	case g.Flows < 1 || g.Flows > math.MaxInt32:
		return fmt.Errorf("a probe has flows, which are not %d", g.Flows)
	case g.Timeout < 0:
		return fmt.Errorf("a probe can't wait for %d ns", g.Timeout)
	}
	return nil
}

// sound says what of the sample nothing can have been.
func (s Sample) sound() error {
	least, most := min(s.Due, s.Sent, s.Received, Time(s.Held)), max(s.Due, s.Sent, s.Received, Time(s.Held))
	if s.Lost() && s.Node != "" {
		return fmt.Errorf("it was lost, and %s answered it", s.Node)
	}
	return cmp.Or(within("one of its times", least), within("one of its times", most))
}

// sends says what of the sample this prober can't have made.
func (g ProbeGroup) sends(s Sample) error {
	switch {
	case uint64(s.Flow) != s.Seq%uint64(g.Flows):
		return fmt.Errorf("request %d is of flow %d, not %d", s.Seq, s.Seq%uint64(g.Flows), s.Flow)
	case !s.Lost() && g.Timeout > 0 && s.Received.Sub(s.Sent) > g.Timeout:
		return fmt.Errorf("it was answered after %v, and is lost after %v", s.Received.Sub(s.Sent), g.Timeout)
	}
	return nil
}
