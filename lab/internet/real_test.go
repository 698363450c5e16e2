package internet

import (
	"bufio"
	"compress/bzip2"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// realGraph reads a graph of the folder that ANYLAB_INTERNET names.
func realGraph(t testing.TB, name string) *Graph {
	t.Helper()
	dir := os.Getenv("ANYLAB_INTERNET")
	if dir == "" {
		t.Skip("ANYLAB_INTERNET names no folder with AS relationships")
	}
	links, err := ReadLinks(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return NewGraph(links)
}

// TestRealGraph: nearly all of 78,638 ASes can be reached from the sites, and after each
// fault every one of them is where three phases say.
func TestRealGraph(t *testing.T) {
	g := realGraph(t, "20250901.as-rel.txt.bz2")
	if g.Len() != 78_638 || g.Links() != 493_350 {
		t.Fatalf("%d ASes and %d links, want 78,638 and 493,350", g.Len(), g.Links())
	}
	g, err := g.WithSites([]Site{{"a", []uint32{3356}}, {"b", []uint32{2914}}, {"c", []uint32{174}}, {"d", []uint32{1299, 6453}}})
	if err != nil {
		t.Fatal(err)
	}
	n := int32(g.Len())
	sites := []int32{n - 4, n - 3, n - 2, n - 1}
	s := New(g, Rules{MRAI: Mix{{30 * time.Second, 0.3}, {100 * time.Millisecond, 0.7}}, Jitter: 0.25, Delay: Delay{10 * time.Millisecond, 210 * time.Millisecond}, Seed: 1})
	s.traffic = newTraffic(g.Len(), sites, nil)
	for _, a := range sites {
		s.Announce(a)
	}
	s.Run(ever)
	checkStable(t, s, sites...)
	checkTraffic(t, s)
	if reached := 78_638 - int(s.traffic.sum[len(sites)]); reached < 78_000 {
		t.Errorf("%d ASes are reached, want most", reached)
	}
	s.Rest()
	s.Withdraw(sites[0])
	s.Run(ever)
	checkStable(t, s, sites[1:]...)
	checkTraffic(t, s)
}

// TestRealRoutes compares paths of the graph of 2010 with routes that five ASes had
// then (RIPE RIS): how many are as long, and leave by the same neighbor.
func TestRealRoutes(t *testing.T) {
	g := realGraph(t, "201007.as-rel.txt.bz2")
	f, err := os.Open(filepath.Join(os.Getenv("ANYLAB_INTERNET"), "ris-20100701-sample.txt.bz2"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	routes := map[int32][][]int32{} // by origin
	lines := bufio.NewScanner(bzip2.NewReader(f))
	for lines.Scan() {
		if path := pathOf(g, lines.Text()); len(path) > 1 {
			origin := path[len(path)-1]
			routes[origin] = append(routes[origin], path)
		}
	}
	all, long, next := 0, 0, 0
	for i, origin := range slices.Sorted(maps.Keys(routes)) {
		if i%20 != 0 {
			continue
		}
		s := stableOf(g, origin)
		for _, path := range routes[origin] {
			if all++; s.length[path[0]] == len(path)-1 {
				long++
			}
			if s.next[path[0]] == path[1] {
				next++
			}
		}
	}
	t.Logf("of %d routes %.1f %% have the same length, %.1f %% the same next AS", all, 100*float64(long)/float64(all), 100*float64(next)/float64(all))
	if all < 500 || float64(long) < 0.4*float64(all) || float64(next) < 0.3*float64(all) {
		t.Errorf("of %d routes %d have the same length and %d the same next AS", all, long, next)
	}
}

// pathOf reads "peer|prefix|AS path", without what is prepended; nothing if an AS is
// not of the graph.
func pathOf(g *Graph, line string) (path []int32) {
	for _, word := range strings.Fields(line[strings.LastIndexByte(line, '|')+1:]) {
		n, err := strconv.ParseUint(word, 10, 32)
		as, ok := slices.BinarySearch(g.ASN, uint32(n))
		if err != nil || !ok {
			return nil
		}
		if len(path) == 0 || path[len(path)-1] != int32(as) {
			path = append(path, int32(as))
		}
	}
	return path
}
