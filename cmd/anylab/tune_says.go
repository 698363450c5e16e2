package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"anylab/lab/bgp"
	"anylab/reports"
	"anylab/reports/page"
	"anylab/reports/stats"
	"anylab/scenarios"
)

// say tells what is being done.
func (t *tuner) say(what string) {
	if !t.quiet {
		say(t.out.ErrOrStderr(), page.Line(what))
	}
}

// paste are the lines that the answer comes to: those of the scenario, and of the daemons
// of the site and its neighbors.
func (t *tuner) paste() []reports.Lines {
	if len(t.found.Settings) == 0 {
		return nil
	}
	set := t.found.Settings[0].Set
	list := []reports.Lines{{File: "anylab", Text: "--set " + strings.Join(set, " --set ")}}
	s, err := scenarios.Load(t.name, append(slices.Clone(t.set), set...)...)
	if err != nil {
		return list
	}
	others := append(slices.Clone(t.set), set...)
	for i, a := range t.axes {
		other := a.set(a.low)
		if other == set[i] {
			other = a.set(a.high)
		}
		others = append(others, other)
		if first, _, _ := strings.Cut(strings.TrimPrefix(a.key, "topology."), "."); first == "bfd" {
			others = append(others, "bfd=none")
		}
	}
	o, err := scenarios.Load(t.name, others...)
	if err != nil {
		return list
	}
	nodes := []string{t.found.Site}
	for _, l := range s.Topology.LinksOf(t.found.Site) {
		if _, far := l.Of(t.found.Site); !slices.Contains(nodes, far.Node) {
			nodes = append(nodes, far.Node)
		}
	}
	for _, node := range nodes {
		lines, err := bgp.Lines(s.Topology, o.Topology, node)
		if err != nil {
			continue
		}
		for _, l := range lines {
			list = append(list, reports.Lines{Node: node, File: l.File, Text: l.Text})
		}
	}
	return append(list, loops(s)...)
}

// loops are the lines of the users' health checkers that have their interval.
func loops(s scenarios.Scenario) []reports.Lines {
	var list []reports.Lines
	for _, v := range s.Services {
		for line := range strings.SplitSeq(strings.Join(v.Health.Command, "\n"), "\n") {
			if strings.Contains(line, "{interval}") {
				list = append(list, reports.Lines{File: "health check of " + v.Name, Text: strings.ReplaceAll(strings.TrimSpace(line), "{interval}", fmt.Sprint(v.Health.Interval.Seconds()))})
			}
		}
	}
	return list
}

// notes say under which conditions the answer was found, and what it leaves open.
func (t *tuner) notes() []string {
	list := []string{
		"found by " + t.found.Command,
		"a false failover is one of site " + t.found.Site + ": a BFD session or a health check that gives up while all is well. Computed are those that follow from timers, loss, jitter and stops by chance; of busy processors, from the gaps between packets, and the answers' delays, that the lab recorded",
		"no false failover in t hours bounds their rate at 3/t an hour, with 95 % confidence: what the lab can say is limited by its time",
		"loss is of each packet for itself: where it comes in bursts, false failovers are more frequent than computed",
	}
	for _, a := range t.axes {
		if a.idle {
			list = append(list, fmt.Sprintf("%s does not depend on %s from %s to %s: the answer has the slowest, and the others were not searched", t.goal.Subject(), a.key, a.text(a.low), a.text(a.high)))
		}
	}
	if t.simulated {
		list = append(list, "nothing was measured: what a lab takes longer, and what busy processors do, is not in it")
	} else {
		list = append(list, fmt.Sprintf("measured on one machine with %d processors (%s, %s): on another one daemons wait for longer, or less", t.found.CPUs, cmp.Or(t.found.CPU, "of a kind that is not known"), t.found.Kernel))
	}
	if need := stats.MinTrials(quantile(t.goal)); len(t.found.Settings) > 0 && t.found.Settings[0].Lab != nil && t.found.Settings[0].Lab.Trials < need {
		list = append(list, fmt.Sprintf("%d trials of each cell don't bound the goal's statistic with 95 %% confidence, %d would: give it a larger --budget", t.found.Settings[0].Lab.Trials, need))
	}
	if s, err := scenarios.Load(t.name, t.set...); err == nil && len(standIns(s)) > 0 {
		list = append(list, "in the search programs of your own are replaced by anylab's, with the same timers, and requests by datagrams; in the lab they are themselves")
	}
	return list
}
