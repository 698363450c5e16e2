package bgp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"
)

func (s *frrSpeaker) waits(ctx context.Context) (left map[netip.Addr]time.Duration, err error) {
	err = s.do(ctx, "ask for timers", func(ctx context.Context) error {
		answer, err := s.vty("bgpd").do(ctx, "show bgp neighbors json")
		if err == nil {
			left, err = frrWaits(answer)
		}
		return err
	})
	return left, err
}

// frrWaits reads "show bgp neighbors json". Its state Idle has a timer of its own.
func frrWaits(answer string) (map[netip.Addr]time.Duration, error) {
	var known map[string]json.RawMessage
	if err := json.Unmarshal([]byte(answer), &known); err != nil {
		return nil, fmt.Errorf("read %q: %w", answer, err)
	}
	left := map[netip.Addr]time.Duration{}
	for name, raw := range known {
		var due struct {
			Start   int `json:"nextStartTimerDueInMsecs"`
			Connect int `json:"nextConnectTimerDueInMsecs"`
		}
		a, err := netip.ParseAddr(name)
		if err != nil || json.Unmarshal(raw, &due) != nil {
			continue // a group, or what is said of all
		}
		if ms := max(due.Start, due.Connect); ms > 0 {
			left[a] = time.Duration(ms) * time.Millisecond
		}
	}
	return left, nil
}
