package bgp_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"anylab/lab/bgp"
	"anylab/lab/labtest"
)

const mraiLab = `
name: mrai
nodes:
  r:    {role: router, asn: 65000, daemon: DAEMON}
  soon: {role: router, asn: 65010}
  late: {role: router, asn: 65011}
  a:    {role: anycast, asn: 65001}
  u:    {role: client}
links:
  - endpoints: [r, a]
  - endpoints: [r, soon]
  - {endpoints: [r, late], bgp: {mrai: 600s}}
  - endpoints: [r, u]
bgp: {hold: 9s, keepalive: 3s}
anycast: 192.0.2.100/32
`

// TestConformanceMRAI: r tells one neighbor each change, and the other one change at
// most within the interval.
func TestConformanceMRAI(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Capable(func(c bgp.Capabilities) bool { return c.MRAI }) {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			w := open(t, strings.ReplaceAll(mraiLab, "DAEMON", name))
			told := [][]string{w.kernel("late", anycast4)}
			for range 3 {
				w.announce("a", anycast4)
				w.waitKernel("soon", anycast4, "r")
				told = append(told, w.kernel("late", anycast4))
				w.withdraw("a", anycast4)
				w.waitKernel("soon", anycast4)
				told = append(told, w.kernel("late", anycast4))
			}
			if changes := len(slices.CompactFunc(told, slices.Equal)) - 1; changes > 1 {
				t.Errorf("late was told %d changes within the interval, want one at most: %v", changes, told)
			}
		})
	}
}

const dampingLab = `
name: damping
nodes:
  damps: {role: router, asn: 65000, daemon: DAEMON, damping: {suppress: 2500}}
  plain: {role: router, asn: 65010, daemon: DAEMON}
  a:     {role: anycast, asn: 65001}
  b:     {role: anycast, asn: 65002}
  u:     {role: client}
links:
  - endpoints: [damps, a]
  - endpoints: [damps, b]
  - endpoints: [plain, a]
  - endpoints: [plain, b]
  - endpoints: [damps, u]
bgp: {hold: 9s, keepalive: 3s}
anycast: 192.0.2.100/32
`

// TestConformanceDamping: a route that was withdrawn three times within minutes is kept
// out where routes are damped, and used where they are not. Until then it is used there too.
func TestConformanceDamping(t *testing.T) {
	t.Parallel()
	for _, name := range bgp.Capable(func(c bgp.Capabilities) bool { return c.Damping }) {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			require(t, name)
			w := open(t, strings.ReplaceAll(dampingLab, "DAEMON", name))
			w.announce("a", anycast4)
			w.announce("b", anycast4)
			for flap := range 4 {
				w.waitKernel("plain", anycast4, "a")
				if flap < 3 {
					w.waitKernel("damps", anycast4, "a")
				}
				w.withdraw("a", anycast4)
				w.waitKernel("plain", anycast4, "b")
				w.waitKernel("damps", anycast4, "b")
				w.announce("a", anycast4)
			}
			w.waitKernel("plain", anycast4, "a")
			w.stay("the route is kept out", func(context.Context) (bool, error) {
				now := w.kernel("damps", anycast4)
				return slices.Equal(now, []string{"b"}), fmt.Errorf("it leads to %v", now)
			})
		})
	}
}
