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

// total closes the account.
func (s *spent) total(now record.Time) *record.Spent {
	sum := s.Spent
	sum.Wall = now.Sub(s.from)
	return &sum
}
