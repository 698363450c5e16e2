package timeline

import (
	"iter"
	"testing"
	"time"

	"anylab/lab/record"
)

// twoClients is a crash that cuts london off for 100 ms, and tokyo, which is
// far away and asks seldom, for 300 ms.
func twoClients(t *testing.T) Failover {
	t.Helper()
	s, far := newSim(), newSim()
	crash(s, 100)
	crash(far, 300)
	s.x.Topology.Nodes = append(s.x.Topology.Nodes, record.Node{Name: "tokyo", Role: record.ClientNode})
	s.x.Topology.Links = append(s.x.Topology.Links, record.Link{Name: "upstream-tokyo", Ends: [2]record.LinkEnd{{Node: "upstream"}, {Node: "tokyo"}}})
	far.group = record.ProbeGroup{Name: "tokyo-dns", Client: "tokyo", Service: "dns", Kind: "dns", Rate: 100, Flows: 4, Timeout: time.Second}
	far.rtt = 200
	s.probe(0.5, 6000)
	far.probe(0.5, 6000)
	of := map[string]*sim{"london-dns": s, "tokyo-dns": far}
	list, err := Build(Input{
		Events: seq(s.events), Groups: []record.ProbeGroup{s.group, far.group},
		Spans:      func(group string) iter.Seq2[record.Span, error] { return singly(of[group].samples) },
		Experiment: func(map[string]string) record.Experiment { return s.x },
	})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func TestEachClientIsSeenByItself(t *testing.T) {
	f := twoClients(t)
	if len(f.Clients) != 2 {
		t.Fatalf("%d clients, want 2", len(f.Clients))
	}
	near, _ := f.Of("london")
	far, _ := f.Of("tokyo")
	if _, known := f.Of("paris"); known || near.Service != "dns" || far.Service != "dns" {
		t.Errorf("paris is known, or the services are not: %s, %s", near.Service, far.Service)
	}
	checkBounds(t, near.Broken.Outage, 100, 3*ms)
	checkBounds(t, far.Broken.Outage, 300, 25*ms)
	checkBounds(t, near.Interruption().Interval, 100, 3*ms)
	if o := f.Broken.Outage; o.Value != far.Broken.Outage.Value {
		t.Errorf("the trial's outage is %v, want the far client's, %v", o.Value, far.Broken.Outage.Value)
	}
	if got := near.Broken.Lost + far.Broken.Lost; got != f.Broken.Lost || near.Broken.Lost < 99 || near.Broken.Lost > 101 {
		t.Errorf("%d and %d lost, together %d", near.Broken.Lost, far.Broken.Lost, f.Broken.Lost)
	}
	if r := near.RoundTrip; r.Before != 200*time.Microsecond || r.After != r.Before || r.Healed != r.Before {
		t.Errorf("round trips of the near client %v, want 0.2 ms", r)
	}
	if r := far.RoundTrip; r.Before != 200*ms || r.After != 200*ms || r.Healed != 200*ms {
		t.Errorf("round trips of the far client %v, want 200 ms", r)
	}
	if near.Broken.Client != "london" || far.Broken.Client != "tokyo" {
		t.Errorf("the stages are those of %s and %s", near.Broken.Client, far.Broken.Client)
	}
}

// Who asks several services has a reading of each, and of all.
func TestSeveralServicesOfAClient(t *testing.T) {
	s := newSim()
	crash(s, 100)
	s.probe(0.5, 6000)
	web := s.group
	web.Name, web.Service = "london-web", "web"
	list, err := Build(Input{
		Events: seq(s.events), Groups: []record.ProbeGroup{s.group, web},
		Spans:      func(string) iter.Seq2[record.Span, error] { return singly(s.samples) },
		Experiment: func(map[string]string) record.Experiment { return s.x },
	})
	if err != nil {
		t.Fatal(err)
	}
	var services []string
	for _, c := range list[0].Clients {
		services = append(services, c.Service)
	}
	all, _ := list[0].Of("london")
	if len(services) != 3 || services[0] != "" || services[1] != "dns" || services[2] != "web" || all.Broken.Sent != 2*list[0].Clients[1].Broken.Sent {
		t.Errorf("services %q, %d requests of all", services, all.Broken.Sent)
	}
}
