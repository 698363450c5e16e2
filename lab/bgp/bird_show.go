package bgp

import (
	"context"
	"net/netip"
	"strings"
)

// Show returns what birdc would show. BIRD marks the best path with "*".
func (s *birdSpeaker) Show(ctx context.Context) (string, error) {
	commands := append([]string{"show protocols"}, s.listed()...)
	if s.config.hasBFD() {
		commands = append(commands, "show bfd sessions")
	}
	var text strings.Builder
	for _, c := range commands {
		err := s.do(ctx, c, func(ctx context.Context) error {
			answer, err := s.control.do(ctx, c)
			text.WriteString(answered(c, strings.Join(answer, "\n")))
			return err
		})
		if err != nil {
			return text.String(), err
		}
	}
	return text.String(), nil
}

// Paths reads "show route".
func (s *birdSpeaker) Paths(ctx context.Context) ([]Path, error) {
	var answer []string
	for _, c := range s.listed() {
		err := s.do(ctx, "list paths", func(ctx context.Context) error {
			lines, err := s.control.do(ctx, c)
			answer = append(answer, lines...)
			return err
		})
		if err != nil {
			return birdPaths(answer), err
		}
	}
	return birdPaths(answer), nil
}

// listed are the commands that show the paths that are asked for.
func (s *birdSpeaker) listed() []string {
	if len(s.config.Shown) == 0 {
		return []string{"show route"}
	}
	var list []string
	for _, p := range s.config.Shown {
		list = append(list, "show route "+p.String())
	}
	return list
}

// birdPaths reads a path from the line that begins with the prefix, or with
// blanks for one more path to the same, and its next hop from the line below:
//
//	192.0.2.100/32       unicast [peer0 12:00:00.000] * (100) [AS65001i]
//		via 10.0.0.1 on eth0
func birdPaths(answer []string) []Path {
	var list []Path
	var prefix netip.Prefix
	for _, line := range answer {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if p, err := netip.ParsePrefix(words[0]); err == nil {
			prefix, words = p, words[1:]
		}
		switch {
		case len(words) > 1 && strings.HasPrefix(words[1], "["):
			list = append(list, birdPath(prefix, words))
		case len(words) > 1 && words[0] == "via" && len(list) > 0:
			if a, err := netip.ParseAddr(words[1]); err == nil {
				list[len(list)-1].NextHop = a
			}
		}
	}
	return list
}

func birdPath(prefix netip.Prefix, words []string) Path {
	p := Path{Prefix: prefix}
	for _, w := range words {
		if w == "*" {
			p.Best = true
		}
	}
	if last := words[len(words)-1]; strings.HasPrefix(last, "[AS") {
		p.ASPath = strings.Trim(last, "[]ASie?")
	}
	return p
}
