package bgp

import "regexp"

// grammar is that of gobgpd's configuration in TOML.
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
