package run

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"anylab/lab/monitor"
	"anylab/lab/record"
	"anylab/scenarios"
	"anylab/topologies/document"
)

// startMonitor starts Prometheus, if it was asked for, and waits until it sees all.
func (r *rig) startMonitor(ctx context.Context) (err error) {
	if r.cell.Monitoring == nil {
		return nil
	}
	r.say("start Prometheus on " + r.cell.Monitoring.On)
	r.monitor, err = monitor.Start(context.WithoutCancel(ctx), r.world.Lab, r.cell.Topology, watching(r.cell.Scenario)) //nolint:contextcheck // it ends with the lab
	return err
}

// watching is what watches, with a check for each client and service.
func watching(s scenarios.Scenario) monitor.Setup {
	m := monitor.Setup{On: s.Monitoring.On, Scrape: s.Monitoring.Scrape, For: s.Monitoring.For}
	for _, p := range s.Probes {
		for _, svc := range s.Services {
			if svc.Name == p.Service {
				target := netip.AddrPortFrom(s.Topology.Anycast[0].Addr(), uint16(svc.Port))
				m.Checks = append(m.Checks, monitor.Check{Client: p.From, Kind: p.Kind, Target: target.String()})
			}
		}
	}
	return m
}

// checkMonitoring refuses what blackbox_exporter can't ask.
func checkMonitoring(s scenarios.Scenario) error {
	if s.Monitoring == nil {
		return nil
	}
	for _, c := range watching(s).Checks {
		if !slices.Contains(monitor.Kinds, c.Kind) {
			return s.Source.Root().Errorf("monitoring", "blackbox_exporter can't ask as the probe %s does; it can as %s", c.Kind, document.Joined(monitor.Kinds, ", "))
		}
	}
	return nil
}

// alerts records what Prometheus has seen of the trial, in its own stamps.
func (t *trial) alerts(ctx context.Context) {
	if t.monitor == nil || t.faulted == 0 {
		return
	}
	list, err := t.monitor.Alerts(ctx, t.faulted)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.finding("monitor-silent", fmt.Sprintf("Prometheus does not say what it has seen: %v", err))
	}
	for _, e := range list {
		t.dir.Emit(record.Event{At: e.At, Kind: e.Kind, Node: e.Node, Data: e.Data})
	}
}
