// Package relay carries frames between two interfaces, later than they came.
package relay

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"anylab/lab/urgent"
	"anylab/topologies"
)

// Order is what the process of a relay is told on its command line.
type Order struct {
	Link   string
	Ports  [2]int              // the interfaces' indexes
	Shapes [2]topologies.Shape // of what comes in at each port; rates are the kernel's to keep
}

// Armed is the first line that the process writes to its output, once it
// carries frames. Events follow, one a line, in JSON.
const Armed = "armed"

// places are how many goroutines may run at a time: one for each direction, which
// keeps its place while it sleeps, and one for whatever the runtime wants to do.
const places = 3

// Main is the hidden subcommand "relay", the process of a relay. It is started
// in the namespace of the interfaces, with an Order as its one argument, and
// runs until it is killed. It returns the exit code.
func Main(args []string) int {
	var o Order
	if len(args) != 1 || json.Unmarshal([]byte(args[0]), &o) != nil {
		fmt.Fprintln(os.Stderr, "relay: started by anylab itself, with one argument")
		return 2
	}
	runtime.GOMAXPROCS(places)
	debug.SetGCPercent(-1) // what carries frames makes no garbage; see syscall.go
	if err := carry(o); err != nil {
		fmt.Fprintf(os.Stderr, "relay: %v\n", err)
		return 1
	}
	return 0
}

// carry returns when one of its parts fails.
func carry(o Order) error {
	var sockets [2]int
	for i, port := range o.Ports {
		fd, err := open(port)
		if err != nil {
			return fmt.Errorf("open packet socket %d: %w", i, err)
		}
		sockets[i] = fd
	}
	tell := &teller{out: os.Stdout}
	failed := make(chan error, len(sockets))
	for i := range sockets {
		w := newWay(o.Link, sockets[i], sockets[1-i], o.Shapes[i], tell)
		go func() { failed <- urgent.Do(w.run) }()
	}
	if err := tell.line(Armed); err != nil {
		return err
	}
	return <-failed
}
