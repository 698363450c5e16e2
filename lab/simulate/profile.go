package simulate

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"anylab/lab/record"
	"anylab/topologies"
)

// Span is a time that is anywhere between two bounds.
type Span struct{ Low, High time.Duration }

// spread is how long something takes, as a profile has it: in microseconds, from the
// least to the most, quantiles at equal steps.
type spread []float64

// take draws how long it takes this time.
func (l *Lab) take(s spread) time.Duration {
	if len(s) == 0 {
		return 0
	}
	return s.part(l.random.Float64())
}

// part is how long it takes in a share of the times at most.
func (s spread) part(share float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	at := share * float64(len(s)-1)
	i := int(at)
	us := s[i]
	if i+1 < len(s) {
		us += (at - float64(i)) * (s[i+1] - s[i])
	}
	return microseconds(us)
}

func microseconds(us float64) time.Duration { return time.Duration(us * float64(time.Microsecond)) }

// least is the least of it.
func (s spread) least() time.Duration {
	if len(s) == 0 {
		return 0
	}
	return microseconds(s[0])
}

// Profile is how long a daemon takes for what it does, in microseconds.
type Profile struct {
	Daemon     string     `json:"daemon"`
	Version    string     `json:"version"`                     // that was measured
	Conditions string     `json:"conditions"`                  // where and how
	Receive    spread     `json:"receive_us,omitempty"`        // from an UPDATE that has arrived to the decision; none: it is part of the two next
	Install    spread     `json:"install_us"`                  // from the decision to the kernel's route
	Send       spread     `json:"send_us"`                     // from the decision to the UPDATE to others
	Greet      spread     `json:"greet_us,omitempty"`          // from a session's start to its first UPDATE, until which nothing is told; none: as Send
	GreetMore  float64    `json:"greet_neighbor_us,omitempty"` // what each neighbor of the daemon adds to that
	SessionEnd spread     `json:"session_end_us"`              // from a session's end to the decision
	Carrier    spread     `json:"carrier_us"`                  // from a lost carrier to the session's end
	Command    spread     `json:"command_us"`                  // from what it is told to announce to the decision
	Connect    spread     `json:"connect_us"`                  // until a session that can come up is
	Again      spread     `json:"again_us,omitempty"`          // until one is that has ended, with nothing in its way; none: as Connect
	Start      spread     `json:"start_us"`                    // until it runs, and its sessions are up
	Hold       [2]float64 `json:"hold_share"`                  // of the hold time, that it waits
	Sweep      float64    `json:"sweep_us"`                    // from its start until it removes what it left in the kernel
	SweepLate  bool       `json:"sweep_restart,omitempty"`     // with graceful restart that is once the restart time is over
	Clear      float64    `json:"clear_us,omitempty"`          // from its orderly stop until it has removed its routes from the kernel; 0: it leaves them
	ClearShare float64    `json:"clear_killed,omitempty"`      // of the times that it is killed, it still does so: one of its processes outlives the other
	Damping    *Damping   `json:"damping,omitempty"`           // how it damps routes; nil: not known
}

// hold is how long the daemon waits where so much is configured.
func (p Profile) hold(configured time.Duration) Span {
	return Span{time.Duration(p.Hold[0] * float64(configured)), time.Duration(p.Hold[1] * float64(configured))}
}

// files are the profiles, each called as its daemon's driver.
//
//go:embed profiles
var files embed.FS

// Profiles are those of daemons, by their drivers' names.
type Profiles map[string]Profile

// Shipped are the profiles that come with this program.
func Shipped() (Profiles, error) {
	list, err := files.ReadDir("profiles")
	if err != nil {
		return nil, err
	}
	all := Profiles{}
	for _, entry := range list {
		text, err := files.ReadFile("profiles/" + entry.Name())
		if err == nil {
			err = all.Add(text)
		}
		if err != nil {
			return nil, fmt.Errorf("profile %s: %w", entry.Name(), err)
		}
	}
	return all, nil
}

// Add reads a profile, which takes the place of one of the same daemon.
func (p Profiles) Add(text []byte) error {
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	var one Profile
	err := in.Decode(&one)
	if wrong := (*json.SyntaxError)(nil); errors.As(err, &wrong) {
		return errors.New("it is no profile")
	}
	if err != nil {
		return err
	}
	if one.Daemon == "" || len(one.Install) == 0 || len(one.Send) == 0 {
		return errors.New("a profile names its daemon, and how long that takes to install and to send")
	}
	for _, s := range []spread{one.Receive, one.Install, one.Send, one.Greet, one.SessionEnd, one.Carrier, one.Command, one.Connect, one.Again, one.Start} {
		if !slices.IsSorted(s) || len(s) > 0 && !(s[0] >= 0) {
			return fmt.Errorf("times %v are no quantiles: each is 0 or more, and no less than the one before", s)
		}
	}
	p[one.Daemon] = one
	return nil
}

// Made says with which profiles the topology's daemons are simulated.
func (p Profiles) Made(t topologies.Topology) *record.Simulated {
	m := &record.Simulated{Profiles: map[string]string{}}
	for _, n := range t.Nodes {
		if one, ok := p[n.Daemon]; ok {
			m.Profiles[n.Daemon] = one.Version
		}
	}
	return m
}
