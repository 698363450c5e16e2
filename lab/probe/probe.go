// Package probe asks the anycast address who answers, at a fixed rate.
package probe

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/topologies/document"
)

// Config is one group of flows that ask one address.
type Config struct {
	Name    string         // the probe group's name, for messages
	Kind    string         // one of Kinds
	Target  netip.AddrPort // the port is not used by icmp
	Rate    float64        // requests a second over all flows
	Flows   int            // each with a source port of its own; request i belongs to flow i mod Flows
	Timeout time.Duration  // a request without an answer for so long is lost
	Users   *Users         // who find the address by DNS; nil: all ask the target. Only of kinds that send datagrams
	Once    bool           // so is one for which TCP had to send the first packet again; only of kinds with a connection for each request
}

// Recorder takes the samples of one group and the doubts about them. Both
// methods are called from one goroutine.
type Recorder interface {
	Write(record.Sample)
	Emit(record.Event)
}

// Probe sends requests on a fixed schedule, whether or not earlier ones were
// answered, and records the fate of each.
type Probe interface {
	// Start returns once armed: process running, sockets open, the first request
	// about to be sent. Sending stops when ctx ends; wait returns after the last
	// answer or its timeout.
	Start(ctx context.Context, n *lab.Node, out Recorder) (wait func() error, err error)
	// Priority says what the kernel granted the sending thread of the latest
	// Start: "fifo", "nice" or "normal".
	Priority() string
}

// transport carries the requests of one run of a probe. open and send are
// called by the sending thread; the others by the receiving goroutine, close
// last of all.
type transport interface {
	open() error
	// send never blocks. An error means a lost request.
	send(seq uint64, flow int) error
	// receive waits a few milliseconds and delivers what has come. Every answer
	// that had reached its socket by the returned time was delivered.
	receive(to inbox) (record.Time, error)
	// forget is told that the request has timed out. It returns when it was
	// answered after all, if the transport had put off saying so.
	forget(seq uint64) (record.Time, bool)
	close() error
}

// inbox takes what a transport has received.
type inbox interface {
	// answer says that the request of the flow, whose number ends in the bits of
	// seq that mask selects, was answered by node.
	answer(seq, mask uint64, flow int, at record.Time, node []byte)
	doubt(at record.Time, name, detail string)
	// stream says what happened to the connection that a flow keeps.
	stream(at record.Time, s record.Stream, node []byte)
}

// New returns a probe, or says what is wrong with its configuration.
func New(c Config) (Probe, error) {
	if err := check(c); err != nil {
		return nil, fmt.Errorf("probe %s: %w", c.Name, err)
	}
	c.Target = netip.AddrPortFrom(c.Target.Addr().Unmap(), c.Target.Port())
	return &prober{config: c}, nil
}

func check(c Config) error {
	k, ok := kinds[c.Kind]
	switch {
	case !ok:
		return fmt.Errorf("unknown kind %q: allowed are %s", c.Kind, strings.Join(Kinds(), ", "))
	case !c.Target.Addr().IsValid():
		return fmt.Errorf("no target address")
	case c.Target.Port() == 0 && !k.portless:
		return fmt.Errorf("no target port")
	case !(c.Rate > 0 && c.Rate <= MaxRate):
		return fmt.Errorf("rate %v: must be above 0 and at most %d a second", c.Rate, MaxRate)
	case c.Flows < 1 || c.Flows > maxFlows:
		return fmt.Errorf("%d flows: must be 1 to %d", c.Flows, maxFlows)
	case c.Timeout <= 0 || c.Timeout > time.Hour:
		return fmt.Errorf("timeout %v: must be above 0 and at most an hour", document.Duration(c.Timeout))
	case c.Users != nil && k.Transport != record.Datagram:
		return fmt.Errorf("users who find the service by DNS ask it with datagrams, not by %s", c.Kind)
	case c.Rate > k.most(c.Timeout):
		return fmt.Errorf("%v requests a second with a timeout of %v: %s can have %d waiting at a time",
			c.Rate, document.Duration(c.Timeout), c.Kind, k.outstanding/2)
	}
	return nil
}

// most returns how many requests a second can be waited for so long each: half
// of those that can wait at all, for catching up.
func (k kind) most(timeout time.Duration) float64 {
	return float64(k.outstanding) / 2 / timeout.Seconds()
}

// MostRate returns how many requests a second a probe of the kind can ask and
// wait for so long each.
func MostRate(kind string, timeout time.Duration) float64 {
	return min(MaxRate, kinds[kind].most(timeout))
}

// MaxRate is how many requests a second a probe may ask at most.
const MaxRate = 200_000

const (
	maxFlows = 4096
)

// Died is the name of the finding that a prober ended before it was told to:
// what it did not ask, nobody knows.
const Died = "prober-died"

// Lead is the time from armed to the first request.
const Lead = 10 * time.Millisecond

// Hop is one step of a way through the network.
type Hop struct {
	Addr    netip.Addr    // who answered; invalid: nobody did
	RTT     time.Duration // until the answer
	Reached bool          // it is the target
	Refused bool          // no way on from there, or from the sender itself
}
