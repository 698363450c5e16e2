package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"anylab/reports/page"
)

// screen shows what goes on in the last lines of a terminal. It changes nothing
// about the terminal, neither its modes nor its cursor: whatever ends the program,
// nothing has to be restored.
type screen struct {
	w       *os.File
	colours bool
	drawn   []int // the lengths of the lines that stand there
	at      time.Time
}

// leastWidth is that of a terminal on which more can be shown than lines.
const leastWidth = 50

// newScreen returns nil where nothing is to be drawn.
func newScreen(w io.Writer, quiet bool) *screen {
	f, ok := w.(*os.File)
	if !ok || quiet || terminal(w) < leastWidth || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &screen{w: f, colours: os.Getenv("NO_COLOR") == ""}
}

// drawEvery is how often is drawn at most.
const drawEvery = 100 * time.Millisecond

// draw draws the lines that there are for so much room.
func (s *screen) draw(lines func(width, height int) []line) {
	if time.Since(s.at) < drawEvery {
		return
	}
	s.at = time.Now()
	width, height, err := term.GetSize(int(s.w.Fd()))
	if err != nil || width < 2 {
		return
	}
	all := lines(width-1, height-1)
	for i := range all {
		all[i].text = cut(page.Line(all[i].text), width-1)
	}
	s.put(all[:min(len(all), height-1)], width)
}

// put replaces the lines that stand there.
func (s *screen) put(lines []line, width int) {
	var b bytes.Buffer
	b.WriteString(s.home(width))
	s.drawn = s.drawn[:0]
	for i, l := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(l.painted(s.colours) + "\x1b[K")
		s.drawn = append(s.drawn, l.width())
	}
	b.WriteString("\x1b[J")
	_, _ = s.w.Write(b.Bytes()) // a terminal that is gone shows nothing
}

// home leads to the first of the lines that stand there. A terminal that has become
// narrower since has broken them.
func (s *screen) home(width int) string {
	up := 0
	for i, length := range s.drawn {
		if i > 0 {
			up++
		}
		up += max(0, length-1) / width
	}
	if up == 0 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dA", up)
}

// leave takes away what was drawn.
func (s *screen) leave() {
	if len(s.drawn) == 0 {
		return
	}
	width, _, err := term.GetSize(int(s.w.Fd()))
	if err == nil && width > 0 {
		_, _ = s.w.WriteString(s.home(width) + "\x1b[J")
	}
	s.drawn = nil
}

// stay leaves what was drawn where it is.
func (s *screen) stay() {
	if s != nil && len(s.drawn) > 0 {
		_, _ = s.w.WriteString("\r\n")
		s.drawn = nil
	}
}

// line is one of a screen: a text, and what follows it in colours.
type line struct {
	text  string
	tiles []tile
}

// tile is one sign and its colour, 0 to 5; -1: none.
type tile struct {
	sign   rune
	colour int
}

func uncoloured(list ...string) (lines []line) {
	for _, text := range list {
		lines = append(lines, line{text: text})
	}
	return lines
}

// joined puts an empty line between parts, but for the first.
func joined(parts ...[]line) (all []line) {
	for i, part := range parts {
		if i > 0 && len(part) > 0 {
			all = append(all, line{})
		}
		all = append(all, part...)
	}
	return all
}

// cut keeps what fits.
func cut(text string, width int) string {
	if signs := []rune(text); len(signs) > width {
		return string(signs[:max(0, width-1)]) + "…"
	}
	return text
}

func (l line) width() int { return utf8.RuneCountInString(l.text) + len(l.tiles) }

// painted is the line as a terminal takes it.
func (l line) painted(colours bool) string {
	var b strings.Builder
	b.WriteString(l.text)
	was := -1
	for _, p := range l.tiles {
		if colours && p.colour != was {
			b.WriteString("\x1b[0m")
			if p.colour >= 0 {
				fmt.Fprintf(&b, "\x1b[%d;97m", 41+(p.colour+3)%6)
			}
			was = p.colour
		}
		b.WriteRune(p.sign)
	}
	if was >= 0 {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}
