package run

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/scenarios"
	"anylab/topologies/document"
)

// Calibration says which known silences are made before a visit's first trial.
// The probes measure them like any outage, which shows what the measurement is
// worth on this machine at this hour.
type Calibration struct {
	Lengths []time.Duration // 0: nothing is cut, and nothing may be lost
	Each    int             // of each length; 0: there is no calibration
}

// The calibrations: one of three quarters of a second, the gate after it
// included, that every cell of a matrix has once, a short one that every run
// begins with, and the whole.
var (
	briefCalibration = Calibration{lengths(5, 20, 50), 1}
	ShortCalibration = Calibration{lengths(0, 5, 20, 50), 3}
	FullCalibration  = Calibration{lengths(0, 5, 20, 50, 200, 1000), 20}
)

// calibrate says with which known silences each visit begins. The run's own
// calibration comes first of all. Every cell has a brief one besides, some in an early
// and some in a later round: machines change while a large matrix is run.
func (p *Plan) calibrate(visits []visit) {
	if p.Calibration.Each == 0 || len(visits) == 0 {
		return
	}
	of := map[int][]int{} // the visits of each cell
	for _, v := range visits {
		of[v.cell] = append(of[v.cell], v.number)
	}
	for cell, numbers := range of {
		visits[numbers[cell%min(rounds, len(numbers))]].calibration = briefCalibration // later ones may turn out to be needless
	}
	visits[0].calibration = p.Calibration
}

// calibrationOf tells how a cell is calibrated. The run's own calibration is put
// down to the first cell, though the seed decides which one is visited first.
func (p *Plan) calibrationOf(cell int) Calibration {
	if cell > 0 && p.Calibration.Each > 0 {
		return briefCalibration
	}
	return p.Calibration
}

func lengths(ms ...int) []time.Duration {
	var list []time.Duration
	for _, n := range ms {
		list = append(list, time.Duration(n)*time.Millisecond)
	}
	return list
}

// The least time between two silences, and the most for the sake of slow flows.
const (
	leastRest = 40 * time.Millisecond
	mostRest  = 10 * leastRest
)

// rest is the time between two silences: enough for several requests, and for
// one of each flow before and after. What counts is when requests are sent, so
// their answers need not have come. Where flows go to
// different sites each is judged on its own, and its next request tells when the
// silence was over.
func (c *clients) rest() time.Duration {
	longest := leastRest
	for _, g := range c.list() {
		longest = max(longest, min(2*g.Interval(), mostRest))
	}
	return longest
}

// calibrate makes the silences, of all lengths in turn so that a disturbance
// of the machine does not hit one length alone. They come at random moments of
// the probes' schedule, or they would all be measured alike.
func (r *rig) calibrate(ctx context.Context, c Calibration, random *rand.Rand) error {
	clients := r.clients.calibrated()
	if c.Each == 0 || len(clients) == 0 {
		return nil
	}
	r.say("calibrate: " + c.what())
	for i := range c.Each * len(c.Lengths) {
		length, client := c.turn(i, clients)
		err := r.silence(ctx, client, length, random)
		var lacking lab.Unavailable
		if errors.As(err, &lacking) {
			r.finding("not-calibrated", err.Error())
			return nil
		}
		if err != nil {
			return fmt.Errorf("calibrate %s: %w", client, err)
		}
	}
	return nil
}

// turn returns the i-th silence: all lengths in turn, each with one client
// after the other.
func (c Calibration) turn(i int, clients []string) (time.Duration, string) {
	round, n := i/len(c.Lengths), i%len(c.Lengths)
	return c.Lengths[n], clients[(n+round)%len(clients)]
}

// calibrated lists the clients whose probes see a silence as it is.
func (c *clients) calibrated() []string {
	var names []string
	for _, g := range c.list() {
		if g.Unrepeated() && !slices.Contains(names, g.Client) {
			names = append(names, g.Client)
		}
	}
	return names
}

// calibrates says whether the cell has a probe that sees a silence as it is.
func (c cell) calibrates() bool {
	return slices.ContainsFunc(c.Probes, func(p scenarios.Probe) bool {
		g, _ := group(c.Scenario, p, c.Topology.Anycast[0].Addr())
		return g.Unrepeated()
	})
}

// silence cuts what the client sends for a while. Requests are discarded as
// they leave the client, in the call that sends them: whether one is lost is
// decided when it is sent. Stamps are next to the switching, which is one
// message to the kernel each time.
func (r *rig) silence(ctx context.Context, client string, length time.Duration, random *rand.Rand) error {
	var err error
	silence := record.Silence{Cell: r.cell.Cell, Asked: length, Since: record.Now()}
	if err := r.pause(ctx, random); err != nil {
		return err
	}
	silence.Cut = record.Now()
	if length == 0 {
		silence.Dark, silence.Lift, silence.Clear = silence.Cut, silence.Cut, silence.Cut
	} else if err = r.cut(ctx, client, length, &silence); err != nil {
		return err
	}
	err = r.pause(ctx, random)
	r.dir.Emit(record.Event{At: record.Now(), Kind: record.KindSilence, Node: client, Data: silence})
	return err
}

func (r *rig) cut(ctx context.Context, client string, length time.Duration, silence *record.Silence) error {
	mute, err := r.world.Lab.Mute(client)
	if err != nil {
		return err
	}
	silence.Cut = record.Now()
	err = mute.On()
	silence.Dark = record.Now()
	if err == nil {
		err = until(ctx, silence.Dark.Add(length))
	}
	silence.Lift = record.Now()
	err = errors.Join(err, mute.Off())
	silence.Clear = record.Now()
	return errors.Join(err, mute.Close())
}

// pause lets the probes run undisturbed, for a random time.
func (r *rig) pause(ctx context.Context, random *rand.Rand) error {
	rest := r.clients.rest()
	spread := time.Duration(random.Int64N(int64(rest)))
	return until(ctx, record.Now().Add(rest/2+spread/2))
}

func (c Calibration) what() string {
	var cuts []string
	for _, l := range c.Lengths {
		if l > 0 {
			cuts = append(cuts, document.Duration(l))
		}
	}
	return fmt.Sprintf("known silences of %s, %d of each", strings.Join(cuts, ", "), c.Each)
}
