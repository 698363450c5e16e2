package lab

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// Power is a capability of the kernel (capabilities(7)) that processes of a
// lab have only if it is granted.
type Power int

const (
	// RunFirst lets the program's own parts run before others.
	RunFirst Power = unix.CAP_SYS_NICE
	// Administer is for daemons that refuse to start without it. What it is for
	// is forbidden all the same.
	Administer Power = unix.CAP_SYS_ADMIN
)

// powers are those that every process has: over the network of its node and,
// as far as the user has them, over files and processes, without which no
// daemon can change to a user of its own.
var powers = []Power{
	unix.CAP_NET_ADMIN, unix.CAP_NET_BIND_SERVICE, unix.CAP_NET_BROADCAST, unix.CAP_NET_RAW,
	unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_FSETID, unix.CAP_KILL,
	unix.CAP_SETGID, unix.CAP_SETUID, unix.CAP_SYS_CHROOT,
}

// limit takes from the calling thread what programs that it executes could get
// beyond the powers. The thread itself keeps them: so its children may not
// reach into it (ptrace(2)).
func limit(granted []Power) error {
	for c := Power(0); ; c++ {
		if slices.Contains(powers, c) || slices.Contains(granted, c) {
			continue
		}
		err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0)
		if errors.Is(err, unix.EINVAL) {
			break // past the last that this kernel knows
		}
		if err != nil {
			return fmt.Errorf("drop capability %d: %w", c, err)
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("clear ambient capabilities: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("forbid new privileges: %w", err)
	}
	return nil
}
