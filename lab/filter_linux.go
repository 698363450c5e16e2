package lab

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"anylab/topologies"
)

// Drop discards packets silently until it is removed: no carrier goes, nobody
// is told. It is a table of nftables' netdev family in each namespace where
// packets are discarded, so it sees whatever the wire carries, ARP and BFD
// included.
type Drop struct {
	mu     sync.Mutex
	tables []dropTable
}

// dropTable is the part of a Drop in one namespace.
type dropTable struct {
	conn   *nftables.Conn
	table  *nftables.Table
	chains []*nftables.Chain
	made   bool
}

// dropName begins the name of every table; a number follows, since several
// drops may be in effect in one namespace.
const dropName = "anylab"

// Drop discards what the filter matches of the packets of the link that come
// from the node.
func (k *Link) Drop(from string, f Filter) (*Drop, error) {
	return k.lab.Drop(f, Way{Link: k.Name, From: from})
}

// Drop discards what the filter matches of everything that enters or leaves
// the node. It does so at the node itself: nothing that a dying process still
// says is seen outside.
func (n *Node) Drop(f Filter) (*Drop, error) {
	var ways []Way
	for _, i := range n.interfaces {
		ways = append(ways, Way{i.Link, n.Name, n.Name}, Way{i.Link, i.Peer.Node, n.Name})
	}
	return n.lab.Drop(f, ways...)
}

// Drop discards what the filter matches on all of the ways. In each namespace
// that takes one message to the kernel, so the ways are cut at once. The error
// is an Unavailable where the kernel can't do that.
func (l *Lab) Drop(f Filter, ways ...Way) (*Drop, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	d, err := l.drop(f, ways, true)
	if errors.Is(err, unix.EOPNOTSUPP) {
		// Egress hooks came with Linux 5.16 and are optional.
		d, err = l.drop(f, ways, false)
		if err == nil {
			l.fellBack("drops: ingress hook instead of egress")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("drop packets: %w", withoutNftables(err))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.onClose(d.Remove)
	return d, nil
}

func (l *Lab) drop(f Filter, ways []Way, egress bool) (*Drop, error) {
	hooks, err := l.hooks(ways, egress)
	if err != nil {
		return nil, err
	}
	d := &Drop{}
	for _, node := range slices.Sorted(maps.Keys(hooks)) {
		t, err := l.prepare(node, hooks[node], f)
		if err != nil {
			return nil, errors.Join(err, d.Remove())
		}
		d.tables = append(d.tables, t)
	}
	for i := range d.tables {
		if err := d.tables[i].conn.Flush(); err != nil {
			return nil, errors.Join(err, d.Remove())
		}
		d.tables[i].made = true
	}
	return d, nil
}

// hook is where packets of a way are discarded.
type hook struct {
	dev    string
	egress bool
}

// hooks finds the places of the ways, by node.
//
// A packet socket, such as the observers have, sees an arriving packet before
// the ingress hook discards it, and a leaving packet only if the egress hook
// has let it pass. For an observer of a router to see neither what never
// arrived nor miss what the router said, the other end discards where it can:
// what it would send as it leaves, what is sent to it as it arrives.
func (l *Lab) hooks(ways []Way, egress bool) (map[string][]hook, error) {
	hooks := map[string][]hook{}
	for _, w := range ways {
		k, err := l.Link(w.Link)
		if err != nil {
			return nil, err
		}
		if _, _, err := k.end(w.From); err != nil {
			return nil, err
		}
		from, to := k.Of(w.From)
		at := w.At
		if at == "" {
			at = l.filterEnd(from.Node, to.Node)
		}
		h := hook{from.Dev, true}
		if at != from.Node || !egress {
			at, h = to.Node, hook{to.Dev, false}
		}
		if !slices.Contains(hooks[at], h) { // those of a segment share an interface
			hooks[at] = append(hooks[at], h)
		}
	}
	return hooks, nil
}

// filterEnd prefers the end that is not a router, and of two routers the
// sender: what was not seen is absent, what never arrived would be false.
func (l *Lab) filterEnd(from, to string) string {
	n, ok := l.topology.Node(to)
	if ok && n.Role != topologies.Router {
		return to
	}
	return from
}

// prepare queues a table with one chain for each hook, unsent.
func (l *Lab) prepare(node string, hooks []hook, f Filter) (dropTable, error) {
	n, err := l.Node(node)
	if err != nil {
		return dropTable{}, err
	}
	var t dropTable
	err = n.Do(func() error {
		t.conn, err = nftables.New(nftables.AsLasting())
		return err
	})
	if err != nil {
		return t, fmt.Errorf("open nftables on %s: %w", node, err)
	}
	t.table = t.conn.AddTable(&nftables.Table{
		Name:   fmt.Sprintf("%s-%d", dropName, l.drops.Add(1)),
		Family: nftables.TableFamilyNetdev,
	})
	for i, h := range hooks {
		at := nftables.ChainHookIngress
		if h.egress {
			at = nftables.ChainHookEgress
		}
		chain := t.conn.AddChain(&nftables.Chain{
			Name: fmt.Sprintf("drop-%d", i), Table: t.table, Type: nftables.ChainTypeFilter,
			Hooknum: at, Priority: nftables.ChainPriorityFilter, Device: h.dev,
		})
		for _, exprs := range f.rules() {
			t.conn.AddRule(&nftables.Rule{Table: t.table, Chain: chain, Exprs: exprs})
		}
		t.chains = append(t.chains, chain)
	}
	return t, nil
}

// Remove lets the packets pass again. It is idempotent.
func (d *Drop) Remove() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, t := range d.tables {
		if t.made {
			t.conn.DelTable(t.table)
			errs = append(errs, t.conn.Flush())
		}
		errs = append(errs, t.conn.CloseLasting())
	}
	d.tables = nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove drop rules: %w", err)
	}
	return nil
}
