package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"anylab/lab/fault"
	"anylab/lab/run"
	"anylab/reports"
	"anylab/reports/stats"
	"anylab/scenarios"
)

const (
	screening = 8               // trials that say by how much a lab is slower than its simulation
	attempts  = 4               // settings that are tried in the lab
	shortest  = 4 * time.Second // stress that is worth a lab
	setUp     = 8 * time.Second // that a lab takes to come up, be calibrated and be taken down
)

// inLab tries the best setting in the lab, or the next one that should hold there, and
// stresses the one that does; or else the one of which it could not be told, after as many
// trials as there is time for.
func (t *tuner) inLab(ctx context.Context) error {
	t.end = time.Now().Add(t.budget)
	half := time.Now().Add(t.budget / 2)
	excess := 0.0 // milliseconds that the lab takes longer
	for range attempts {
		s := t.next(excess)
		if s == nil || time.Now().After(half) {
			break
		}
		if err := t.confirm(ctx, s, half); err != nil {
			return err
		}
		if s.Lab.Meets {
			return t.stress(ctx, s)
		}
		excess = max(excess, float64(s.Lab.High-s.Simulated.High))
	}
	t.found.Best()
	s := &t.found.Settings[0]
	if !t.found.Unsure || s.Lab == nil {
		return nil
	}
	if n := t.affordable(half); n > s.Lab.Trials {
		if err := t.measure(ctx, s, n); err != nil {
			return err
		}
	}
	return t.stress(ctx, s)
}

// next is the best setting that should meet the goal if the lab takes so much longer, and
// was not tried yet.
func (t *tuner) next(excess float64) *reports.Setting {
	t.found.Best()
	for i := range t.found.Settings {
		s := &t.found.Settings[i]
		if s.Lab == nil && s.Vendor == "" && s.Simulated.Meets && float64(s.Simulated.High)+excess < t.goal.Value {
			return s
		}
	}
	return nil
}

// confirm measures a setting: a few trials first, and as many as the goal's statistic
// needs, or the time allows, where these meet it.
func (t *tuner) confirm(ctx context.Context, s *reports.Setting, by time.Time) error {
	began := time.Now()
	if err := t.measure(ctx, s, screening); err != nil {
		return err
	}
	t.each = time.Since(began) / screening
	if n := t.affordable(by); s.Lab.Meets && n > screening {
		return t.measure(ctx, s, n)
	}
	return nil
}

// affordable is how many trials the goal's statistic needs, or the time allows.
func (t *tuner) affordable(by time.Time) int {
	return min(max(stats.MinTrials(quantile(t.goal)), screening), int(time.Until(by)/max(t.each, time.Millisecond)))
}

// measure makes trials of a setting, which replace those before.
func (t *tuner) measure(ctx context.Context, s *reports.Setting, trials int) error {
	name := fmt.Sprintf("%s-%d", label(s.Set), trials)
	t.say(fmt.Sprintf("measure %s: %d trials in each cell", s.Name(), trials))
	p, err := t.planned(append(slices.Clone(s.Set), "expect="+fmt.Sprintf("[%q]", t.goal.Text)), trials)
	if err != nil {
		return err
	}
	if err := t.carryOutIn(ctx, p, name); err != nil {
		return err
	}
	r, err := reports.Load(filepath.Join(t.dir, name))
	if err != nil {
		return err
	}
	if err := r.Write(r.Dir); err != nil {
		return err
	}
	got := r.Against(t.goal)
	s.Lab, s.Run = &got, name
	return nil
}

// planned is the plan of a setting in the lab.
func (t *tuner) planned(set []string, trials int) (*run.Plan, error) {
	s, err := scenarios.Load(t.name, append(slices.Clone(t.set), set...)...)
	if err == nil {
		s, err = s.WithTrials(trials)
	}
	if err != nil {
		return nil, err
	}
	return t.compiled(s)
}

func (t *tuner) compiled(s scenarios.Scenario) (*run.Plan, error) {
	p, err := run.Compile(s)
	if err != nil {
		return nil, err
	}
	p.Seed = t.seed
	return p, p.Available()
}

// carryOutIn carries a plan out in a directory of the tuning's. A lab that did not settle
// again leaves what it has measured.
func (t *tuner) carryOutIn(ctx context.Context, p *run.Plan, name string) error {
	path := filepath.Join(t.dir, name)
	return judgeable(t.out.ErrOrStderr(), t.carryOut(ctx, t.out.ErrOrStderr(), p, path, time.Now()), path)
}

// label makes a directory's name of a setting.
func label(set []string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-", r) {
			return r
		}
		return '-'
	}, strings.Join(set, "-"))
}

// stress has the setting endure each stress for its share of the time that is left.
func (t *tuner) stress(ctx context.Context, s *reports.Setting) error {
	p, err := t.planned(s.Set, 1)
	if err != nil {
		return err
	}
	list := stresses(*p.About(time.Now()).Experiment, t.found.Site)
	for i, stress := range list {
		each := time.Until(t.end)/time.Duration(len(list)-i) - setUp
		if each < shortest {
			return nil
		}
		if err := t.endure(ctx, s, stress, each.Truncate(time.Millisecond)); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			for k := range s.Stress {
				if s.Stress[k].Stress == stress.Name {
					s.Stress[k].Note = err.Error()
				}
			}
		}
	}
	return nil
}

// endure has the setting endure a stress in the lab, without a fault.
func (t *tuner) endure(ctx context.Context, s *reports.Setting, stress reports.Stress, lasts time.Duration) error {
	t.say(fmt.Sprintf("stress %s: %s, %v", s.Name(), stress.Name, lasts.Round(time.Second)))
	set := append(slices.Clone(s.Set), "expect=[]", "faults=[]", fmt.Sprintf("sustain=%v", lasts/2), fmt.Sprintf("limit=%v", max(t.bare.Limit, lasts)))
	links := t.bare.Topology.LinksOf(t.found.Site)
	switch {
	case stress.Loss > 0:
		set = append(set, "sustain=1s", fmt.Sprintf("faults=[{kind: loss, on: [%s, %s], percent: %v%%, for: %v}]", links[0].Ends[0].Node, links[0].Ends[1].Node, 100*stress.Loss, lasts))
	case stress.Stall > 0:
		set = append(set, "sustain=1s", fmt.Sprintf("faults=[{%s, for: %v}]", fault.Stalled(t.found.Site, stress.Stall, stress.Every), lasts))
	case stress.Jitter > 0:
		for _, l := range links {
			set = append(set, fmt.Sprintf("topology.links.%s.delay=%v", l.Name, stress.Jitter), fmt.Sprintf("topology.links.%s.jitter=%v", l.Name, stress.Jitter))
		}
	}
	sc, err := scenarios.Load(t.name, append(slices.Clone(t.set), set...)...)
	if err != nil {
		return err
	}
	sc.Matrix, sc.Entries, sc.Trials, sc.Until = nil, nil, 1, nil
	p, err := t.compiled(sc)
	if err != nil {
		return err
	}
	p.Calibration = run.Calibration{}
	done, err := busy(stress.Busy)
	if err != nil {
		return err
	}
	name := label(append(slices.Clone(s.Set), stress.Name))
	failed := t.carryOutIn(ctx, p, name)
	done()
	e, err := stress.Counted(filepath.Join(t.dir, name), t.found.Site)
	if e.Lab != nil {
		s.Endures(e)
		return nil
	}
	return errors.Join(failed, err)
}

// busy keeps processors busy, until it is told to end.
func busy(n int) (done func(), err error) {
	var burning []*exec.Cmd
	done = func() {
		for _, c := range burning {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	}
	for range n {
		c := exec.Command("sh", "-c", "while :; do :; done")
		if err := c.Start(); err != nil {
			done()
			return nil, fmt.Errorf("keep a processor busy: %w", err)
		}
		burning = append(burning, c)
	}
	return done, nil
}
