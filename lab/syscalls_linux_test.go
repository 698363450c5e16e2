package lab

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// TestWhatTheFilterSays of single calls: none, that it is refused, or that it was done.
func TestWhatTheFilterSays(t *testing.T) {
	const arch = unix.AUDIT_ARCH_X86_64
	allow, done := uint32(unix.SECCOMP_RET_ALLOW), uint32(unix.SECCOMP_RET_ERRNO)
	refused := done | uint32(unix.EPERM)
	for _, c := range []struct {
		name      string
		pretended []uint32
		number    uint32
		first     uint32
		want      uint32
	}{
		{"read", nil, unix.SYS_READ, 0, allow},
		{"read, where root is alone", becoming, unix.SYS_READ, 0, allow},
		{"setuid", nil, unix.SYS_SETUID, 100, allow},
		{"setuid, where root is alone", becoming, unix.SYS_SETUID, 100, done},
		{"setgroups, where root is alone", becoming, unix.SYS_SETGROUPS, 1, done},
		{"mount, where root is alone", becoming, unix.SYS_MOUNT, 0, refused},
		{"kill of everyone", becoming, unix.SYS_KILL, everyone, refused},
		{"kill of another", becoming, unix.SYS_KILL, 4711, allow},
	} {
		vm, err := bpf.NewVM(filterOf(arch, 7, c.pretended))
		if err != nil {
			t.Fatal(err)
		}
		call := make([]byte, atArgument+6*8) // the machine here reads with the higher end first
		binary.BigEndian.PutUint32(call[atNumber:], c.number)
		binary.BigEndian.PutUint32(call[atArch:], arch)
		binary.BigEndian.PutUint32(call[atArgument:], c.first)
		if got, err := vm.Run(call); err != nil || uint32(got) != c.want {
			t.Errorf("%s: %#x, %v, want %#x", c.name, got, err, c.want)
		}
	}
}
