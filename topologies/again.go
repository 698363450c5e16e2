package topologies

import (
	"time"

	"anylab/topologies/document"
)

// apply takes what a place says of it.
func (a *Again) apply(f againFile, at document.Raw) error {
	for _, said := range []struct {
		key   string
		given *time.Duration
		into  *time.Duration
	}{{"connect_retry", f.ConnectRetry, &a.ConnectRetry}, {"idle_hold", f.IdleHold, &a.IdleHold}} {
		set(said.into, said.given)
		if *said.into%time.Second != 0 {
			return at.Errorf(said.key, "%s is %s; daemons take whole seconds", said.key, document.Duration(*said.into))
		}
	}
	return nil
}

// Longest is how long an end may wait at most before it calls.
func (a Again) Longest() time.Duration { return a.IdleHold + a.ConnectRetry }
