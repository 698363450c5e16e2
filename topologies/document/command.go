package document

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Command returns the command, which runs in a directory of its own, with the
// paths of what it names beside the part's file: the program, if it is a path, and
// files, also in the words of an argument (--config=./site.conf, a shell line).
// {node} in a file's name stands for the nodes.
func (r Raw) Command(command, nodes []string) []string {
	if r.Stored() {
		return command
	}
	command = slices.Clone(command)
	for i, arg := range command {
		if i == 0 && !strings.Contains(arg, "/") { // it is looked up
			continue
		}
		if path, ok := r.fileBeside(arg, nodes, i == 0); ok {
			command[i] = path
		} else if path := r.Path(arg); i == 0 && !filepath.IsAbs(path) { // what it is instead is said by its path from here
			command[i] = "./" + path
		} else if i > 0 {
			command[i] = r.wordsWithFiles(arg, nodes)
		}
	}
	return command
}

// braced matches what may be a placeholder.
var braced = regexp.MustCompile(`\{[a-zA-Z_][a-zA-Z0-9_]*\}`)

// Placeholders refuses words in braces that are none of the known ones, which something
// is put in the place of when the command is run: {node}, say. A shell's ${node}, curl's
// %{node} and a template's {{node}} are none. In a program's text, where {node} may mean
// something else, only what is likely to be one is refused: what is known elsewhere, or
// nearly spelled like one that is.
func (r Raw) Placeholders(known []string, elsewhere ...string) error {
	all := slices.Concat(known, elsewhere)
	for _, arg := range r.Items() {
		text, _ := arg.Scalar()
		program := strings.ContainsAny(text, " \t\n\"'();|&")
		for _, place := range braced.FindAllStringIndex(text, -1) {
			name, before := text[place[0]+1:place[1]-1], text[:place[0]]
			if slices.Contains(known, name) || strings.HasSuffix(before, "$") || strings.HasSuffix(before, "%") || strings.HasSuffix(before, "{") {
				continue
			}
			if !program || slices.Contains(elsewhere, name) || Suggest(name, all) != "" {
				return arg.Errorf("", "%s", Unknown("placeholder", name, known))
			}
		}
	}
	return nil
}

// word is what may be a file's name within an argument.
var word = regexp.MustCompile("[^ \t\n;|&<>()'\"`=,]+")

// Words splits an argument as a shell would, at equals signs and commas too.
func Words(arg string) []string { return word.FindAllString(arg, -1) }

// wordsWithFiles puts paths in place of words with a sign of a file's name, but what
// is written to.
func (r Raw) wordsWithFiles(arg string, nodes []string) string {
	var out strings.Builder
	end := 0
	for _, place := range word.FindAllStringIndex(arg, -1) {
		name, before := arg[place[0]:place[1]], arg[end:place[0]]
		out.WriteString(before)
		end = place[1]
		written := strings.HasSuffix(strings.TrimRight(before, " "), ">")
		if path, ok := r.fileBeside(name, nodes, false); ok && !written && strings.ContainsAny(name, "./") {
			name = path
		}
		out.WriteString(name)
	}
	return out.String() + arg[end:]
}

func (r Raw) fileBeside(arg string, nodes []string, executable bool) (string, bool) {
	for _, path := range r.Paths(arg) {
		if isFile(path, executable) || arg != "{node}" && slices.ContainsFunc(nodes, func(node string) bool {
			return isFile(strings.ReplaceAll(path, "{node}", node), executable)
		}) {
			path, err := filepath.Abs(path) // fails only where the working directory is gone, and with it the file
			return path, err == nil
		}
	}
	return "", false
}

func isFile(path string, executable bool) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && (!executable || info.Mode().Perm()&0o111 != 0)
}
