package observe

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab/record"
)

// tasks reads what every thread of the sandbox has used: its /proc lists none
// but ours. A thread that ends meanwhile is passed over.
func (s *sampler) tasks(m *machine) error {
	if _, err := s.read("/proc/self/schedstat"); err != nil {
		return err // the kernel was built without it
	}
	known := s.roles
	s.roles = map[thread]record.Role{}
	return numbered("/proc", func(pid int) error {
		dir := fmt.Sprintf("/proc/%d/task", pid)
		err := numbered(dir, func(tid int) error {
			id, path := thread{pid, tid}, dir+"/"+strconv.Itoa(tid)
			u := usage{role: known[id]}
			if err := s.schedstat(path, &u); err != nil {
				return ignoreEnded(err)
			}
			if u.role == "" {
				u.role = s.role(id, path)
			}
			s.roles[id], m.threads[id] = u.role, u
			return nil
		})
		return ignoreEnded(err)
	})
}

// numbered calls f with every entry of the directory that is a number.
func numbered(dir string, f func(n int) error) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil {
			if err := f(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// schedstat reads the nanoseconds that a thread ran and waited for a
// processor (Documentation/scheduler/sched-stats.rst).
func (s *sampler) schedstat(path string, u *usage) error {
	text, err := s.read(path + "/schedstat")
	if err != nil {
		return err
	}
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return fmt.Errorf("read %s/schedstat: %q", path, text)
	}
	ran, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return fmt.Errorf("read %s/schedstat: %w", path, err)
	}
	wait, err := strconv.ParseInt(fields[1], 10, 64)
	u.ran, u.wait = time.Duration(ran), time.Duration(wait)
	return err
}

// role says what a thread is for. A prober's sending thread has a name.
func (s *sampler) role(id thread, path string) record.Role {
	if id.pid != s.self {
		return record.Observed
	}
	if name, err := s.read(path + "/comm"); err == nil && strings.TrimSpace(name) == record.SendingThread {
		return record.Sending
	}
	return record.Observing
}

// read returns a small file's text. These files are read by the hundred, so
// the runtime's poller is kept out of it.
func (s *sampler) read(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, s.buf)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return string(s.buf[:n]), nil
}

// ignoreEnded turns what is said of a process that has ended into nothing.
func ignoreEnded(err error) error {
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}
