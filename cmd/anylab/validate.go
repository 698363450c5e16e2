package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/reports"
	"anylab/scenarios"
	"anylab/topologies/document"
)

type validateFlags struct {
	runFlags
	services   string
	require    []string
	share      string
	confidence string
	budget     string
	allow      int
	plan       bool
	form       string // of the plan
	all        bool
	only       []string
	failFast   bool
	labs       int

	lab  string // which of several labs this is; empty: it is none
	into string // its run directory
}

func validateCommand() *cobra.Command {
	var f validateFlags
	c := &cobra.Command{
		Use:   "validate SCENARIO|TOPOLOGY",
		Short: "Try every usual way of failing, and prove or refute that failover is good enough",
		Long: `Validate takes the network, the services, their health checks and the probes of a
scenario, whose own faults and expectations are set aside, or a topology and the
services and probes of another file. It tries every way in which what users
depend on usually fails, and says of each whether at least a share of all cases
meets the requirement: proven, refuted, or undecided.

Exit codes: 0 all are proven; 1 one is refuted; 4 one is undecided. anylab help
validate says how that is decided.`,
		Example: `  anylab validate service-crash --plan
  anylab validate service-crash --share 80%
  anylab validate mine.yaml --share 80% --budget 20m --require 'interruption < 500ms' --require 'drain: lost == 0'
  anylab validate dual-upstream --services service-crash --only "loses power"`,
		Args:              exactly(1),
		ValidArgsFunction: completeScenarios,
		RunE:              func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	setFlag(c, &f.set)
	c.Flags().StringVar(&f.services, "services", "", "take services and probes from this `file`, a scenario or a part of one; needed for a topology")
	c.Flags().StringArrayVar(&f.require, "require", nil, "what every case must meet, as `[KIND:] EXPR`; KIND is a kind of fault (default: interruption < 1s of what fails, lost == 0 of what is done on purpose)")
	c.Flags().StringVar(&f.share, "share", "90%", "at least so large a `share` of all cases must meet it, 50% to 99%")
	c.Flags().StringVar(&f.confidence, "confidence", "95%", "what is false is proven, and what is true refuted, with no higher probability than this leaves, as a `share`, 50% to 99%")
	c.Flags().IntVar(&f.allow, "allow", 0, "violations that a proof may have, as a `number` up to 10; it takes more trials")
	c.Flags().StringVar(&f.budget, "budget", "", "end after so long a `time`, and make the trials that decide the most (default: until all is decided)")
	c.Flags().BoolVar(&f.plan, "plan", false, "list the failures, and how long each will take, and do nothing")
	c.Flags().BoolVar(&f.all, "all", false, "try equal failures each by itself")
	c.Flags().StringArrayVar(&f.only, "only", nil, "try only the failures of this kind, or with this `text` in their names (repeatable)")
	c.Flags().BoolVar(&f.failFast, "fail-fast", false, "end at the first failure that is refuted")
	c.Flags().IntVar(&f.labs, "labs", 0, "deal the failures over this `number` of labs, which are up side by side (default: one for every two processors)")
	c.Flags().StringVar(&f.lab, "lab", "", "which of several labs this is")
	c.Flags().StringVar(&f.into, "into", "", "where it is recorded")
	_, _ = c.Flags().MarkHidden("lab"), c.Flags().MarkHidden("into") // they are there
	c.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the faults' moments and of the trials' order (default: random)")
	c.Flags().StringVar(&f.out, "out", "out", "write the run directory below this `directory`")
	exposeFlags(c, &f.bind, &f.env)
	c.Flags().BoolVar(&f.quiet, "quiet", false, "print the verdict only")
	c.Flags().BoolVar(&f.json, "json", false, "print result.json instead of the summary")
	formatFlag(c, &f.form)
	c.Flags().Lookup("format").Usage += "; of --plan alone"
	f.besideFlags.add(c)
	return c
}

// run checks everything where the user stands, then once more inside the sandbox,
// where it is carried out.
func (f *validateFlags) run(c *cobra.Command, name string) error {
	switch {
	case f.plan && (f.json || f.quiet || f.followed()):
		return errors.New("--plan measures nothing: --json, --quiet, --events and --metrics are of a run; --format is the plan's")
	case !f.plan && c.Flags().Changed("format"):
		return errors.New("--format is of --plan; a run's result.json is printed with --json")
	}
	if f.plan {
		p, err := f.compiled(c, name)
		if err != nil {
			return err
		}
		return printPlan(c.OutOrStdout(), f.form, p, f.howMany(p))
	}
	if err := errors.Join(lab.Limits(), usableOut(f.out), f.labsFit(name)); err != nil {
		return err
	}
	if lab.Outside() && name != "-" && f.lab == "" { // which can be read only once
		p, err := f.planned(c, name)
		if err != nil {
			return err
		}
		if labs := f.howMany(p); labs > 1 {
			return f.sideBySide(c, p, labs)
		}
	}
	refused, failed := f.sandboxed(c, f.quiet, func() error {
		p, err := f.planned(c, name)
		if err != nil {
			return err
		}
		if f.lab != "" {
			return f.asLab(c, p)
		}
		return f.perform(c, p)
	})
	return errors.Join(refused, failed)
}

// planned is the plan with what the machine and the flags say.
func (f *validateFlags) planned(c *cobra.Command, name string) (*run.Plan, error) {
	p, err := f.compiled(c, name)
	if err != nil {
		return nil, err
	}
	if p, err = f.prepared(c, p); err != nil {
		return nil, err
	}
	p.Command = command(c, name, p.Seed)
	p.Validation.Command = p.Command
	p.Choose = reports.NewChooser(p.Validation.Validation).Next
	return p, nil
}

// command is the line that makes the same again.
func command(c *cobra.Command, name string, seed uint64) string {
	words := []string{c.CommandPath(), record.ShellWord(name)}
	c.Flags().Visit(func(f *pflag.Flag) {
		if slices.Contains([]string{"seed", "out", "quiet", "json", "events", "format", "metrics", "lab", "into"}, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			words = append(words, "--"+f.Name+"="+record.ShellWord(v))
		}
	})
	return strings.Join(append(words, fmt.Sprintf("--seed=%d", seed)), " ")
}

// compiled is the plan as far as it needs no machine.
func (f *validateFlags) compiled(c *cobra.Command, name string) (*run.Plan, error) {
	v, err := f.asked()
	if err != nil {
		return nil, err
	}
	s, err := f.scenario(name)
	if err != nil {
		return nil, err
	}
	if len(s.Matrix)+len(s.Entries) > 0 && (f.plan || lab.InSandbox()) { // once
		fmt.Fprintf(c.ErrOrStderr(), "%s: its matrix is set aside, what all cells have in common is tried; --set chooses otherwise\n", name)
	}
	all, err := run.Failures(s)
	if err != nil {
		return nil, err
	}
	if v.Failures, err = f.chosen(all); err != nil {
		return nil, err
	}
	if err := f.requirements(s, v.Failures); err != nil {
		return nil, err
	}
	return run.Validate(s, "validation", v, reports.Trials(v.Validation))
}

func (f *validateFlags) scenario(name string) (scenarios.Scenario, error) {
	switch form := scenarios.FormOf(name); {
	case form == scenarios.SuiteForm:
		return scenarios.Scenario{}, fmt.Errorf("%s is a suite, and faults are tried on one network: name a scenario or a topology", name)
	case form == scenarios.InternetForm:
		return scenarios.Scenario{}, fmt.Errorf("%s is a scenario of the Internet, which is simulated by its ASes: there is no lab in which things fail; name a scenario of a lab (anylab list)", name)
	case form == scenarios.TopologyForm && f.services == "":
		return scenarios.Scenario{}, fmt.Errorf("%s is a topology, and nothing is invented: say with --services FILE which services, health checks and probes there are (a scenario's will do)", name)
	case form == scenarios.TopologyForm:
		return scenarios.OnTopology(name, f.services, f.set...)
	case f.services != "":
		return scenarios.Scenario{}, fmt.Errorf("--services is for a topology, and %s is a scenario, which has services", name)
	}
	return scenarios.Load(name, f.set...)
}

// asked reads what is asked of a proof.
func (f *validateFlags) asked() (v run.Validation, err error) {
	v.All, v.Allowed, v.FailFast = f.all, f.allow, f.failFast
	if v.Share, err = percentage("--share", f.share); err != nil {
		return v, err
	}
	if v.Confidence, err = percentage("--confidence", f.confidence); err != nil {
		return v, err
	}
	if f.allow < 0 || f.allow > 10 {
		return v, fmt.Errorf("--allow %d: want a number from 0 to 10", f.allow)
	}
	if f.budget == "" {
		return v, nil
	}
	if v.Budget, err = document.ParseDuration(f.budget); err == nil && v.Budget < time.Second {
		err = errors.New("want at least 1s")
	}
	if err != nil {
		return v, fmt.Errorf("--budget %s: %w", f.budget, err)
	}
	return v, nil
}

func percentage(flag, text string) (float64, error) {
	var p document.Percent
	if err := p.UnmarshalText([]byte(text)); err != nil {
		return 0, fmt.Errorf("%s %s: %w", flag, text, err)
	}
	if p < 0.5 || p > 0.99 {
		return 0, fmt.Errorf("%s %s: want 50%% to 99%%", flag, text)
	}
	return float64(p), nil
}

// chosen are the failures that are asked for.
func (f *validateFlags) chosen(list []run.Failure) ([]run.Failure, error) {
	var labels []string
	for _, l := range list {
		labels = append(labels, l.Label)
	}
	for _, only := range f.only {
		if !slices.ContainsFunc(list, func(l run.Failure) bool { return means(only, l) }) {
			return nil, errors.New("--only " + only + ": " + document.NoSuch("failure", only, labels))
		}
	}
	return slices.DeleteFunc(list, func(l run.Failure) bool {
		return len(f.only) > 0 && !slices.ContainsFunc(f.only, func(only string) bool { return means(only, l) })
	}), nil
}

// means says whether a failure is meant by a text.
func means(only string, f run.Failure) bool {
	return only == f.Kind || strings.Contains(strings.ToLower(f.Label), strings.ToLower(only))
}

// What is required where nothing else is said.
const (
	ofFailures = "interruption < 1s"
	ofPlanned  = "lost == 0"
)

// requirements gives each failure its own: those of its kind, else those of no
// kind, which are for what fails and not for what is done on purpose.
func (f *validateFlags) requirements(s scenarios.Scenario, list []run.Failure) error {
	of := map[string][]record.Expectation{}
	for _, text := range f.require {
		kind, expr, found := strings.Cut(text, ":")
		if !found {
			kind, expr = "", text
		}
		kind = strings.TrimSpace(kind)
		if found && !slices.ContainsFunc(list, func(l run.Failure) bool { return l.Kind == kind }) {
			return errors.New("--require " + text + ": " + document.Unknown("kind of fault", kind, kindsOf(list)))
		}
		e, err := run.Requirement(s, strings.TrimSpace(expr))
		if err != nil {
			return fmt.Errorf("--require: %w", err)
		}
		of[kind] = append(of[kind], e)
	}
	failing, planned := of[""], []record.Expectation(nil)
	for text, to := range map[string]*[]record.Expectation{ofFailures: &failing, ofPlanned: &planned} {
		e, err := s.Requirement(text)
		if err != nil {
			return err
		}
		if len(*to) == 0 {
			*to = []record.Expectation{e}
		}
	}
	for i, l := range list {
		switch {
		case len(of[l.Kind]) > 0:
			list[i].Require = of[l.Kind]
		case l.Planned:
			list[i].Require = planned
		default:
			list[i].Require = failing
		}
	}
	return nil
}

func kindsOf(list []run.Failure) []string {
	var kinds []string
	for _, f := range list {
		if !slices.Contains(kinds, f.Kind) {
			kinds = append(kinds, f.Kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}
