package labtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"anylab/lab"
)

// systemDirs hold daemons, and are often not in a user's PATH.
var systemDirs = []string{"/usr/sbin", "/sbin", "/usr/local/sbin"}

// missing says why the thing is not there, or "".
func missing(what string) string {
	if what == "netns" {
		return missingSandbox()
	}
	if _, err := exec.LookPath(what); err == nil {
		return ""
	}
	for _, dir := range systemDirs {
		if info, err := os.Stat(filepath.Join(dir, what)); err == nil && info.Mode()&0o111 != 0 {
			return ""
		}
	}
	return fmt.Sprintf("not in PATH nor in %s", strings.Join(systemDirs, ", "))
}

func missingSandbox() string {
	switch {
	case lab.InSandbox():
		return ""
	case unavailable != "":
		return unavailable
	}
	return "the package's TestMain does not call labtest.Main"
}
