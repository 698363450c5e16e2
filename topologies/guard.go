package topologies

import "regexp"

// passwords are those that every daemon's configuration takes as they are; the kernel
// keeps 80 bytes (TCP_MD5SIG_MAXKEYLEN).
var passwords = regexp.MustCompile(`^[a-zA-Z0-9._+/=@-]{0,80}$`)

// guard takes what keeps strangers out from the innermost place that says it.
func (l *Link) guard(f topologyFile, lf linkFile) error {
	at := f.BGP.At
	set(&l.Password, f.BGP.Password)
	set(&l.GTSM, f.BGP.GTSM)
	if lf.BGP != nil {
		set(&l.Password, lf.BGP.Password)
		set(&l.GTSM, lf.BGP.GTSM)
		if lf.BGP.Password != nil {
			at = lf.BGP.At
		}
	}
	if !passwords.MatchString(l.Password) {
		return at.Errorf("password", "a password is at most 80 letters, digits and . _ + / = @ -: so every daemon's configuration takes it")
	}
	return nil
}
