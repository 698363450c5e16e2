//go:build unix

package document

import (
	"syscall"
	"time"
)

// processorTime is what the test has used of the processors, which others do
// not change.
func processorTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano())
}
