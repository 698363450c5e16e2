package main

import (
	"fmt"
	"io"

	"anylab/reports/page"
)

// sayLine prints a name of a file, or another text that is to be copied, in one line.
func sayLine(w io.Writer, text string) { fmt.Fprintln(w, page.Visible(text)) }

// say prints a text, on a terminal in lines that fit. Nothing in it steers a
// terminal, whatever names were read from a file.
func say(w io.Writer, text string) {
	fmt.Fprintln(w, page.Narrow(page.Visible(text), terminal(w)))
}
