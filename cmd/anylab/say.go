package main

import (
	"fmt"
	"io"

	"anylab/reports/page"
)

// say prints a text, on a terminal in lines that fit.
func say(w io.Writer, text string) {
	fmt.Fprintln(w, page.Narrow(text, terminal(w)))
}
