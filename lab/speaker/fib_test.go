package speaker

import (
	"errors"
	"io"
	"log"
	"net/netip"
	"slices"
	"strings"
	"testing"

	api "github.com/osrg/gobgp/v3/api"
	"github.com/osrg/gobgp/v3/pkg/server"
	"google.golang.org/protobuf/types/known/anypb"
)

// table is a kernel without a kernel.
type table struct {
	routes map[string]string
	fail   error
}

func (t *table) Replace(prefix netip.Prefix, via []netip.Addr) error {
	if t.fail != nil {
		return t.fail
	}
	var hops []string
	for _, a := range via {
		hops = append(hops, a.String())
	}
	t.routes[prefix.String()] = strings.Join(hops, " ")
	return nil
}

func (t *table) Delete(prefix netip.Prefix) error {
	delete(t.routes, prefix.String())
	return t.fail
}

const p, q = "192.0.2.100/32", "2001:db8::100/128"

func newTestFIB(left ...string) (*fib, *table) {
	kernel := &table{routes: make(map[string]string)}
	stale := make(map[netip.Prefix][]netip.Addr)
	for _, l := range left {
		kernel.routes[l] = "left"
		stale[netip.MustParsePrefix(l)] = nil
	}
	return newFIB(kernel, stale, nil, log.New(io.Discard, "", 0)), kernel
}

// path is a best path for the prefix by the next hop, withdrawn if that is
// empty.
func path(t *testing.T, prefix, hop string) *api.Path {
	t.Helper()
	made, err := EncodePath(netip.MustParsePrefix(prefix), 65001, Attributes{})
	if err != nil {
		t.Fatal(err)
	}
	if made.IsWithdraw = hop == ""; made.IsWithdraw {
		return made
	}
	attr, err := anypb.New(&api.NextHopAttribute{NextHop: hop})
	if err == nil && strings.Contains(prefix, ":") {
		attr, err = anypb.New(&api.MpReachNLRIAttribute{Family: ipv6Unicast, NextHops: []string{hop, "fe80::1"}})
	}
	if err != nil {
		t.Fatal(err)
	}
	made.Pattrs[1] = attr
	return made
}

func (t *table) expect(test *testing.T, what string, want ...string) {
	test.Helper()
	var got []string
	for prefix, via := range t.routes {
		got = append(got, prefix+": "+via)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		test.Errorf("%s: routes %q, want %q", what, got, want)
	}
}

func TestFIBFollowsBestPaths(t *testing.T) {
	f, kernel := newTestFIB()
	f.update([]*api.Path{path(t, p, "10.0.0.3"), path(t, q, "fd00::3"), path(t, p, "10.0.0.1")})
	kernel.expect(t, "two families, one with two paths", p+": 10.0.0.1 10.0.0.3", q+": fd00::3")
	f.update([]*api.Path{path(t, p, "10.0.0.3")})
	kernel.expect(t, "one path less", p+": 10.0.0.3", q+": fd00::3")
	f.update([]*api.Path{path(t, q, "")})
	kernel.expect(t, "withdrawn", p+": 10.0.0.3")
	f.update([]*api.Path{path(t, p, "0.0.0.0")})
	kernel.expect(t, "originated here")
	f.update([]*api.Path{{}, path(t, p, "10.0.0.1")})
	kernel.expect(t, "after a path that can't be read", p+": 10.0.0.1")
}

// A prefix that this speaker only originated may be a connected subnet, whose
// kernel route isn't the speaker's to remove.
func TestFIBLeavesForeignRoutes(t *testing.T) {
	f, kernel := newTestFIB()
	kernel.routes[p] = "connected"
	f.update([]*api.Path{path(t, p, "0.0.0.0")})
	f.update([]*api.Path{path(t, p, "")})
	kernel.expect(t, "originated and withdrawn", p+": connected")
}

func TestFIBSweepsWhatWasLeft(t *testing.T) {
	f, kernel := newTestFIB(p, q)
	kernel.expect(t, "before the neighbors had their say", p+": left", q+": left")
	f.update([]*api.Path{path(t, p, "10.0.0.1")})
	f.sweep()
	kernel.expect(t, "after it", p+": 10.0.0.1")
}

func TestFIBClose(t *testing.T) {
	f, kernel := newTestFIB(q)
	f.update([]*api.Path{path(t, p, "10.0.0.1")})
	f.freeze()
	f.update([]*api.Path{path(t, p, "")})
	kernel.expect(t, "frozen", p+": 10.0.0.1", q+": left")
	if err := f.close(); err != nil {
		t.Error(err)
	}
	kernel.expect(t, "closed")
	f.update([]*api.Path{path(t, p, "10.0.0.1")})
	f.sweep()
	kernel.expect(t, "updated after the end")
}

func TestFIBFailures(t *testing.T) {
	f, kernel := newTestFIB()
	kernel.fail = errors.New("network is unreachable")
	f.update([]*api.Path{path(t, p, "10.0.0.1")})
	kernel.expect(t, "failed write")
	if err := f.close(); !errors.Is(err, kernel.fail) {
		t.Errorf("close: %v, want the kernel's error", err)
	}
}

// The field that sessions pass their connections through exists in this
// version of GoBGP, and is empty before it listens.
func TestAcceptQueue(t *testing.T) {
	_, err := acceptQueue(server.NewBgpServer(server.LoggerOption(logger{log.New(io.Discard, "", 0)})))
	if err == nil || !strings.Contains(err.Error(), "does not listen yet") {
		t.Errorf("error %v, want that GoBGP does not listen yet", err)
	}
}
