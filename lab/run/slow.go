package run

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"anylab/lab/service"
	"anylab/scenarios"
	"anylab/topologies"
	"anylab/topologies/document"
)

// checkBFD refuses sessions that could lose nobody within a trial.
func checkBFD(s scenarios.Scenario) error {
	for _, l := range s.Topology.Links {
		if l.BFD == nil {
			continue
		}
		if found := time.Duration(l.BFD.Multiplier) * l.BFD.Interval; found > s.Limit {
			return placeOf(s, l, "bfd").Errorf("interval", "BFD on %s takes %v to miss its peer (%d times %v), and a trial ends at its limit, %v: the interval may be %v at most, or the limit must be longer",
				l.Called(), document.Duration(found), l.BFD.Multiplier, document.Duration(l.BFD.Interval), document.Duration(s.Limit),
				document.Duration((s.Limit / time.Duration(l.BFD.Multiplier)).Truncate(time.Millisecond)))
		}
	}
	return nil
}

// checkAgain refuses sessions that may not be tried again before a trial is over.
func checkAgain(s scenarios.Scenario) error {
	for _, l := range s.Topology.Links {
		key := "bgp.connect_retry"
		if l.BGP.IdleHold > l.BGP.ConnectRetry {
			key = "bgp.idle_hold"
		}
		if wait := l.BGP.Longest(); wait > s.Limit {
			return placeOf(s, l, key).Errorf("", "%s: a session that is down may wait for %v until it is tried again (connect_retry and idle_hold), and a trial ends at its limit, %v: they must be shorter, or the limit longer",
				l.Called(), document.Duration(wait), document.Duration(s.Limit))
		}
	}
	return nil
}

// checkHealth refuses health checks that may need longer than a trial lasts to say
// that a service is gone, or back.
func checkHealth(s scenarios.Scenario) error {
	for i, svc := range s.Services {
		h := svc.Health
		if most := max(h.Fall, h.Rise); (service.Health{Kind: h.Kind}).Polls() && time.Duration(most)*h.Interval > s.Limit {
			return s.Source.Root().At(fmt.Sprintf("services.%d.health", i)).Errorf("interval", "the health check of %s takes up to %v to know (%d times %v), and a trial ends at its limit, %v: the interval may be %v at most, or the limit must be longer",
				svc.Name, document.Duration(time.Duration(most)*h.Interval), most, document.Duration(h.Interval), document.Duration(s.Limit),
				document.Duration((s.Limit / time.Duration(most)).Truncate(time.Millisecond)))
		}
	}
	return nil
}

// overrunning lists the health checks that may take longer than from one to the next: that
// can be carried out, but the beat is not the one that was asked for.
func (p *Plan) overrunning() []string {
	var lines []string
	for _, c := range p.cells {
		for i, svc := range c.Services {
			h := svc.Health
			if !(service.Health{Kind: h.Kind}).Polls() || h.Timeout <= h.Interval {
				continue
			}
			err := c.Source.Root().At(fmt.Sprintf("services.%d.health", i)).Errorf("timeout", "the health check of %s is to be made every %v and may take its timeout, %v: checks don't overlap, so one that gets no answer holds up the next, and they come every %v then",
				svc.Name, document.Duration(h.Interval), document.Duration(h.Timeout), document.Duration(h.Timeout))
			if line := placed(err); line != "" && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// placed writes an error with its place in one line; empty if there is none.
func placed(err error) string {
	var at *document.Error
	if !errors.As(err, &at) {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d: %s", at.File, at.Line, at.Column, at.Msg)
}

// checkCapacity refuses services that can't even answer their health checks. Those of its
// own node are answered first by one that sheds.
func checkCapacity(s scenarios.Scenario) error {
	for i, svc := range s.Services {
		about, _ := service.AboutHealth(svc.Health.Kind)
		if svc.Capacity == 0 || !about.Datagram || svc.Shed && svc.DNS == nil {
			continue
		}
		if asked := float64(len(s.Topology.Anycast)) / svc.Health.Interval.Seconds(); svc.Capacity < asked {
			return s.Source.Root().At(fmt.Sprintf("services.%d", i)).Errorf("capacity", "service %s can answer %g requests a second, and its health check alone asks for %g: the capacity must be larger, or the check's interval longer", svc.Name, svc.Capacity, asked)
		}
	}
	return nil
}

// placeOf returns where something of a link's session stands, by its path below the link.
func placeOf(s scenarios.Scenario, l topologies.Link, path string) document.Raw {
	root := s.Source.Root()
	for _, of := range []string{"topology." + l.Path(), "topology.links." + l.Name, "topology"} {
		if at := root.At(of); at.HasPath(path) {
			return at.At(path)
		}
	}
	return root.At("limit")
}
