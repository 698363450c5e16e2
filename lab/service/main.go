package service

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"time"
)

// server is what a built-in server is told on its command line.
type server struct {
	Kind  string
	Node  string
	Port  int
	Addrs []netip.Addr

	Capacity float64 // see Config
	Shed     bool
	Ready    time.Duration // after so long it begins to answer

	orders  *obedient
	backlog backlog
}

// Main is the hidden subcommand "service", the process of a built-in service.
// Its one argument is written by Start. It returns only on failure; a service
// is ended by a signal.
func Main(args []string) int {
	var c server
	if len(args) != 1 {
		fmt.Fprintln(os.Stderr, "service: started by anylab itself, with one argument")
		return 2
	}
	if err := json.Unmarshal([]byte(args[0]), &c); err != nil {
		fmt.Fprintf(os.Stderr, "service: decode the configuration: %v\n", err)
		return 2
	}
	k := kinds[c.Kind]
	if k.serve == nil {
		fmt.Fprintf(os.Stderr, "service: there is no server of kind %q\n", c.Kind)
		return 2
	}
	c.orders = new(obedient)
	c.backlog = newBacklog(c.Capacity)
	go func() { // ends with the process, if not before
		if err := c.orders.obey(); err != nil {
			fmt.Fprintf(os.Stderr, "service: %v\n", err)
		}
	}()
	<-time.After(c.Ready)
	fmt.Fprintf(os.Stderr, "service: serve %s: %v\n", c.Kind, k.serve(c))
	return 1
}
