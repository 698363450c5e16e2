package main

import (
	"fmt"
	"io"

	"anylab/reports/page"
)

// say prints a text, on a terminal in lines that fit. Nothing in it steers a
// terminal, whatever names were read from a file.
func say(w io.Writer, text string) {
	fmt.Fprintln(w, page.Narrow(page.Visible(text), terminal(w)))
}
