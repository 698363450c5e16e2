package bgp

import "regexp"

// Each grammar is compiled when a file is read: the speakers, which are this
// program as well, have no use for it.

// In FRR's language a comment is a line of its own.
func (frr) grammar() grammar {
	return grammar{
		comment:  regexp.MustCompile(`^\s*[!#]`),
		own:      regexp.MustCompile(`^\s*router bgp (\d+)`),
		neighbor: regexp.MustCompile(`^\s*neighbor ([0-9a-fA-F.:]+) (?:remote-as|peer-group)\b`),
		remote:   regexp.MustCompile(`^\s*neighbor [0-9a-fA-F.:]+ remote-as (\d+)`),
		local:    regexp.MustCompile(`^\s*neighbor \S+ update-source ([0-9a-fA-F.:]+)\s*$`),
		refused: []refusal{
			{regexp.MustCompile(`^\s*router bgp \d+ vrf\b`), "a lab has no VRFs"},
			{regexp.MustCompile(`^vrf\b`), "a lab has no VRFs"},
			{regexp.MustCompile(`^\s*router (ospf6?|isis|rip|ripng|eigrp|babel|openfabric|pim)\b`), "a lab runs zebra, staticd, bfdd and bgpd only"},
			{regexp.MustCompile(`^\s*neighbor \S+ interface\b`), "sessions without addresses (unnumbered) are not possible in a lab"},
			{regexp.MustCompile(`^\s*bgp listen range\b`), "a lab's sessions are those of its links, so they need an address each"},
		},
	}
}

const oneFile = "only one file is taken: put what is included into it"

func (bird) grammar() grammar {
	return grammar{
		comment:  regexp.MustCompile(`#`),
		define:   regexp.MustCompile(`^\s*define\s+(\w+)\s*=\s*([^;]+?)\s*;`),
		own:      regexp.MustCompile(`\blocal\s+(?:[0-9a-fA-F.:]+\s+)?(?:port\s+\d+\s+)?as\s+(\d+)`),
		neighbor: regexp.MustCompile(`\bneighbor\s+([0-9a-fA-F.:]+)`),
		remote:   regexp.MustCompile(`\bneighbor\s+[0-9a-fA-F.:]+\s+(?:port\s+\d+\s+)?as\s+(\d+)`),
		local:    regexp.MustCompile(`\blocal\s+([0-9a-fA-F]*[.:][0-9a-fA-F.:]+)`),
		refused: []refusal{
			{regexp.MustCompile(`^\s*include\b`), oneFile},
			{regexp.MustCompile(`\bneighbor\s+range\b`), "a lab's sessions are those of its links, so they need an address each"},
			{regexp.MustCompile(`\bneighbor\s+[0-9a-fA-F:]+%`), "link-local sessions are not possible in a lab"},
			{regexp.MustCompile(`^\s*protocol\s+(ospf|rip|babel|rpki)\b`), "a lab has no neighbors for it"},
		},
	}
}

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

func (exabgp) grammar() grammar {
	return grammar{
		comment:  regexp.MustCompile(`#`),
		own:      regexp.MustCompile(`\blocal-as\s+(\d+)`),
		neighbor: regexp.MustCompile(`^\s*neighbor\s+([0-9a-fA-F.:]+)\s*\{`),
		remote:   regexp.MustCompile(`\bpeer-as\s+(\d+)`),
		local:    regexp.MustCompile(`\blocal-address\s+([0-9a-fA-F.:]+)`),
	}
}

func (gobgpd) grammar() grammar {
	return grammar{
		comment:  regexp.MustCompile(`#`),
		begin:    regexp.MustCompile(`^\s*\[\[neighbors\]\]`),
		own:      regexp.MustCompile(`^\s*as\s*=\s*(\d+)`),
		neighbor: regexp.MustCompile(`^\s*neighbor-address\s*=\s*"([^"]+)"`),
		remote:   regexp.MustCompile(`^\s*peer-as\s*=\s*(\d+)`),
		local:    regexp.MustCompile(`^\s*local-address\s*=\s*"([^"]+)"`),
		refused: []refusal{
			{regexp.MustCompile(`^\s*\[zebra`), "a lab runs no zebra beside gobgpd"},
		},
	}
}
