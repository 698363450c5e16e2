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
	s.roles = map[thread]role{}
	return numbered("/proc", func(pid int) error {
		dir := fmt.Sprintf("/proc/%d/task", pid)
		err := numbered(dir, func(tid int) error {
			id, path := thread{pid, tid}, dir+"/"+strconv.Itoa(tid)
			var u usage
			if err := s.schedstat(path, &u); err != nil {
				return ignoreEnded(err)
			}
			r := known[id]
			if r.looks < 2 { // when first seen it may not have its name yet
				r = role{s.role(id, path), r.looks + 1}
			}
			u.role = r.Role
			s.roles[id], m.threads[id] = r, u
			return nil
		})
		return ignoreEnded(err)
	})
}

// role is what a thread was taken for, at so many looks.
type role struct {
	record.Role
	looks int
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
// processor, and how often it got one (Documentation/scheduler/sched-stats.rst).
func (s *sampler) schedstat(path string, u *usage) error {
	text, err := s.read(path + "/schedstat")
	if err != nil {
		return err
	}
	fields := strings.Fields(text)
	if len(fields) < 3 {
		return fmt.Errorf("read %s/schedstat: %q", path, text)
	}
	var numbers [3]int64
	for i, f := range fields[:3] {
		if numbers[i], err = strconv.ParseInt(f, 10, 64); err != nil {
			return fmt.Errorf("read %s/schedstat: %w", path, err)
		}
	}
	u.ran, u.wait, u.times = time.Duration(numbers[0]), time.Duration(numbers[1]), int(numbers[2])
	return nil
}

// role says what a thread is for. Probers, and their sending threads, have
// names.
func (s *sampler) role(id thread, path string) record.Role {
	switch {
	case id.pid != s.self && !s.called(fmt.Sprintf("/proc/%d", id.pid), record.ProbingProcess):
		return record.Observed
	case s.called(path, record.SendingThread):
		return record.Sending
	}
	return record.Observing
}

func (s *sampler) called(path, name string) bool {
	text, err := s.read(path + "/comm")
	return err == nil && strings.TrimSpace(text) == name
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
