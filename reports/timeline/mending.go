package timeline

import (
	"cmp"
	"maps"
	"slices"

	"anylab/lab/record"
)

// decisive returns the fault whose healing the episode after healing is dated
// from: where several were healed one after another, each may move traffic, and
// what one of them caused must not be measured from another's healing.
//
// It is the last that was healed before service was restored, preferably one of
// the node that served then; if nothing tells of a restoration, the last of all,
// for only then is everything whole again.
func (t *trial) decisive(top record.Topology, w *watched) Steps {
	if w.restore == nil {
		return t.lastHealed()
	}
	healed := slices.DeleteFunc(slices.Clone(t.steps()), func(s Steps) bool { return s.Heal < t.healing() || s.Heal > w.restore.At })
	served := slices.DeleteFunc(slices.Clone(healed), func(s Steps) bool { return failed(top, s.On) != w.served })
	switch {
	case len(served) > 0:
		return latest(served)
	case len(healed) > 0:
		return latest(healed)
	}
	return t.lastHealed()
}

// latest returns the fault that was healed last.
func latest(list []Steps) Steps {
	return slices.MaxFunc(list, func(a, b Steps) int { return cmp.Compare(a.Heal, b.Heal) })
}

// attracted returns the routers that the node announces itself to and that
// forward to it, by name.
func (s scene) attracted(events []record.Event) []string {
	told, forward := map[string]bool{}, map[string]bool{}
	for _, e := range events {
		if d, ok := e.Data.(record.BGP); ok && s.announces(e, d.To) != "" {
			told[d.To] = true
		}
		if hops, kind := s.hops(e, e.Node); kind != "" && e.Node != s.node && leads(hops, s.node) {
			forward[e.Node] = true
		}
	}
	maps.DeleteFunc(forward, func(r string, _ bool) bool { return !told[r] })
	return slices.Sorted(maps.Keys(forward))
}
