package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/reports"
	"anylab/reports/stats"
)

// perLab is how many processors a lab is to have for itself: with fewer the labs
// wait for each other, and their bounds say so.
const perLab = 2

// labsFit says why there can't be so many labs as are asked for.
func (f *validateFlags) labsFit(name string) error {
	switch {
	case f.labs < 0:
		return fmt.Errorf("--labs %d: want a number, 1 or more", f.labs)
	case name == "-" && f.labs > 1:
		return fmt.Errorf("--labs %d: each lab reads the scenario, and standard input can be read only once: write it to a file", f.labs)
	case f.followed() && f.labs > 1:
		return fmt.Errorf("--labs %d: --events and --metrics follow one record, and each lab has its own", f.labs)
	case (f.lab == "") != (f.into == ""):
		return errors.New("--lab and --into are for a lab of several, which is given both")
	}
	return nil
}

// howMany labs are up side by side: as many as are asked for, or as processors
// allow, and no more than there are failures to be dealt.
func (f *validateFlags) howMany(p *run.Plan) int {
	labs := f.labs
	switch {
	case f.followed():
		labs = 1
	case labs == 0:
		labs = max(1, runtime.NumCPU()/perLab)
	}
	return min(labs, len(p.Expected()))
}

// followed says whether somebody looks at the record while it is made.
func (f *validateFlags) followed() bool { return f.events != "" || f.metrics != "" }

// several are the labs of one validation, each a process with a sandbox of its own
// that records a part of the run.
type several struct {
	*validateFlags
	c    *cobra.Command
	plan *run.Plan
	path string // the run directory

	mu     sync.Mutex // of what follows
	ui     *progress
	goOn   []io.Closer // what tells a lab, once it is closed, to begin no other round
	worst  int         // exit code
	failed error
}

// sideBySide makes the validation's trials in several labs, and reports on all.
func (f *validateFlags) sideBySide(c *cobra.Command, p *run.Plan, labs int) error {
	size := p.Size()
	size.Memory, size.Threads = size.Memory*int64(labs), size.Threads*int64(labs)
	if err := size.Fits(); err != nil {
		return exitError{exitUnavailable, fmt.Errorf("%d labs side by side: %w", labs, err)}
	}
	started := time.Now()
	s := &several{validateFlags: f, c: c, plan: p, path: filepath.Join(f.out, p.Scenario.Name, record.ID(started)), ui: newProgress(c.ErrOrStderr(), f.quiet, besideFlags{})}
	about := p.About(started)
	for i := range labs {
		about.Parts = append(about.Parts, fmt.Sprintf("lab-%0*d", len(fmt.Sprint(labs)), i+1))
	}
	if err := record.WriteParts(s.path, about); err != nil {
		return exitError{exitUnavailable, err}
	}
	ctx, stop := untilInterrupted(c.Context())
	defer stop()
	s.carryOut(ctx, about.Parts)
	return s.report(ctx)
}

// carryOut starts the labs and waits until all have ended. They die with this
// process, whatever ends it: with the thread that started them, to be exact, which
// is this goroutine's until then.
func (s *several) carryOut(ctx context.Context, names []string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all sync.WaitGroup
	for i, name := range names {
		lab, output, err := s.start(ctx, i, name, len(names))
		if err != nil {
			s.note(exitUnavailable, err)
			continue
		}
		all.Go(func() {
			s.relay(name, output)
			if err := lab.Wait(); err != nil {
				code := lab.ProcessState.ExitCode()
				s.note(map[bool]int{true: killed, false: code}[code < 0], nil)
			}
			s.endAllIfRefuted(name)
		})
	}
	all.Wait()
}

// start starts a lab: this program with the same arguments, and which lab it is.
func (s *several) start(ctx context.Context, i int, name string, of int) (*exec.Cmd, io.Reader, error) {
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	own := []string{fmt.Sprintf("--lab=%d/%d", i+1, of), "--into=" + record.PartDir(s.path, name), fmt.Sprintf("--seed=%d", s.plan.Seed)}
	cmd.Args = slices.Insert(slices.Clone(os.Args), slices.Index(os.Args, s.c.Name())+1, own...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	bind(cmd)
	output, err := cmd.StderrPipe()
	if err != nil {
		return nil, nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goOn = append(s.goOn, in)
	return cmd, output, cmd.Start()
}

// relay shows what a lab says.
func (s *several) relay(name string, output io.Reader) {
	for lines := bufio.NewScanner(output); lines.Scan(); {
		s.mu.Lock()
		if _, step, ok := strings.Cut(lines.Text(), "] "); ok && strings.HasPrefix(lines.Text(), "[") {
			s.ui.Step(name + ": " + step)
		} else {
			sayLine(s.c.ErrOrStderr(), name+": "+lines.Text())
		}
		s.mu.Unlock()
	}
}

func (s *several) note(code int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.worst, s.failed = max(s.worst, code), errors.Join(s.failed, err)
}

// endAllIfRefuted has all labs end their rounds where the first refutation ends it.
func (s *several) endAllIfRefuted(name string) {
	if !s.failFast {
		return
	}
	r, err := reports.Load(record.PartDir(s.path, name))
	if err != nil || r.Result.Validation.Answer != stats.Refuted {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.goOn {
		_ = in.Close() // it may have ended
	}
}

// report judges all parts together. What a lab could not carry out is the exit code.
func (s *several) report(ctx context.Context) error {
	r, err := reports.Load(s.path)
	if err == nil {
		err = record.WriteParts(s.path, r.Run) // with what became of the parts
	}
	if err != nil {
		return exitError{exitInconclusive, errors.Join(s.failed, err)}
	}
	reported := s.validateFlags.report(s.c, s.plan, s.path)
	switch {
	case ctx.Err() != nil:
		return exitError{exitInterrupted, errors.New("interrupted")}
	case s.worst > exitFail || s.failed != nil:
		return exitError{max(s.worst, exitUnavailable), errors.Join(s.failed, errors.New("a lab could not be carried out, see above"))}
	}
	return reported
}

// asLab makes the trials of one lab of several, and leaves the rest to whoever
// started it, who closes standard input once no other round shall begin.
func (f *validateFlags) asLab(c *cobra.Command, p *run.Plan) error {
	which, err := parseShard(f.lab)
	if err != nil {
		return err
	}
	p.Deal(which.Index-1, which.Of)
	var enough atomic.Bool
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, os.Stdin)
		enough.Store(true)
	}()
	choose := reports.NewChooser(p.Validation.Validation).Next
	p.Choose = func(dir string, cells []record.Made, whole func() error) ([]int, error) {
		if enough.Load() {
			return nil, nil
		}
		return choose(dir, cells, whole)
	}
	ctx, stop := untilInterrupted(c.Context())
	defer stop()
	switch err = judgeable(c.ErrOrStderr(), f.carryOut(ctx, c.ErrOrStderr(), p, f.into, time.Now()), f.into); {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return exitError{code: exitInterrupted}
	}
	return exitError{failure(err), err}
}
