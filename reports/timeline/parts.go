package timeline

import (
	"slices"
	"time"

	"anylab/lab/record"
)

// strike is a fault of a trial after the first, which may begin another part of an
// outage.
type strike struct {
	since  record.Time // requests sent since then can be hit by it
	inject record.Time
	site   string // that must have served them; empty: any
}

// strikes are those of the view's trial. After a healing there are none.
func (v *view) strikes() []strike {
	if v.course == nil || v.change != 0 {
		return nil
	}
	var list []strike
	for _, s := range v.course.steps {
		if s.Effective == 0 || s.Inject <= v.course.first {
			continue
		}
		k := strike{since: s.Inject.Add(-v.course.rtt), inject: s.Inject}
		if n, _ := v.x.Topology.Node(failed(v.x.Topology, s.On)); n.Role == record.AnycastNode && v.pool == nil {
			k.site = n.Name
		}
		list = append(list, k)
	}
	return list
}

// hits says whether the strike can be behind a gap that begins with a request of the
// time, where the site had answered the one before it.
func (k strike) hits(lost record.Time, site string) bool {
	return lost >= k.since && (k.site == "" || site == "" || site == k.site)
}

// struckAnew says whether the request was lost to another fault than the gap, which
// was over when that struck.
func (s *sequence) struckAnew(g Gap, lost record.Time, site string) bool {
	return slices.ContainsFunc(s.strikes, func(k strike) bool {
		return g.First < k.since && g.After < k.inject && k.hits(lost, site)
	})
}

// part returns the part of an outage that counts where several faults made it, one
// after another, before service had lasted: that of one fault that is open, else
// the longest.
func (v *view) part(s *sequence, c *chain) *chain {
	own := *s
	if own.strikes = v.strikes(); len(own.strikes) == 0 {
		return c
	}
	var parts []chain
	for _, g := range v.gaps(&own) {
		switch n := len(parts); {
		case g.First < c.gaps[0].First || g.First > c.last().Last:
		case n == 0 || own.struckAnew(parts[n-1].gaps[0], g.First, g.From):
			parts = append(parts, chain{gaps: []Gap{g}})
		default:
			parts[n-1].gaps = append(parts[n-1].gaps, g)
		}
	}
	return v.worst(s, parts)
}

// striking returns the fault that made users wait who waited longest: the last
// that could hit the first request of theirs that was lost.
func (t *trial) striking(w *watched, rtt time.Duration) Steps {
	struck := t.first()
	for _, s := range t.steps() {
		if w.began != 0 && s.Effective != 0 && s.Inject > struck.Inject && s.Inject.Add(-rtt) <= w.began {
			struck = s
		}
	}
	return struck
}
