package main

import (
	"errors"
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
	record.SpendMemory()
	if _, err := os.Stat(filepath.Join(path, "run.json")); err != nil {
		return nil, reports.NoRun(path)
	}
	run, err := record.ReadRun(path)
	if err != nil {
		return nil, err
	}
	if a, err := record.ReadArchived(path); err != nil || a != nil {
		return nil, errors.Join(err, archivedError(path, a))
	}
	if run, err = scenarios.Complete(run); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return reports.Judge(path, run)
}

// archivedError says what can't be done with a run that is archived.
func archivedError(path string, a *record.Archived) error {
	if a == nil {
		return nil
	}
	return fmt.Errorf("%s can't be judged or drawn anew: %v; its result.json, report.html and figures are as they were then, and anylab report, trend, compare and baseline read it", path, *a)
}
