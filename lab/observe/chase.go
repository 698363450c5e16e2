package observe

import (
	"time"

	"anylab/lab/record"
)

// After the last event of links or routes the kernel is asked every chaseEvery
// for chaseFor: IPv4 routes that die with their link are taken out without a
// message, and a daemon's answer to an event comes later. Where events don't
// end, since a link flaps or a table is filled, that would take a processor
// from what is measured for as long: after chaseLong it is asked less often.
const (
	chaseEvery  = 100 * time.Microsecond
	chaseFor    = 200 * time.Millisecond
	chaseLong   = 5 * time.Second
	chaseSeldom = time.Millisecond
)

// chase says how often the kernel is asked from an event on, and until when.
type chase struct{ began, until record.Time }

func begin(now record.Time) chase { return chase{now, now.Add(chaseFor)} }

func (c *chase) event(now record.Time) { c.until = now.Add(chaseFor) }

func (c *chase) over(now record.Time) bool { return now >= c.until }

// pause is how long to wait before the next question.
func (c *chase) pause(now record.Time) time.Duration {
	if now.Sub(c.began) < chaseLong {
		return chaseEvery
	}
	return chaseSeldom
}
