package world

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"anylab/lab"
	"anylab/lab/fault"
	"anylab/topologies"
)

// discard is the port to which nobody listens (RFC 863): what is flooded is the way
// there, not the service.
const discard = 9

// overIP is what the headers of UDP and IPv4 add to a datagram.
const overIP = 28

// pour is how often a flood sends what is due.
const pour = 2 * time.Millisecond

// flood sends datagrams until it is stopped.
type flood struct {
	conn *net.UDPConn
	to   netip.AddrPort
	sent atomic.Uint64
	stop chan struct{}
	once sync.Once
	over chan struct{}

	sites  []*lab.Node
	before map[string]uint64 // datagrams that had come to a port to which nobody listens
	came   map[string]uint64 // since then, when the flood was stopped
}

// Flood implements fault.Network.
func (n network) Flood(from string, rate uint64, size int) (fault.Flow, error) {
	source, err := n.lab.Node(from)
	if err != nil {
		return nil, err
	}
	var sites []*lab.Node
	for _, node := range n.lab.Nodes() {
		if node.Role == topologies.Anycast {
			sites = append(sites, node)
		}
	}
	return newFlood(source, netip.AddrPortFrom(n.lab.Topology().Anycast[0].Addr(), discard), rate, size, sites)
}

// unheard counts the datagrams that came to each site for a port to which nobody
// listens (RFC 4113, udpNoPorts).
func (f *flood) unheard() map[string]uint64 {
	counts := map[string]uint64{}
	for _, n := range f.sites {
		_ = n.Do(func() error { // a node that can't be asked has had none
			text, err := os.ReadFile("/proc/thread-self/net/snmp")
			if m := noPorts.FindSubmatch(text); m != nil {
				counts[n.Name], err = strconv.ParseUint(string(m[1]), 10, 64)
			}
			return err
		})
	}
	return counts
}

// noPorts is the second number of the line.
var noPorts = regexp.MustCompile(`(?m)^Udp: \d+ (\d+) `)

func newFlood(from *lab.Node, to netip.AddrPort, rate uint64, size int, sites []*lab.Node) (*flood, error) {
	f := &flood{to: to, sites: sites, stop: make(chan struct{}), over: make(chan struct{})}
	err := from.Do(func() (err error) {
		f.conn, err = net.ListenUDP("udp", nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open a socket on %s: %w", from.Name, err)
	}
	f.before = f.unheard()
	packet := make([]byte, size)
	if _, err := f.conn.WriteToUDPAddrPort(packet, f.to); err != nil {
		return nil, errors.Join(fmt.Errorf("flood %s from %s: %w", to.Addr(), from.Name, err), f.conn.Close())
	}
	f.sent.Store(1)
	go f.run(packet, float64(rate)/float64(8*(size+overIP)))
	return f, nil
}

// run sends so many packets a second, and catches up where it was held up.
func (f *flood) run(packet []byte, each float64) {
	defer close(f.over)
	turns := time.NewTicker(pour)
	defer turns.Stop()
	for began := time.Now(); ; {
		for due := uint64(time.Since(began).Seconds() * each); f.sent.Load() < due; f.sent.Add(1) {
			_, _ = f.conn.WriteToUDPAddrPort(packet, f.to) // what finds no room is lost on the way
		}
		select {
		case <-f.stop:
			return
		case <-turns.C:
		}
	}
}

// Flows implements fault.Flow.
func (f *flood) Flows() bool {
	select {
	case <-f.over:
		return false
	default:
		return f.sent.Load() > 0
	}
}

// Stop implements fault.Flow.
func (f *flood) Stop() error {
	var err error
	f.once.Do(func() {
		close(f.stop)
		<-f.over
		err = f.conn.Close()
		f.came = map[string]uint64{}
		for node, n := range f.unheard() {
			if n -= f.before[node]; n > 0 {
				f.came[node] = n
			}
		}
	})
	return err
}

// Traffic implements fault.Flow. What is on its way yet when the flood stops has not come.
func (f *flood) Traffic() fault.Traffic { return fault.Traffic{Sent: f.sent.Load(), Reached: f.came} }
