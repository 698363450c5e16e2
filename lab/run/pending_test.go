package run

import (
	"testing"
	"time"

	"anylab/lab/record"
)

func idling(node, peer string, idle bool, seconds int) idleEnd {
	return idleEnd{node: node, peer: peer, idle: idle, left: time.Duration(seconds) * time.Second}
}

// An end that is idle decides alone when its session is tried again; of two that call,
// the first one.
func TestPending(t *testing.T) {
	for _, c := range []struct {
		name string
		ends []idleEnd
		want int // seconds
	}{
		{"nothing is down", nil, 0},
		{"both call", []idleEnd{idling("a", "r", false, 97), idling("r", "a", false, 4)}, 4 + 2},
		{"one is being tried", []idleEnd{idling("a", "r", false, 97), idling("r", "a", false, 0)}, 0},
		{"one is idle", []idleEnd{idling("a", "r", true, 47), idling("r", "a", false, 0)}, 47 + 2},
		{"both are idle", []idleEnd{idling("a", "r", true, 47), idling("r", "a", true, 60)}, 60 + 2},
		{"the last of two sessions", []idleEnd{idling("a", "r", false, 97), idling("r", "a", false, 0), idling("b", "r", false, 9), idling("r", "b", false, 5)}, 5 + 2},
	} {
		if got, _ := pending(c.ends); got != time.Duration(c.want)*time.Second {
			t.Errorf("%s: %v, want %d s", c.name, got, c.want)
		}
	}
}

// An end that was idle calls some time after its wait: a lab is given up only when that
// was in vain.
func TestRetryReachesTheCallAfterAWait(t *testing.T) {
	type asked struct {
		at   int // seconds
		ends []idleEnd
	}
	for _, c := range []struct {
		name string
		told []asked
		want int // the second from which on the lab may be given up
	}{
		{"nobody tells", []asked{{8, nil}}, 8},
		{"both call", []asked{{8, []idleEnd{idling("a", "r", false, 97), idling("r", "a", false, 4)}}}, 14},
		{"idle for a minute, then it calls", []asked{
			{8, []idleEnd{idling("a", "r", true, 52), idling("r", "a", false, 3)}},
			{62, []idleEnd{idling("a", "r", false, 3), idling("r", "a", false, 9)}}}, 62 + 15},
		{"then it calls late", []asked{
			{8, []idleEnd{idling("a", "r", true, 52), idling("r", "a", false, 3)}},
			{62, []idleEnd{idling("a", "r", false, 30), idling("r", "a", false, 40)}}}, 62 + 30 + 2},
		{"then nobody tells", []asked{
			{8, []idleEnd{idling("a", "r", true, 52), idling("r", "a", false, 3)}},
			{62, []idleEnd{idling("a", "r", false, 0), idling("r", "a", false, 0)}}}, 62 + 15},
		{"it has called in vain, and waits again", []asked{
			{8, []idleEnd{idling("a", "r", true, 52), idling("r", "a", false, 3)}},
			{62, []idleEnd{idling("a", "r", true, 119), idling("r", "a", false, 9)}}}, 62},
	} {
		var r retry
		for _, a := range c.told {
			now := record.Time(a.at) * record.Time(time.Second)
			if !r.asks(now, true) {
				t.Errorf("%s: the daemons are not asked after %d s", c.name, a.at)
			}
			r.told(now, a.ends)
		}
		if want := record.Time(c.want) * record.Time(time.Second); r.due != want {
			t.Errorf("%s: given up from %v on, want %v", c.name, time.Duration(r.due), time.Duration(want))
		}
		if r.asks(r.due, true) {
			t.Errorf("%s: the daemons are asked for ever", c.name)
		}
	}
}
