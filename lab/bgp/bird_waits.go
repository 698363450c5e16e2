package bgp

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

func (s *birdSpeaker) waits(ctx context.Context) (left map[netip.Addr]time.Duration, err error) {
	err = s.do(ctx, "ask for timers", func(ctx context.Context) error {
		answer, err := s.control.do(ctx, "show protocols all")
		left = birdWaits(answer)
		return err
	})
	return left, err
}

// birdWaits reads "show protocols all": "Error wait: 47.123/60".
func birdWaits(answer []string) map[netip.Addr]time.Duration {
	left := map[netip.Addr]time.Duration{}
	var neighbor netip.Addr
	for _, line := range answer {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value, _, _ = strings.Cut(strings.TrimSpace(value), "/")
		switch key {
		case "Neighbor address":
			addr, _, _ := strings.Cut(value, "%")
			neighbor, _ = netip.ParseAddr(addr)
		case "Error wait", "Connect delay":
			if seconds, err := strconv.ParseFloat(value, 64); err == nil {
				left[neighbor] = time.Duration(seconds * float64(time.Second))
			}
		}
	}
	return left
}
