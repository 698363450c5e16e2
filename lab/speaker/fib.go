package speaker

import (
	"errors"
	"fmt"
	"log"
	"net/netip"
	"slices"
	"sync"

	api "github.com/osrg/gobgp/v3/api"
)

// routeTable is the part of the kernel that a FIB writes to.
type routeTable interface {
	Replace(prefix netip.Prefix, via []netip.Addr) error
	Delete(prefix netip.Prefix) error
}

// fib keeps the kernel's BGP routes as the speaker's best paths are.
//
// A killed speaker leaves its routes behind, and the kernel goes on forwarding
// by them. The next one takes them over: they are stale until a best path
// renews them, and sweep removes those that none did. (FRR's zebra does the
// same under "-K".)
type fib struct {
	kernel routeTable
	zones  map[netip.Addr]string // the interface of each link-local neighbor
	log    *log.Logger

	mu        sync.Mutex
	installed map[netip.Prefix]bool
	stale     map[netip.Prefix]bool
	frozen    bool
}

// newFIB returns a FIB that takes over the routes a former speaker left.
func newFIB(kernel routeTable, left map[netip.Prefix][]netip.Addr, neighbors []Neighbor, l *log.Logger) *fib {
	f := &fib{kernel: kernel, log: l, zones: make(map[netip.Addr]string), installed: make(map[netip.Prefix]bool), stale: make(map[netip.Prefix]bool)}
	for p := range left {
		f.stale[p] = true
	}
	for _, n := range neighbors {
		f.zones[n.Remote.WithZone("")] = n.Remote.Zone()
	}
	return f
}

// update follows one event of GoBGP's best-path watcher. For each prefix in
// it the event has the whole set of best paths (one without multipath), or a
// single withdrawn path.
func (f *fib) update(paths []*api.Path) {
	hops := f.group(paths)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.frozen {
		return
	}
	for prefix, via := range hops {
		f.set(prefix, via)
	}
}

// group collects the next hops of each prefix, none if it was withdrawn.
func (f *fib) group(paths []*api.Path) map[netip.Prefix][]netip.Addr {
	hops := make(map[netip.Prefix][]netip.Addr)
	for _, p := range paths {
		prefix, hop, err := DecodePath(p)
		if err != nil {
			f.log.Printf("fib: %v", err)
			continue
		}
		via := hops[prefix]
		if hop.IsValid() {
			via = append(via, hop.WithZone(f.zones[hop]))
		}
		hops[prefix] = via
	}
	return hops
}

// set writes one route; a route of this speaker's own has no place in the
// kernel's main table. Writes that fail are logged and not repeated: the
// interface has just gone, and the session over it goes with it, which is the
// next event.
func (f *fib) set(prefix netip.Prefix, hops []netip.Addr) {
	local := slices.ContainsFunc(hops, netip.Addr.IsUnspecified)
	if len(hops) == 0 || local {
		_ = f.remove(prefix) // logged
		return
	}
	delete(f.stale, prefix)
	slices.SortFunc(hops, netip.Addr.Compare)
	f.installed[prefix] = true // even if it fails: what was there before may still be
	if err := f.kernel.Replace(prefix, slices.Compact(hops)); err != nil {
		f.log.Printf("fib: install %s via %v: %v", prefix, hops, err)
		return
	}
	f.tell("fib: %s via %v", prefix, hops)
}

// fewRoutes is how many the log follows: it is read, and a write costs as much as the
// kernel's part.
const fewRoutes = 1000

func (f *fib) tell(format string, args ...any) {
	if len(f.installed) <= fewRoutes {
		f.log.Printf(format, args...)
	}
}

func (f *fib) remove(prefix netip.Prefix) error {
	if !f.installed[prefix] && !f.stale[prefix] {
		return nil
	}
	delete(f.installed, prefix)
	delete(f.stale, prefix)
	if err := f.kernel.Delete(prefix); err != nil {
		err = fmt.Errorf("remove %s: %w", prefix, err)
		f.log.Printf("fib: %v", err)
		return err
	}
	f.tell("fib: %s removed", prefix)
	return nil
}

// sweep removes the routes that were left behind and that no best path has
// renewed.
func (f *fib) sweep() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.frozen {
		return
	}
	for prefix := range f.stale {
		_ = f.remove(prefix) // logged
	}
}

// freeze keeps the routes as they are: later updates are ignored.
func (f *fib) freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frozen = true
}

// close removes all routes and ignores later updates.
func (f *fib) close() error {
	f.freeze()
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, m := range []map[netip.Prefix]bool{f.installed, f.stale} {
		for prefix := range m {
			errs = append(errs, f.remove(prefix))
		}
	}
	return errors.Join(errs...)
}
