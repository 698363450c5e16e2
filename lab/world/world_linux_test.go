package world_test

import (
	"context"
	"testing"
	"time"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/fault"
	"anylab/lab/labtest"
	"anylab/lab/service"
	"anylab/lab/world"
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

// services runs one DNS service on every anycast node.
func services(top topologies.Topology) map[string][]service.Config {
	list := map[string][]service.Config{}
	c := service.Config{Name: "dns", Kind: "dns", Port: 53, Prefixes: top.Anycast, Health: service.Health{
		Kind: "dns", Interval: 100 * time.Millisecond, Timeout: 100 * time.Millisecond, Fall: 2, Rise: 2}}
	for _, p := range top.Anycast {
		c.Addrs = append(c.Addrs, p.Addr())
	}
	for _, node := range top.Of(topologies.Anycast) {
		list[node] = []service.Config{c}
	}
	return list
}

// open starts the speakers and services in a lab.
func open(t *testing.T, top topologies.Topology, services map[string][]service.Config) *world.World {
	t.Helper()
	w := &world.World{Setting: world.Setting(top, services), Lab: labtest.OpenTopology(t, top, lab.Options{}),
		Speakers: map[string]*bgp.Daemon{}, Running: map[string][]*service.Service{}}
	for _, n := range w.Lab.Nodes() {
		if n.Daemon != "" {
			w.Speakers[n.Name] = startSpeaker(t, top, n)
		}
		for _, c := range services[n.Name] {
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

// openWhole opens a topology with one DNS service on every anycast node.
func openWhole(t *testing.T, yaml string) *world.World {
	top := parse(t, yaml)
	return open(t, top, services(top))
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

// inject injects a fault and wants it to be in effect.
func inject(t *testing.T, w *world.World, f fault.Fault) fault.Injected {
	t.Helper()
	in, err := f.Inject(t.Context(), w.Breakable(0))
	check(t, err)
	wantActive(t, in, true)
	return in
}

// heal heals a fault and wants it to be gone.
func heal(t *testing.T, in fault.Injected) {
	t.Helper()
	check(t, in.Heal(t.Context()))
	wantActive(t, in, false)
}

func wantActive(t *testing.T, in fault.Injected, want bool) {
	t.Helper()
	if active, err := in.Active(t.Context()); err != nil || active != want {
		t.Errorf("active %v, %v, want %v", active, err, want)
	}
}

// oneWay is a place on the link between two nodes, in one direction.
func oneWay(from, to string) fault.Place {
	return fault.Place{On: []string{from, to}, Direction: [2]string{from, to}}
}
