package main

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// keys takes q for the end. The terminal passes on every key at once meanwhile, and
// shows none; a signal that stops the program finds it as it was.
func keys(enough chan<- os.Signal) (restore func()) {
	before, err := unix.IoctlGetTermios(0, unix.TCGETS)
	if err != nil {
		return func() {}
	}
	raw := *before
	raw.Lflag &^= unix.ICANON | unix.ECHO
	set := func(t *unix.Termios) { _ = unix.IoctlSetTermios(0, unix.TCSETS, t) } // it may be gone
	set(&raw)
	go func() { // ends with the program
		for b := []byte{0}; ; {
			if n, err := os.Stdin.Read(b); n == 0 || err != nil {
				return
			}
			if b[0] == 'q' {
				enough <- os.Interrupt
			}
		}
	}()
	stops := make(chan os.Signal, 1)
	signal.Notify(stops, syscall.SIGTSTP, syscall.SIGCONT)
	go func() { // ends with the program
		for s := range stops {
			if s == syscall.SIGTSTP {
				set(before)
				_ = unix.Kill(0, unix.SIGSTOP)
			}
			set(&raw)
		}
	}()
	return func() { signal.Stop(stops); set(before) }
}
