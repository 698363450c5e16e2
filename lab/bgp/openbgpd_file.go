package bgp

import "regexp"

// grammar is that of bgpd.conf(5).
func (openbgpd) grammar() grammar {
	return grammar{
		comment:  regexp.MustCompile(`#`),
		define:   regexp.MustCompile(`^\s*(\w+)\s*=\s*"?([^"]+)"?`),
		sigil:    "$",
		own:      regexp.MustCompile(`^\s*AS\s+(\d+)`),
		neighbor: regexp.MustCompile(`^\s*neighbor\s+"?([0-9a-fA-F.:]+)"?\s*(?:\{|$)`),
		remote:   regexp.MustCompile(`\bremote-as\s+(\d+)`),
		local:    regexp.MustCompile(`\b(?:local-address|listen on)\s+"?([0-9a-fA-F]*[.:][0-9a-fA-F.:]+)`),
		refused: []refusal{
			{regexp.MustCompile(`^\s*include\b`), oneFile},
			{regexp.MustCompile(`^\s*neighbor\s+\S+/\d+`), "a lab's sessions are those of its links, so they need an address each"},
		},
	}
}
