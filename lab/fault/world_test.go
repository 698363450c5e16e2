package fault_test

import (
	"context"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/labtest"
	"anylab/lab/service"
	"anylab/topologies"
	"anylab/topologies/document"
)

func parse(t *testing.T, yaml string) topologies.Topology {
	t.Helper()
	top, err := topologies.Parse("test.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return top
}

// setting runs one DNS service on every anycast node.
func setting(top topologies.Topology) fault.Setting {
	s := fault.Setting{Topology: top, Services: map[string][]service.Config{}}
	c := service.Config{Name: "dns", Kind: "dns", Port: 53, Prefixes: top.Anycast, Health: service.Health{
		Kind: "dns", Interval: 100 * time.Millisecond, Timeout: 100 * time.Millisecond, Fall: 2, Rise: 2}}
	for _, p := range top.Anycast {
		c.Addrs = append(c.Addrs, p.Addr())
	}
	for _, node := range top.Of(topologies.Anycast) {
		s.Services[node] = []service.Config{c}
	}
	return s
}

// open starts the speakers and services of a setting in a lab.
func open(t *testing.T, s fault.Setting) *fault.World {
	t.Helper()
	w := &fault.World{Setting: s, Lab: labtest.OpenTopology(t, s.Topology, lab.Options{}),
		Speakers: map[string]*bgp.Daemon{}, Running: map[string][]*service.Service{}}
	for _, n := range w.Lab.Nodes() {
		if n.Daemon != "" {
			w.Speakers[n.Name] = startSpeaker(t, s.Topology, n)
		}
		for _, c := range s.Services[n.Name] {
			running, err := service.Start(context.Background(), n, c, w.Speakers[n.Name], &labtest.Events{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { closeWith(t, running.Close) })
			w.Running[n.Name] = append(w.Running[n.Name], running)
		}
	}
	return w
}

func startSpeaker(t *testing.T, top topologies.Topology, n *lab.Node) *bgp.Daemon {
	t.Helper()
	driver, err := bgp.Named(n.Daemon)
	if err != nil {
		t.Fatal(err)
	}
	c, err := bgp.Configure(top, n.Name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := bgp.Start(context.Background(), driver, n, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeWith(t, d.Close) })
	return d
}

func closeWith(t *testing.T, f func() error) {
	if err := f(); err != nil {
		t.Error(err)
	}
}

// build makes a fault out of YAML parameters.
func build(t *testing.T, kind string, at fault.Place, params string) fault.Fault {
	t.Helper()
	d, err := document.Parse("params.yaml", []byte("{"+params+"}"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := fault.New(kind, at, d.Root())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func on(names ...string) fault.Place { return fault.Place{On: names} }

// oneWay is a place on the link between two nodes, in one direction.
func oneWay(from, to string) fault.Place {
	return fault.Place{On: []string{from, to}, Direction: [2]string{from, to}}
}
