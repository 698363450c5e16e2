package hand

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Down takes a lab down, and kills whoever keeps it if it does not end.
func Down(lab string) (killed bool, err error) {
	l, err := Call(lab, "down", nil)
	if err != nil {
		return false, err
	}
	defer l.Close()
	fd, err := unix.PidfdOpen(l.Keeper, 0)
	if errors.Is(err, unix.ESRCH) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("wait for the end of lab %s: %w", lab, err)
	}
	defer unix.Close(fd)
	gone := func(limit time.Duration) bool {
		end := time.Now().Add(limit)
		for time.Now().Before(end) {
			p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			if n, err := unix.Poll(p, int(time.Until(end).Milliseconds())+1); err == nil && n > 0 {
				return true
			}
		}
		return false
	}
	if gone(ending) {
		return false, nil
	}
	if err := end(l.Keeper); err != nil {
		return false, err
	}
	gone(ending)
	return true, nil
}
