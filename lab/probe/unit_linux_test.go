package probe

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

func TestNewRefuses(t *testing.T) {
	good := Config{Name: "p", Kind: "dns", Target: netip.MustParseAddrPort("192.0.2.1:53"), Rate: 1000, Flows: 16, Timeout: time.Second}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for want, edit := range map[string]func(*Config){
		`unknown kind "dsn": allowed are dns, http, http-stream, icmp, tcp-connect, tcp-stream, udp`: func(c *Config) { c.Kind = "dsn" },
		"no target address":           func(c *Config) { c.Target = netip.AddrPort{} },
		"no target port":              func(c *Config) { c.Target = netip.AddrPortFrom(c.Target.Addr(), 0) },
		"rate 0":                      func(c *Config) { c.Rate = 0 },
		"rate NaN":                    func(c *Config) { c.Rate -= c.Rate; c.Rate /= c.Rate },
		"rate 1e+09":                  func(c *Config) { c.Rate = 1e9 },
		"0 flows":                     func(c *Config) { c.Flows = 0 },
		"5000 flows":                  func(c *Config) { c.Flows = 5000 },
		"timeout 0 ms":                func(c *Config) { c.Timeout = 0 },
		"dns can have 32768 waiting":  func(c *Config) { c.Timeout = time.Minute },
		"http can have 14000 waiting": func(c *Config) { c.Kind, c.Timeout = "http", 20*time.Second },
	} {
		c := good
		edit(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if !slices.IsSorted(Kinds()) || len(Kinds()) != 7 {
		t.Errorf("kinds %v", Kinds())
	}
}

func TestWindow(t *testing.T) {
	w := newWindow(64)
	if _, _, ok := w.oldest(); ok {
		t.Error("an empty window has an oldest request")
	}
	if _, _, ok := w.find(0, ^uint64(0)); ok {
		t.Error("an empty window has a request")
	}
	for i := range uint64(70_000) { // beyond 16 bits
		if i >= 64 {
			if !w.full() {
				t.Fatal("64 requests do not fill the window")
			}
			w.pop()
		}
		w.push(record.Time(i), 0)
	}
	for _, test := range []struct {
		seq, mask, want uint64
		ok              bool
	}{
		{69_999, ^uint64(0), 69_999, true},
		{69_936, ^uint64(0), 69_936, true},
		{69_935, ^uint64(0), 0, false}, // popped
		{70_000, ^uint64(0), 0, false}, // not sent yet
		{1 << 63, ^uint64(0), 0, false},
		{69_999 & 0xffff, 0xffff, 69_999, true},
		{69_936 & 0xffff, 0xffff, 69_936, true},
		{69_935 & 0xffff, 0xffff, 0, false},
	} {
		seq, r, ok := w.find(test.seq, test.mask)
		if ok != test.ok || ok && (seq != test.want || r.due != record.Time(test.want)) {
			t.Errorf("find(%d, %#x) = %d %v", test.seq, test.mask, seq, ok)
		}
	}
}

func TestLateness(t *testing.T) {
	const ms = record.Time(time.Millisecond)
	l := newLateness(time.Millisecond)
	l.note(0, 2*ms) // within the limit
	if _, _, ok := l.summary(2*ms, true); ok {
		t.Error("2 ms are late")
	}
	l.note(0, 2*ms+1)
	if at, detail, ok := l.summary(3*ms, false); !ok || at != 2*ms+1 || detail != "1 requests, worst 2 ms" {
		t.Error(at, detail, ok) // the first one is told at once
	}
	l.note(10*ms, 14*ms)
	l.note(11*ms, 13*ms+ms/2)
	if _, _, ok := l.summary(102*ms, false); ok {
		t.Error("two findings within 100 ms")
	}
	if at, detail, ok := l.summary(103*ms, false); !ok || at != 13*ms+ms/2 || detail != "2 requests, worst 4 ms" {
		t.Error(at, detail, ok)
	}
	l.note(104*ms, 110*ms)
	if _, detail, ok := l.summary(111*ms, true); !ok || detail != "1 requests, worst 6 ms" {
		t.Error(detail, ok) // the end of the run does not swallow it
	}
	slow := newLateness(time.Second)
	slow.note(0, 900*ms)
	if slow.count != 0 {
		t.Error("less than an interval is late")
	}
}

func TestWatchClock(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var events []record.Event
	WatchClock(ctx, record.SinkFunc(func(e record.Event) {
		events = append(events, e)
		if len(events) == 2 {
			cancel()
		}
	}))
	for _, e := range events {
		c, ok := e.Data.(record.Clock)
		if e.Kind == record.KindClock && (!ok || (time.Duration(c.OffsetNS)-record.ClockOffset()).Abs() > time.Minute) {
			t.Errorf("event %+v", e)
		}
	}
	if len(events) != 2 || events[0].At >= events[1].At {
		t.Errorf("events %+v", events)
	}
}

func TestClockStep(t *testing.T) {
	w := wallClock{}
	if step := w.sample(); step != "" {
		t.Errorf("first sample: %s", step)
	}
	w.offset -= time.Hour
	if step := w.sample(); !strings.Contains(step, "moved by 60 min") && !strings.Contains(step, "moved by 59") {
		t.Errorf("an hour's step: %q", step)
	}
	now := record.Now()
	if off := w.mapped(time.Now().UnixNano()).Sub(now).Abs(); off > time.Minute {
		t.Errorf("wall time maps %v off", off)
	}
}

func TestSockaddr(t *testing.T) {
	address := func(s string) *sockaddr {
		a := newSockaddr(netip.MustParseAddrPort(s))
		return &a
	}
	all := []string{"192.0.2.1:53", "192.0.2.1:54", "192.0.2.2:53", "[2001:db8::1]:53", "[2001:db8::1]:54", "[2001:db8::2]:53"}
	for i, a := range all {
		for j, b := range all {
			if got := address(a).same(address(b)); got != (i == j) {
				t.Errorf("%s same as %s: %v", a, b, got)
			}
		}
	}
	labelled := address("[2001:db8::1]:53")
	labelled.raw[7] = 9 // a flow label does not matter
	if !labelled.same(address("[2001:db8::1]:53")) || address(all[0]).family() != unix.AF_INET {
		t.Error("flow label or family")
	}
}

func TestEventCarriesNumber(t *testing.T) {
	for _, seq := range []uint64{0, 1, 1<<31 + 5, 1<<32 - 1, 1 << 32, 1<<63 + 1<<31 + 7, ^uint64(0)} {
		var e unix.EpollEvent
		setSeq(&e, seq)
		if got := seqOf(e); got != seq {
			t.Errorf("%#x became %#x", seq, got)
		}
	}
}

func TestExhausted(t *testing.T) {
	for err, want := range map[error]bool{
		unix.EMFILE: true, unix.EADDRNOTAVAIL: true, unix.ENETUNREACH: false, unix.ECONNREFUSED: false, unix.ENOBUFS: true, nil: false,
	} {
		if got := isExhausted(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}
