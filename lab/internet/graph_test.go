package internet

import (
	"bytes"
	"compress/gzip"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// wild is a small graph: whoever comes later is a customer of some before it, and
// a peer of others.
func wild(r *rand.Rand, n int) *Graph {
	var links []Link
	for a := 1; a < n; a++ {
		for range 1 + r.IntN(3) {
			links = append(links, Link{uint32(r.IntN(a) + 1), uint32(a + 1), Customer})
		}
		for range r.IntN(3) {
			links = append(links, Link{uint32(r.IntN(n) + 1), uint32(a + 1), Peer})
		}
	}
	return NewGraph(links)
}

// TestEndsWhereThreePhasesSay: whatever the timers, BGP ends in the one state that
// is stable, and packets where the next hops lead.
func TestEndsWhereThreePhasesSay(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 9))
		g, err := wild(r, 150).WithSites([]Site{{"a", []uint32{uint32(1 + r.IntN(150))}}, {"b", []uint32{1, uint32(2 + r.IntN(149))}}})
		if err != nil {
			t.Fatal(err)
		}
		s := New(g, Rules{
			MRAI: Mix{{30 * time.Second, 0.5}}, Jitter: 0.25, Work: Mix{{time.Second, 0.5}}, Delay: Delay{time.Millisecond, 200 * time.Millisecond},
			SenderLoops: seed%2 == 1, HeldBack: seed%3 == 1, Seed: seed,
		})
		a, b := int32(g.Len()-2), int32(g.Len()-1)
		s.traffic = newTraffic(g.Len(), []int32{a, b}, nil)
		s.Announce(a)
		s.Announce(b)
		s.Run(20 * time.Second) // in the midst of it
		checkTraffic(t, s)
		if !s.Run(ever) {
			t.Fatal("it doesn't end")
		}
		checkStable(t, s, a, b)
		checkTraffic(t, s)
		s.Rest()
		s.Withdraw(a)
		s.Run(40 * time.Second)
		checkTraffic(t, s)
		s.Run(ever)
		checkStable(t, s, b)
		checkTraffic(t, s)
		s.traffic.finish(s.queue.Now())
	}
}

func TestReadLinks(t *testing.T) {
	const text = "# a comment\n10|20|-1\n20|30|0\n\n30|40|-1|bgp\n30|20|0\n10|20|-1\n"
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	for name, data := range map[string][]byte{"plain": []byte(text), "gz": packed.Bytes()} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		links, err := ReadLinks(path)
		if err != nil {
			t.Fatal(err)
		}
		g := NewGraph(links)
		as, _ := g.AS(30)
		if g.Len() != 4 || g.Links() != 3 || len(neighbors(g, as, Customer)) != 1 || len(neighbors(g, as, Peer)) != 1 {
			t.Errorf("%s: %d ASes, %d links; AS30 has other neighbors than a customer and a peer", name, g.Len(), g.Links())
		}
	}
}

func TestReadLinksSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"1|2|0\n1|2|7\n":      ":2: ",
		"1|4294967296|0\n":    ":1: ",
		"hello\n":             "provider|customer|-1",
		"1|2|-1\n1|2|0\n":     ":2: AS1 and AS2 are peers, and line 1 says that AS1 is AS2's provider",
		"1|2|-1\n#\n2|1|-1\n": ":3: AS2 is AS1's provider, and line 1 says that AS1 is AS2's provider",
		"5|0|0\n":             ":1: no AS has the number 0",
		"5|5|0\n":             ":1: AS5 is joined to itself",
		"9|1|-1\n1|2|-1\n3|1|-1\n2|3|-1\n3|4|-1\n": ":4: a circle of providers, each of them the next one's: AS2, AS3, AS1, AS2",
		"# nothing\n":         "has no AS relationships",
		"\x1f\x8bno gzip":     "EOF",
		"BZh9 it is no bzip2": "bzip2",
	} {
		path := filepath.Join(t.TempDir(), "rel")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadLinks(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
