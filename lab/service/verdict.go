package service

// verdict makes up its mind over a sequence of checks. Until it has an
// opinion one success is enough, so that a lab comes up without waiting for
// rise checks; failures always need fall.
type verdict struct {
	fall, rise int
	known      bool // false until the first opinion
	healthy    bool
	streak     int // checks in a row that contradict the opinion
}

// observe takes the outcome of one check and says whether the opinion changed.
func (v *verdict) observe(ok bool) bool {
	if v.known && ok == v.healthy {
		v.streak = 0
		return false
	}
	v.streak++
	if v.streak < v.needed(ok) {
		return false
	}
	v.known, v.healthy, v.streak = true, ok, 0
	return true
}

func (v *verdict) needed(ok bool) int {
	switch {
	case !ok:
		return v.fall
	case !v.known:
		return 1
	default:
		return v.rise
	}
}
