package bfd

import "time"

// setIntervals changes the configured intervals of a running session.
func (m *machine) setIntervals(want timing, now time.Time) actions {
	m.want = want
	before := m.told
	m.retime()
	m.reschedule(now)
	if m.told == before || !m.mayTransmit() {
		return actions{}
	}
	return actions{send: []Packet{m.packet()}}
}

// retime tells the neighbor the configured intervals, or slower ones while
// the session isn't Up, and puts them in force as RFC 5880 section 6.8.3 has
// it: while Up, a change starts a Poll Sequence, and neither a longer transmit
// interval nor a shorter receive interval counts before the neighbor has
// answered it. It would otherwise time us out, or we it.
func (m *machine) retime() {
	told := m.want
	if m.state != Up {
		told.tx = max(told.tx, slowest)
		m.told, m.used = told, told
		m.polling, m.repoll = false, false
		return
	}
	if told == m.told {
		return
	}
	m.told = told
	m.used = timing{tx: min(m.used.tx, told.tx), rx: max(m.used.rx, told.rx)}
	m.repoll = m.polling // one sequence at a time: the packets on the way carry the old values
	m.polling = true
}

// endPoll takes note of a packet with the Final bit.
func (m *machine) endPoll() {
	if !m.polling {
		return
	}
	m.polling, m.repoll = m.repoll, false
	if !m.polling {
		m.used = m.told
	}
}

// detectionTime is how long the neighbor may be silent (RFC 5880 section
// 6.8.4, asynchronous mode).
func (m *machine) detectionTime() time.Duration {
	return time.Duration(m.remote.multiplier) * max(m.used.rx, m.remote.minTx)
}

// interval is the time between periodic packets before jitter (RFC 5880
// section 6.8.2).
func (m *machine) interval() time.Duration { return max(m.used.tx, m.remote.minRx) }

// jittered takes a random 0 to 25 % off the interval; with a multiplier of 1,
// where one late packet is a failure, at least 10 % (RFC 5880 section 6.8.7).
func (m *machine) jittered() time.Duration {
	least, most := 0.0, 0.25
	if m.multiplier == 1 {
		least = 0.10
	}
	return time.Duration(float64(m.interval()) * (1 - least - (most-least)*m.random()))
}

// mayTransmit says whether the neighbor wants periodic packets at all
// (RFC 5880 section 6.8.7).
func (m *machine) mayTransmit() bool {
	if m.remote.minRx == 0 || m.mute {
		return false
	}
	return !m.remote.demand || m.state != Up || m.remote.state != Up || m.polling
}

// advance sets the next packet's time on the schedule, not relative to now:
// one late packet must not delay those after it. Only a sender that is behind
// by a whole packet starts over.
func (m *machine) advance(now time.Time) {
	m.sent = m.next
	m.next = m.sent.Add(m.jittered())
	if !m.next.After(now) {
		m.sent = now
		m.next = now.Add(m.jittered())
	}
	m.reschedule(now)
}

// reschedule adapts the next packet's time after the interval, or the right
// to transmit, may have changed. It only ever brings the packet forward, or
// pushes it to where an unchanged jitter would have put it.
func (m *machine) reschedule(now time.Time) {
	if !m.mayTransmit() {
		m.next = time.Time{}
		return
	}
	earliest := m.sent.Add(m.interval() * 3 / 4)
	latest := m.sent.Add(m.interval())
	if m.next.IsZero() || m.next.Before(earliest) || m.next.After(latest) {
		m.next = m.sent.Add(m.jittered())
		if m.next.Before(now) {
			m.next = now
		}
	}
}
