package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/reports"
	"anylab/reports/page"
	"anylab/topologies/document"
)

type soakFlags struct {
	validateFlags
	lasts  string
	calm   string
	faults int
}

func soakCommand() *cobra.Command {
	var f soakFlags
	c := &cobra.Command{
		Use:   "soak SCENARIO|TOPOLOGY",
		Short: "Break one thing after the other for hours, and see that all comes back and nothing grows",
		Long: `Soak makes faults one at a time, in a random order that --seed makes again: every
usual way in which what users depend on fails, as anylab validate knows them. The
network, the services and the probes are a scenario's, whose own faults and
expectations are set aside. It measures nothing, but looks after every fault
whether what must hold does: service came back, everybody is served as before,
nothing has grown, and between faults nothing failed over. A violation is shown at
once, with the command that makes the same faults up to it.

What it keeps does not grow: the records of violated faults, the first of them, and
one sum. It ends with the time, at an interrupt (with the sum so far), or never.

Exit codes: 0 all held; 1 something did not; 4 the machine was too busy to tell.
anylab help soak has the rest.`,
		Example: `  anylab soak service-crash --for 8h
  anylab soak service-crash --trials 20 --plan --seed 7
  anylab soak mine.yaml --for 30m --only "falls silent" --fail-fast`,
		Args:              exactly(1),
		ValidArgsFunction: completeScenarios,
		RunE:              func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	setFlag(c, &f.set)
	c.Flags().StringVar(&f.services, "services", "", "take services and probes from this `file`, a scenario or a part of one; needed for a topology")
	c.Flags().StringVar(&f.lasts, "for", "", "end after so long a `time`, counted from when the lab is up (default: at an interrupt)")
	c.Flags().IntVar(&f.faults, "trials", 0, "end after this `number` of faults")
	c.Flags().StringVar(&f.calm, "calm", "5s", "leave this `time` between two faults, on average: half of it to half as much again")
	c.Flags().StringArrayVar(&f.only, "only", nil, "make only the failures of this kind, or with this `text` in their names (repeatable)")
	c.Flags().BoolVar(&f.plan, "plan", false, "list the faults in their order, 20 or --trials of them, and do nothing")
	c.Flags().BoolVar(&f.failFast, "fail-fast", false, "end at the first violation")
	c.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the faults' order and moments (default: random)")
	c.Flags().StringVar(&f.out, "out", "out", "write the directory of the soak below this `directory`")
	exposeFlags(c, &f.bind, &f.env)
	c.Flags().BoolVar(&f.quiet, "quiet", false, "print violations and the verdict only")
	c.Flags().BoolVar(&f.json, "json", false, "print soak.json instead of the summary")
	formatFlag(c, &f.form)
	c.Flags().Lookup("format").Usage += "; of --plan alone"
	metricsFlag(c, &f.metrics)
	return c
}

// run checks everything where the user stands, then once more inside the sandbox, where it
// is carried out.
func (f *soakFlags) run(c *cobra.Command, name string) error {
	switch {
	case f.plan && (f.json || f.quiet || f.metrics != ""):
		return errors.New("--plan does nothing: --json, --quiet and --metrics are of a soak; --format is the plan's")
	case !f.plan && c.Flags().Changed("format"):
		return errors.New("--format is of --plan; what a soak has come to is printed with --json")
	}
	if f.plan {
		p, err := f.compiled(c, name)
		if err != nil {
			return err
		}
		return f.printOrder(c, p)
	}
	if err := errors.Join(lab.Limits(), usableOut(f.out)); err != nil {
		return err
	}
	if !lab.InSandbox() && name != "-" {
		if _, err := f.planned(c, name); err != nil {
			return err
		}
	}
	refused, failed := f.sandboxed(func() error {
		p, err := f.planned(c, name)
		if err != nil {
			return err
		}
		return f.soak(c, p)
	})
	return errors.Join(refused, failed)
}

// compiled is the plan as far as it needs no machine.
func (f *soakFlags) compiled(c *cobra.Command, name string) (*run.Plan, error) {
	if c.Flags().Changed("trials") && f.faults < 1 {
		return nil, fmt.Errorf("--trials %d: want 1 or more; without it there is no end", f.faults)
	}
	soak, err := f.asked()
	if err != nil {
		return nil, err
	}
	s, err := f.scenario(name)
	if err != nil {
		return nil, err
	}
	all, err := run.Failures(s)
	if err != nil {
		return nil, err
	}
	list, err := f.chosen(all)
	if err != nil {
		return nil, err
	}
	p, err := run.Validate(s, "soak", run.Validation{Failures: list, All: true}, 1)
	if err != nil {
		return nil, err
	}
	p.Soak = &soak
	if p.Seed = f.seed; !c.Flags().Changed("seed") {
		p.Seed = rand.Uint64()
	}
	return p, nil
}

// asked reads how long it is to last.
func (f *soakFlags) asked() (s run.Soak, err error) {
	s.Trials = f.faults
	if f.lasts != "" {
		if s.For, err = atLeastOf("--for", f.lasts, time.Second); err != nil {
			return s, err
		}
	}
	s.Calm, err = atLeastOf("--calm", f.calm, 0)
	return s, err
}

// atLeastOf reads a flag's time.
func atLeastOf(flag, text string, least time.Duration) (time.Duration, error) {
	d, err := document.ParseDuration(text)
	if err == nil && d < least {
		err = fmt.Errorf("want at least %s", document.Duration(least))
	}
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", flag, text, err)
	}
	return d, nil
}

// planned is the plan with what the machine and the flags say.
func (f *soakFlags) planned(c *cobra.Command, name string) (*run.Plan, error) {
	p, err := f.compiled(c, name)
	if err != nil {
		return nil, err
	}
	seed := p.Seed
	if p, err = f.prepared(c, p); err != nil {
		return nil, err
	}
	p.Seed = seed
	p.Command = command(c, name, p.Seed)
	return p, nil
}

// printOrder lists the faults in their order.
func (f *soakFlags) printOrder(c *cobra.Command, p *run.Plan) error {
	n := f.faults
	if n == 0 {
		n = 20
	}
	list := page.Section{Head: []string{"fault", "what is broken", "kind"}, Notes: []string{fmt.Sprintf("--seed=%d has this order", p.Seed)}}
	for failure := range p.Order() {
		if len(list.Rows) == n {
			break
		}
		list.Rows = append(list.Rows, page.Texts(fmt.Sprint(len(list.Rows)+1), failure.Label, failure.Kind))
	}
	var rows [][]string
	for _, row := range list.Rows {
		rows = append(rows, texts(row))
	}
	w := c.OutOrStdout()
	return tabulate(w, f.form, list.Head, rows, func() error {
		return page.Terminal(w, page.Page{Title: "the first faults on " + p.Scenario.Topology.Name, Sections: []page.Section{list}}, terminal(w))
	})
}

// soak makes the faults, and reports.
func (f *soakFlags) soak(c *cobra.Command, p *run.Plan) error {
	ctx, stop := untilInterrupted(c.Context())
	defer stop()
	started := time.Now()
	about, path := p.About(started), filepath.Join(f.out, p.Scenario.Name, record.ID(started))
	about.Validation = nil
	dir, err := record.CreateRolling(path, run.Stretch(1), about)
	if err != nil {
		return exitError{exitUnavailable, err}
	}
	if path, err = filepath.Abs(path); err != nil {
		return exitError{exitUnavailable, err}
	}
	f.begun(path)
	s, ui := reports.NewSoak(about), newSoakLine(c.ErrOrStderr(), f.quiet, started)
	p.Soak.Made = func(t record.SoakTrial) (keep, last bool, err error) {
		found, keep, err := s.Take(t)
		if err == nil {
			err = s.Save(path)
		}
		ui.made(s, t, found)
		return keep, f.failFast && s.Violated > 0, err
	}
	err = p.Execute(ctx, dir, about, ui)
	unfinished := dir.Stretch()
	err = errors.Join(err, dir.Close())
	s.End(outcomeOf(ctx, err))
	if err == nil || ctx.Err() != nil {
		err = os.RemoveAll(unfinished)
	}
	return f.reported(ctx, c, s, path, err)
}

func outcomeOf(ctx context.Context, err error) string {
	switch {
	case ctx.Err() != nil:
		return "interrupted"
	case err != nil:
		return err.Error()
	}
	return "completed"
}

// reported writes and prints what the soak has come to. failed is why it could not go on.
func (f *soakFlags) reported(ctx context.Context, c *cobra.Command, s *reports.Soak, path string, failed error) error {
	if err := s.Write(path); err != nil {
		return exitError{exitUnavailable, errors.Join(failed, err)}
	}
	err := printSoak(c.OutOrStdout(), s, path, f.json, f.quiet)
	switch {
	case failed != nil && ctx.Err() == nil:
		return exitError{exitUnavailable, failed}
	case ctx.Err() != nil:
		return exitError{exitInterrupted, errors.New("interrupted")}
	}
	return err
}

// printSoak prints what the user asked for and turns the verdict into the exit code.
func printSoak(w io.Writer, s *reports.Soak, path string, json, quiet bool) error {
	var err error
	switch {
	case json:
		err = reports.Write(w, "json", s, 0)
	case quiet:
		_, err = fmt.Fprintln(w, s.Lead())
	default:
		p := s.Page()
		p.Sections = append(p.Sections, page.Section{Rows: [][]page.Cell{page.Texts("Files", path)}})
		err = page.Terminal(w, p, terminal(w))
	}
	if err != nil {
		return err
	}
	return verdict(s)
}

// soakLine says what a soak is at: on a terminal in one line that changes, else in a line
// for every fault.
type soakLine struct {
	w       io.Writer
	quiet   bool
	columns int // of the terminal; 0: it is none
	started time.Time
	rows    int // that stand on the screen and are to change
}

func newSoakLine(w io.Writer, quiet bool, started time.Time) *soakLine {
	return &soakLine{w: w, quiet: quiet, columns: terminal(w), started: started}
}

// Step says what is being done now.
func (l *soakLine) Step(what string) { l.say(what) }

// Trial is told by made.
func (l *soakLine) Trial(int, int, string) {}

func (l *soakLine) say(text string) {
	if l.quiet {
		return
	}
	text = page.Line(fmt.Sprintf("[%s] %s", time.Since(l.started).Round(time.Second), text))
	if l.columns == 0 {
		fmt.Fprintln(l.w, text)
		return
	}
	if len(text) >= l.columns {
		text = text[:max(0, l.columns-1)]
	}
	fmt.Fprint(l.w, "\r\x1b[K"+text)
	l.rows = 1
}

// made says how all stands after a fault, and what did not hold.
func (l *soakLine) made(s *reports.Soak, t record.SoakTrial, found []reports.Violation) {
	for _, v := range found {
		if l.rows > 0 {
			fmt.Fprint(l.w, "\r\x1b[K")
			l.rows = 0
		}
		what := "violation"
		if v.Unclear != "" {
			what = "unclear (" + v.Unclear + ")"
		}
		say(l.w, fmt.Sprintf("%s of %s: fault %d, %s: %s", what, v.Invariant, v.Trial, v.Failure, v.Says))
		if v.Record != "" {
			sayLine(l.w, "  its record: "+filepath.Join(filepath.Dir(t.Stretch), v.Record))
		}
		sayLine(l.w, "  once more:  "+v.Replay)
	}
	l.say(fmt.Sprintf("%s (%s)", s.Lead(), s.ByKind()))
}

// remakeSoak writes the pages of a soak anew, which may still go on.
func remakeSoak(w io.Writer, dir string, json, quiet bool) error {
	s, err := reports.LoadSoak(dir)
	if err != nil {
		return exitError{exitInconclusive, err}
	}
	if err := s.Write(dir); err != nil {
		return exitError{exitUnavailable, err}
	}
	return printSoak(w, s, dir, json, quiet)
}
