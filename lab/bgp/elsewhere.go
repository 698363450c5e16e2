//go:build !linux

package bgp

import (
	"os"

	"anylab/lab"
)

// Daemons run on a lab's nodes, which are on Linux. Elsewhere it is known what can be
// asked of them.

var goOn, quitQuietly = os.Interrupt, os.Interrupt

func makePipe(string) error { return lab.ErrNotLinux }

func mountOver(string, string) error { return lab.ErrNotLinux }
