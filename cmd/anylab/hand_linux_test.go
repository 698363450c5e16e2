package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"anylab/lab/hand"
)

// byHand is a user with a directory of sockets of his own.
type byHand struct {
	t *testing.T
	started
}

// visitor returns a user whose labs end with the test.
func visitor(t *testing.T) byHand {
	t.Helper()
	if !able() {
		t.Skip("this machine cannot build labs: see anylab doctor")
	}
	v := byHand{t, started{out: t.TempDir(), mark: fmt.Sprintf("ANYLAB_TEST_MARK=%x", rand.Uint64())}}
	if err := os.Chmod(v.out, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.command("down", "--all").Run() })
	return v
}

func (v byHand) command(args ...string) *exec.Cmd {
	c := exec.Command("anylab", args...)
	c.Env = append(os.Environ(), v.mark, "XDG_RUNTIME_DIR="+v.out, "SHELL=/bin/sh", "PS1=ready> ")
	return c
}

// does runs a command that must end with the code, and returns what it printed.
func (v byHand) does(code int, args ...string) string {
	v.t.Helper()
	c := v.command(args...)
	out, err := c.CombinedOutput()
	if got := c.ProcessState.ExitCode(); got != code {
		v.t.Fatalf("anylab %s: exit code %d, want %d (%v): %s", strings.Join(args, " "), got, code, err, out)
	}
	return string(out)
}

// tells checks that a command prints all of that.
func (v byHand) tells(want []string, args ...string) {
	v.t.Helper()
	out := v.does(0, args...)
	for _, w := range want {
		if !strings.Contains(out, w) {
			v.t.Errorf("anylab %s does not print %q: %s", strings.Join(args, " "), w, out)
		}
	}
}

// servedBy waits until the client is answered by the site alone.
func (v byHand) servedBy(lab, site string) {
	v.t.Helper()
	eventually(v.t, "london is served by "+site, func() bool {
		var i hand.Inspection
		if err := json.Unmarshal([]byte(v.does(0, "inspect", "-L", lab, "--format", "json")), &i); err != nil {
			v.t.Fatal(err)
		}
		return len(i.Clients) == 1 && len(i.Clients[0].By) == 1 && i.Clients[0].By[site] > 0
	})
}

// tools are daemons with a tool of their own, and what it prints of its node's.
var tools = []struct {
	daemon, program string
	command         []string
	prints          string
}{
	{"frr", "vtysh", []string{"vtysh", "-c", "show bgp summary"}, "AS number 65001"},
	{"bird", "birdc", []string{"birdc", "show", "protocols"}, "Established"},
	{"openbgpd", "bgpctl", []string{"bgpctl", "show"}, "upstream                65000"},
	{"gobgp", "gobgp", []string{"gobgp", "neighbor"}, "65000"},
}

// topologyFor writes a topology in which sites have what is installed.
func (v byHand) topologyFor() (path string, checks [][]string) {
	path = filepath.Join(v.t.TempDir(), "sites.yaml")
	nodes, links := "", ""
	for i, tool := range tools {
		site, daemon := string(rune('a'+i)), "gobgp"
		if _, err := exec.LookPath(tool.program); err == nil {
			daemon = tool.daemon
			checks = append(checks, append([]string{tool.prints, "exec", site, "-L", "one", "--"}, tool.command...))
		}
		nodes += fmt.Sprintf("  %s: {role: anycast, asn: %d, daemon: %s}\n", site, 65001+i, daemon)
		links += fmt.Sprintf("  - {endpoints: [upstream, %s]}\n", site)
	}
	text := fmt.Sprintf(`name: sites
nodes:
  upstream: {role: router, asn: 65000}
%s  london: {role: client}
links:
%s  - {endpoints: [upstream, london]}
bgp: {hold: 9s, keepalive: 3s}
anycast: 192.0.2.100/32
`, nodes, links)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		v.t.Fatal(err)
	}
	return path, checks
}

// A user brings two labs up, walks around, breaks one and mends it, and takes it
// down; the other is killed. Nothing is left of either.
func TestTheLabByHand(t *testing.T) {
	t.Parallel()
	v, before := visitor(t), host(t)
	path, checks := v.topologyFor()
	var up sync.WaitGroup
	for _, name := range []string{"one", "two"} {
		up.Go(func() {
			if out, err := v.command("up", "-d", path, name).CombinedOutput(); err != nil {
				t.Errorf("anylab up: %v: %s", err, out)
			}
		})
	}
	if up.Wait(); t.Failed() {
		return
	}
	namespaces := v.namespaces()
	v.tells([]string{"one", "two"}, "ps")
	v.tells([]string{"a\n"}, "exec", "a", "-L", "one", "--", "hostname")
	for _, c := range checks {
		v.tells(c[:1], c[1:]...)
	}
	v.does(7, "exec", "a", "-L", "one", "--", "sh", "-c", "exit 7")
	v.does(127, "exec", "a", "-L", "one", "--", "no-such-program")
	for _, mistake := range [][]string{{"exec", "a", "--", "true"}, {"exec", "x", "-L", "one", "--", "true"}, {"up", path, "one"},
		{"fault", "inject", "-L", "one", "a", "service-crush"}, {"fault", "heal", "-L", "one", "7"}, {"probe", "a", "-L", "one"}, {"capture", "x", "-L", "one"}} {
		v.does(exitUsage, mistake...)
	}
	v.piped()
	v.onTerminal()
	v.servedBy("one", "a")
	heard := v.command("probe", "london", "-L", "one", "--for", "4s")
	said := new(strings.Builder)
	heard.Stdout = said
	if err := heard.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	v.tells([]string{"fault 1: service-crash on a is in effect"}, "fault", "inject", "-L", "one", "a", "service-crash")
	v.tells([]string{"service-crash", "yes"}, "fault", "list", "-L", "one")
	v.servedBy("one", "b")
	v.servedBy("two", "a")
	v.tells([]string{"is healed"}, "fault", "heal", "-L", "one")
	v.servedBy("one", "a")
	if err := heard.Wait(); err != nil || !strings.Contains(said.String(), "b answers") || !strings.Contains(said.String(), "asked ") {
		t.Errorf("anylab probe: %v: %s", err, said)
	}
	v.does(0, "down", "one")
	v.killed("two")
	v.gone(t, namespaces, before)
}

// killed kills who keeps a lab.
func (v byHand) killed(lab string) {
	v.t.Helper()
	var labs []struct{ Lab, Process string }
	if err := json.Unmarshal([]byte(v.does(0, "ps", "--format", "json")), &labs); err != nil || len(labs) != 1 || labs[0].Lab != lab {
		v.t.Fatalf("labs: %+v, %v; want %s alone", labs, err, lab)
	}
	pid, err := strconv.Atoi(labs[0].Process)
	if err != nil {
		v.t.Fatal(err)
	}
	keeper, err := os.FindProcess(pid)
	if err == nil {
		err = keeper.Kill()
	}
	if err != nil {
		v.t.Fatal(err)
	}
	eventually(v.t, "the next list removes what a killed lab has left", func() bool {
		said := v.does(0, "ps")
		left, err := os.ReadDir(filepath.Join(v.out, "anylab"))
		return err == nil && len(left) == 0 && strings.Contains(said, "no lab is up")
	})
}

// piped has a command read from a pipe and write to one, and a link's packets are a
// capture.
func (v byHand) piped() {
	v.t.Helper()
	c := v.command("exec", "b", "-L", "one", "--", "sh", "-c", "cat; echo to stderr >&2")
	c.Stdin = strings.NewReader("through and through")
	var stderr strings.Builder
	c.Stderr = &stderr
	if out, err := c.Output(); err != nil || string(out) != "through and through" || stderr.String() != "to stderr\n" {
		v.t.Errorf("%q, %q, %v", out, stderr.String(), err)
	}
	capture := v.command("capture", "upstream-london", "-L", "one")
	packets, err := capture.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := capture.Start(); err != nil {
		v.t.Fatal(err)
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(packets, head); err != nil || !slices.Equal(head, []byte{0x0a, 0x0d, 0x0d, 0x0a}) { // pcapng section 4.1
		v.t.Errorf("the capture begins with %x, %v", head, err)
	}
	_ = capture.Process.Signal(os.Interrupt)
	_ = capture.Wait() // interrupted
}

// onTerminal walks around as one does on a terminal.
func (v byHand) onTerminal() {
	v.t.Helper()
	c := v.command("shell", "a", "-L", "one")
	tty, err := pty.StartWithSize(c, &pty.Winsize{Rows: 31, Cols: 91})
	if err != nil {
		v.t.Fatal(err)
	}
	defer tty.Close()
	var mu sync.Mutex
	var shown strings.Builder
	go func() { // ends with the terminal
		buf := make([]byte, 1024)
		for {
			n, err := tty.Read(buf)
			mu.Lock()
			shown.Write(buf[:n])
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	for _, step := range []struct{ types, shows string }{
		{"stty size\r", "31 91"},
		{"tty\r", "/dev/pts/"},
		{"echo begun $((1+1)); sleep 1000\r", "begun 2"},
		{"", ""}, // nothing tells when the shell has called it
		{"\x03", ""},
		{"echo $((40+2)) $?\r", "42 130"},
		{"echo begun $((2+2)); sleep 1000\r", "begun 4"},
		{"", ""},
		{"\x1a", "topped"},
		{"kill -9 %1; echo $((50+2))\r", "52"},
		{"", "resize"},
		{"stty size\r", "41 71"},
		{"exit 5\r", ""},
	} {
		if step.shows == "resize" {
			if err := pty.Setsize(tty, &pty.Winsize{Rows: 41, Cols: 71}); err != nil {
				v.t.Fatal(err)
			}
			time.Sleep(200 * time.Millisecond) // the signal has to arrive
			continue
		}
		if _, err := tty.WriteString(step.types); err != nil {
			v.t.Fatal(err)
		}
		eventually(v.t, fmt.Sprintf("%q shows %q", step.types, step.shows), func() bool {
			mu.Lock()
			defer mu.Unlock()
			return strings.Contains(shown.String(), step.shows)
		})
		if step.shows == "" {
			time.Sleep(200 * time.Millisecond) // nothing tells when the shell has done it
		}
	}
	if _ = c.Wait(); c.ProcessState.ExitCode() != 5 {
		v.t.Errorf("the shell's exit code is %d, want 5; shown: %s", c.ProcessState.ExitCode(), shown.String())
	}
}
