package observe

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"golang.org/x/sys/unix"

	"anylab/lab/record"
)

// speakBFD sends a control packet for each of the states from r to a.
func (b bench) speakBFD(v6 bool, said ...control) {
	b.t.Helper()
	near, far := b.link("r", "a").Of("r")
	from, to := near.IPv4.Addr(), far.IPv4.Addr()
	if v6 {
		from, to = near.IPv6.Addr(), far.IPv6.Addr()
	}
	var conn *net.UDPConn
	err := b.node("r").Do(func() (err error) {
		conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)))
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	defer conn.Close()
	err = onOneCPU(func() error {
		for _, s := range said {
			buf := gopacket.NewSerializeBuffer()
			p := &layers.BFD{Version: 1, State: s.state, Diagnostic: s.diag, DetectMultiplier: 3, MyDiscriminator: 1, YourDiscriminator: 2}
			if err := p.SerializeTo(buf, gopacket.SerializeOptions{}); err != nil {
				return err
			}
			if _, err := conn.WriteToUDPAddrPort(buf.Bytes(), netip.AddrPortFrom(to, bfdPort)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// onOneCPU runs f, always on the same CPU: a packet that is sent on one may
// overtake another's, which waits there for its turn to be received.
func onOneCPU(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		var may, one unix.CPUSet
		err := unix.SchedGetaffinity(0, &may)
		cpu := 0
		for err == nil && !may.IsSet(cpu) {
			cpu++
		}
		if one.Set(cpu); err == nil {
			err = unix.SchedSetaffinity(0, &one)
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// slack is that of the mapping between the clocks.
const slack = time.Millisecond

// warmBFD sends until both ends see what is sent, stamped with the time of
// sending, and returns a time after that. A device begins to send, and the
// kernel to stamp packets, a moment after it was told to.
func (b bench) warmBFD(v6 bool) record.Time {
	b.t.Helper()
	states := []layers.BFDState{layers.BFDStateUp, layers.BFDStateAdminDown}
	for n, late := 0, time.Now().Add(patience); time.Now().Before(late); n++ {
		began := record.Now().Add(-slack)
		b.speakBFD(v6, control{states[n%2], 0})
		ended := record.Now().Add(slack)
		time.Sleep(10 * slack)
		seen := slices.DeleteFunc(b.events.Of(record.KindBFD), func(e record.Event) bool { return e.At < began || e.At > ended })
		if len(seen) == 2 && seen[0].Node != seen[1].Node {
			return record.Now().Add(-slack)
		}
	}
	b.t.Fatal("BFD is not seen")
	return 0
}

// saidBFD lists the events of a node since a time, as "down 0".
func (b bench) saidBFD(node string, since record.Time) []string {
	var all []string
	for _, e := range b.events.Of(record.KindBFD) {
		d := e.Data.(record.BFD)
		if e.Node != node || e.At < since {
			continue
		}
		if d.From != "r" || d.To != "a" || d.Link != "r-a" || d.Out != (node == "r") {
			b.t.Errorf("event at %s: %+v", node, d)
		}
		all = append(all, fmt.Sprintf("%s %d", d.State, d.Diag))
	}
	return all
}

func TestBFDIsRecordedWhenItChanges(t *testing.T) {
	t.Run("IPv4", func(t *testing.T) { changes(t, false) })
	t.Run("IPv6", func(t *testing.T) { changes(t, true) })
}

func changes(t *testing.T, v6 bool) {
	b := open(t, Options{})
	began := b.warmBFD(v6)
	b.speakBFD(v6,
		control{layers.BFDStateDown, 0}, control{layers.BFDStateDown, 0}, control{layers.BFDStateInit, 0},
		control{layers.BFDStateUp, 0}, control{layers.BFDStateUp, 0},
		control{layers.BFDStateDown, 1}, control{layers.BFDStateDown, 3}, control{layers.BFDStateAdminDown, 7})
	ended := record.Now().Add(slack)
	b.awaitBFD("admin-down", 7)
	b.stop()
	want := []string{"down 0", "init 0", "up 0", "down 1", "down 3", "admin-down 7"}
	for _, node := range []string{"r", "a"} {
		if got := b.saidBFD(node, began); !slices.Equal(got, want) {
			t.Errorf("seen at %s: %v, want %v", node, got, want)
		}
	}
	for _, e := range b.events.Of(record.KindBFD) {
		if e.At > ended {
			t.Errorf("stamped %v, not before %v when it was sent", e.At, ended)
		}
	}
}

func (b bench) awaitBFD(state string, diag uint8) {
	b.t.Helper()
	b.events.Wait(b.t, patience, func(e record.Event) bool {
		d, ok := e.Data.(record.BFD)
		return ok && e.Node == "a" && d.State == state && d.Diag == diag
	})
}

// The sessions of the two families of addresses are told apart.
func TestBFDSessionsOfOneLink(t *testing.T) {
	b := open(t, Options{})
	b.warmBFD(false)
	began := b.warmBFD(true)
	for range 3 {
		b.speakBFD(false, control{layers.BFDStateUp, 2})
		b.speakBFD(true, control{layers.BFDStateInit, 0})
	}
	b.speakBFD(false, control{layers.BFDStateDown, 1})
	b.awaitBFD("down", 1)
	b.stop()
	if got, want := b.saidBFD("a", began), []string{"up 2", "init 0", "down 1"}; !slices.Equal(got, want) {
		t.Errorf("seen %v, want %v", got, want)
	}
}
