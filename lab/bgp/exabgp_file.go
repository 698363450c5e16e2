package bgp

import "regexp"

// grammar is that of ExaBGP's configuration.
func (exabgp) grammar() grammar {
	return grammar{
		comment:  regexp.MustCompile(`#`),
		own:      regexp.MustCompile(`\blocal-as\s+(\d+)`),
		neighbor: regexp.MustCompile(`^\s*neighbor\s+([0-9a-fA-F.:]+)\s*\{`),
		remote:   regexp.MustCompile(`\bpeer-as\s+(\d+)`),
		local:    regexp.MustCompile(`\blocal-address\s+([0-9a-fA-F.:]+)`),
	}
}
