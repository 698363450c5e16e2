//go:build !linux

package record

import "time"

var start = time.Now()

// Now returns the time since the process started: enough for reports, which
// only read stamps. Recording happens on Linux.
func Now() Time { return Time(time.Since(start)) }

// ClockOffset returns wall time minus Now.
func ClockOffset() time.Duration {
	return time.Duration(time.Now().UnixNano() - int64(Now()))
}
