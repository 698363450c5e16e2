package run

import (
	"crypto/sha256"
	"encoding/hex"
	"os"

	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/scenarios"
)

// facts states what is measured, with what the faults declare, and the digests of
// the user's own files.
func facts(s scenarios.Scenario, declared []planned) *record.Experiment {
	x := s.Experiment()
	for _, f := range declared {
		x.Faults[f.id].Silences = f.Silences
	}
	for _, n := range x.Topology.Nodes {
		if n.Config == nil {
			continue
		}
		if text, err := os.ReadFile(n.Config.Path); err == nil { // else starting the daemon fails
			sum := sha256.Sum256(text)
			n.Config.SHA256 = hex.EncodeToString(sum[:])
			if r := bgp.Read(n.Daemon, n.Config.Path, string(text)); r != nil {
				n.Config.Scan = r.Scan
			}
		}
	}
	return x
}
