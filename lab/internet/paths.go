package internet

// path names an AS path: the AS that passes it on, and the path that it was told.
type path int32

// none is no path: a withdrawal, or nothing that was announced.
const none path = -1

// hop is the head of a path. Paths share their tails, so that a message is a number.
type hop struct {
	as     int32
	tail   path
	length int32 // in ASes
}

// paths holds every path that was announced.
type paths []hop

// add puts an AS in front of a path.
func (p *paths) add(as int32, tail path) path {
	*p = append(*p, hop{as, tail, p.length(tail) + 1})
	return path(len(*p) - 1)
}

func (p paths) length(of path) int32 {
	if of == none {
		return 0
	}
	return p[of].length
}

// has says whether the AS is on the path.
func (p paths) has(of path, as int32) bool {
	for ; of != none; of = p[of].tail {
		if p[of].as == as {
			return true
		}
	}
	return false
}

// same says whether two paths are of the same ASes.
func (p paths) same(a, b path) bool {
	for a != b {
		if a == none || b == none || p[a].as != p[b].as || p[a].length != p[b].length {
			return false
		}
		a, b = p[a].tail, p[b].tail
	}
	return true
}

// list returns the ASes of a path, the one that passes it on first.
func (p paths) list(of path) []int32 {
	var list []int32
	for ; of != none; of = p[of].tail {
		list = append(list, p[of].as)
	}
	return list
}
