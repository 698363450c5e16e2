package bgp_test

import "golang.org/x/sys/unix"

const (
	stop = unix.SIGSTOP
	cont = unix.SIGCONT
)
