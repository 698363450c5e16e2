package topologies

// endsBFD gives each end the link's BFD, with what it has of its own.
func (l *Link) endsBFD(lf linkFile) error {
	l.Ends[0].BFD, l.Ends[1].BFD = l.BFD, l.BFD
	passive := 0
	for _, ef := range lf.To {
		if ef.BFD == nil {
			continue
		}
		if l.BFD == nil {
			return ef.At.KeyErrorf("bfd", "no bfd here: the link has none of which this could be an end")
		}
		b := *l.BFD
		b.Receive = b.Interval
		set(&b.Interval, ef.BFD.Transmit)
		set(&b.Receive, ef.BFD.Receive)
		set(&b.Multiplier, ef.BFD.Multiplier)
		if b.Receive == b.Interval {
			b.Receive = 0
		}
		if b.Passive = ef.BFD.Passive; b.Passive {
			passive++
		}
		if passive == len(l.Ends) {
			return ef.At.Errorf("bfd.passive", "both ends wait for the other to speak (RFC 5880, 6.1): one must be active")
		}
		for i := range l.Ends {
			if l.Ends[i].Node == ef.Node {
				l.Ends[i].BFD = &b
			}
		}
	}
	return nil
}
