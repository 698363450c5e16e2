package world

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"anylab/lab"
	"anylab/lab/fault"
)

// process is a process of the lab. Every process of a node leads a group of its
// own, which has its workers in it.
type process struct{ *lab.Proc }

func processes(procs []*lab.Proc) []fault.Process {
	list := make([]fault.Process, len(procs))
	for i, p := range procs {
		list[i] = process{p}
	}
	return list
}

// String names the process and its node.
func (p process) String() string { return p.Name() + " on " + p.Node() }

// Ended implements fault.Process.
func (p process) Ended() bool {
	select {
	case <-p.Done():
		return true
	default:
		return false
	}
}

var signals = map[fault.Signal]syscall.Signal{
	fault.Kill: syscall.SIGKILL, fault.Stop: syscall.SIGSTOP, fault.Continue: syscall.SIGCONT,
}

// Signal implements fault.Process. It is sent to the whole group: the process's
// own number would reach the leader only.
func (p process) Signal(s fault.Signal) error {
	if p.Ended() {
		return os.ErrProcessDone // its number may be another's by now
	}
	if s == fault.Kill {
		p.Expect()
	}
	err := syscall.Kill(-p.PID(), signals[s])
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// Threads implements fault.Process: state T in /proc/<pid>/task/<tid>/stat is
// stopped. Zombies are neither.
func (p process) Threads() (running, stopped int, err error) {
	for _, pid := range p.group() {
		tasks, err := filepath.Glob(filepath.Join("/proc", pid, "task", "*", "stat"))
		if err != nil {
			return 0, 0, err
		}
		for _, task := range tasks {
			switch state, _ := stat(task); state {
			case "", "Z", "X":
			case "T":
				stopped++
			default:
				running++
			}
		}
	}
	if running+stopped == 0 {
		err = fmt.Errorf("%s: %w", p, os.ErrProcessDone)
	}
	return running, stopped, err
}

// Frozen says whether the processes are stopped, all of those that run, so that none
// gives an answer. Of each group it looks at the leader.
func Frozen(procs []*lab.Proc) bool {
	stopped := 0
	for _, p := range procs {
		switch state, _ := stat(filepath.Join("/proc", strconv.Itoa(p.PID()), "stat")); state {
		case "", "Z", "X":
		case "T":
			stopped++
		default:
			return false
		}
	}
	return stopped > 0
}

// group lists the processes of the process's group by their numbers.
func (p process) group() []string {
	var pids []string
	all, _ := filepath.Glob("/proc/[0-9]*/stat") // fails for a bad pattern only
	for _, path := range all {
		if _, pgrp := stat(path); pgrp == strconv.Itoa(p.PID()) {
			pids = append(pids, filepath.Base(filepath.Dir(path)))
		}
	}
	return pids
}

// stat reads the state and the process group out of a stat file
// (proc_pid_stat(5)). Both are empty if the process ended meanwhile.
func stat(path string) (state, pgrp string) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", ""
	}
	// The fields follow the command's name, which may hold anything.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 3 {
		return "", ""
	}
	return fields[0], fields[2]
}
