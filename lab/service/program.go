package service

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"anylab/lab"
)

// systemDirs hold programs like nginx, and are often not in a user's PATH.
const systemDirs = "/usr/local/sbin:/usr/sbin:/sbin"

// packages are those of Debian that bring the programs that services and
// checkers often are.
var packages = map[string]string{
	"birdc":              "bird2",
	"curl":               "curl",
	"dig":                "bind9-dnsutils",
	"exabgp":             "exabgp",
	"exabgp-healthcheck": "exabgp",
	"ip":                 "iproute2",
	"nginx":              "nginx-light",
	"python3":            "python3",
	"unbound":            "unbound",
}

// Missing says which of the programs this machine lacks, and what to install.
func Missing(programs ...string) error {
	var errs []error
	for _, p := range programs {
		_, err := find(p)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// find returns the path of a program.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for dir := range strings.SplitSeq(systemDirs, ":") {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil && !filepath.IsAbs(name) {
			return path, nil
		}
	}
	missing := lab.Unavailable{What: fmt.Sprintf("there is no program %s", name), Fix: "install " + name}
	if pkg, ok := packages[name]; ok {
		missing.Fix = "apt-get install --no-install-recommends " + pkg
	}
	return "", missing
}

// program makes a command of the user's ready to start, so that it finds the
// programs of an administrator too.
func program(args []string) (*exec.Cmd, error) {
	path, err := find(args[0])
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args[1:]...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":"+systemDirs)
	return cmd, nil
}
