package lab

import "golang.org/x/sys/unix"

// moreForbidden are forbidden calls that not every architecture has.
var moreForbidden = []uint32{unix.SYS_IOPERM, unix.SYS_IOPL, unix.SYS_KEXEC_FILE_LOAD}
