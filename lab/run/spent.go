package run

import (
	"time"

	"anylab/lab/record"
)

// spent adds up what a trial's time goes to.
type spent struct {
	from record.Time // when whatever came before the trial had ended
	record.Spent
}

// timed adds the time that f takes.
func timed(to *time.Duration, f func() error) error {
	began := record.Now()
	defer func() { *to += record.Now().Sub(began) }()
	return f()
}

// total closes the account and opens that of the next trial.
func (s *spent) total() *record.Spent {
	now := record.Now()
	sum := s.Spent
	sum.Wall = now.Sub(s.from)
	*s = spent{from: now}
	return &sum
}
