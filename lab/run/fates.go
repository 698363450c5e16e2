package run

import (
	"time"

	"anylab/lab/record"
)

// fates counts what became of the requests of the last second, by when it was
// known.
type fates [10]struct {
	part     record.Time // which tenth of a second
	all, not int
}

const tenth = record.Time(time.Second / 10)

func (f *fates) add(now record.Time, lost bool) {
	at := &f[(now/tenth)%record.Time(len(f))]
	if at.part != now/tenth {
		at.part, at.all, at.not = now/tenth, 0, 0
	}
	at.all++
	if lost {
		at.not++
	}
}

// lately returns how many requests were lost, of how many.
func (f *fates) lately(now record.Time) (lost, of int) {
	for _, t := range f {
		if now/tenth-t.part < record.Time(len(f)) {
			lost, of = lost+t.not, of+t.all
		}
	}
	return lost, of
}
