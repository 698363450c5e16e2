package simulate

import (
	"embed"
	"encoding/json"
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
	at := l.random.Float64() * float64(len(s)-1)
	i := int(at)
	us := s[i]
	if i+1 < len(s) {
		us += (at - float64(i)) * (s[i+1] - s[i])
	}
	return time.Duration(us * float64(time.Microsecond))
}

// profile is how long a daemon takes for what it does, in microseconds.
type profile struct {
	Version    string     `json:"version"`        // that was measured
	Conditions string     `json:"conditions"`     // where and how
	Receive    spread     `json:"receive_us"`     // from an UPDATE that has arrived to the decision
	Install    spread     `json:"install_us"`     // from the decision to the kernel's route
	Send       spread     `json:"send_us"`        // from the decision to the UPDATE to others
	SessionEnd spread     `json:"session_end_us"` // from a session's end to the decision
	Carrier    spread     `json:"carrier_us"`     // from a lost carrier to the session's end
	Command    spread     `json:"command_us"`     // from what it is told to announce to the decision
	Connect    spread     `json:"connect_us"`     // until a session that can come up tries to
	Start      spread     `json:"start_us"`       // until it runs
	Hold       [2]float64 `json:"hold_share"`     // of the hold time, that it waits
	Sweep      float64    `json:"sweep_us"`       // from its start until it removes what it left in the kernel
}

// hold is how long the daemon waits where so much is configured.
func (p profile) hold(configured time.Duration) Span {
	return Span{time.Duration(p.Hold[0] * float64(configured)), time.Duration(p.Hold[1] * float64(configured))}
}

// files are the profiles, each called as its daemon's driver.
//
//go:embed profiles
var files embed.FS

// profileOf returns the daemon's, if there is one.
func profileOf(daemon string) (p profile, ok bool) {
	text, err := files.ReadFile("profiles/" + daemon + ".json")
	return p, err == nil && json.Unmarshal(text, &p) == nil
}

// Made says with which profiles the topology's daemons are simulated.
func Made(t topologies.Topology) *record.Simulated {
	m := &record.Simulated{Profiles: map[string]string{}}
	for _, n := range t.Nodes {
		if p, ok := profileOf(n.Daemon); ok {
			m.Profiles[n.Daemon] = p.Version
		}
	}
	return m
}
