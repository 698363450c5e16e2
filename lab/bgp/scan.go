package bgp

import "time"

// A scanner is a Driver whose daemon looks at the conditions of its routes now
// and then only.
type scanner interface {
	scans(text string) time.Duration
}

// ScanOf returns how often the daemon looks whether it is to announce its
// conditional routes, as the user's own configuration has it; 0 if there are
// none, or nobody knows.
func ScanOf(daemon, text string) time.Duration {
	if s, ok := drivers[daemon].(scanner); ok {
		return s.scans(text)
	}
	return 0
}
