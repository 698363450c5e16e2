package reports

import (
	"testing"

	"anylab/reports/timeline"
)

func TestRIBTimes(t *testing.T) {
	for _, c := range []struct {
		name      string
		e         timeline.Episode
		in, out   float64
		inOK, oOK bool
	}{
		{"nobody was told", timeline.Episode{}, 0, 0, false, false},
		{"not the best", timeline.Episode{Relays: []timeline.Relay{{In: at(5)}}}, 0, 0, false, false},
		{"the first counts", timeline.Episode{Relays: []timeline.Relay{{In: at(5), Installed: at(7), Out: at(9)}, {In: at(6), Installed: at(60)}}}, 2, 4, true, true},
	} {
		in, inOK := relayed(ribIn)(&timeline.Failover{Broken: c.e})
		out, oOK := relayed(ribOut)(&timeline.Failover{Broken: c.e})
		if in.value != c.in || out.value != c.out || inOK != c.inOK || oOK != c.oOK {
			t.Errorf("%s: %v %v, %v %v; want %v %v, %v %v", c.name, in, inOK, out, oOK, c.in, c.inOK, c.out, c.oOK)
		}
	}
}
