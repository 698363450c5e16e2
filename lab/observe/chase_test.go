package observe

import (
	"testing"
	"time"

	"anylab/lab/record"
)

func TestChaseEndsAfterTheLastEvent(t *testing.T) {
	start := record.Time(0)
	c := begin(start)
	c.event(start.Add(150 * time.Millisecond))
	for at, over := range map[time.Duration]bool{0: false, 349 * time.Millisecond: false, 350 * time.Millisecond: true} {
		if got := c.over(start.Add(at)); got != over {
			t.Errorf("after %v: over is %v, want %v", at, got, over)
		}
	}
}

// A link that flaps for a minute must not keep a processor busy for a minute.
func TestChaseOfEndlessEventsSlowsDown(t *testing.T) {
	start, rounds := record.Time(0), 0
	c := begin(start)
	now := start
	for ; now < start.Add(time.Minute); now = now.Add(c.pause(now)) {
		if rounds++; c.over(now) {
			t.Fatalf("over after %v, with events until then", now.Sub(start))
		}
		c.event(now)
	}
	most := int(chaseLong/chaseEvery + time.Minute/chaseSeldom)
	if rounds > most {
		t.Errorf("%d rounds in a minute, want at most %d", rounds, most)
	}
	if tight := c.pause(start.Add(chaseLong - 1)); tight != chaseEvery {
		t.Errorf("asks every %v at first, want %v", tight, chaseEvery)
	}
}
