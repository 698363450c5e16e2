package lab_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
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

// call is an attempt to have the kernel do something. Its arguments make no
// sense: only who is denied the call as such is told so.
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
		{"leave by chroot", leaveByChroot},
		{"reach into a parent", reachIntoParents},
		{"have more powers after execution", gainPowers},
		{"take the place at the front", func() error {
			return unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0)
		}},
		{"join the first process's mounts", joinMounts},
		{"have a child with namespaces of its own", func() error {
			cmd := exec.Command("/bin/true")
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER}
			return cmd.Run()
		}},
		{"use an inherited file", inheritedFile},
		{"signal everyone", func() error { return unix.Kill(-1, 0) }},
		{"end the first process", func() error { return unix.Kill(1, unix.SIGTERM) }},
		{"end who keeps the lab", func() error { return unix.Kill(os.Getppid(), unix.SIGKILL) }},
		{"end a thread of who keeps the lab", func() error { return unix.Tgkill(os.Getppid(), os.Getppid(), unix.SIGKILL) }},
		{"hold who keeps the lab", func() error { _, err := unix.PidfdOpen(os.Getppid(), 0); return err }},
		{"limit who keeps the lab", func() error {
			return unix.Prlimit(os.Getppid(), unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1 << 10, Max: 1 << 10}, nil)
		}},
		{"bind who keeps the lab to a processor", func() error { return unix.SchedSetaffinity(os.Getppid(), &unix.CPUSet{1}) }},
		{"make who keeps the lab wait", func() error { return unix.Setpriority(unix.PRIO_PROCESS, os.Getppid(), 19) }},
		{"have who keeps the lab ended", ownedBy(os.Getppid())},
		{"ask the hypervisor", socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0)},
		{"go past the network", socket(unix.AF_XDP, unix.SOCK_RAW, 0)},
		call("type on a terminal", unix.SYS_IOCTL, 0, unix.TIOCSTI),
	}
	for name, number := range map[string]uintptr{
		"acct": unix.SYS_ACCT, "add_key": unix.SYS_ADD_KEY, "bpf": unix.SYS_BPF, "clock_settime": unix.SYS_CLOCK_SETTIME, "clone3": unix.SYS_CLONE3,
		"delete_module": unix.SYS_DELETE_MODULE, "fanotify_init": unix.SYS_FANOTIFY_INIT, "finit_module": unix.SYS_FINIT_MODULE,
		"fsopen": unix.SYS_FSOPEN, "init_module": unix.SYS_INIT_MODULE, "io_uring_setup": unix.SYS_IO_URING_SETUP,
		"kexec_load": unix.SYS_KEXEC_LOAD, "keyctl": unix.SYS_KEYCTL, "mount": unix.SYS_MOUNT, "mount_setattr": unix.SYS_MOUNT_SETATTR,
		"move_mount": unix.SYS_MOVE_MOUNT, "open_by_handle_at": unix.SYS_OPEN_BY_HANDLE_AT, "open_tree": unix.SYS_OPEN_TREE,
		"perf_event_open": unix.SYS_PERF_EVENT_OPEN, "pidfd_getfd": unix.SYS_PIDFD_GETFD, "pivot_root": unix.SYS_PIVOT_ROOT,
		"process_vm_writev": unix.SYS_PROCESS_VM_WRITEV, "ptrace": unix.SYS_PTRACE, "quotactl": unix.SYS_QUOTACTL, "reboot": unix.SYS_REBOOT,
		"request_key": unix.SYS_REQUEST_KEY, "setdomainname": unix.SYS_SETDOMAINNAME, "sethostname": unix.SYS_SETHOSTNAME, "setns": unix.SYS_SETNS,
		"settimeofday": unix.SYS_SETTIMEOFDAY, "swapoff": unix.SYS_SWAPOFF, "swapon": unix.SYS_SWAPON, "syslog": unix.SYS_SYSLOG,
		"umount2": unix.SYS_UMOUNT2, "unshare": unix.SYS_UNSHARE, "userfaultfd": unix.SYS_USERFAULTFD,
	} {
		list = append(list, call(name, number))
	}
	return list
}

// ownedBy has the kernel signal a process whenever there is something to read.
func ownedBy(pid int) func() error {
	return func() error {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETOWN, os.Getpid()); err != nil { // of oneself it may be
			return nil //nolint:nilerr // whoever can't do that at all shows nothing
		}
		_, err = unix.FcntlInt(uintptr(fd), unix.F_SETOWN, pid)
		return err
	}
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

// leaveByChroot changes its root and goes up from where it was: the way out of
// a root that is one only by name.
func leaveByChroot() error {
	const path = "/tmp/root"
	if err := errors.Join(os.Mkdir(path, 0o755), unix.Chroot(path)); err != nil {
		return err
	}
	for range 64 {
		if err := unix.Chdir(".."); err != nil {
			return err
		}
	}
	if err := unix.Chroot("."); err != nil {
		return err
	}
	return os.WriteFile("/etc/anylab-was-here", nil, 0o600)
}

// reachIntoParents tries what /proc shows of the processes and threads that
// are not the lab's.
func reachIntoParents() error {
	self, err := os.Readlink("/proc/self")
	if err != nil {
		return err
	}
	all, err := filepath.Glob("/proc/[0-9]*/task/[0-9]*")
	if err != nil || len(all) < 5 {
		return fmt.Errorf("%d threads, %w", len(all), err)
	}
	for _, thread := range all {
		if strings.HasPrefix(thread, "/proc/"+self+"/") {
			continue
		}
		for _, f := range []string{"root/etc", "cwd/.", "ns/mnt", "fd/0", "mem"} {
			if f == "mem" && !hasMemory(thread) {
				continue
			}
			if fd, err := unix.Open(filepath.Join(thread, f), unix.O_RDONLY, 0); err == nil {
				unix.Close(fd)
				return nil
			}
		}
	}
	return unix.EACCES
}

// hasMemory says whether there is something to reach: older kernels let everybody
// open the memory of a process that has ended, of which there is none.
func hasMemory(thread string) bool {
	pages, err := os.ReadFile(filepath.Join(thread, "statm"))
	return err != nil || !strings.HasPrefix(string(pages), "0 ")
}

// gainPowers looks for a power that a lab doesn't need, in what programs that
// it executes could have.
func gainPowers() error {
	for _, c := range []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SYS_MODULE, unix.CAP_SYS_PTRACE, unix.CAP_SYS_RAWIO, unix.CAP_DAC_READ_SEARCH,
		unix.CAP_MKNOD, unix.CAP_SYSLOG, unix.CAP_BPF, unix.CAP_SYS_BOOT, unix.CAP_SYS_TIME, unix.CAP_SYS_RESOURCE, unix.CAP_SYS_NICE} {
		if has, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0); err != nil || has != 0 {
			return err
		}
	}
	if on, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err != nil || on != 1 {
		return err
	}
	return unix.EPERM
}

func joinMounts() error {
	f, err := os.Open("/proc/1/ns/mnt")
	if err != nil {
		return err
	}
	defer f.Close()
	return unix.Setns(int(f.Fd()), unix.CLONE_NEWNS)
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
		{"listen on port 80", func() error { l, err := net.Listen("tcp", "127.0.0.1:80"); return errors.Join(err, closed(l)) }},
		{"ping", socket(unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_ICMP)},
		{"ping as root does", socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)},
		{"capture packets", socket(unix.AF_PACKET, unix.SOCK_RAW, 0)},
		{"add a route", func() error {
			return netlink.RouteAdd(&netlink.Route{Dst: &net.IPNet{IP: net.IPv4(198, 51, 100, 0), Mask: net.CIDRMask(24, 32)}, Type: unix.RTN_BLACKHOLE})
		}},
		{"set an interface down", func() error { return netlink.LinkSetDown(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: 1}}) }},
		{"end a child", func() error {
			cmd := exec.Command("sleep", "60")
			return errors.Join(cmd.Start(), cmd.Process.Kill())
		}},
		{"run a shell", func() error { return exec.Command("sh", "-c", "echo x | cat >/dev/null & wait").Run() }},
		{"give a file away", func() error { return errors.Join(os.WriteFile("/run/given", nil, 0o600), os.Chown("/run/given", 0, 0)) }},
		{"replace a log of the machine's", func() error { return os.WriteFile("/var/log/anylab-log", nil, 0o600) }},
	}
	return list
}

func socket(domain, kind, protocol int) func() error {
	return func() error {
		fd, err := unix.Socket(domain, kind|unix.SOCK_CLOEXEC, protocol)
		if err != nil {
			return err
		}
		return unix.Close(fd)
	}
}

func closed(c io.Closer) error {
	if c == nil {
		return nil
	}
	return c.Close()
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
	for _, side := range []struct {
		kind string
		list []attempt
	}{{"in", waysIn(args[0])}, {"out", waysOut(os.Getenv(outsideEnv))}} {
		for _, a := range side.list {
			err := a.try()
			verdict := "error"
			switch {
			case err == nil:
				verdict = "done"
			case slices.ContainsFunc(denied, func(d error) bool { return errors.Is(err, d) }):
				verdict = "denied"
			}
			fmt.Printf("%s\t%s\t%s\t%v\n", side.kind, verdict, a.name, err)
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
	defer func() { _ = l.Close() }()
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

// A script that a command names is there with what lies beside it, also above
// the run directory in a place of which the lab has one of its own.
func TestNamedScriptIsThere(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"check.sh": "#!/bin/sh\n. \"$(dirname \"$0\")/beside.sh\"\necho x >mine && ! echo x 2>/dev/null >\"$0\"", "beside.sh": "true\n"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l := labtest.OpenTopology(t, star(1), lab.Options{Logs: filepath.Join(dir, "logs")})
	n := node(t, l, "a0")
	for name, args := range map[string][]string{
		"itself": {filepath.Join(dir, "check.sh")}, "in a line": {"sh", "-c", "exec '" + filepath.Join(dir, "check.sh") + "'"},
	} {
		await(t, start(t.Context(), t, n, "true")) // its working directory hides the script's at first
		p, err := n.Start(t.Context(), "named", exec.Command(args[0], args[1:]...))
		if err != nil {
			t.Fatal(err)
		}
		if await(t, p); p.Status() != "exit status 0" {
			t.Errorf("%s: %s", name, p.Status())
		}
	}
}
