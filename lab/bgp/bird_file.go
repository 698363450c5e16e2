package bgp

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// birdProtocol is what a user's file says of a protocol that can originate
// routes.
type birdProtocol struct {
	kind, name string
	prefixes   []netip.Prefix // of static routes
}

var (
	birdOrigin = regexp.MustCompile(`\bprotocol\s+(static|direct)(?:\s+(\w+))?[^{;]*\{`)
	birdRoute  = regexp.MustCompile(`\broute\s+([0-9a-fA-F.:]+/\d+)`)
)

// birdProtocols lists them. BIRD numbers those that have no name.
func birdProtocols(text string) []birdProtocol {
	var list []birdProtocol
	unnamed := make(map[string]int)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i], _, _ = strings.Cut(line, "#")
	}
	text = strings.Join(lines, "\n")
	for _, at := range birdOrigin.FindAllStringSubmatchIndex(text, -1) {
		p := birdProtocol{kind: text[at[2]:at[3]]}
		if at[4] >= 0 {
			p.name = text[at[4]:at[5]]
		} else {
			unnamed[p.kind]++
			p.name = fmt.Sprintf("%s%d", p.kind, unnamed[p.kind])
		}
		for _, r := range birdRoute.FindAllStringSubmatch(block(text[at[1]:]), -1) {
			if prefix, err := netip.ParsePrefix(r[1]); err == nil {
				p.prefixes = append(p.prefixes, prefix)
			}
		}
		list = append(list, p)
	}
	return list
}

// block returns the text up to the brace that closes the one before it.
func block(text string) string {
	depth := 1
	for i, r := range text {
		switch r {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return text[:i]
		}
	}
	return text
}

// toggle makes a BIRD with the user's own file announce prefixes or take them
// back: by the static protocol that originates them, else, if there is a
// direct one, by the interface with the anycast addresses, as the recipes do.
func (s *birdSpeaker) toggle(ctx context.Context, announce bool, prefixes []netip.Prefix) error {
	files, err := userFile(s.config, birdConf)
	if err != nil {
		return err
	}
	protocols := birdProtocols(files[0].text)
	for _, p := range prefixes {
		i := slices.IndexFunc(protocols, func(b birdProtocol) bool { return slices.Contains(b.prefixes, p) })
		switch {
		case i >= 0:
			err = s.enable(ctx, protocols[i], announce)
		case slices.ContainsFunc(protocols, func(b birdProtocol) bool { return b.kind == "direct" }):
			err = s.node.SwitchAnycast(ctx, announce)
		default:
			err = fmt.Errorf("%s: nothing in %s originates %s: no static route, and no protocol direct", s.node.Name, s.config.File, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *birdSpeaker) enable(ctx context.Context, p birdProtocol, on bool) error {
	if len(p.prefixes) > 1 {
		return fmt.Errorf("%s: protocol %s of %s originates %v, which can't be withdrawn one by one: give each a protocol of its own",
			s.node.Name, p.name, s.config.File, p.prefixes)
	}
	command := "disable "
	if on {
		command = "enable "
	}
	return s.do(ctx, command+p.name, func(ctx context.Context) error {
		_, err := s.control.do(ctx, command+p.name)
		return err
	})
}

// grammar is that of BIRD's configuration language.
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
