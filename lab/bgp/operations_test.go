package bgp

import (
	"errors"
	"strings"
	"testing"

	"anylab/topologies"
)

// What Can says agrees with what the speakers have methods for.
func TestOperationsAreWhatSpeakersCanDo(t *testing.T) {
	speakers := map[string]Speaker{
		"bird": &birdSpeaker{}, "exabgp": &exaSpeaker{}, "frr": &frrSpeaker{},
		"gobgp": &gobgpSpeaker{}, "gobgpd": gobgpdSpeaker{}, "openbgpd": &openbgpdSpeaker{},
	}
	for name, d := range drivers {
		s := speakers[name]
		if s == nil {
			t.Errorf("%s: no speaker to compare with: add one", name)
			continue
		}
		_, attributes := s.(Attributer)
		_, resets := s.(Resetter)
		_, stops := s.(GracefulStopper)
		_, mutes := s.(BFDMuter)
		_, own := s.(BFDProcess)
		for o, want := range map[Operation]bool{
			ChangeAttributes: attributes,
			ResetSessions:    resets,
			SilenceBFD:       d.Capabilities().BFD && (mutes || own),
			StopGracefully:   stops,
		} {
			if err := Can(topologies.Node{Name: "a", Daemon: name}, o); (err == nil) != want {
				t.Errorf("%s: %s: %v, but the speaker can: %v", name, o, err, want)
			}
		}
	}
}

func TestUnable(t *testing.T) {
	err := Can(topologies.Node{Name: "a", Daemon: "bird", Config: "bird.conf"}, ChangeAttributes)
	const want = "node a: the driver of bird can't change the attributes of what it announces: what it announces stands in the user's own file"
	if u := (Unable{}); !errors.As(err, &u) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := Can(topologies.Node{Name: "a", Daemon: "frr", Config: "frr.conf"}, ChangeAttributes); err != nil {
		t.Errorf("frr with a file: %v", err)
	}
	if err := Can(topologies.Node{Name: "a", Daemon: "bird"}, SilenceBFD); err == nil || !strings.Contains(err.Error(), "blackhole") {
		t.Errorf("bird's BFD: %v, want the way that there is", err)
	}
}
