package lab

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// becoming are the calls by which a program becomes another user, to have fewer rights.
var becoming = []uint32{unix.SYS_SETUID, unix.SYS_SETGID, unix.SYS_SETREUID, unix.SYS_SETREGID, unix.SYS_SETRESUID, unix.SYS_SETRESGID, unix.SYS_SETGROUPS}

// rootAlone says whether there is no other user, as in the namespace of somebody who
// isn't root on the machine (user_namespaces(7)). tcpdump, which would have fewer rights
// than its caller, then ends before it has begun.
func rootAlone() bool {
	text, err := os.ReadFile("/proc/self/uid_map")
	fields := strings.Fields(string(text))
	return err == nil && len(fields) == 3 && fields[2] == "1"
}
