package labtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"anylab/lab"
)

// systemDirs hold daemons, and are often not in a user's PATH.
var systemDirs = []string{"/usr/sbin", "/sbin", "/usr/local/sbin"}

// missing says why the thing is not there, or "".
func missing(what string) string {
	if what == "netns" {
		return missingSandbox()
	}
	if reason, known := missingCapability(what); known {
		return reason
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

// capabilities tries all of them, once: a kernel that lacks one is slow to say so.
var capabilities = sync.OnceValue(lab.Capabilities)

// missingCapability knows what lab.Capabilities lists. Outside the sandbox that
// is not all.
func missingCapability(name string) (reason string, known bool) {
	for _, c := range capabilities() {
		if c.Name == name && c.OK {
			return "", true
		}
		if c.Name == name {
			return fmt.Sprintf("%s (fix: %s)", c.Detail, c.Fix), true
		}
	}
	return "", false
}

// required says whether ANYLAB_REQUIRE lists the thing.
func required(what string) bool {
	return slices.Contains(strings.Split(os.Getenv(RequireEnv), ","), what)
}

// standIns are those of a lab's fallbacks that stand in for what is required.
func standIns(fallbacks []string) []string {
	return slices.DeleteFunc(slices.Clone(fallbacks), func(f string) bool {
		_, instead, standsIn := strings.Cut(f, " instead of ")
		return !standsIn || !required(instead)
	})
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
