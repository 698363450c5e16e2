package reports

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"anylab/lab/record"
	"anylab/reports/stats"
)

// Counted reads from a run's record how the site endured a stress: how often it failed
// over falsely, and what the gaps between the packets that its sessions live by make of
// that on a busy machine.
func (s Stress) Counted(dir string, site string) (Endured, error) {
	e := Endured{Stress: s.Name}
	run, err := record.ReadRun(dir)
	if err != nil {
		return e, err
	}
	w := watch{site: site, said: map[[2]string]record.BFD{}, faults: len(run.Experiment.Faults) > 0}
	for event, err := range record.Events(dir) {
		if err != nil {
			return e, err
		}
		w.take(event)
	}
	if w.up > 0 {
		e.Lab = exposure(w.up/3600, w.alarms)
	}
	x := *run.Experiment
	if s.Simulable() {
		rate := s.Computed(x, site)
		e.Computed = &rate
		return e, nil
	}
	return e, s.fromGaps(&e, dir, x, site)
}

// fromGaps computes the rate from what arrived in the lab.
func (s Stress) fromGaps(e *Endured, dir string, x record.Experiment, site string) error {
	rate := 0.0
	for _, l := range watched(x, site) {
		heard, err := heardOn(filepath.Join(dir, "pcap", l.Name+".pcapng"))
		if err != nil {
			return err
		}
		for _, gaps := range heard {
			e.Gaps += len(gaps)
			rate += stats.Heartbeat{Gaps: gaps, Loss: s.Loss}.Alarms(silence(l))
		}
	}
	span, answered, err := answers(dir, site)
	if err != nil {
		return err
	}
	if span > 0 {
		rate += polled(x, site, span, answered)
	}
	if e.Gaps > 0 || span > 0 {
		e.Computed = &rate
	}
	return nil
}

// watch counts the false failovers of a site.
type watch struct {
	site   string
	said   map[[2]string]record.BFD // by link and sender
	trial  bool
	broken bool // a fault that lasts: the stress itself
	faults bool // a trial has any
	since  record.Time
	up     float64 // seconds
	alarms int
}

// counts says whether now is a time that counts.
func (w *watch) counts() bool { return w.trial && (w.broken || !w.faults) && !w.down() }

// down says whether a session of the site is.
func (w *watch) down() bool {
	for _, b := range w.said {
		if b.State != "up" {
			return true
		}
	}
	return false
}

func (w *watch) take(e record.Event) {
	if w.counts() {
		w.up += e.At.Sub(w.since).Seconds()
	}
	w.since = e.At
	switch d := e.Data.(type) {
	case record.Trial:
		w.tried(d.Phase)
	case record.Fault:
		w.broken = d.Phase == record.FaultEffective || d.Phase == record.FaultVerified
	case record.BFD:
		w.heard(d)
	case record.Health:
		if e.Node == w.site && !d.Healthy && w.counts() {
			w.alarms++
		}
	case record.BGP:
		expired := d.Type == record.BGPNotification && d.Code == 4 // hold timer expired (RFC 4271 section 4.5)
		if expired && (d.From == w.site || d.To == w.site) && w.counts() {
			w.alarms++
		}
	}
}

func (w *watch) tried(phase record.TrialPhase) {
	switch phase {
	case record.TrialBegin:
		w.trial = true
	case record.TrialEnd:
		w.trial, w.broken = false, false
	}
}

// heard notes what a BFD packet says. A silence that was too long is said once by whom
// it was too long for, however often the packet is seen.
func (w *watch) heard(b record.BFD) {
	if b.From != w.site && b.To != w.site {
		return
	}
	key := [2]string{b.Link, b.From}
	before, known := w.said[key]
	const expired = 1 // control detection time (RFC 5880 section 4.1)
	if b.State == "down" && b.Diag == expired && (!known || before.State == "up") && w.counts() {
		w.alarms++
	}
	w.said[key] = b
}

// heardOn reads a link's capture: the gaps between BFD packets of each end, in seconds,
// while both say that the session is up.
func heardOn(file string) (map[string][]float64, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := pcapgo.NewNgReader(f, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	gaps, last, up := map[string][]float64{}, map[string]float64{}, map[string]bool{}
	for {
		data, info, err := in.ReadPacketData()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return gaps, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		from, state, ok := control(data)
		if !ok {
			continue
		}
		if up[from] = state == layers.BFDStateUp; slices.Contains(values(up), false) {
			clear(last)
			continue
		}
		at := float64(info.Timestamp.UnixNano()) / 1e9
		if before, known := last[from]; known {
			gaps[from] = append(gaps[from], at-before)
		}
		last[from] = at
	}
}

func values(m map[string]bool) []bool {
	var list []bool
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

// control reads a BFD packet of a single hop or of several (RFC 5881, RFC 5883).
func control(frame []byte) (from string, state layers.BFDState, ok bool) {
	p := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.NoCopy)
	b, ok := p.Layer(layers.LayerTypeBFD).(*layers.BFD)
	if !ok || p.NetworkLayer() == nil {
		return "", 0, false
	}
	return p.NetworkLayer().NetworkFlow().Src().String(), b.State, true
}

// answers says how long the site took to answer a request at a moment of the record,
// by whoever asked it closest to that.
func answers(dir, site string) (span float64, answered func(at float64) float64, err error) {
	groups, err := record.ProbeGroups(dir)
	if err != nil {
		return 0, nil, err
	}
	type taken struct{ at, took float64 }
	var all []taken
	for _, g := range groups {
		for s, err := range record.Samples(dir, g.Name) {
			if err != nil {
				return 0, nil, err
			}
			took := math.Inf(1)
			if !s.Lost() {
				took = s.Received.Sub(s.Sent).Seconds()
			}
			if s.Lost() || s.Node == site {
				all = append(all, taken{float64(s.Sent) / 1e9, took})
			}
		}
	}
	if len(all) == 0 {
		return 0, nil, nil
	}
	slices.SortFunc(all, func(a, b taken) int { return cmp.Compare(a.at, b.at) })
	first := all[0].at
	return all[len(all)-1].at - first, func(at float64) float64 {
		i, _ := slices.BinarySearchFunc(all, at+first, func(t taken, at float64) int { return cmp.Compare(t.at, at) })
		return all[min(i, len(all)-1)].took
	}, nil
}
