package lab

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// architectures says how seccomp calls what a program is built for.
var architectures = map[string]uint32{
	"386": unix.AUDIT_ARCH_I386, "amd64": unix.AUDIT_ARCH_X86_64, "arm": unix.AUDIT_ARCH_ARM, "arm64": unix.AUDIT_ARCH_AARCH64,
	"loong64": unix.AUDIT_ARCH_LOONGARCH64, "ppc64le": unix.AUDIT_ARCH_PPC64LE, "riscv64": unix.AUDIT_ARCH_RISCV64,
}

// forbidden are system calls that concern the machine, or other processes.
var forbidden = []uint32{
	unix.SYS_ACCT, unix.SYS_ADD_KEY, unix.SYS_ADJTIMEX, unix.SYS_BPF, unix.SYS_CLOCK_ADJTIME, unix.SYS_CLOCK_SETTIME,
	unix.SYS_DELETE_MODULE, unix.SYS_FANOTIFY_INIT, unix.SYS_FINIT_MODULE, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSOPEN,
	unix.SYS_FSPICK, unix.SYS_INIT_MODULE, unix.SYS_IO_URING_SETUP, unix.SYS_KCMP, unix.SYS_KEXEC_LOAD, unix.SYS_KEYCTL,
	unix.SYS_LOOKUP_DCOOKIE, unix.SYS_MOUNT, unix.SYS_MOUNT_SETATTR, unix.SYS_MOVE_MOUNT, unix.SYS_MOVE_PAGES,
	unix.SYS_NAME_TO_HANDLE_AT, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_OPEN_TREE, unix.SYS_PERF_EVENT_OPEN, unix.SYS_PIDFD_GETFD,
	unix.SYS_PIVOT_ROOT, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PTRACE, unix.SYS_QUOTACTL,
	unix.SYS_QUOTACTL_FD, unix.SYS_REBOOT, unix.SYS_REQUEST_KEY, unix.SYS_SETDOMAINNAME, unix.SYS_SETHOSTNAME, unix.SYS_SETNS,
	unix.SYS_SETTIMEOFDAY, unix.SYS_SWAPOFF, unix.SYS_SWAPON, unix.SYS_SYSLOG, unix.SYS_UMOUNT2, unix.SYS_UNSHARE,
	unix.SYS_USERFAULTFD, unix.SYS_VHANGUP,
}

// steering are the calls that tell a process by its number what to do, or what it may.
var steering = []uint32{
	unix.SYS_KILL, unix.SYS_TKILL, unix.SYS_TGKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO, unix.SYS_PIDFD_OPEN,
	unix.SYS_SCHED_SETAFFINITY, unix.SYS_SCHED_SETATTR, unix.SYS_SCHED_SETPARAM, unix.SYS_SCHED_SETSCHEDULER, unix.SYS_MIGRATE_PAGES,
}

// everyone stands for all processes (kill(2)).
const everyone = 0xffffffff

// fioSetOwn is FIOSETOWN (asm-generic/sockios.h), which does what F_SETOWN does.
const fioSetOwn = 0x8901

// elsewhere are families of sockets that no network namespace confines: they lead
// to the hypervisor, to radios, or past the kernel's network.
var elsewhere = []uint32{unix.AF_ALG, unix.AF_BLUETOOTH, unix.AF_IUCV, unix.AF_NFC, unix.AF_QIPCRTR, unix.AF_VSOCK, unix.AF_XDP}

// newNamespaces are the flags of clone(2) by which a child gets namespaces of
// its own.
const newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET

// Where a filter finds things (struct seccomp_data in seccomp(2)). Arguments
// have eight bytes, here of the lower end.
const (
	atNumber   = 0
	atArch     = 4
	atArgument = 16
)

// forbid has the kernel refuse the forbidden calls to the calling thread and
// to all its children.
// Those that are pretended do nothing, and say that they have.
func forbid(pretended []uint32) error {
	arch, ok := architectures[runtime.GOARCH]
	if !ok {
		return fmt.Errorf("system calls can't be filtered on %s", runtime.GOARCH)
	}
	raw, err := bpf.Assemble(filterOf(arch, uint32(os.Getpid()), pretended))
	if err != nil {
		return fmt.Errorf("assemble the filter of system calls: %w", err)
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return fmt.Errorf("filter system calls: %w", errno)
	}
	return nil
}

// filterOf refuses calls of other architectures, whose numbers are others, and
// those of x32, which are the same with a bit set. clone3 keeps its flags where
// no filter can see them: programs then use clone. No signal goes to those who keep
// the lab, nor to everyone, which they are part of.
func filterOf(arch, keeper uint32, pretended []uint32) []bpf.Instruction {
	const x32 = 0x40000000
	refuse, unknown := bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)}, bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)}
	allow := bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW}
	list := []bpf.Instruction{
		bpf.LoadAbsolute{Off: atArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: arch, SkipTrue: 1},
		unknown,
		bpf.LoadAbsolute{Off: atNumber, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: x32, SkipTrue: 1},
		unknown,
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SYS_CLONE3, SkipTrue: 1},
		unknown,
	}
	for _, number := range append(forbidden, moreForbidden...) {
		list = append(list, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: number, SkipTrue: 1}, refuse)
	}
	for _, number := range pretended {
		list = append(list, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: number, SkipTrue: 1}, bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO})
	}
	keepers := []uint32{everyone, initPID, keeper}
	for _, number := range steering {
		list = append(list, refusing(number, 0, keepers)...)
	}
	for _, number := range []uint32{unix.SYS_SETPRIORITY, unix.SYS_IOPRIO_SET} {
		list = append(list, refusing(number, 1, keepers)...)
	}
	list = append(list, refusingOwners(keepers)...) // who is sent a signal when there is something to read
	list = append(list, refusing(unix.SYS_FCNTL, 1, []uint32{unix.F_SETOWN_EX})...)
	list = append(list, refusing(unix.SYS_IOCTL, 1, []uint32{unix.TIOCSTI, fioSetOwn, unix.SIOCSPGRP})...) // the first types on a terminal
	list = append(list, refusing(unix.SYS_SOCKET, 0, elsewhere)...)
	return append(list,
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SYS_PRLIMIT64, SkipTrue: 3},
		bpf.LoadAbsolute{Off: atArgument, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipTrue: 1}, // its own limits
		refuse,
		bpf.LoadAbsolute{Off: atNumber, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SYS_CLONE, SkipTrue: 3},
		bpf.LoadAbsolute{Off: atArgument, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: newNamespaces, SkipTrue: 1},
		refuse,
		allow,
	)
}

// refusing refuses a call with one of these as its argument, counted from 0. It needs
// the call's number loaded, and leaves it so.
func refusing(number, argument uint32, values []uint32) []bpf.Instruction {
	list := []bpf.Instruction{
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: number, SkipTrue: uint8(2*len(values) + 2)},
		bpf.LoadAbsolute{Off: atArgument + 8*argument, Size: 4},
	}
	for _, value := range values {
		list = append(list, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: value, SkipTrue: 1}, bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)})
	}
	return append(list, bpf.LoadAbsolute{Off: atNumber, Size: 4})
}

// refusingOwners refuses to have a signal sent to one of these whenever there is
// something to read (F_SETOWN). It needs the call's number loaded, and leaves it so.
func refusingOwners(values []uint32) []bpf.Instruction {
	owners := refusing(unix.SYS_FCNTL, 2, values)
	return append([]bpf.Instruction{
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.SYS_FCNTL, SkipTrue: uint8(len(owners) + 4)},
		bpf.LoadAbsolute{Off: atArgument + 8, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.F_SETOWN, SkipTrue: uint8(len(owners) + 1)},
		bpf.LoadAbsolute{Off: atNumber, Size: 4},
	}, append(owners, bpf.LoadAbsolute{Off: atNumber, Size: 4})...)
}
