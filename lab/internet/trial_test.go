package internet

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"anylab/lab/record"
	"anylab/scenarios"
)

// small are two sites: a under AS1, b under AS2, which are peers. AS3 is a customer
// of AS1, AS4 of AS2, and AS5 of AS3 alone.
func small(t *testing.T) *deployment {
	t.Helper()
	g, err := NewGraph([]Link{{1, 2, Peer}, {1, 3, Customer}, {2, 4, Customer}, {3, 5, Customer}}).WithSites([]Site{{"a", []uint32{1}}, {"b", []uint32{2}}})
	if err != nil {
		t.Fatal(err)
	}
	return &deployment{graph: g, names: []string{"a", "b"}, sites: []int32{5, 6}}
}

// strike simulates faults on the small graph, where each link takes 10 ms.
func strike(t *testing.T, faults ...scenarios.InternetFault) record.InternetTrial {
	t.Helper()
	d := small(t)
	s := New(d.graph, Rules{Delay: Delay{Low: 10 * time.Millisecond}, Limit: time.Hour, Seed: 1})
	s.traffic = newTraffic(d.graph.Len(), d.sites, nil)
	for _, as := range d.sites {
		s.Announce(as)
	}
	s.Run(ever)
	s.Rest()
	r, err := d.trial(s, faults)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Converged {
		t.Error("it does not converge")
	}
	for _, share := range r.Shares {
		if math.Abs(total(share.Of)-1) > 1e-9 {
			t.Errorf("shares %v are not of all", share)
		}
	}
	return r
}

// shares are those of a, b, nobody and loops, of five clients.
func shares(counts ...float64) []float64 { return part(counts, 5) }

func TestWithdrawalOfASite(t *testing.T) {
	r := strike(t, scenarios.InternetFault{Kind: scenarios.InternetWithdraw, On: []string{"a"}})
	if !slices.Equal(r.Before, shares(3, 2, 0, 0)) || !slices.Equal(r.After, shares(0, 5, 0, 0)) {
		t.Errorf("served before %v, after %v", r.Before, r.After)
	}
	if r.Moved[0][1] != 0.6 || r.Moved[1][1] != 0.4 {
		t.Errorf("moved: %v", r.Moved)
	}
	// AS1 hears of it after 10 ms and knows the way over its peer: all behind it follow.
	if r.Outage.Affected != 0.6 || r.Outage.Times[0] != 10*time.Millisecond || r.Outage.Times[100] != 10*time.Millisecond {
		t.Errorf("outage %+v, want 10 ms for 3 of 5", r.Outage)
	}
	// AS5 has its last path one link after AS3, which has it one after AS1. So has site
	// a, which hears the path from AS1.
	if want := 30 * time.Millisecond; r.Settled[100] != want {
		t.Errorf("settled at %v, want %v", r.Settled[100], want)
	}
}

func TestSilenceLastsUntilItIsNoticed(t *testing.T) {
	for _, c := range []struct {
		fault     scenarios.InternetFault
		low, high time.Duration
	}{
		{scenarios.InternetFault{Hold: 90 * time.Second}, 60 * time.Second, 90 * time.Second},
		{scenarios.InternetFault{BFD: [2]time.Duration{50 * time.Millisecond, 150 * time.Millisecond}}, 100 * time.Millisecond, 150 * time.Millisecond},
	} {
		c.fault.Kind, c.fault.On = scenarios.InternetSilent, []string{"a"}
		r := strike(t, c.fault)
		if got := r.Outage.Times[100]; r.Outage.Affected != 0.6 || got < c.low || got > c.high {
			t.Errorf("%+v: 3 of 5 are to be cut off for %v to %v, and %v are for %v", c.fault, c.low, c.high, r.Outage.Affected, got)
		}
	}
}

func TestASesPartAndFail(t *testing.T) {
	parted := strike(t, scenarios.InternetFault{Kind: scenarios.InternetDepeer, On: []string{"AS1", "a"}})
	if !slices.Equal(parted.After, shares(0, 5, 0, 0)) || parted.Outage.Affected != 0 {
		t.Errorf("parted: %v, cut off %v; want all at b, and nobody cut off", parted.After, parted.Outage.Affected)
	}
	failed := strike(t, scenarios.InternetFault{Kind: scenarios.InternetFail, On: []string{"AS1"}, Hold: 90 * time.Second})
	if !slices.Equal(failed.After, shares(0, 2, 3, 0)) || math.Abs(failed.Outage.Lost-0.6) > 1e-9 {
		t.Errorf("AS1 failed: %v, lost %v; want 3 of 5 lost", failed.After, failed.Outage.Lost)
	}
	later := strike(t, scenarios.InternetFault{Kind: scenarios.InternetWithdraw, On: []string{"b"}, After: time.Second},
		scenarios.InternetFault{Kind: scenarios.InternetWithdraw, On: []string{"a"}})
	if !slices.Equal(later.After, shares(0, 0, 5, 0)) || later.Shares[len(later.Shares)-1].At < time.Second {
		t.Errorf("both withdrawn: %v", later.After)
	}
}

// TestExperimentRepeatsItself: the same seed gives the same record, whoever of the
// workers simulates which trial.
func TestExperimentRepeatsItself(t *testing.T) {
	s, err := scenarios.LoadInternet("internet-sites", "topology.internet.ases=500", "topology.deploy.sites=5", "trials=2")
	if err != nil {
		t.Fatal(err)
	}
	x, err := Load(s)
	if err != nil {
		t.Fatal(err)
	}
	run := func() (list []record.InternetTrial) {
		err := x.Run(context.Background(), 7, record.SinkFunc(func(e record.Event) { list = append(list, e.Data.(record.InternetTrial)) }), func(int, int, string) {})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	a, b := run(), run()
	if len(a) != 10 {
		t.Fatalf("%d trials, want two for each of 5 sites", len(a))
	}
	for i := range a {
		if a[i].Seed != b[i].Seed || a[i].Changes != b[i].Changes || !slices.Equal(a[i].Settled, b[i].Settled) || !slices.Equal(a[i].Outage.Times, b[i].Outage.Times) {
			t.Errorf("trial %d differs when it is simulated again", i)
		}
	}
}

// TestGeneratedGraphIsLikeTheInternet: against 78,638 ASes with 161,166 links to
// customers and 332,184 of peers, 12,400 of them with customers.
func TestGeneratedGraphIsLikeTheInternet(t *testing.T) {
	g := Generate(20_000, 3)
	count := func(c Class) (ends, ases int) {
		for as := range int32(g.Len()) {
			if n := len(neighbors(g, as, c)); n > 0 {
				ends, ases = ends+n, ases+1
			}
		}
		return ends, ases
	}
	customers, transit := count(Customer)
	peers, _ := count(Peer)
	n := float64(g.Len())
	for what, v := range map[string][2]float64{
		"customers of an AS":       {float64(customers) / n, 2.05},
		"peerings of an AS":        {float64(peers) / 2 / n, 4.22 * 0.75}, // of few ASes none can have as many peers
		"share that has customers": {float64(transit) / n, 0.158},
	} {
		if v[0] < 0.75*v[1] || v[0] > 1.25*v[1] {
			t.Errorf("%s: %.3f, want about %.3f", what, v[0], v[1])
		}
	}
	origin := int32(g.Len() - 1)
	lengths := stableOf(g, origin)
	sum := 0
	for as, next := range lengths.next {
		if next == nowhere {
			t.Fatalf("AS%d has no path to AS%d", g.ASN[as], g.ASN[origin])
		}
		sum += lengths.length[as]
	}
	if mean := float64(sum) / n; mean < 3 || mean > 5 {
		t.Errorf("paths have %.2f ASes, want 3 to 5", mean)
	}
}
