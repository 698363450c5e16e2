package lab

import (
	"errors"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// dumpTries bounds the retries of a dump: a table that changes faster than it
// can be read is an error, not a reason to hang.
const dumpTries = 20

// Dump reads a kernel table through list, and again if the table changed
// under it (NLM_F_DUMP_INTR: the result may lack entries) or a signal came.
func Dump[T any](list func() ([]T, error)) ([]T, error) {
	var err error
	for range dumpTries {
		var all []T
		if all, err = list(); err == nil {
			return all, nil
		}
		if !errors.Is(err, netlink.ErrDumpInterrupted) && !errors.Is(err, unix.EINTR) {
			break
		}
	}
	return nil, err
}
