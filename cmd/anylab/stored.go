package main

import (
	"fmt"
	"os"
	"path/filepath"

	"anylab/lab/record"
	"anylab/reports"
	"anylab/scenarios"
)

// load reads and judges a run directory of any version: every command that
// reads stored runs goes through here.
func load(path string) (*reports.Report, error) {
	if _, err := os.Stat(filepath.Join(path, "run.json")); err != nil {
		return nil, fmt.Errorf("%s is not a run directory: it has no run.json", path)
	}
	run, err := record.ReadRun(path)
	if err != nil {
		return nil, err
	}
	if run, err = scenarios.Complete(run); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return reports.Judge(path, run)
}
