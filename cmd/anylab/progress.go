package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"anylab/reports/page"
)

// progress shows the declared steps and the trials: one line that is
// rewritten on a terminal, plain lines elsewhere.
type progress struct {
	w        io.Writer
	terminal bool
	quiet    bool
	started  time.Time
	length   int // in characters, of the line that stands on the terminal
}

func newProgress(w io.Writer, quiet bool) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, quiet: quiet, started: time.Now(), terminal: ok && term.IsTerminal(int(f.Fd()))}
}

// Step says what is being done now.
func (p *progress) Step(what string) { p.line(what) }

// Trial says how many trials are done.
func (p *progress) Trial(done, total int, what string) {
	p.line(fmt.Sprintf("trial %d of %d done: %s", done, total, what))
}

func (p *progress) line(text string) {
	if p.quiet {
		return
	}
	text = page.Line(fmt.Sprintf("[%5.1fs] %s", time.Since(p.started).Seconds(), text))
	if !p.terminal {
		fmt.Fprintln(p.w, text)
		return
	}
	shown := []rune(text)
	if width, _, err := term.GetSize(int(p.w.(*os.File).Fd())); err == nil && width > 0 && len(shown) >= width {
		shown = shown[:width-1]
	}
	fmt.Fprintf(p.w, "\r%s%s", string(shown), strings.Repeat(" ", max(0, p.length-len(shown))))
	p.length = len(shown)
}

// done leaves the terminal on a line of its own.
func (p *progress) done() {
	if p.terminal && !p.quiet && p.length > 0 {
		fmt.Fprintln(p.w)
	}
}
