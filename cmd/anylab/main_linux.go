package main

import (
	"os"
	"os/signal"
	"syscall"

	"anylab/lab/probe"
	"anylab/lab/relay"
	"anylab/lab/service"
	"anylab/lab/speaker"
)

// children are the hidden subcommands that a lab starts in its nodes. They
// come before everything else, so that they stay small and start fast.
var children = map[string]func(args []string) int{
	"prober":  probe.Main,
	"relay":   relay.Main,
	"service": service.Main,
	"speaker": speaker.Main,
}

// quitPlainly takes SIGQUIT (Ctrl-\) for SIGTERM, as who carries out a run does by
// itself: Go would print what all its threads are at.
func quitPlainly() {
	quit := make(chan os.Signal, 1)
	signal.Notify(quit, syscall.SIGQUIT)
	go func() { // ends with the process
		for range quit {
			_ = syscall.Kill(os.Getpid(), syscall.SIGTERM) // to oneself it is allowed
		}
	}()
}
