package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"anylab/reports"
	"anylab/scenarios"
)

// maxSummary is how much GitHub shows of a step's summary: it rejects more
// than 1 MiB of all that the step writes.
const maxSummary = 500 << 10

// inGitHub says whether this is a job of GitHub Actions.
func inGitHub() bool { return os.Getenv("GITHUB_ACTIONS") == "true" }

// tellGitHub annotates the job with what a run found, and adds its report to
// the job's summary. Commands go to stderr, which GitHub reads as well, so that
// stdout stays what was asked for.
func tellGitHub(stderr io.Writer, r *reports.Report, s scenarios.Scenario) error {
	if !inGitHub() {
		return nil
	}
	if err := annotate(stderr, r, s); err != nil {
		return err
	}
	return addSummary(func(w io.Writer) error { return bare(w, r) })
}

// tellGitHubSuite does the same for the runs of a suite, and begins the summary
// with the suite's own report. list has the scenarios, in the suite's order.
func tellGitHubSuite(stderr io.Writer, s *reports.Suite, list []member) error {
	if !inGitHub() {
		return nil
	}
	if err := reports.GitHub(stderr, s.Annotations()); err != nil {
		return err
	}
	var all bytes.Buffer
	for i, r := range s.Reports {
		if r == nil {
			continue
		}
		if err := errors.Join(annotate(stderr, r, list[i].plan.Scenario), bare(&all, r)); err != nil {
			return err
		}
	}
	if err := addSummary(s.Overview); err != nil || all.Len() == 0 {
		return err
	}
	return addSummary(func(w io.Writer) error {
		_, err := all.WriteTo(w)
		return err
	})
}

// annotate shows expectations that did not hold where they stand.
func annotate(stderr io.Writer, r *reports.Report, s scenarios.Scenario) error {
	return reports.GitHub(stderr, r.Annotations(func(expect string) (string, int, bool) {
		file, line, ok := s.ExpectationAt(expect)
		return inWorkspace(file), line, ok
	}))
}

// bare writes a run's report without figures: a summary can't show files.
func bare(w io.Writer, r *reports.Report) error {
	copied := *r
	copied.Figures = nil
	return reports.Markdown(w, &copied)
}

// tellGitHubChanges does the same for a comparison.
func tellGitHubChanges(stderr io.Writer, c reports.Changes) error {
	if !inGitHub() {
		return nil
	}
	if err := reports.GitHub(stderr, c.Annotations()); err != nil {
		return err
	}
	return addSummary(func(w io.Writer) error { return reports.Write(w, "markdown", c, 0) })
}

// inWorkspace returns the path as annotations need it: from the root of the
// repository.
func inWorkspace(file string) string {
	root := os.Getenv("GITHUB_WORKSPACE")
	full, err := filepath.Abs(file)
	if root == "" || err != nil {
		return file
	}
	below, err := filepath.Rel(root, full)
	if err != nil || strings.HasPrefix(below, "..") {
		return file
	}
	return below
}

// addSummary appends Markdown to the job's summary.
func addSummary(write func(io.Writer) error) error {
	path := os.Getenv("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if b.Len() > maxSummary {
		head, _, _ := bytes.Cut(b.Bytes(), []byte("\n"))
		b = *bytes.NewBufferString(string(head) + "\n\nThe report is too long for a summary; it is in report.md.\n")
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("add to the job's summary: %w", err)
	}
	if _, err := f.Write(append(b.Bytes(), '\n')); err != nil {
		_ = f.Close() // the write's error is the one that matters
		return fmt.Errorf("add to the job's summary: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("add to the job's summary: %w", err)
	}
	return nil
}
