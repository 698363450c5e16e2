package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"anylab/lab/labtest"
	"anylab/lab/record"
	"anylab/reports/timeline"
)

// tcpdump watches the answers pass the router, one hop away from the probe
// that measures. Service is restored with the first answer after the silence
// that the crash began.
func TestTcpdumpSeesTheSameRestoration(t *testing.T) {
	if testing.Short() {
		t.Skip("carries a scenario out")
	}
	labtest.Require(t, "tcpdump", "tshark", "nsenter", "ip")
	if !able() || os.Geteuid() != 0 {
		t.Skip("only root can look into a running lab")
	}
	agreeOnce(t, func() attempt { return restoration(t) })
}

// restoration carries out a trial under the eyes of tcpdump.
func restoration(t *testing.T) attempt {
	t.Helper()
	out, capture := t.TempDir(), filepath.Join(t.TempDir(), "answers.pcap")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, "anylab", "run", "service-crash", "--trials", "1", "--quiet", "--out", out)
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	dump := listen(ctx, t, run.Process.Pid, capture)
	err := run.Wait()
	_ = dump.Wait() // it ends with the lab that it watched
	dirs, _ := filepath.Glob(filepath.Join(out, "service-crash", "*"))
	if len(dirs) != 1 {
		t.Fatalf("%v: %s", err, said.String())
	}
	r := loadTrial(t, dirs[0], said.String())
	if r == nil {
		return attempt{}
	}
	e := r.Failovers[0].Broken
	at := slices.IndexFunc(e.Stages, func(s timeline.Stage) bool { return s.Name == timeline.Restore })
	if at < 0 {
		t.Fatalf("service was not restored: %s", said.String())
	}
	seen := endOfSilence(t, capture, offsets(t, r.Dir), e)
	return attempt{[]moment{{timeline.Restore, e.Stages[at].At.Sub(e.Zero), seen.Sub(e.Zero), seen == 0}}, conclusive(r)}
}

// toLondon is the interface of upstream that leads to the client: its fourth link.
const toLondon = "eth3"

// listen captures the answers on the router's interface to the client, from
// within the lab of the process, once that is there.
func listen(ctx context.Context, t *testing.T, pid int, file string) *exec.Cmd {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			t.Fatal("no lab came up to look into")
		case <-tick.C:
		}
		inner := child(pid)
		if inner == "" || exec.CommandContext(ctx, "nsenter", within(inner, "ip", "-4", "route", "get", "192.0.2.100")...).Run() != nil {
			continue // no anycast route in the router yet, so nothing was broken either
		}
		dump := exec.CommandContext(ctx, "nsenter", within(inner, "tcpdump", "-ni", toLondon, "-U", "--time-stamp-precision=nano", "-Z", "root", "-w", file, "udp src port 53")...)
		if err := dump.Start(); err != nil {
			t.Fatal(err)
		}
		return dump
	}
}

func within(pid string, command ...string) []string {
	return append([]string{"-t", pid, "-m", "-n", "-p", "ip", "netns", "exec", "upstream"}, command...)
}

// child returns a child of the process, empty if there is none.
func child(pid int) string {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		if fields := strings.Fields(string(text)); len(fields) > 0 {
			return fields[0]
		}
	}
	return ""
}

// silent is when service is surely out: the check takes 100 ms or more.
const silent = 50 * time.Millisecond

// endOfSilence returns when the first answer passed after the silence that the
// crash began; 0 if there was none.
func endOfSilence(t *testing.T, file string, offset func(int64) record.Time, e timeline.Episode) record.Time {
	t.Helper()
	text, err := exec.Command("tshark", "-r", file, "-T", "fields", "-E", "separator=;", "-e", "frame.time_epoch").Output()
	if err != nil {
		t.Fatalf("tshark %s: %v", file, err)
	}
	for line := range strings.Lines(string(text)) {
		if p := parsePacket(t, strings.TrimSpace(line)+";;;;;;;", offset); p.at >= e.Zero.Add(silent) {
			return p.at
		}
	}
	return 0
}
