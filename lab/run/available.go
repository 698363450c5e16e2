package run

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/monitor"
	"anylab/lab/record"
	"anylab/lab/service"
	"anylab/lab/world"
	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// Available says which BGP daemons and other programs of the plan this machine
// lacks, and what to install, and inside the sandbox, where it can be tried,
// what its kernel lacks. A plan of which every cell was left out lacks what
// those lack.
func (p *Plan) Available() error {
	if len(p.cells) == 0 {
		var errs []error
		for _, line := range record.LeftOutLines(p.LeftOut) {
			errs = append(errs, errors.New(line))
		}
		return fmt.Errorf("every cell is left out: %w", errors.Join(errs...))
	}
	packages := bgp.Packages()
	for _, c := range p.cells {
		if c.Monitoring != nil {
			maps.Copy(packages, monitor.Programs(c.Topology))
		}
	}
	err := errors.Join(p.missing(packages), installed(p.builds()...), p.noSettings())
	if lab.InSandbox() {
		err = errors.Join(err, lab.Lacking(p.needs()))
	}
	return err
}

// missing says which programs this machine lacks, each at the first line that names it.
func (p *Plan) missing(packages map[string]string) error {
	var errs []error
	for _, program := range p.programs() {
		err := service.Missing(packages, program)
		for _, c := range p.cells {
			if at, ok := c.mention(program); ok && err != nil {
				err = at.Errorf("", "%v", err)
				break
			}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// mention is where the file names a program that a fault or a service needs.
func (c cell) mention(program string) (document.Raw, bool) {
	for _, spec := range c.Faults {
		if at, ok := mention(spec.Params, program); ok {
			return at, true
		}
	}
	return mention(c.Source.Root().Value("services"), program)
}

func mention(in document.Raw, word string) (document.Raw, bool) {
	if text, ok := in.Scalar(); ok {
		return in, text == word
	}
	parts := in.Items()
	for _, key := range in.Keys() {
		parts = append(parts, in.Value(key))
	}
	for _, part := range parts {
		if at, ok := mention(part, word); ok {
			return at, true
		}
	}
	return document.Raw{}, false
}

// noSettings says which settings of the nodes this kernel lacks, each at the first line
// that has it.
func (p *Plan) noSettings() error {
	var errs []error
	seen := map[string]bool{}
	for _, c := range p.cells {
		for _, err := range noSettings(c.Topology) {
			if !seen[err.Error()] {
				seen[err.Error()] = true
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

func noSettings(t topologies.Topology) (errs []error) {
	for _, n := range t.Nodes {
		at := t.Source.Root().At("nodes." + n.Name + ".sysctls")
		for _, s := range n.Sysctls {
			lacks, dir, known := lab.LacksSysctl(s.Name)
			for _, key := range at.Keys() {
				if lacks && strings.ReplaceAll(key, ".", "/") == s.Name {
					errs = append(errs, at.KeyErrorf(key, "node %s: this kernel can't set %s: %s", n.Name, key, document.NoSuch("setting in "+dir, path.Base(s.Name), known)))
				}
			}
		}
	}
	return errs
}

// needs lists what the plan needs that not every kernel has.
func (p *Plan) needs() []lab.Need {
	var needs []lab.Need
	for _, c := range p.cells {
		needs = append(needs, lab.Needs(c.Topology)...)
		needs = append(needs, passwords(c.Topology)...)
		for _, f := range c.faults {
			for _, capability := range f.Needs {
				needs = append(needs, lab.Need{Capability: capability, For: "fault " + f.spec.Kind + " discards packets"})
			}
		}
	}
	if p.Calibration.Each > 0 {
		needs = append(needs, lab.Need{Capability: "nftables", For: "the calibration discards packets"})
	}
	return needs
}

// passwords are what sessions are protected with, by links or by own files.
func passwords(t topologies.Topology) []lab.Need {
	var needs []lab.Need
	for _, l := range t.Links {
		if l.Password != "" {
			needs = append(needs, lab.Need{Capability: "TCP MD5", For: l.Called() + " has a password"})
		}
	}
	for _, n := range t.Nodes {
		if r := bgp.ReadFiles(t)[n.Name]; r != nil {
			for _, s := range r.Sessions {
				if s.Password.Written() {
					needs = append(needs, lab.Need{Capability: "TCP MD5", For: fmt.Sprintf("%s has a password", s.Password.At)})
				}
			}
		}
	}
	return needs
}

// build is a daemon, of the user's own build if it has a bin.
type build struct{ daemon, bin string }

func (b build) String() string {
	if b.bin == "" {
		return b.daemon
	}
	return b.daemon + " of " + b.bin
}

func (b build) driver() (bgp.Driver, error) {
	return bgp.Of(topologies.Node{Daemon: b.daemon, Machine: topologies.Machine{Bin: b.bin}})
}

// installed says which of the daemons are not.
func installed(builds ...build) error {
	var errs []error
	for _, b := range builds {
		d, err := b.driver()
		if err == nil {
			err = d.Available()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("daemon %s: %w", b, err))
		}
	}
	return errors.Join(errs...)
}

// unfit says why a cell can't be carried out on this machine: a daemon or a
// program isn't installed, or a daemon can't do what the cell asks of it.
func unfit(s scenarios.Scenario) error {
	if err := bgp.Check(s.Topology); err != nil {
		return err
	}
	if err := errors.Join(checkers(s), bestPaths(s), unable(s)); err != nil {
		return err
	}
	return errors.Join(service.Missing(bgp.Packages(), needed(s)...), installed(buildsOf(s.Topology)...))
}

// unable says what a fault asks of a node's daemon that its driver can't do.
// What else speaks against a fault is a mistake in the scenario.
func unable(s scenarios.Scenario) error {
	in := world.Setting(s.Topology, services(s))
	for _, spec := range s.Faults {
		f, err := newFault(spec)
		if err != nil {
			return nil // a mistake, which compileCell reports
		}
		var cannot bgp.Unable
		if errors.As(f.Check(in), &cannot) {
			return fmt.Errorf("fault %s: %w", spec.Kind, cannot)
		}
	}
	return nil
}

// oneLine writes an error of several parts in one line. Of a place in a file it
// says what is the matter there: the reader of a report has cells, not lines.
func oneLine(err error) string {
	var at *document.Error
	if errors.As(err, &at) {
		return at.Msg
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}

// buildsOf lists the daemons that a topology needs, sorted.
func buildsOf(t topologies.Topology) []build {
	var list []build
	for _, n := range t.Nodes {
		if n.Daemon != "" {
			list = append(list, build{n.Daemon, n.Bin})
		}
	}
	return sortedBuilds(list)
}

func sortedBuilds(list []build) []build {
	slices.SortFunc(list, func(a, b build) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(list)
}

// builds lists the daemons that the plan needs, sorted.
func (p *Plan) builds() []build {
	var list []build
	for _, c := range p.cells {
		list = append(list, buildsOf(c.Topology)...)
	}
	return sortedBuilds(list)
}

// timers returns what is known of those of the drivers that the plan needs.
func (p *Plan) timers() map[string]record.DaemonTimers {
	known := map[string]record.DaemonTimers{}
	for _, b := range p.builds() {
		if t := bgp.TimersOf(b.daemon); t != nil {
			known[b.daemon] = record.DaemonTimers(*t)
		}
	}
	return known
}

// versions returns the drivers that the plan needs, with their versions.
func (p *Plan) versions() map[string]string {
	versions := map[string]string{}
	for _, b := range p.builds() {
		if d, err := b.driver(); err == nil {
			versions[b.String()] = d.Version()
		}
	}
	return versions
}
