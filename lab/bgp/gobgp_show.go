package bgp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	api "github.com/osrg/gobgp/v3/api"

	"anylab/lab/speaker"
)

// Paths lists GoBGP's global table.
func (s *gobgpSpeaker) Paths(ctx context.Context) ([]Path, error) {
	var all []Path
	err := s.do(ctx, "list paths", func(ctx context.Context) error {
		for _, v6 := range s.config.Families() {
			f := &api.Family{Afi: api.Family_AFI_IP, Safi: api.Family_SAFI_UNICAST}
			if v6 {
				f.Afi = api.Family_AFI_IP6
			}
			answer, err := s.api.ListPath(ctx, &api.ListPathRequest{TableType: api.TableType_GLOBAL, Family: f, Prefixes: s.shown(v6)})
			if err != nil {
				return err
			}
			for {
				r, err := answer.Recv()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					return err
				}
				paths, err := s.table(r.GetDestination().GetPaths())
				if err != nil {
					return err
				}
				all = append(all, paths...)
			}
		}
		return nil
	})
	return all, err
}

// shown are the prefixes that are asked for; none: all.
func (s *gobgpSpeaker) shown(v6 bool) []*api.TableLookupPrefix {
	var list []*api.TableLookupPrefix
	for _, p := range s.config.Shown {
		if p.Addr().Is6() == v6 {
			list = append(list, &api.TableLookupPrefix{Prefix: p.String()})
		}
	}
	return list
}

func (s *gobgpSpeaker) table(paths []*api.Path) ([]Path, error) {
	var list []Path
	for _, p := range paths {
		prefix, hop, err := speaker.DecodePath(p)
		if err != nil {
			return nil, err
		}
		list = append(list, Path{Prefix: prefix, NextHop: hop, Best: p.GetBest(), ASPath: asPath(p)})
	}
	return list, nil
}

// asPath writes the AS_PATH as daemons do.
func asPath(p *api.Path) string {
	for _, a := range p.GetPattrs() {
		var path api.AsPathAttribute
		if !a.MessageIs(&path) || a.UnmarshalTo(&path) != nil {
			continue
		}
		var words []string
		for _, segment := range path.GetSegments() {
			for _, n := range segment.GetNumbers() {
				words = append(words, fmt.Sprint(n))
			}
		}
		return strings.Join(words, " ")
	}
	return ""
}
