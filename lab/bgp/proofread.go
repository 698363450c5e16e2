package bgp

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"anylab/lab"
	"anylab/topologies"
)

// A proofreader is a Driver whose daemon can look a configuration over without
// running with it.
type proofreader interface {
	// proofreading is the command for the file, and what its complaints look like:
	// the groups line and text. It needs no root.
	proofreading(path string) (*exec.Cmd, *regexp.Regexp, error)
}

// proofreadTimeout bounds it, on a machine that may be very busy.
const proofreadTimeout = 10 * time.Second

// Proofread has the daemon itself look the node's own file over, where it is
// installed, and returns what it refuses.
func Proofread(ctx context.Context, n topologies.Node) []Remark {
	d, ok := drivers[n.Daemon].(proofreader)
	if !ok || n.Config == "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "anylab-")
	if err != nil {
		return nil // what can't be asked is said by the daemon when it starts
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is below the temporary directory
	files := OwnFiles(n)
	for _, f := range files {
		text, err := os.ReadFile(f.Path)
		if err == nil {
			err = replaceFile(filepath.Join(dir, f.Name), string(text))
		}
		if err != nil {
			return nil
		}
	}
	cmd, complaint, err := d.proofreading(filepath.Join(dir, files[0].Name))
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, proofreadTimeout)
	defer cancel()
	asked := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
	asked.Dir = dir
	out, err := asked.CombinedOutput()
	if err == nil {
		return nil
	}
	return complaints(files, dir, string(out), complaint)
}

// complaints reads what a daemon refuses of the files, which stand in dir: of the
// first, where it names no other. Output of another form is none: it may not have
// been able to look.
func complaints(files []topologies.File, dir, out string, form *regexp.Regexp) []Remark {
	var list []Remark
	file, at, text, why := form.SubexpIndex("file"), form.SubexpIndex("line"), form.SubexpIndex("text"), form.SubexpIndex("why")
	for _, m := range form.FindAllStringSubmatch(out, -1) {
		said := m[text]
		if plain, err := strconv.Unquote(said); err == nil {
			said = plain
		}
		if why >= 0 {
			said += ": " + m[why]
		}
		r := Remark{At: Place{File: files[0].Name}, Text: strings.Join(strings.Fields(said), " ")}
		if file >= 0 {
			name := strings.TrimPrefix(m[file], dir+"/")
			if slices.ContainsFunc(files, func(f topologies.File) bool { return f.Name == name }) {
				r.At.File = name
			}
		}
		if at >= 0 {
			r.At.Line, _ = strconv.Atoi(m[at])
		}
		list = append(list, r)
	}
	return list
}

// Refused says that a daemon refuses the user's own file.
type Refused struct {
	Node, Daemon string
	Remarks      []Remark
}

func (r Refused) Error() string {
	var lines []string
	for _, remark := range r.Remarks {
		lines = append(lines, fmt.Sprintf("node %s: %s refuses %s", r.Node, r.Daemon, remark))
	}
	return strings.Join(lines, "\n")
}

// refused says so where that is why the daemon did not start: what only a
// daemon that runs finds.
func refused(d Driver, n *lab.Node, c Config, err error) error {
	p, ok := d.(proofreader)
	if !ok || c.File == "" || err == nil {
		return err
	}
	_, form, _ := p.proofreading(c.File)
	said := complaints(c.ownFiles(n.Daemon), n.Dir(), strings.ReplaceAll(err.Error(), "\n\t", "\n"), form)
	if len(said) == 0 {
		return err
	}
	return Refused{n.Name, n.Daemon, said}
}
