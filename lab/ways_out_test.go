package lab_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"anylab/lab"
)

// denied are the errors by which the kernel forbids: any other says that an
// attempt was let through and failed of its own.
var denied = []error{unix.EPERM, unix.EACCES, unix.EROFS, unix.ENOENT, unix.ENXIO, unix.ENOSYS, unix.ELOOP}

// An attempt is something that a process of a lab does, by name.
type attempt struct {
	name string
	try  func() error
}

// change is an attempt to open a file for writing, or to make it.
func change(path string) attempt {
	return attempt{"change " + path, func() error {
		_, err := os.Stat(path)
		made := os.IsNotExist(err)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return err
		}
		if made {
			_ = os.Remove(path)
		}
		return f.Close()
	}}
}

// call is an attempt to have the kernel do something.
func call(name string, number uintptr, args ...uintptr) attempt {
	return attempt{name, func() error {
		var a [6]uintptr
		copy(a[:], args)
		if _, _, err := unix.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]); err != 0 {
			return err
		}
		return nil
	}}
}

// waysOut must all be denied. outside is a directory of the machine's, with a
// file in it.
func waysOut(outside string) []attempt {
	list := []attempt{
		change("/etc/passwd"), change("/etc/anylab-was-here"), change("/usr/bin/anylab-was-here"),
		change("/anylab-was-here"), change("/root/anylab-was-here"), change("/home/anylab-was-here"),
		change("/sys/fs/cgroup/cgroup.procs"), change("/sys/kernel/profiling"), change("/sys/power/state"),
		change("/proc/sys/kernel/hostname"), change("/proc/sys/vm/swappiness"), change("/proc/sys/kernel/core_pattern"),
		change("/proc/sysrq-trigger"), change("/proc/self/uid_map"), change("/dev/kmsg"), change("/dev/mem"), change("/dev/anylab-was-here"),
		change(outside), change(filepath.Join(outside, "file")), change(filepath.Join(outside, "new")),
		change("/run/netns/new"),
		{"see the machine's /tmp", func() error { return unix.Access(outside, unix.F_OK) }},
		{"make a cgroup", func() error { return os.Mkdir("/sys/fs/cgroup/anylab-was-here", 0o755) }},
		{"remove a namespace", func() error { return os.Remove("/run/netns/c") }},
		{"open a disk", openDisk},
		{"use an inherited file", inheritedFile},
	}
	return list
}

// openDisk makes a device file for the machine's first disk in a place of its
// own and opens it.
func openDisk() error {
	const path = "/tmp/disk"
	var root unix.Stat_t
	if err := unix.Stat("/etc", &root); err != nil {
		return err
	}
	if err := unix.Mknod(path, unix.S_IFBLK|0o600, int(root.Dev)); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// inheritedFile looks for a descriptor that none of its parents should have
// left open.
func inheritedFile() error {
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		return err
	}
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil && target == "/etc/passwd" {
			return nil
		}
	}
	return unix.ENOENT
}

// waysIn must all succeed: what services, checkers and daemons do.
func waysIn(dir string) []attempt {
	list := []attempt{
		change(filepath.Join(dir, "new")), change("new"), change("/tmp/new"), change("/var/tmp/new"), change("/run/new"),
		change("/dev/shm/new"), change("/dev/null"), change("/proc/sys/net/ipv4/ip_forward"),
		{"read the machine's files", func() error { _, err := readSome("/etc/passwd"); return err }},
		{"read random bytes", func() error { _, err := readSome("/dev/urandom"); return err }},
		change("/dev/ptmx"),
	}
	return list
}

func readSome(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.Read(make([]byte, 16))
}

// outsideEnv says where outside is: what a command names it may see.
const outsideEnv = "OUTSIDE"

// childTries is a process of a lab: it prints what came of its attempts.
func childTries(args []string) int {
	for kind, list := range map[string][]attempt{"out": waysOut(os.Getenv(outsideEnv)), "in": waysIn(args[0])} {
		for _, a := range list {
			err := a.try()
			verdict := "error"
			switch {
			case err == nil:
				verdict = "done"
			case slices.ContainsFunc(denied, func(d error) bool { return errors.Is(err, d) }):
				verdict = "denied"
			}
			fmt.Printf("%s\t%s\t%s\t%v\n", kind, verdict, a.name, err)
		}
	}
	return 0
}

// childPrisoner opens a lab, in which a process of a node makes all attempts.
func childPrisoner([]string) int {
	l, err := lab.Open(context.Background(), star(1), lab.Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer l.Close()
	n, err := l.Node("a0")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	cmd := exec.Command("/proc/self/exe", "tries", n.Dir())
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	p, err := n.Start(context.Background(), "prisoner", cmd)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	<-p.Done()
	return 0
}

// A process of a lab does its work and reaches nothing outside, whoever has
// started the lab.
func TestNoWayOut(t *testing.T) {
	for _, user := range []string{"root", "nobody"} {
		t.Run(user, func(t *testing.T) {
			outside := t.TempDir()
			if err := errors.Join(os.WriteFile(filepath.Join(outside, "file"), nil, 0o666), os.Chmod(outside, 0o777)); err != nil {
				t.Fatal(err)
			}
			cmd := child(t, "sandbox-prisoner")
			cmd.Env = append(os.Environ(), outsideEnv+"="+outside)
			if user == "nobody" {
				if outerUID(t) != 0 {
					t.Skip("the tests run as an ordinary user already")
				}
				becomeNobody(t, cmd)
			}
			inherited, err := os.Open("/etc/passwd")
			if err != nil {
				t.Fatal(err)
			}
			defer inherited.Close()
			cmd.ExtraFiles = []*os.File{inherited}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			judgeAttempts(t, string(out), outside)
		})
	}
}

func judgeAttempts(t *testing.T, out, outside string) {
	counts, want := map[string]int{}, map[string]string{"out": "denied", "in": "done"}
	lines := bufio.NewScanner(strings.NewReader(out))
	for lines.Scan() {
		kind, rest, _ := strings.Cut(lines.Text(), "\t")
		verdict, what, _ := strings.Cut(rest, "\t")
		if verdict != want[kind] {
			t.Errorf("%s: %s (%s)", verdict, what, kind)
			continue
		}
		counts[kind]++
	}
	if counts["out"] != len(waysOut(outside)) || counts["in"] != len(waysIn("")) {
		t.Errorf("%v of %d ways out and %d ways in were tried:\n%s", counts, len(waysOut(outside)), len(waysIn("")), out)
	}
	t.Logf("%d ways out were denied, %d things that are allowed worked", counts["out"], counts["in"])
}
