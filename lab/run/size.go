package run

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// What parts of a lab need, measured in stars of 3 to 100 nodes and rounded up.
const (
	nodeMemory    = 4_000_000 // the kernel's part, and the program's own
	speakerMemory = 6_000_000 // of the built-in daemon
	daemonMemory  = 40_000_000
	serviceMemory = 6_000_000
	baseMemory    = 100_000_000
	pathMemory    = 1_800 // of a route of a table in the built-in daemon
	daemonPath    = 1_000 // and in others
	kernelRoute   = 400   // and in a router's kernel
	pathRecord    = 500   // bytes of packets of a route, in a trial that moves it
	partThreads   = 8     // of a speaker, a service or a prober
	baseThreads   = 60    // of the program itself
	nodeFiles     = 8     // that it keeps open
	baseFiles     = 60
	sampleBytes   = 60  // in the record of a request
	trialSeconds  = 15  // until service has come back twice, mostly
	nodeRecord    = 1e6 // bytes of events, packets and logs in a trial, with room to spare
)

// How long one processor is busy until a part is up, measured with 100 nodes.
const (
	nodeWork = 30 * time.Millisecond
	partWork = 300 * time.Millisecond // of a speaker or a service
	pathWork = 100 * time.Microsecond // of a route of a table at one daemon
)

// Size is what a plan needs of the machine, roughly.
type Size struct {
	Memory  int64         // bytes, of the largest lab
	Threads int64         // of the largest lab
	Files   int64         // open, of the largest lab
	Disk    int64         // bytes, of the whole run
	Build   time.Duration // until the largest lab is up, if this machine has nothing else to do
}

// Large says whether so much is needed that one wants to know it beforehand.
func (s Size) Large() bool { return s.Build > 5*time.Second }

// Size estimates what the plan needs.
func (p *Plan) Size() Size {
	var s Size
	for _, c := range p.cells {
		memory, threads := int64(baseMemory), int64(baseThreads)
		work := time.Duration(len(c.Topology.Nodes)) * nodeWork
		for _, n := range c.Topology.Nodes {
			memory += nodeMemory
			switch n.Daemon {
			case "":
				continue
			case topologies.Embedded:
				memory += speakerMemory
			default:
				memory += daemonMemory
			}
			threads += partThreads
			paths := int64(c.Topology.Paths(n.Name))
			memory += paths * c.perPath(n)
			s.Disk += int64(c.Trials) * paths * pathRecord
			work += partWork + time.Duration(paths)*pathWork
		}
		for _, configs := range c.services {
			memory += int64(len(configs)) * serviceMemory
			threads += int64(len(configs)) * partThreads
			work += time.Duration(len(configs)) * partWork
		}
		s.Build = max(s.Build, work/time.Duration(runtime.NumCPU()))
		s.Files = max(s.Files, baseFiles+nodeFiles*int64(len(c.Topology.Nodes)))
		s.Memory, s.Threads = max(s.Memory, memory), max(s.Threads, threads+int64(len(c.Probes))*partThreads)
		s.Disk += int64(c.Trials) * int64(c.asked()*sampleBytes*trialSeconds+float64(len(c.Topology.Nodes))*nodeRecord)
	}
	return s
}

// perPath is what a route of a table takes at a node.
func (c cell) perPath(n topologies.Node) int64 {
	each := int64(daemonPath)
	if n.Daemon == topologies.Embedded {
		each = pathMemory
	}
	if n.Role == topologies.Router {
		each += kernelRoute
	}
	return each
}

func (s Size) String() string {
	text := fmt.Sprintf("about %s of memory, %d threads and %s of disk", record.Size(s.Memory), s.Threads, record.Size(s.Disk))
	if s.Large() {
		text += fmt.Sprintf("; it takes about %s until it is up, longer if something else runs on this machine", document.Duration(s.Build.Round(time.Second)))
	}
	return text
}

// Fits says what of it this machine does not have at the moment: memory, and
// threads of its kernel, of its control group, or of an ordinary user, and files.
func (s Size) Fits() error {
	var errs []error
	if free, ok := availableMemory(); ok && s.Memory > free {
		errs = append(errs, lab.Unavailable{What: fmt.Sprintf("a lab of this size needs about %s of memory, and %s are available", record.Size(s.Memory), record.Size(free))})
	}
	for _, file := range []string{"/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max", ownPidsMax()} {
		if most, ok := number(file); ok && s.Threads > most {
			errs = append(errs, lab.Unavailable{What: fmt.Sprintf("a lab of this size has about %d threads, and %s allows %d", s.Threads, file, most)})
		}
	}
	return errors.Join(append(errs, lab.Permits(s.Threads), lab.Opens(s.Files))...)
}

// Fits says what this machine lacks for the plan, where the topology says how large it is.
func (p *Plan) Fits() error {
	err := p.Size().Fits()
	if err == nil {
		return nil
	}
	return p.Scenario.Source.Root().Errorf("topology.generate.sites", "%v", err)
}

// OnDisk says whether it fits on the disk of a directory, which may have to be
// made first.
func (s Size) OnDisk(dir string) error {
	above := filepath.Clean(dir)
	for _, err := os.Stat(above); os.IsNotExist(err) && above != filepath.Dir(above); _, err = os.Stat(above) {
		above = filepath.Dir(above)
	}
	free, err := record.Free(above)
	if err == nil && free < s.Disk+record.LeastFree {
		err = fmt.Errorf("%w: of %s %s are left, the run needs about %s, and leaves %s", record.ErrNoRoom, above, record.Size(free), record.Size(s.Disk), record.Size(record.LeastFree))
	}
	return err
}

func availableMemory() (int64, bool) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 10, 64)
			return kb << 10, err == nil
		}
	}
	return 0, false
}

// ownPidsMax is the file with the limit of this process's control group.
func ownPidsMax() string {
	text, _ := os.ReadFile("/proc/self/cgroup")
	_, path, _ := strings.Cut(strings.TrimSpace(string(text)), "0::")
	return filepath.Join("/sys/fs/cgroup", cmp.Or(path, "/"), "pids.max")
}

// number reads a file that holds nothing else; a file that is not there, or says
// max, sets no limit.
func number(path string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
