package bgp_test

import (
	"errors"
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/topologies"
)

func TestUnable(t *testing.T) {
	err := bgp.Can(topologies.Node{Name: "a", Daemon: "bird", Config: "bird.conf"}, bgp.ChangeAttributes)
	const want = "node a: the driver of bird can't change the attributes of what it announces: what it announces stands in the user's own file"
	if u := (bgp.Unable{}); !errors.As(err, &u) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := bgp.Can(topologies.Node{Name: "a", Daemon: "frr", Config: "frr.conf"}, bgp.ChangeAttributes); err != nil {
		t.Errorf("frr with a file: %v", err)
	}
	if err := bgp.Can(topologies.Node{Name: "a", Daemon: "bird"}, bgp.SilenceBFD); err == nil || !strings.Contains(err.Error(), "blackhole") {
		t.Errorf("bird's BFD: %v, want the way that there is", err)
	}
}

// testOperations: what Can says agrees with what the speaker has methods for.
func testOperations(w *network) {
	n, _ := w.topology.Node("a")
	s := bgp.SpeakerOf(w.daemons["a"])
	_, attributes := s.(bgp.Attributer)
	_, resets := s.(bgp.Resetter)
	_, stops := s.(bgp.GracefulStopper)
	_, mutes := s.(bgp.BFDMuter)
	_, tables := s.(bgp.TableAnnouncer)
	_, own := s.(bgp.BFDProcess)
	for o, want := range map[bgp.Operation]bool{
		bgp.ChangeAttributes: attributes,
		bgp.ResetSessions:    resets,
		bgp.SilenceBFD:       bgp.CapabilitiesOf(n.Daemon).BFD && (mutes || own),
		bgp.StopGracefully:   stops,
		bgp.AnnounceTables:   tables,
	} {
		if err := bgp.Can(n, o); (err == nil) != want {
			w.Errorf("%s: %s: %v, but the speaker can: %v", n.Daemon, o, err, want)
		}
	}
}
