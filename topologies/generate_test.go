package topologies

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"anylab/topologies/document"
)

func TestGenerated(t *testing.T) {
	for _, c := range []struct {
		ask                              string
		routers, sites, clients, between int // links between routers
	}{
		{"{kind: star, sites: 4, clients: 3}", 1, 4, 3, 0},
		{"{kind: star}", 1, 3, 1, 0},
		{"{kind: ring, sites: 1}", 1, 1, 1, 0},
		{"{kind: ring, sites: 2}", 2, 2, 1, 1},
		{"{kind: ring, sites: 5, clients: 7}", 5, 5, 7, 5},
		{"{kind: ring, sites: 2, routers: 6}", 6, 2, 1, 6},
		{"{kind: clique, sites: 1, routers: 5}", 5, 1, 1, 10},
		{"{kind: leaf-spine, sites: 6, clients: 4}", 8, 6, 4, 12},
		{"{kind: world, sites: 1, clients: 3, seed: 7}", 1, 1, 3, 0},
		{"{kind: world, sites: 300, clients: 100}", 300, 300, 100, -1},
	} {
		top, err := Parse("x.yaml", []byte("name: x\ngenerate: "+c.ask+"\nanycast: 192.0.2.1/32\n"))
		if err != nil {
			t.Errorf("%s: %v", c.ask, err)
			continue
		}
		between := 0
		for _, l := range top.Links {
			a, _ := top.Node(l.Ends[0].Node)
			b, _ := top.Node(l.Ends[1].Node)
			if a.Role == Router && b.Role == Router {
				between++
			}
		}
		if r, s, n := len(top.Of(Router)), len(top.Of(Anycast)), len(top.Of(Client)); r != c.routers || s != c.sites || n != c.clients || c.between >= 0 && between != c.between {
			t.Errorf("%s: %d routers, %d sites, %d clients, %d links between routers; want %+v", c.ask, r, s, n, between, c)
		}
	}
}

func TestFewerThanNoneAreNotGenerated(t *testing.T) {
	for _, ask := range []string{"star, prepend: -1", "ring, prepend: -1", "clique, routers: -1"} {
		_, err := Parse("x.yaml", []byte("name: x\ngenerate: {kind: "+ask+"}\nanycast: 192.0.2.1/32\n"))
		if err == nil || !strings.HasPrefix(err.Error(), "x.yaml:2:") || !strings.Contains(err.Error(), "is -1; it must be at least 0") {
			t.Errorf("%s: %v", ask, err)
		}
	}
}

// What would be too much for anybody is refused before it is made, at its place.
func TestTooMuchIsNotGenerated(t *testing.T) {
	for _, ask := range []string{"star, sites: 2999", "ring, sites: 1500", "leaf-spine, sites: 10000", "clique, sites: 111", "clique, sites: 1, routers: 1000", "world, sites: 10000, clients: 10000"} {
		_, err := Parse("x.yaml", []byte("name: x\ngenerate: {kind: "+ask+"}\nanycast: 192.0.2.1/32\n"))
		if err == nil || !strings.HasPrefix(err.Error(), "x.yaml:2:") || !strings.Contains(err.Error(), "may have 3000 and 6000") {
			t.Errorf("%s: %v", ask, err)
		}
	}
	for _, ask := range []string{"star, sites: 2998", "world, sites: 1499"} {
		if _, err := Parse("x.yaml", []byte("name: x\ngenerate: {kind: "+ask+"}\nanycast: 192.0.2.1/32\n")); err != nil {
			t.Errorf("%s: %v", ask, err)
		}
	}
}

// What is expanded is the same network, and the same seed makes the same one.
func TestExpandedIsTheSame(t *testing.T) {
	made := map[string]bool{}
	for _, seed := range []int{1, 1, 2} {
		text := fmt.Sprintf("name: x\nbgp: {hold: 6s, keepalive: 2s}\ngenerate: {kind: world, sites: 5, clients: 6, seed: %d}\nanycast: 192.0.2.1/32\n", seed)
		d, err := document.Parse("x.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		whole, err := Expand(d)
		if err != nil {
			t.Fatal(err)
		}
		made[whole] = true
		a, errA := Parse("x.yaml", []byte(text))
		b, errB := Parse("y.yaml", []byte(whole))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if fmt.Sprint(a.Nodes) == "" || len(a.Links) != len(b.Links) || !reflect.DeepEqual(a.Links[3].Ends, b.Links[3].Ends) || a.Links[3].BGP != b.Links[3].BGP || a.Links[3].Kilometres == 0 {
			t.Errorf("%+v and %+v", a.Links[3], b.Links[3])
		}
	}
	if len(made) != 2 {
		t.Errorf("two seeds made %d networks", len(made))
	}
}

func TestGeneratedMistakes(t *testing.T) {
	for ask, want := range map[string]string{
		"generate: {kind: stars}":                            `x.yaml:2:18: unknown kind "stars" (did you mean "star"?)`,
		"generate: {kind: star, seed: 2}":                    "x.yaml:2:24: nothing of a star is drawn",
		"generate: {kind: star, routers: 4}":                 "x.yaml:2:24: the routers of a star follow from its sites",
		"generate: {kind: clique, sites: 4, routers: 3}":     "3 routers are too few",
		"generate: {kind: star, sites: 0}":                   "sites is 0",
		"generate: {kind: star}\nnodes: {a: {role: client}}": "x.yaml:3:1: nodes can't stand beside generate",
		"generate: {kind: ring, sites: 100000}":              "sites is 100000",
		"summary: nothing":                                   `the key "nodes" is missing; or say generate`,
		"nodes: {a: {role: client}}":                         `the key "links" is missing; or say generate`,
	} {
		_, err := Parse("x.yaml", []byte("name: x\n"+ask+"\nanycast: 192.0.2.1/32\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", ask, err, want)
		}
	}
}
