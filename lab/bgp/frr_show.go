package bgp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// frrFamilies are the address families in FRR's commands.
func frrFamilies(c Config) []string {
	var list []string
	for _, v6 := range c.Families() {
		name := "ipv4"
		if v6 {
			name = "ipv6"
		}
		list = append(list, name)
	}
	return list
}

// listed are the commands that show the paths that are asked for.
func (s *frrSpeaker) listed() []string {
	var list []string
	for _, p := range s.config.Shown {
		family := map[bool]string{false: "ipv4", true: "ipv6"}[p.Addr().Is6()]
		list = append(list, "show bgp "+family+" unicast "+p.String()+" longer-prefixes")
	}
	if len(list) == 0 {
		for _, f := range frrFamilies(s.config) {
			list = append(list, "show bgp "+f+" unicast")
		}
	}
	return list
}

// askBFD bounds the wait for bfdd, which may be frozen while the others are not:
// what those know shall be shown all the same.
const askBFD = 500 * time.Millisecond

// Show returns what vtysh would show.
func (s *frrSpeaker) Show(ctx context.Context) (string, error) {
	type command struct{ daemon, text string }
	commands := []command{{"bgpd", "show bgp summary"}}
	for _, c := range s.listed() {
		commands = append(commands, command{"bgpd", c})
	}
	if s.config.hasBFD() {
		commands = append(commands, command{"bfdd", "show bfd peers brief"})
	}
	var text strings.Builder
	for _, c := range commands {
		err := s.do(ctx, c.text, func(ctx context.Context) error {
			if c.daemon == "bfdd" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, askBFD)
				defer cancel()
			}
			answer, err := s.vty(c.daemon).do(ctx, c.text)
			text.WriteString(answered(c.text, strings.ReplaceAll(answer, "\r", "")))
			return err
		})
		if err != nil {
			return text.String(), err
		}
	}
	return text.String(), nil
}

// Paths reads "show bgp ... unicast json".
func (s *frrSpeaker) Paths(ctx context.Context) ([]Path, error) {
	var all []Path
	for _, c := range s.listed() {
		var answer string
		err := s.do(ctx, "list paths", func(ctx context.Context) (err error) {
			answer, err = s.vty("bgpd").do(ctx, c+" json")
			return err
		})
		if err != nil {
			return nil, err
		}
		paths, err := frrPaths(answer)
		if err != nil {
			return nil, fmt.Errorf("list paths on %s: %w", s.node.Name, err)
		}
		all = append(all, paths...)
	}
	return all, nil
}

func frrPaths(answer string) ([]Path, error) {
	var table struct {
		Routes map[string][]struct {
			Valid     bool   `json:"valid"`
			Best      bool   `json:"bestpath"`
			Multipath bool   `json:"multipath"`
			Damped    bool   `json:"damped"`
			Path      string `json:"path"`
			NextHops  []struct {
				IP   netip.Addr `json:"ip"`
				Used bool       `json:"used"`
			} `json:"nexthops"`
		} `json:"routes"`
	}
	if err := json.Unmarshal([]byte(answer), &table); err != nil {
		return nil, fmt.Errorf("read %q: %w", answer, err)
	}
	var list []Path
	for name, paths := range table.Routes {
		prefix, err := netip.ParsePrefix(name)
		if err != nil {
			return nil, fmt.Errorf("read %q: %w", answer, err)
		}
		for _, p := range paths {
			if !p.Valid && !p.Damped {
				continue
			}
			path := Path{Prefix: prefix, Best: p.Best, Equal: p.Multipath && !p.Best, ASPath: p.Path, Damped: p.Damped}
			for _, h := range p.NextHops { // IPv6 may have a link-local one too
				if h.Used || !path.NextHop.IsValid() {
					path.NextHop = h.IP
				}
			}
			list = append(list, path)
		}
	}
	return list, nil
}
