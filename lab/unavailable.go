package lab

// Unavailable says what this machine lacks, and the command (or the change)
// that would provide it.
type Unavailable struct {
	What string
	Fix  string
}

func (u Unavailable) Error() string {
	if u.Fix == "" {
		return u.What
	}
	return u.What + " (fix: " + u.Fix + ")"
}

// Capability is something that a lab can use, and whether it is there.
type Capability struct {
	Name   string
	OK     bool
	Needed bool   // without it no lab can be built; otherwise something is left out, or falls back
	Detail string // what was found, or what its lack means
	Fix    string // the command that would provide it
}
