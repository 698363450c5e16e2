// Command anylab measures how long users of an anycast service are cut off
// when something fails, and which stage of the failover takes the time.
package main

import (
	"os"

	"anylab/lab/probe"
	"anylab/lab/relay"
	"anylab/lab/service"
	"anylab/lab/speaker"
)

// children are the hidden subcommands that a lab starts in its nodes. They
// come before everything else, so that they stay small and start fast.
var children = map[string]func(args []string) int{
	"probe":   probe.Main,
	"relay":   relay.Main,
	"service": service.Main,
	"speaker": speaker.Main,
}

func main() {
	if len(os.Args) > 1 {
		if child, ok := children[os.Args[1]]; ok {
			os.Exit(child(os.Args[2:]))
		}
	}
	os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
