package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"anylab/lab/labtest"
	"anylab/lab/record"
	"anylab/reports"
	"anylab/reports/timeline"
)

// agree is by how much a stage may differ from what the witness makes of the
// packets: both read the kernel's stamps, at one end of the link or the other.
const agree = 200 * time.Microsecond

// The captures are read by somebody else's program, which knows nothing of how
// we decode BGP and BFD, and must come to the same moments.
func TestTsharkComesToTheSameMoments(t *testing.T) {
	if testing.Short() {
		t.Skip("carries scenarios out")
	}
	labtest.Require(t, "tshark")
	if !able() {
		t.Skip("this machine can't build labs")
	}
	for _, scenario := range []string{"service-crash", "link-down", "silent-drop-bfd"} {
		t.Run(scenario, func(t *testing.T) {
			agreeOnce(t, func() attempt {
				r := carryOut(t, scenario)
				if r == nil {
					return attempt{}
				}
				f := r.Failovers[0]
				w := witness{t: t, packets: tshark(t, r), node: address(t, r, f.Node, f.Node), peer: address(t, r, f.Node, "upstream")}
				w.check(f.Broken, f.Faults[0].Inject, map[timeline.StageName]func(packet) bool{
					timeline.Detect: w.bfdFalls, timeline.Withdraw: w.withdraws, timeline.Receive: w.withdraws,
				})
				w.check(f.Mended, f.Faults[0].Heal, map[timeline.StageName]func(packet) bool{
					timeline.Announce: w.announces, timeline.Receive: w.announces,
				})
				return attempt{w.moments, conclusive(r)}
			})
		})
	}
}

// moment is when one stage ended, as we say and as the witness does.
type moment struct {
	stage        timeline.StageName
	ours, theirs time.Duration // since the episode's zero
	unseen       bool          // by the witness
}

// attempt is what a witness made of one trial. There are no moments if the
// machine was too busy for a whole one.
type attempt struct {
	moments    []moment
	conclusive bool
}

// far is what nothing excuses in a conclusive trial: another packet was taken
// for the moment.
const far = 20 * time.Millisecond

// agreeOnce makes a trial up to three times until all its moments agree. A busy
// machine may hold a packet up between the two ends of a link; an error of ours
// is there every time, or is far off.
func agreeOnce(t *testing.T, trial func() attempt) {
	t.Helper()
	for range 3 {
		a := trial()
		apart := 0
		for _, m := range a.moments {
			off := (m.ours - m.theirs).Abs()
			t.Logf("%s: %v in the result, %v by the witness; unseen: %v, conclusive: %v", m.stage, m.ours, m.theirs, m.unseen, a.conclusive)
			if off > far && a.conclusive && !m.unseen {
				t.Fatalf("%s is off by %v", m.stage, off)
			}
			if off > agree || m.unseen {
				apart++
			}
		}
		if apart == 0 && len(a.moments) > 0 {
			return
		}
	}
	t.Errorf("in no trial did result and witness agree within %v", agree)
}

func conclusive(r *reports.Report) bool { return r.Result.Trials[0].Status == reports.OK }

// carryOut makes one trial; nil if it did not become a whole one.
func carryOut(t *testing.T, scenario string) *reports.Report {
	t.Helper()
	out := t.TempDir()
	text, err := exec.Command("anylab", "run", scenario, "--trials", "1", "--set", "faults.0.for=1s", "--set", "sustain=300ms", "--quiet", "--out", out).CombinedOutput()
	dirs, _ := filepath.Glob(filepath.Join(out, scenario, "*"))
	if len(dirs) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	return loadTrial(t, dirs[0], string(text))
}

// loadTrial reads a run of one trial; nil if it was not a whole one.
func loadTrial(t testing.TB, dir, said string) *reports.Report {
	t.Helper()
	r, err := reports.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Failovers) != 1 || r.Failovers[0].Mended.Zero == 0 {
		t.Logf("no whole trial was made: %s", said)
		return nil
	}
	return r
}

// address returns the address of one end of a node's first link.
func address(t *testing.T, r *reports.Report, node, end string) string {
	t.Helper()
	links := slices.Collect(r.Run.Experiment.Topology.LinksOf(node))
	if len(links) == 0 {
		t.Fatalf("node %s has no link", node)
	}
	return links[0].Near(end).IPv4.Addr().String()
}

// packet is what tshark says of one.
type packet struct {
	at                  record.Time
	src                 string
	types               []string // of BGP messages: 1 OPEN, 2 UPDATE, 3 NOTIFICATION
	withdrawn, announce []string
	fin, rst            bool
	bfd                 string // session state: 0x00 AdminDown, 0x01 Down, 0x02 Init, 0x03 Up
}

// tshark reads the captures of all links.
func tshark(t *testing.T, r *reports.Report) []packet {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(r.Dir, "pcap", "*.pcapng"))
	if err != nil || len(files) == 0 {
		t.Fatalf("captures %v, %v", files, err)
	}
	offset := offsets(t, r.Dir)
	var packets []packet
	for _, file := range files {
		args := []string{"-r", file, "-T", "fields", "-E", "separator=;"}
		for _, field := range []string{"frame.time_epoch", "ip.src", "bgp.type", "bgp.withdrawn_prefix", "bgp.nlri_prefix", "tcp.flags.fin", "tcp.flags.reset", "bfd.sta"} {
			args = append(args, "-e", field)
		}
		out, err := exec.Command("tshark", args...).Output()
		if err != nil {
			t.Fatalf("tshark %s: %v", file, err)
		}
		for line := range strings.Lines(string(out)) {
			packets = append(packets, parsePacket(t, strings.TrimSuffix(line, "\n"), offset))
		}
	}
	slices.SortStableFunc(packets, func(a, b packet) int { return int(a.at - b.at) })
	return packets
}

func parsePacket(t *testing.T, line string, offset func(wall int64) record.Time) packet {
	t.Helper()
	f := strings.Split(line, ";")
	if len(f) != 8 {
		t.Fatalf("tshark says %q", line)
	}
	sec, frac, _ := strings.Cut(f[0], ".")
	s, err := strconv.ParseInt(sec, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	ns, err := strconv.ParseInt(frac, 10, 64)
	if err != nil || len(frac) != 9 {
		t.Fatalf("stamp %q: want nanoseconds", f[0])
	}
	return packet{
		at: offset(s*1e9 + ns), src: f[1], types: list(f[2]), withdrawn: list(f[3]), announce: list(f[4]),
		fin: f[5] == "1", rst: f[6] == "1", bfd: f[7],
	}
}

func list(field string) []string {
	if field == "" {
		return nil
	}
	return strings.Split(field, ",")
}

// offsets maps wall time to the run's clock, by the samples of the run.
func offsets(t *testing.T, dir string) func(wall int64) record.Time {
	t.Helper()
	type sample struct{ at, offset int64 }
	var samples []sample
	for e, err := range record.Events(dir) {
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := e.Data.(record.Clock); ok {
			samples = append(samples, sample{int64(e.At), c.OffsetNS})
		}
	}
	if len(samples) == 0 {
		t.Fatal("the run has no samples of the clock")
	}
	return func(wall int64) record.Time {
		best := samples[0]
		for _, s := range samples {
			if s.at+s.offset <= wall {
				best = s
			}
		}
		return record.Time(wall - best.offset)
	}
}

// witness compares the stages of a trial with what the packets show.
type witness struct {
	t       *testing.T
	packets []packet
	node    string // address of the node that fails
	peer    string // that of its router, on their link
	moments []moment
}

const anycast = "192.0.2.100"

func (w *witness) withdraws(p packet) bool {
	return p.src == w.node && (slices.Contains(p.withdrawn, anycast) || slices.Contains(p.types, "3") || p.fin || p.rst)
}

func (w *witness) announces(p packet) bool {
	return p.src == w.node && slices.Contains(p.announce, anycast)
}

func (w *witness) bfdFalls(p packet) bool {
	return (p.src == w.node || p.src == w.peer) && p.bfd != "" && p.bfd != "0x03"
}

// check compares every stage that was seen on the wire with the first packet
// since the change that says the same.
func (w *witness) check(e timeline.Episode, since record.Time, says map[timeline.StageName]func(packet) bool) {
	w.t.Helper()
	for _, s := range e.Stages {
		is, ok := says[s.Name]
		if !ok || s.Source != timeline.ByPacket {
			continue
		}
		at := slices.IndexFunc(w.packets, func(p packet) bool { return p.at >= since && is(p) })
		if at < 0 {
			w.moments = append(w.moments, moment{stage: s.Name, ours: s.At.Sub(e.Zero), unseen: true})
			continue
		}
		w.moments = append(w.moments, moment{stage: s.Name, ours: s.At.Sub(e.Zero), theirs: w.packets[at].at.Sub(e.Zero)})
	}
}
