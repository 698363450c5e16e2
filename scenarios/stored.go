package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// Complete adds the facts to the record of an old anylab, which has its
// scenario's text only. What is refused today was accepted then, so nothing is
// refused here, and no file is looked for. A record that has its facts is
// returned as it is.
func Complete(run record.Run) (record.Run, error) {
	if run.Experiment != nil {
		return run, nil
	}
	if run.ScenarioYAML == "" {
		return run, errors.New("run.json states neither the experiment nor, under scenario_yaml, the scenario")
	}
	d, err := document.ParseStored("scenario.yaml", []byte(run.ScenarioYAML))
	if err != nil {
		return run, fmt.Errorf("read the run's scenario: %w", err)
	}
	s, err := build(d)
	if err != nil {
		return run, fmt.Errorf("read the run's scenario: %w", err)
	}
	s.answered()
	cells, err := s.Cells()
	if err != nil {
		return run, fmt.Errorf("expand the run's matrix: %w", err)
	}
	of := map[string]*record.Experiment{}
	for _, c := range cells {
		c.answered()
		of[record.CellName(c.Cell)] = c.Experiment()
	}
	run.Summary, run.ExperimentSHA, run.Experiment = s.Summary, s.Digest(), s.Experiment()
	if run.Daemons[topologies.Embedded] != "" {
		run.Timers = map[string]record.DaemonTimers{topologies.Embedded: {ConnectRetry: time.Second}}
	}
	run.Cells = append([]record.Cell{}, run.Cells...)
	for i, c := range run.Cells {
		run.Cells[i].Experiment = of[record.CellName(c.Values)]
		if x := run.Cells[i].Experiment; x != nil {
			silence(x.Faults)
		}
	}
	return run, nil
}

// silenced are the faults of old records after which a node answered nobody.
var silenced = []string{"isolate", "power-loss", "reboot", "service-crash", "service-hang"}

func silence(faults []record.PlannedFault) {
	for i, f := range faults {
		faults[i].Silences = slices.Contains(silenced, f.Kind)
	}
}

// answered gives probes the kinds and timeouts that those without one had.
func (s *Scenario) answered() {
	for i, p := range s.Probes {
		if p.Timeout == 0 {
			s.Probes[i].Timeout = time.Second
		}
		if svc, ok := s.service(p.Service); ok && p.Kind == "" {
			s.Probes[i].Kind = map[string]string{"dns": "dns", "http": "http", "udp": "udp", "tcp": "tcp-connect"}[svc.Kind]
		}
	}
}
