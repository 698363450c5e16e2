package bgp

import (
	"fmt"
	"strings"
)

// exaConfig is what ExaBGP's templates are filled in with.
type exaConfig = struct {
	Config
	Dir string
}

// exaGenerate generates ExaBGP's files, with one for each of the user's
// programs: it has the last word about how their arguments are read, which
// ExaBGP's configuration, with quotes of its own, had not.
func exaGenerate(c exaConfig, names ...string) ([]file, error) {
	files, err := generate(c, names...)
	for i, command := range c.Processes {
		files = append(files, file{fmt.Sprintf("exabgp.user%d.sh", i), "exec " + shellWords(command) + "\n"})
	}
	return files, err
}

// shellWords quotes the words of a command for a POSIX shell.
func shellWords(command []string) string {
	var words []string
	for _, w := range command {
		words = append(words, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
	}
	return strings.Join(words, " ")
}
