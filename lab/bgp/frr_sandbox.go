package bgp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"anylab/lab"
)

// FRR's daemons refuse to run as a user who is not listed as a member of the
// group that was built in (lib/privs.c). To be root doesn't help.
var vtyGroup = regexp.MustCompile(`(?m)^(frrvty:[^:\n]*:[^:\n]*:)(.*)$`)

var hasRoot = regexp.MustCompile(`(^|,)root(,|$)`)

// furnishing: nodes start their daemons at the same time.
var furnishing sync.Mutex

// furnishFRR makes the sandbox a place where FRR's daemons start, and from
// which they write nothing to the machine. It changes the sandbox's mount
// namespace only, once.
func furnishFRR() error {
	furnishing.Lock()
	defer furnishing.Unlock()
	if err := joinVTY(); err != nil {
		return err
	}
	return hideLogs()
}

// hideLogs mounts an empty file system where FRR keeps the logs that a crash
// would leave (lib/zlog.c): the path is built in.
func hideLogs() error {
	const path = "/var/tmp/frr"
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return hide(path)
}

// hideSystemLogs keeps what a user's file has its daemon log off the machine's
// own logs. The output of the daemon is in the run directory.
func hideSystemLogs(n *lab.Node) error {
	const path = "/var/log"
	if strings.HasPrefix(n.LogDir(), path+"/") {
		return nil // the run directory is there
	}
	furnishing.Lock()
	defer furnishing.Unlock()
	return errors.Join(hide(path), os.MkdirAll(path+"/frr", 0o755))
}

// hide mounts an empty file system over a directory of the sandbox, once.
func hide(path string) error {
	var own, parent unix.Stat_t
	if err := errors.Join(unix.Stat(path, &own), unix.Stat(filepath.Dir(path), &parent)); err != nil {
		return fmt.Errorf("examine %s: %w", path, err)
	}
	if own.Dev != parent.Dev {
		return nil // it is mounted already
	}
	if err := unix.Mount("tmpfs", path, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount %s: %w", path, err)
	}
	return nil
}

// joinVTY lists root in that group. A machine without the group doesn't need
// it.
func joinVTY() error {
	const path = "/etc/group"
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	members := vtyGroup.FindSubmatch(text)
	if members == nil || hasRoot.Match(members[2]) {
		return nil
	}
	with := filepath.Join("/run", "group")
	if err := os.WriteFile(with, vtyGroup.ReplaceAll(text, []byte("${1}root,${2}")), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", with, err)
	}
	if err := unix.Mount(with, path, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %s over %s: %w", with, path, err)
	}
	return nil
}
