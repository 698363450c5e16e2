package probe_test

import (
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"anylab/lab/probe"
	"anylab/lab/record"
)

func TestEveryRequestIsRecordedOnce(t *testing.T) {
	for name, target := range map[string]netip.AddrPort{"ipv4": server4, "ipv6": server6} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ports := map[uint64]netip.AddrPort{}
			conn := listen(w, w.server, target)
			var mu sync.Mutex
			serve(w, conn, func(request []byte, from netip.AddrPort) {
				mu.Lock()
				ports[number(request)] = from
				mu.Unlock()
				_, _ = conn.WriteToUDPAddrPort(append(request, "site-a"...), from)
			})
			c := udp4()
			c.Target = target
			for _, s := range w.bySeq(w.ask(c, 300), c) {
				if s.Lost() || s.Node != "site-a" {
					t.Errorf("sample %+v", s)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			distinct := map[netip.AddrPort]bool{}
			for seq, from := range ports {
				distinct[from] = true
				if want := ports[seq%4]; from != want {
					t.Errorf("request %d came from %v, the first of its flow from %v", seq, from, want)
				}
			}
			if len(distinct) != c.Flows {
				t.Errorf("%d source ports, want %d", len(distinct), c.Flows)
			}
		})
	}
}

func TestOpenLoopWithoutAnswers(t *testing.T) {
	w := newWorld(t)
	c := udp4()
	c.Flows, c.Timeout = 1, 200*time.Millisecond
	all := w.bySeq(w.ask(c, 300), c) // nobody listens: ICMP says so, and is ignored
	for _, s := range all {
		if !s.Lost() || s.Node != "" {
			t.Errorf("sample %+v", s)
		}
	}
	// Whoever waits for an answer or its timeout would take a minute.
	if took := all[299].Sent.Sub(all[0].Sent); took > 30*time.Second {
		t.Errorf("300 requests took %v", took)
	}
}

func TestSocketOutlivesErrors(t *testing.T) {
	w := newWorld(t)
	c := udp4()
	c.Timeout = 300 * time.Millisecond
	r, stop := w.start(c)
	r.waitFor(w, 50) // lost: the port is closed
	conn := listen(w, w.server, server4)
	serve(w, conn, func(request []byte, from netip.AddrPort) {
		_, _ = conn.WriteToUDPAddrPort(append(request, 'a'), from)
	})
	answered := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(slices.DeleteFunc(slices.Clone(r.samples), func(s record.Sample) bool { return s.Node != "a" }))
	}
	for n := r.len(); answered() < 50; n++ {
		r.waitFor(w, n)
	}
	stop()
	all := w.bySeq(r, c)
	flows := map[int]bool{}
	for _, s := range all[50:] {
		if !s.Lost() {
			flows[s.Flow] = true
		}
	}
	if !all[0].Lost() || len(flows) != c.Flows {
		t.Errorf("first sample %+v, flows answered %v", all[0], flows)
	}
}

func TestUnsendableIsLost(t *testing.T) {
	w := newWorld(t)
	c := udp4()
	c.Target = netip.MustParseAddrPort("240.0.0.1:7") // class E: the client has a route, but nobody else
	c.Timeout = 100 * time.Millisecond
	for _, s := range w.bySeq(w.ask(c, 50), c) {
		if !s.Lost() {
			t.Errorf("sample %+v", s)
		}
	}
}

// A server that ignores some requests: exactly those are lost, and the others
// are recorded as they are answered, not held up by them.
func TestSilence(t *testing.T) {
	w := newWorld(t)
	conn := listen(w, w.server, server4)
	var mu sync.Mutex
	var ignored []uint64
	var begin, end record.Time
	serve(w, conn, func(request []byte, from netip.AddrPort) {
		mu.Lock()
		defer mu.Unlock()
		now := record.Now()
		switch {
		case number(request) < 100 || begin != 0 && now.Sub(begin) > 200*time.Millisecond:
			if begin != 0 && end == 0 {
				end = now
			}
			_, _ = conn.WriteToUDPAddrPort(append(request, 'a'), from)
		default:
			if begin == 0 {
				begin = now
			}
			ignored = append(ignored, number(request))
		}
	})
	c := udp4()
	c.Timeout = 2 * time.Second
	r := w.ask(c, 800)
	all := w.bySeq(r, c)
	var lost []uint64
	for _, s := range all {
		if s.Lost() {
			lost = append(lost, s.Seq)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(lost, ignored) || len(lost) == 0 {
		t.Fatalf("lost %v, ignored %v", lost, ignored)
	}
	first, last := all[lost[0]], all[lost[len(lost)-1]]
	t.Logf("silent for %v, measured %v", end.Sub(begin), all[last.Seq+1].Sent.Sub(first.Sent))
	// A request that was sent before the silence began cannot be lost, and one
	// that was answered had been sent before it was: no speed enters.
	if first.Sent > begin || all[last.Seq+1].Sent > end {
		t.Errorf("silence %d to %d, first lost sent %d, first good %d", begin, end, first.Sent, all[last.Seq+1].Sent)
	}
	at := func(seq uint64) int {
		return slices.IndexFunc(r.samples, func(s record.Sample) bool { return s.Seq == seq })
	}
	if at(first.Seq) < at(last.Seq+1) {
		t.Error("a lost request held up the record of answered ones")
	}
}

func TestDuplicates(t *testing.T) {
	w := newWorld(t)
	conn := listen(w, w.server, server4)
	serve(w, conn, func(request []byte, from netip.AddrPort) {
		_, _ = conn.WriteToUDPAddrPort(append(request, 'a'), from)
		_, _ = conn.WriteToUDPAddrPort(append(request, 'b'), from)
	})
	c := udp4()
	c.Timeout = 2 * time.Second
	r := w.ask(c, 100)
	nodes := map[uint64]string{}
	for _, s := range r.samples {
		nodes[s.Seq] += s.Node
	}
	for seq, got := range nodes {
		// The very last ones may be waited for no longer once they are answered.
		if got != "ab" && (seq < 50 || got != "a") {
			t.Errorf("request %d was answered by %q", seq, got)
		}
	}
}

func TestWrongSourceIsIgnored(t *testing.T) {
	w := newWorld(t)
	conn, other := listen(w, w.server, server4), listen(w, w.server, other4)
	serve(w, other, func([]byte, netip.AddrPort) {})
	serve(w, conn, func(request []byte, from netip.AddrPort) {
		out := conn
		if number(request)%2 == 0 {
			out = other
		}
		_, _ = out.WriteToUDPAddrPort(append(request, 'a'), from)
	})
	c := udp4()
	c.Timeout = 2 * time.Second
	for _, s := range w.bySeq(w.ask(c, 100), c) {
		if s.Lost() != (s.Seq%2 == 0) {
			t.Errorf("sample %+v", s)
		}
	}
}

// Answers that come long after the timeout, over the right flow: the request
// stays lost, and there is no second sample.
func TestLateAnswerIsLost(t *testing.T) {
	w := newWorld(t)
	conn := listen(w, w.server, server4)
	type answer struct {
		asked time.Time
		text  []byte
		to    netip.AddrPort
	}
	var queue []answer
	serve(w, conn, func(request []byte, from netip.AddrPort) {
		queue = append(queue, answer{time.Now(), append(slices.Clone(request), 'a'), from})
		for len(queue) > 0 && time.Since(queue[0].asked) > time.Second {
			_, _ = conn.WriteToUDPAddrPort(queue[0].text, queue[0].to)
			queue = queue[1:]
		}
	})
	c := udp4()
	c.Timeout = 100 * time.Millisecond
	for _, s := range w.bySeq(w.ask(c, 900), c) {
		if !s.Lost() {
			t.Errorf("sample %+v", s)
		}
	}
}

func TestNamelessAnswer(t *testing.T) {
	w := newWorld(t)
	conn := listen(w, w.server, server4)
	serve(w, conn, func(request []byte, from netip.AddrPort) { _, _ = conn.WriteToUDPAddrPort(request, from) })
	c := udp4()
	for _, s := range w.bySeq(w.ask(c, 50), c) {
		if s.Lost() || s.Node != "" {
			t.Errorf("sample %+v", s)
		}
	}
}

// A name from the wire must not break the record's columns.
func TestNameIsMadeRecordable(t *testing.T) {
	w := newWorld(t)
	conn := listen(w, w.server, server4)
	serve(w, conn, func(request []byte, from netip.AddrPort) {
		_, _ = conn.WriteToUDPAddrPort(append(request, "a,b\n\xff"...), from)
	})
	c := udp4()
	for _, s := range w.bySeq(w.ask(c, 10), c) {
		if s.Node != "a_b__" {
			t.Errorf("sample %+v", s)
		}
	}
}

func TestContextEndsLongInterval(t *testing.T) {
	w := newWorld(t)
	c := udp4()
	c.Rate, c.Timeout = 1.0/600, time.Millisecond // one in ten minutes
	r, stop := w.start(c)
	r.waitFor(w, 1)
	stop() // or the test binary's own timeout strikes
	if r.len() != 1 {
		t.Errorf("%d samples, want 1", r.len())
	}
}

// What the process can't open is said as if it were no process.
func TestStartFails(t *testing.T) {
	w := newWorld(t)
	err := w.client.Do(func() error { // nobody may send echo requests: 1 to 0 is no group
		return os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("1 0"), 0)
	})
	switch {
	case errors.Is(err, syscall.EINVAL):
		t.Skip("this user namespace has no group 1, by which to refuse all")
	case err != nil:
		t.Fatal(err)
	}
	c := udp4()
	c.Kind = "icmp"
	p, err := probe.New(c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Start(t.Context(), w.client, newTape())
	if err == nil || !strings.Contains(err.Error(), "start probe p: open the socket of flow 0: permission denied") {
		t.Errorf("error %v", err)
	}
	if n := len(w.client.Procs()); n != 0 {
		t.Errorf("%d processes left", n)
	}
}
