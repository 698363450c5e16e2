package bgp

import "golang.org/x/sys/unix"

const (
	goOn        = unix.SIGCONT
	quitQuietly = unix.SIGUSR1 // the embedded speaker then says nothing to its neighbors
)

func makePipe(path string) error { return unix.Mkfifo(path, 0o600) }

func mountOver(with, path string) error { return unix.Mount(with, path, "", unix.MS_BIND, "") }
