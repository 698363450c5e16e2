package bgp

import (
	"slices"
	"strings"

	"anylab/topologies"
)

// Excerpt is a part of one of a daemon's configuration files.
type Excerpt struct{ File, Text string }

// Lines are those of a node's generated configuration that a topology has and another
// one, of other timers, has not, with the lines that open and close their blocks. There
// are none of a node with a file of its own, nor of a daemon that takes no file of its
// operator's.
func Lines(t, other topologies.Topology, node string) ([]Excerpt, error) {
	n, ok := t.Node(node)
	if !ok || n.Daemon == topologies.Embedded || n.Config != "" {
		return nil, nil
	}
	files, err := generated(t, n)
	if err != nil {
		return nil, err
	}
	before, err := generated(other, n)
	if err != nil {
		return nil, err
	}
	var list []Excerpt
	for _, f := range files {
		i := slices.IndexFunc(before, func(o file) bool { return o.name == f.name })
		known := ""
		if i >= 0 {
			known = before[i].text
		}
		if text := excerpt(f.text, known); text != "" {
			list = append(list, Excerpt{f.name, text})
		}
	}
	return list, nil
}

// generated are the files of a node's daemon.
func generated(t topologies.Topology, n topologies.Node) ([]file, error) {
	d, err := Of(n)
	if err != nil {
		return nil, err
	}
	g, ok := d.(interface {
		files(c Config) ([]file, error)
	})
	if !ok {
		return nil, nil
	}
	c, err := Configure(t, n.Name)
	if err != nil {
		return nil, err
	}
	return g.files(c)
}

// excerpt are the lines that another text lacks, and the blocks that they are in.
func excerpt(text, other string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	known := map[string]int{}
	for line := range strings.SplitSeq(other, "\n") {
		known[line]++
	}
	wanted := make([]bool, len(lines))
	for i, line := range lines {
		known[line]--
		wanted[i] = known[line] < 0 && strings.TrimSpace(line) != "" && !closes(line)
	}
	for i := range lines {
		if wanted[i] {
			block(lines, wanted, i)
		}
	}
	var out []string
	for i, line := range lines {
		if wanted[i] {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// block wants what opens the blocks that a line is in, and what closes them.
func block(lines []string, wanted []bool, i int) {
	depth := indent(lines[i])
	for k := i - 1; k >= 0 && depth > 0; k-- {
		if strings.TrimSpace(lines[k]) == "" || indent(lines[k]) >= depth {
			continue
		}
		depth, wanted[k] = indent(lines[k]), true
		for m := i + 1; m < len(lines); m++ {
			if indent(lines[m]) <= depth && strings.TrimSpace(lines[m]) != "" {
				wanted[m] = wanted[m] || closes(lines[m])
				break
			}
		}
	}
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// closes says whether a line closes a block.
func closes(line string) bool {
	return slices.Contains([]string{"exit", "}", "};"}, strings.TrimSpace(line))
}
