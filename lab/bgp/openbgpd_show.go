package bgp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
)

// Show returns what bgpctl shows. Its mark of the best path is "*>" as well.
func (s *openbgpdSpeaker) Show(ctx context.Context) (string, error) {
	var text strings.Builder
	for _, c := range [][]string{{"show", "summary"}, {"show", "rib"}} {
		err := s.do(ctx, strings.Join(c, " "), func(ctx context.Context) error {
			answer, err := s.control(ctx, c...)
			text.WriteString(answered("bgpctl "+strings.Join(c, " "), string(answer)))
			return err
		})
		if err != nil {
			return text.String(), err
		}
	}
	return text.String(), nil
}

// Paths reads "show rib" in JSON.
func (s *openbgpdSpeaker) Paths(ctx context.Context) ([]Path, error) {
	var answer []byte
	err := s.do(ctx, "list paths", func(ctx context.Context) (err error) {
		answer, err = s.control(ctx, "-j", "show", "rib")
		return err
	})
	if err != nil {
		return nil, err
	}
	paths, err := openbgpdPaths(answer)
	if err != nil {
		return nil, fmt.Errorf("list paths on %s: %w", s.node.Name, err)
	}
	return paths, nil
}

// openbgpdPaths reads a table in which only what is so is said: a path that is
// not the best has no "best". The next hop of a path of bgpd's own is unspecified.
func openbgpdPaths(answer []byte) ([]Path, error) {
	var table struct {
		Paths []struct {
			Prefix  netip.Prefix `json:"prefix"`
			NextHop netip.Addr   `json:"exit_nexthop"`
			Valid   bool         `json:"valid"`
			Best    bool         `json:"best"`
			Equal   bool         `json:"ecmp"`
			ASPath  string       `json:"aspath"`
		} `json:"rib"`
	}
	if err := json.Unmarshal(answer, &table); err != nil {
		return nil, fmt.Errorf("read %q: %w", answer, err)
	}
	list := make([]Path, 0, len(table.Paths))
	for _, p := range table.Paths {
		if p.Valid {
			list = append(list, Path{Prefix: p.Prefix, NextHop: p.NextHop, Best: p.Best, Equal: p.Equal && !p.Best, ASPath: p.ASPath})
		}
	}
	return list, nil
}
