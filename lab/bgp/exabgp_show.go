package bgp

import (
	"context"
	"strings"
)

// Show returns what ExaBGP tells: it has no best paths, for it has no use for
// routes.
func (s *exaSpeaker) Show(ctx context.Context) (string, error) {
	var text strings.Builder
	for _, c := range []string{"show neighbor summary", "show adj-rib out", "show adj-rib in"} {
		err := s.do(ctx, c, func(ctx context.Context) error {
			answer, err := s.pipe.do(ctx, c)
			text.WriteString(answered(c, strings.Join(answer, "\n")))
			return err
		})
		if err != nil {
			return text.String(), err
		}
	}
	return text.String(), nil
}
