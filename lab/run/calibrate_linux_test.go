package run

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"anylab/lab/labtest"
	"anylab/lab/record"
)

// Known silences are made before the first trial, each between its stamps, and
// requests are lost in those that cut something and nowhere else.
func TestSilencesAreMadeBeforeTheFirstTrial(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	p := compile(t, "no-fault", "trials=1")
	p.Calibration = Calibration{lengths(0, 300), 2} // far longer than anything holds a request up
	path, err := execute(t.Context(), t, p)
	if err != nil {
		t.Fatal(err)
	}
	var made []record.Silence
	begun := false
	for e, err := range record.Events(path) {
		if err != nil {
			t.Fatal(err)
		}
		switch d := e.Data.(type) {
		case record.Trial:
			begun = true
		case record.Silence:
			if begun || e.Node != "london" {
				t.Errorf("a silence on %q, after a trial began: %v", e.Node, begun)
			}
			if !slices.IsSorted([]record.Time{d.Since, d.Cut, d.Dark, d.Lift, d.Clear, e.At}) {
				t.Errorf("stamps out of order: %+v", d)
			}
			if d.Asked > 0 && d.Lift.Sub(d.Dark) < d.Asked {
				t.Errorf("asked for %v, lasted %v", d.Asked, d.Lift.Sub(d.Dark))
			}
			made = append(made, d)
		}
	}
	if len(made) != 4 {
		t.Fatalf("%d silences, want 4", len(made))
	}
	lost := lostIn(t, path, made)
	for i, s := range made {
		if (s.Asked > 0) != (lost[i] > 0) {
			t.Errorf("%d requests were lost in a silence of %v", lost[i], s.Asked)
		}
	}
}

// lostIn counts the lost requests in each silence. One outside of them all is
// an error, though not one that was being sent while a silence was switched.
func lostIn(t *testing.T, path string, made []record.Silence) []int {
	t.Helper()
	lost := make([]int, len(made))
	for s, err := range record.Samples(path, "london-dns") {
		if err != nil {
			t.Fatal(err)
		}
		in := slices.IndexFunc(made, func(d record.Silence) bool { return s.Left() >= d.Cut && s.Sent <= d.Clear })
		switch {
		case in >= 0 && s.Lost():
			lost[in]++
		case in >= 0 && s.Sent > made[in].Dark && s.Left() < made[in].Lift:
			t.Errorf("request %d was answered from within the dark", s.Seq)
		case in < 0 && s.Lost() && s.Sent >= made[0].Since && s.Sent < made[len(made)-1].Clear.Add(20*time.Millisecond):
			t.Errorf("request %d was lost outside of all silences", s.Seq)
		}
	}
	return lost
}

func TestCalibrationNeedsRequestsThatStayLost(t *testing.T) {
	c := &clients{}
	c.add(record.ProbeGroup{Name: "a", Client: "london", Kind: "tcp-stream", Timeout: time.Second})
	c.add(record.ProbeGroup{Name: "e", Client: "london", Kind: "http", Timeout: 1500 * time.Millisecond})
	if got := c.calibrated(); len(got) != 0 {
		t.Errorf("%v are to be calibrated though TCP repeats what is lost", got)
	}
	c.add(record.ProbeGroup{Name: "b", Client: "london", Kind: "dns"})
	c.add(record.ProbeGroup{Name: "c", Client: "london", Kind: "udp"})
	c.add(record.ProbeGroup{Name: "d", Client: "paris", Kind: "http", Timeout: time.Second})
	if got := c.calibrated(); !slices.Equal(got, []string{"london", "paris"}) {
		t.Errorf("clients %v, want each once", got)
	}
}

// Every cell is calibrated once at least, the run as a whole first of all, and
// not all in the first round: a machine changes in half an hour.
func TestEveryCellIsCalibrated(t *testing.T) {
	for _, trials := range []string{"1", "2", "5", "{min: 10, max: 100, until: ci95(median(outage)) < 5%}"} {
		p := compile(t, "service-crash", "trials="+trials, "matrix={services.dns.health.interval: [50ms, 60ms, 70ms, 80ms, 90ms]}")
		visits := p.schedule(rand.New(rand.NewPCG(1, 0)))
		if first := visits[0].calibration; first.Each != ShortCalibration.Each {
			t.Errorf("%s trials: the run begins with %+v", trials, first)
		}
		calibrated, last := map[int]bool{}, 0
		for _, v := range visits {
			if v.calibration.Each > 0 {
				calibrated[v.cell], last = true, v.number
			}
		}
		if len(calibrated) != 5 {
			t.Errorf("%s trials: only the cells %v are calibrated", trials, calibrated)
		}
		if first := len(p.cells); len(visits) >= rounds*first && (last < 2*first || last >= rounds*first) {
			t.Errorf("%s trials: the last calibration is in visit %d of %d", trials, last+1, len(visits))
		}
	}
	p := compile(t, "no-fault")
	p.Calibration = Calibration{}
	for _, v := range p.schedule(rand.New(rand.NewPCG(1, 0))) {
		if v.calibration.Each != 0 {
			t.Errorf("a run without calibration has %+v", v.calibration)
		}
	}
}

// Every shard's machine is calibrated, cells as often as in the run that is not divided.
func TestShardsAreCalibratedAsTheRun(t *testing.T) {
	count := func(visits []visit) (brief map[int]int) {
		brief = map[int]int{}
		for _, v := range visits {
			if v.calibration.Each == briefCalibration.Each {
				brief[v.cell]++
			}
		}
		return brief
	}
	p := compile(t, "service-crash", "trials=12", "matrix={services.dns.health.interval: [50ms, 60ms, 70ms, 80ms, 90ms]}")
	p.Seed = 7
	whole, shards := count(p.schedule(p.beginning())), map[int]int{}
	const of = 4
	for i := range of {
		p.Shard = &record.Shard{Index: i + 1, Of: of}
		own := p.share(p.schedule(p.beginning()))
		if first := own[0].calibration; first.Each != ShortCalibration.Each {
			t.Errorf("shard %v begins with %+v", *p.Shard, first)
		}
		for cell, n := range count(own) {
			shards[cell] += n
		}
	}
	for cell := range p.cells {
		if shards[cell] > whole[cell] {
			t.Errorf("cell %d is calibrated %d times in shards, %d times in the run", cell, shards[cell], whole[cell])
		}
	}
	if len(whole) < len(p.cells)-1 || len(shards) == 0 {
		t.Errorf("cells are calibrated %v times, in shards %v", whole, shards)
	}
}

func TestSilencesOfEachLengthWithEachClient(t *testing.T) {
	c := Calibration{lengths(0, 5, 20, 50), 6}
	for clients := 1; clients <= 3; clients++ {
		made := map[time.Duration]map[string]int{}
		for i := range c.Each * len(c.Lengths) {
			length, client := c.turn(i, []string{"london", "tokyo", "lima"}[:clients])
			if made[length] == nil {
				made[length] = map[string]int{}
			}
			made[length][client]++
		}
		for _, length := range c.Lengths {
			for client, n := range made[length] {
				if n != c.Each/clients || len(made[length]) != clients {
					t.Errorf("%d clients: %d silences of %v with %s; %v", clients, n, length, client, made)
				}
			}
		}
	}
}
