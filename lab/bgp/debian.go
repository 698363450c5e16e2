package bgp

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"anylab/lab"
)

// debian is what a driver knows of the Debian package that brings its daemon.
type debian struct {
	name     string
	programs []string // that must be there
	tools    []string // that users' own checkers may run as well
	dirs     []string // where the programs are; nil: in PATH and systemDirs
	built    []string // where more of them are in another build, beside builds
	bin      string   // in place of all of that: a directory with another build
	// version is the program that tells the version, with its argument, and the
	// word before it.
	version [3]string
}

// systemDirs hold daemons, and are often not in a user's PATH.
var systemDirs = []string{"/usr/sbin", "/usr/local/sbin", "/sbin"}

// Available says whether the programs are installed.
func (d debian) Available() error {
	for _, program := range d.programs {
		if _, err := d.find(program); err != nil {
			return err
		}
	}
	return nil
}

// Version returns the daemon's version.
func (d debian) Version() string {
	path, err := d.find(d.version[0])
	if err != nil {
		return ""
	}
	out, _ := exec.Command(path, d.version[1]).CombinedOutput() // what it printed counts
	fields := strings.Fields(string(out))
	i := slices.Index(fields, d.version[2])
	if i < 0 || i+1 >= len(fields) {
		return ""
	}
	return fields[i+1]
}

func (d debian) packages() map[string]string {
	all := make(map[string]string)
	for _, program := range slices.Concat(d.programs, d.tools) {
		all[program] = d.name
	}
	return all
}

// find returns the path of one of the package's programs.
func (d debian) find(program string) (string, error) { return d.findIn(d.dirs, program) }

// builds are where programs are in a directory that is another build's: the
// prefix of "configure", or what a package was unpacked to.
var builds = []string{"", "sbin", "bin", "usr/sbin", "usr/bin"}

// in returns the package's programs of another build.
func (d debian) in(bin string) debian {
	d.bin = bin
	return d
}

// findIn looks for it in the directories, or else in PATH and the system's.
func (d debian) findIn(dirs []string, program string) (string, error) {
	if d.bin != "" {
		return d.findBuilt(program)
	}
	places := dirs
	if len(dirs) == 0 {
		if path, err := exec.LookPath(program); err == nil {
			return path, nil
		}
		dirs, places = systemDirs, append([]string{"PATH"}, systemDirs...)
	}
	for _, dir := range dirs {
		if path := filepath.Join(dir, program); executable(path) {
			return path, nil
		}
	}
	return "", lab.Unavailable{
		What: fmt.Sprintf("no %s in %s", program, strings.Join(places, ", ")),
		Fix:  "apt-get install --no-install-recommends " + d.name,
	}
}

// findBuilt looks for it in the directory that the user has named.
func (d debian) findBuilt(program string) (string, error) {
	bin, err := filepath.Abs(d.bin)
	if err != nil {
		return "", err
	}
	places := slices.Concat(builds, d.built)
	for _, dir := range places {
		if path := filepath.Join(bin, dir, program); executable(path) {
			return path, nil
		}
	}
	return "", lab.Unavailable{
		What: fmt.Sprintf("no %s in %s, nor in %s there", program, bin, strings.Join(places[1:], ", ")),
		Fix:  "put the build there, or take bin: out of the topology",
	}
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// A packaged is a Driver whose daemon comes in a package.
type packaged interface{ packages() map[string]string }

// Packages are the Debian packages that bring the daemons' programs, by
// program.
func Packages() map[string]string {
	all := make(map[string]string)
	for _, name := range Names() {
		if d, ok := drivers[name].(packaged); ok {
			maps.Copy(all, d.packages())
		}
	}
	return all
}
