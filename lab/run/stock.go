package run

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"anylab/lab/record"
)

// takeStock looks what the lab and this process hold. names are the leaders of the process
// groups that the lab has started; nobody else's process is of the lab.
func takeStock(names map[int]string) record.Stock {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := record.Stock{Goroutines: runtime.NumGoroutine(), Heap: int64(m.HeapAlloc),
		Files: count("/proc/self/fd/*"), Namespaces: count("/run/netns/*")}
	held := map[string]*record.Held{}
	self := strconv.Itoa(os.Getpid())
	for _, proc := range glob("/proc/[0-9]*") {
		if pid := filepath.Base(proc); pid == self || pid == "1" {
			continue
		}
		name, memory, ok := process(proc, names)
		if !ok {
			continue // it has ended meanwhile, or is a zombie
		}
		if held[name] == nil {
			held[name] = &record.Held{Of: name}
		}
		h := held[name]
		h.Processes++
		h.Memory += memory
		h.Files += count(proc + "/fd/*")
	}
	for _, h := range held {
		s.Holds = append(s.Holds, *h)
	}
	slices.SortFunc(s.Holds, func(a, b record.Held) int { return strings.Compare(a.Of, b.Of) })
	return s
}

// process reads whose a process is and its resident memory.
func process(proc string, names map[int]string) (name string, memory int64, ok bool) {
	stat, err := os.ReadFile(proc + "/stat")
	if err != nil {
		return "", 0, false
	}
	comm, rest, found := strings.Cut(string(stat), ") ") // proc(5): pid (comm) state ppid pgrp
	fields := strings.Fields(rest)
	if !found || len(fields) < 3 || fields[0] == "Z" {
		return "", 0, false
	}
	group, _ := strconv.Atoi(fields[2])
	_, comm, _ = strings.Cut(comm, "(")
	statm, err := os.ReadFile(proc + "/statm")
	if err != nil {
		return "", 0, false
	}
	var size, resident int64
	_, err = fmt.Sscan(string(statm), &size, &resident)
	return cmp.Or(names[group], comm), resident * int64(os.Getpagesize()), err == nil
}

func glob(pattern string) []string {
	names, _ := filepath.Glob(pattern) // fails only for a bad pattern
	return names
}

func count(pattern string) int { return len(glob(pattern)) }

// holders names the process groups of the lab.
func (r *rig) holders() map[int]string {
	names := map[int]string{}
	for _, n := range r.world.Lab.Nodes() {
		for _, p := range n.Procs() {
			names[p.PID()] = p.Name() + " on " + n.Name
		}
	}
	return names
}
