package lab

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The least that Go programs, of which a lab has many, get along with. Where
// they don't, they end in a trace that tells nobody what to do.
const (
	leastAddresses = 4_000_000_000 // bytes that a process reserves, most of which it never uses
	leastThreads   = 120           // of an ordinary user's: those of a small lab
	leastFiles     = 80            // that a process has open: the one that keeps the smallest lab
)

// Limits says which limit of this process (ulimit) is too low for any lab.
func Limits() error {
	addresses, err := limitOf(unix.RLIMIT_AS)
	if err != nil {
		return err
	}
	if addresses < leastAddresses {
		return Unavailable{fmt.Sprintf("a process may reserve %d kB of address space here (ulimit -v), and a lab's need %d", addresses/1024, leastAddresses/1024), "ulimit -v unlimited"}
	}
	return errors.Join(Permits(leastThreads), Opens(leastFiles))
}

// Permits says whether a user may have so many threads.
func Permits(threads int64) error {
	if os.Geteuid() == 0 { // whom the limit doesn't bind
		return nil
	}
	most, err := limitOf(unix.RLIMIT_NPROC)
	if err == nil && most < uint64(threads) {
		err = Unavailable{fmt.Sprintf("a user may have %d threads here (ulimit -u), and a lab of this size has %d", most, threads), fmt.Sprintf("ulimit -u %d", 2*threads)}
	}
	return err
}

// Opens says whether a process may have so many files open. Go takes what it may take.
func Opens(files int64) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("ask for a limit of this process: %w", err)
	}
	if limit.Max < uint64(files) {
		return Unavailable{fmt.Sprintf("a process may have %d files open here (ulimit -n), and a lab of this size has %d", limit.Max, files), fmt.Sprintf("ulimit -n %d", 2*files)}
	}
	return nil
}

func limitOf(resource int) (uint64, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(resource, &limit); err != nil {
		return 0, fmt.Errorf("ask for a limit of this process: %w", err)
	}
	return limit.Cur, nil
}
