package lab

import (
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Passed are the names of the environment that every process of a lab is given,
// where whoever runs this program has them.
var Passed = []string{"HOME", "LANG", "PATH", "TERM", "TZ"}

// ownProgram is how a process of this program is started.
const ownProgram = "/proc/self/exe"

// environment returns that of a command: of this program's own only what is
// passed, and what the command is given besides. What else there is may be secret.
func (o Options) environment(cmd *exec.Cmd) []string {
	if cmd.Path == ownProgram {
		return cmd.Env
	}
	own := os.Environ()
	given := cmd.Env
	if given == nil {
		given = own
	}
	env := []string{"PWD=" + cmd.Dir}
	for i, entry := range given {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(Passed, name) || slices.Contains(o.Env, name) || !slices.Contains(own, entry) || slices.Contains(given[:i], entry) {
			env = append(env, entry)
		}
	}
	return env
}
