package speaker

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A speaker's heap grows freely to these bounds while it starts: to collect garbage
// would double what a start takes of the processor. Then it is kept small, for a lab
// may have hundreds.
const (
	startHeap       = 16 << 20 // of which a start leaves some 5 MB
	neighborHeap    = 1 << 20
	oftenCollected  = 25  // percent
	seldomCollected = 100 // where most of the heap are routes
)

// bound sets how far the heap may grow while the speaker starts.
func bound(c Config) {
	if c.Large {
		debug.SetGCPercent(seldomCollected)
		return
	}
	debug.SetMemoryLimit(startHeap + int64(len(c.Neighbors))*neighborHeap)
}

// slim gives back the memory that only the start needed: heap, and the pages
// of the program itself. Initialising all packages of the program maps nearly
// the whole file, some 20 MB, of which a speaker goes on to use a fraction.
// What it does use is mapped again from the page cache at a microsecond a
// fault.
func slim() error {
	debug.SetGCPercent(oftenCollected)
	debug.SetMemoryLimit(math.MaxInt64)
	debug.FreeOSMemory()
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return fmt.Errorf("list mappings: %w", err)
	}
	defer maps.Close()
	var m mapping
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		m.read(strings.Fields(lines.Text()))
		if !m.complete || !m.clean {
			continue
		}
		if err := m.giveBack(); err != nil {
			return fmt.Errorf("give back %x-%x: %w", m.start, m.end, err)
		}
	}
	return lines.Err()
}

// mapping is one entry of smaps (proc_pid_smaps(5)): a line with its range and
// then lines of attributes, of which VmFlags is the last.
type mapping struct {
	start, end uintptr
	clean      bool // of a file, read-only and never written to: its pages can be read again
	complete   bool
}

func (m *mapping) read(fields []string) {
	switch {
	case len(fields) == 0:
	case fields[0] == "VmFlags:":
		m.complete = true
	case fields[0] == "Anonymous:" || fields[0] == "Swap:":
		// Pages that relocation has written to look read-only afterwards,
		// but are no longer the file's.
		m.clean = m.clean && fields[1] == "0"
	case len(fields) >= 5 && !strings.HasSuffix(fields[0], ":"):
		*m = mapping{clean: fields[4] != "0" && !strings.Contains(fields[1], "w")}
		low, high, _ := strings.Cut(fields[0], "-")
		m.start, m.end = address(low), address(high)
	}
}

// giveBack unmaps the pages. From now on a page that is needed comes with its
// neighbours of 64 kB, and not with 2 MB where the page cache holds so large a
// piece; a kernel without such pieces refuses that advice.
func (m *mapping) giveBack() error {
	for _, advice := range []uintptr{unix.MADV_NOHUGEPAGE, unix.MADV_DONTNEED} {
		_, _, errno := unix.Syscall(unix.SYS_MADVISE, m.start, m.end-m.start, advice)
		if errno != 0 && advice == unix.MADV_DONTNEED {
			return errno
		}
	}
	return nil
}

func address(hex string) uintptr {
	a, err := strconv.ParseUint(hex, 16, 64)
	if err != nil {
		panic(fmt.Sprintf("address %q in smaps: %v", hex, err)) // the kernel's format
	}
	return uintptr(a)
}
