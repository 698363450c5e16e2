package live

import (
	"time"

	"anylab/lab/record"
)

// Slot is how long a place of a strip is.
const Slot = 100 * time.Millisecond

// kept is how many slots are remembered.
const kept = 300

// Strip is who answered a client of late, by the time of sending.
type Strip struct {
	slots map[int64]*fates
	last  int64 // the latest slot
}

// fates are those of the requests of one slot.
type fates struct {
	answers map[string]int
	lost    int
}

func slotOf(t record.Time) int64 { return int64(t) / int64(Slot) }

// add takes requests of one slot that fared alike.
func (s *Strip) add(alike record.Span) {
	at := slotOf(alike.Sent)
	if s.slots == nil {
		s.slots = map[int64]*fates{}
	}
	if at > s.last {
		s.last = at
		for old := range s.slots {
			if old <= at-kept {
				delete(s.slots, old)
			}
		}
	}
	f := s.slots[at]
	if f == nil {
		f = &fates{answers: map[string]int{}}
		s.slots[at] = f
	}
	if alike.Lost() {
		f.lost += alike.Count
		return
	}
	f.answers[alike.Node] += alike.Count
}

// What a place shows where no site answered all.
const (
	Unknown = "" // nothing was sent, or no fate is known
	None    = "-"
	Some    = "~" // was lost
)

// Sites returns, of the last n slots until now, which site answered the most, or
// what was lost.
func (s *Strip) Sites(now record.Time, n int) []string {
	list := make([]string, n)
	for i := range list {
		f := s.slots[int64(now)/int64(Slot)-int64(n-1-i)]
		if f == nil {
			continue
		}
		most, site := 0, Unknown
		for name, answers := range f.answers {
			if answers > most || answers == most && name < site {
				most, site = answers, name
			}
		}
		switch {
		case most == 0:
			site = None
		case f.lost > 0:
			site = Some
		}
		list[i] = site
	}
	return list
}
