package observe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socket is a datagram socket of a node that is read until ctx ends. It stays
// in the namespace in which it was opened.
type socket struct {
	file *os.File
	raw  syscall.RawConn
}

// newSocket takes over fd, which must not block, so that the runtime's poller
// waits for it instead of a thread.
func newSocket(fd int, name string, receiveBuffer int) (*socket, error) {
	setReceiveBuffer(fd, receiveBuffer)
	file := os.NewFile(uintptr(fd), name)
	raw, err := file.SyscallConn()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("use %s: %w", name, err), file.Close())
	}
	return &socket{file, raw}, nil
}

// setReceiveBuffer asks for a buffer of n bytes. Only root of the first user
// namespace may pass the limit net.core.rmem_max; a smaller buffer is no
// error, since an overrun is noticed.
func setReceiveBuffer(fd, n int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, n) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, n)
	}
}

// each calls receive, which must not block, whenever there may be something to
// read, until it returns an error other than EAGAIN or ctx has ended and all
// that had arrived by then was read, unless ErrCut ended it. It closes the socket.
func (s *socket) each(ctx context.Context, receive func(fd int) error) error {
	defer s.file.Close()
	stop := context.AfterFunc(ctx, func() { _ = s.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	drain := func(fd uintptr) error {
		for !unwanted(ctx) {
			err := receive(int(fd))
			if errors.Is(err, unix.EAGAIN) {
				return nil
			}
			if err != nil && !errors.Is(err, unix.EINTR) {
				return err
			}
		}
		return nil
	}
	var failed error
	err := s.raw.Read(func(fd uintptr) bool {
		failed = drain(fd)
		return failed != nil // false: wait for more
	})
	if failed == nil && errors.Is(err, os.ErrDeadlineExceeded) {
		err = s.raw.Control(func(fd uintptr) { failed = drain(fd) })
	}
	return errors.Join(failed, err)
}
