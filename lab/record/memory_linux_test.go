package record

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// The heap is where huge pages are asked for, and what was taken to ask is left again,
// unused.
func TestHugePages(t *testing.T) {
	const asked = 1 << 28
	before := resident(t)
	hugePages(asked)
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	if heap.HeapAlloc > asked/2 {
		t.Errorf("%d bytes are in use", heap.HeapAlloc)
	}
	if grown := resident(t) - before; grown > asked/2 {
		t.Errorf("%d bytes were used", grown)
	}
	_, none := os.Stat("/sys/kernel/mm/transparent_hugepage")
	if got := hugeMappings(t); none == nil && got < asked/2 {
		t.Errorf("they are asked for in %d bytes, want about %d", got, asked)
	}
}

// hugeMappings is how much of the address space huge pages are asked for in.
func hugeMappings(t *testing.T) (bytes int) {
	size := 0
	for _, line := range lines(t, "/proc/self/smaps") {
		switch f := strings.Fields(line); f[0] {
		case "Size:":
			size = kibibytes(t, f[1])
		case "VmFlags:":
			if strings.Contains(line+" ", " hg ") {
				bytes += size
			}
		}
	}
	return bytes
}

func resident(t *testing.T) int {
	for _, line := range lines(t, "/proc/self/status") {
		if f := strings.Fields(line); f[0] == "VmRSS:" {
			return kibibytes(t, f[1])
		}
	}
	t.Fatal("the kernel doesn't say how much memory is used")
	return 0
}

func lines(t *testing.T, path string) (list []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		list = append(list, in.Text())
	}
	return list
}

func kibibytes(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n << 10
}
