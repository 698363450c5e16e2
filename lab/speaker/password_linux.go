package speaker

import (
	"errors"
	"syscall"

	"anylab/lab"
)

// sign makes the connection one with the neighbor's password.
func (s *session) sign(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) { failed = lab.SignTCP(int(fd), s.Remote, s.Password) })
	return errors.Join(err, failed)
}
