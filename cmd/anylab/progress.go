package main

import (
	"fmt"
	"io"
	"time"

	"anylab/reports/page"
)

// progress says what is being done: to those beside the run, and in plain lines
// where they don't show it.
type progress struct {
	besideFlags
	w       io.Writer
	quiet   bool
	started time.Time
}

func newProgress(w io.Writer, quiet bool, beside besideFlags) *progress {
	return &progress{beside, w, quiet, time.Now()}
}

// Step says what is being done now.
func (p *progress) Step(what string) {
	p.tell(note{Step: what})
	p.line(what)
}

// Trial says how many trials are done.
func (p *progress) Trial(done, total int, what string) {
	p.tell(note{Done: done, Total: total, Step: what})
	p.line(said(done, total, what))
}

func said(done, total int, what string) string {
	if total == 0 {
		return fmt.Sprintf("trial %d: %s", done, what)
	}
	text := fmt.Sprintf("trial %d of %d done", done, total)
	if what != "" {
		text += ": " + what
	}
	return text
}

func (p *progress) line(text string) {
	if !p.quiet && !p.drawn {
		fmt.Fprintln(p.w, page.Line(fmt.Sprintf("[%5.1fs] %s", time.Since(p.started).Seconds(), text)))
	}
}
