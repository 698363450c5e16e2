package run

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"anylab/lab/labtest"
	"anylab/lab/record"
)

var (
	soak = flag.Int("soak", 24, "how many trials TestSoak makes")
	// The defaults break a process, a daemon, a link and the packets on it.
	soakOf = flag.String("soak-of", "service-crash-process-watch,daemon-kill,link-down,silent-drop-bfd", "the scenarios of TestSoak")
)

// TestSoak makes many short trials, in labs that are built again and again, and
// looks after each for what has grown:
//
//	go test ./lab/run -run Soak -soak 1000 -timeout 2h -v
func TestSoak(t *testing.T) {
	if labtest.Apart(t) {
		return
	}
	labtest.Require(t, "netns")
	p := &Plan{}
	soaked := strings.Split(*soakOf, ",")
	for _, name := range soaked {
		more := compile(t, name, "trials="+strconv.Itoa(max(6, *soak/len(soaked))),
			"faults.0.for=300ms", "sustain=100ms", "probes.0.timeout=200ms")
		p.cells, p.Scenario = append(p.cells, more.cells...), more.Scenario
	}
	before := stockNow(0)
	about := p.About(time.Now())
	dir, err := record.Create(filepath.Join(t.TempDir(), "run"), about)
	if err != nil {
		t.Fatal(err)
	}
	log := &soakLog{t: t, dir: dir.Path()}
	if err := p.Execute(t.Context(), dir, about, log); err != nil {
		t.Error(err)
	}
	if err := dir.Close(); err != nil {
		t.Error(err)
	}
	log.judge()
	// Threads are the runtime's to keep, and so is one goroutine's worth of slack.
	if after := settled(before); after.goroutines > before.goroutines+1 || after.files > before.files || after.processes > before.processes || after.namespaces > before.namespaces {
		t.Errorf("left behind: before %+v, after %+v", before, after)
	}
}

// stock is what must not grow.
type stock struct {
	goroutines, threads, files int // ours
	processes, namespaces      int
	heap                       int64 // ours, live
	others                     int64 // resident memory of the other processes
	othersFiles                int
	recorded                   int64 // bytes in the run directory's events and probes
	took                       time.Duration
}

// settled gives what ends by itself a moment to do so.
func settled(before stock) stock {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		s := stockNow(0)
		if time.Now().After(deadline) || s.goroutines <= before.goroutines && s.files <= before.files && s.processes <= before.processes {
			return s
		}
	}
}

func stockNow(recorded int64) stock {
	held := takeStock(nil)
	s := stock{goroutines: held.Goroutines, heap: held.Heap, recorded: recorded,
		threads: count("/proc/self/task/*"), files: held.Files, namespaces: held.Namespaces}
	for _, h := range held.Holds {
		s.processes += h.Processes
		s.others += h.Memory
		s.othersFiles += h.Files
	}
	return s
}

// soakLog is a Progress that takes stock after every trial.
type soakLog struct {
	t      *testing.T
	dir    string
	visits [][]stock
	names  []string
	last   time.Time
}

func (l *soakLog) Step(what string) {
	if strings.HasPrefix(what, "build") {
		l.visits, l.names = append(l.visits, nil), append(l.names, "")
	}
	l.last = time.Now()
}

func (l *soakLog) Trial(_, _ int, what string) {
	var recorded int64
	for _, name := range append(glob(l.dir+"/probes/*"), l.dir+"/events.jsonl") {
		if info, err := os.Stat(name); err == nil {
			recorded += info.Size()
		}
	}
	s := stockNow(recorded)
	s.took = time.Since(l.last)
	l.last = time.Now()
	v := len(l.visits) - 1
	l.visits[v], l.names[v] = append(l.visits[v], s), what
}

// judge compares, within each visit, the end with what was there once the lab
// had found its shape; and the last visit to each cell with the first.
func (l *soakLog) judge() {
	first := map[string]stock{}
	for i, v := range l.visits {
		if len(v) < 2 {
			continue
		}
		a, b := v[0], v[len(v)-1]
		for quarter := 1; quarter <= 4; quarter++ {
			n := max(1, len(v)*quarter/4)
			l.t.Logf("visit %d, %s, %d trials: %s", i+1, l.names[i], n, v[n-1].beside(a))
		}
		b.compare(l.t, fmt.Sprintf("within visit %d (%s)", i+1, l.names[i]), a)
		if was, ok := first[l.names[i]]; !ok {
			first[l.names[i]] = b
		} else {
			b.compare(l.t, fmt.Sprintf("from the first visit of %s to visit %d", l.names[i], i+1), was)
		}
	}
}

func (s stock) beside(a stock) string {
	return fmt.Sprintf("goroutines %d > %d, threads %d > %d, files %d > %d, processes %d > %d, namespaces %d > %d, heap %d > %d KB, others %d > %d KB with %d > %d files, record %d KB",
		a.goroutines, s.goroutines, a.threads, s.threads, a.files, s.files, a.processes, s.processes, a.namespaces, s.namespaces,
		a.heap>>10, s.heap>>10, a.others>>10, s.others>>10, a.othersFiles, s.othersFiles, (s.recorded-a.recorded)>>10)
}

// compare allows for what comes and goes: a health check under way, a
// connection of a restarted daemon, threads that the runtime keeps, memory
// that a garbage collector has not given back.
func (s stock) compare(t *testing.T, when string, was stock) {
	t.Helper()
	for _, c := range []struct {
		what       string
		now, then  int64
		tolerable  int64
		perCentToo int64
	}{
		{"goroutines", int64(s.goroutines), int64(was.goroutines), 8, 0},
		{"threads", int64(s.threads), int64(was.threads), 8, 25},
		{"open files", int64(s.files), int64(was.files), 4, 0},
		{"processes", int64(s.processes), int64(was.processes), 1, 0},
		{"namespaces", int64(s.namespaces), int64(was.namespaces), 0, 0},
		{"bytes of heap", s.heap, was.heap, 1 << 20, 10},
		{"bytes of the daemons' memory", s.others, was.others, 16 << 20, 25},
		{"open files of the daemons", int64(s.othersFiles), int64(was.othersFiles), 8, 0},
	} {
		if c.now > c.then+c.tolerable+c.then*c.perCentToo/100 {
			t.Errorf("%s: %s grew from %d to %d", when, c.what, c.then, c.now)
		}
	}
}
