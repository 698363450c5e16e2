package observe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/topologies"
)

// Overfull is the name of the finding that datagrams reached a site and found
// the receive buffer of its service full.
const Overfull = "service-overrun"

// How often it is looked: at least so often, and at most for one site in so long,
// since the kernel adds its counters up for each look.
const (
	inboxEvery = 100 * time.Millisecond
	inboxPace  = 2 * time.Millisecond
)

// inbox watches for datagrams that the node's kernel has received and nobody
// reads: what a site loses itself is no failure of the way to it.
type inbox struct {
	every time.Duration
	files []string // of the families in which the lab has services
}

func newInbox(l *lab.Lab, _ Options) Observer {
	t, sites := l.Topology(), 0
	for _, n := range t.Nodes {
		if n.Role == topologies.Anycast {
			sites++
		}
	}
	in := inbox{every: max(inboxEvery, time.Duration(sites)*inboxPace), files: []string{"snmp"}}
	if slices.ContainsFunc(t.Anycast, func(p netip.Prefix) bool { return p.Addr().Is6() }) {
		in.files = append(in.files, "snmp6")
	}
	return in
}

func serves(l *lab.Lab, node string) bool {
	n, ok := l.Topology().Node(node)
	return ok && n.Role == topologies.Anycast
}

func (in inbox) Start(ctx context.Context, n *lab.Node, out record.Sink) (wait func() error, err error) {
	var c counters
	if err := n.Do(func() (err error) { c, err = openCounters(in.files); return err }); err != nil {
		return nil, err
	}
	lost, err := c.overfull()
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(c.watch(ctx, n.Name, in.every, lost, out), c.close()) }()
	return func() error { return <-ended }, nil
}

// counters are the files of one network namespace that count datagrams. They
// show the namespace that they were opened in.
type counters []*os.File

func openCounters(files []string) (counters, error) {
	var c counters
	for _, name := range files {
		f, err := os.Open("/proc/thread-self/net/" + name)
		if errors.Is(err, os.ErrNotExist) {
			continue // a kernel without IPv6
		}
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c = append(c, f)
	}
	return c, nil
}

func (c counters) close() error {
	var errs []error
	for _, f := range c {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

func (c counters) watch(ctx context.Context, node string, every time.Duration, lost uint64, out record.Sink) error {
	timer := time.NewTicker(every)
	defer timer.Stop()
	for before, going := record.Now(), true; going; {
		select {
		case <-ctx.Done():
			going = false
		case <-timer.C:
		}
		now, err := c.overfull()
		if err != nil {
			return err
		}
		at := record.Now()
		if now != lost {
			out.Emit(record.Event{At: at, Kind: record.KindFinding, Node: node, Data: record.Finding{Name: Overfull, From: before,
				Detail: fmt.Sprintf("%d datagrams came to %s and found the receive buffer of the service full", now-lost, node)}})
		}
		before, lost = at, now
	}
	return nil
}

// overfull returns how many datagrams have found a full buffer so far.
func (c counters) overfull() (sum uint64, err error) {
	buf := make([]byte, 16<<10)
	for _, f := range c {
		n, err := f.ReadAt(buf, 0)
		if n == 0 {
			return 0, fmt.Errorf("read %s: %w", f.Name(), err)
		}
		sum += rcvbufErrors(string(buf[:n]))
	}
	return sum, nil
}

// rcvbufErrors takes the number out of either file: of snmp, where a line names
// the columns of the next, or of snmp6, which has a line for each.
func rcvbufErrors(text string) uint64 {
	var names []string
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) == 2 && f[0] == "Udp6RcvbufErrors":
			return number(f[1])
		case len(f) == 0 || f[0] != "Udp:":
		case names == nil:
			names = f
		default:
			for i, name := range names {
				if name == "RcvbufErrors" && i < len(f) {
					return number(f[i])
				}
			}
		}
	}
	return 0
}

func number(s string) uint64 {
	n, _ := strconv.ParseUint(s, 10, 64) // the kernel writes nothing else
	return n
}
