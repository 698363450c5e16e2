package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// SwitchAnycast sets the interface with the anycast addresses up or down, as
// health checks do whose daemon announces what is connected. On lo, which
// everything else needs, the addresses are put on and taken off.
//
// The node's own processes reach the addresses all the while: else its health
// check would ask whoever else announces them.
func (n *Node) SwitchAnycast(ctx context.Context, up bool) error {
	index, err := n.anycastIndex()
	if err != nil {
		return err
	}
	if up {
		return n.anycastUp(ctx, index)
	}
	for _, p := range n.lab.topology.Anycast {
		if err := n.keepOwnWay(p); err != nil {
			return fmt.Errorf("keep the way of %s itself to %s: %w", n.Name, p, err)
		}
	}
	if index == loopback {
		return n.RemoveAnycast()
	}
	if err := n.setDown(index); err != nil {
		return fmt.Errorf("set %s of %s down: %w", n.AnycastDev, n.Name, err)
	}
	return nil
}

func (n *Node) anycastUp(ctx context.Context, index int) error {
	if index != loopback {
		if err := n.setUp(index); err != nil {
			return fmt.Errorf("set %s of %s up: %w", n.AnycastDev, n.Name, err)
		}
	}
	for _, p := range n.lab.topology.Anycast {
		if err := n.dropOwnWay(p); err != nil {
			return fmt.Errorf("drop the way of %s itself to %s: %w", n.Name, p, err)
		}
	}
	return n.RestoreAnycast(ctx) // IPv6 addresses go when an interface is set down
}

// ownTable holds the ways of the node's own processes to IPv6 addresses that are
// off their interface. It is the priority of the rules, too.
const ownTable = 1053

// keepOwnWay is for when the address is off its interface. The kernel goes on
// taking packets to an IPv4 address whose interface is down, whoever sends them;
// so does a local route that stands in for one taken off lo. IPv6 addresses go
// for everybody: they stay for the node's own processes, by a rule.
func (n *Node) keepOwnWay(p netip.Prefix) error {
	if err := n.netlink.RouteReplace(ownWay(p)); err != nil || p.Addr().Is4() {
		return err
	}
	if err := n.netlink.RuleAdd(ownRule(p)); err != nil && !errors.Is(err, unix.EEXIST) {
		return err
	}
	return nil
}

// dropOwnWay: one that is not there is no error.
func (n *Node) dropOwnWay(p netip.Prefix) error {
	var errs []error
	if p.Addr().Is6() {
		errs = append(errs, n.netlink.RuleDel(ownRule(p)))
	}
	for _, err := range append(errs, n.netlink.RouteDel(ownWay(p))) {
		if err != nil && !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

// ownWay differs by its metric from the route that the kernel makes for an address.
func ownWay(p netip.Prefix) *netlink.Route {
	r := &netlink.Route{LinkIndex: loopback, Dst: ipNet(p), Type: unix.RTN_LOCAL, Table: unix.RT_TABLE_LOCAL,
		Scope: unix.RT_SCOPE_HOST, Protocol: unix.RTPROT_STATIC, Priority: 1}
	if p.Addr().Is6() {
		r.Table, r.Scope = ownTable, unix.RT_SCOPE_UNIVERSE
	}
	return r
}

func ownRule(p netip.Prefix) *netlink.Rule {
	r := netlink.NewRule()
	r.Family, r.IifName, r.Dst, r.Table, r.Priority = unix.AF_INET6, "lo", ipNet(p), ownTable, ownTable
	return r
}
