package bfd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
)

// other starts another implementation's end of a session, and returns its
// process.
type other func(t *testing.T, e *end) *lab.Proc

func TestAgainstBIRD(t *testing.T) {
	t.Parallel()
	labtest.Require(t, "bird")
	against(t, startBIRD)
}

func TestAgainstFRR(t *testing.T) {
	t.Parallel()
	labtest.Require(t, "/usr/lib/frr/bfdd", "/usr/lib/frr/zebra")
	against(t, startFRR)
}

// against brings a session up with the other implementation and has each side
// detect the other's silence; the other's findings are seen in its packets.
func against(t *testing.T, start other) {
	for name, v6 := range map[string]bool{"IPv4": false, "IPv6": true} {
		t.Run(name, func(t *testing.T) {
			if labtest.Apart(t) {
				return
			}
			l := labtest.Open(t, pair)
			far, near := endAt(t, l, "r", v6), endAt(t, l, "a", v6)
			far.config.Multiplier, near.config.Multiplier = 5, 5
			proc := start(t, far)
			near.run()
			near.await(Up)
			detects(t, l, near, "r", DiagTimeExpired)  // we don't hear it
			detects(t, l, near, "a", DiagNeighborDown) // it doesn't hear us, and says so
			if err := proc.Signal(os.Kill); err != nil {
				t.Fatal(err)
			}
			if c := near.await(Down); c.Diag != DiagTimeExpired {
				t.Errorf("after its death: %+v", c)
			}
		})
	}
}

// detects silences a node until our end goes down for the reason, and waits
// for the session to come back.
func detects(t *testing.T, l *lab.Lab, e *end, silent string, why Diag) {
	t.Helper()
	drop := cut(t, l, silent)
	if c := e.await(Down); c.Diag != why {
		t.Errorf("with %s silent: %+v, want %v", silent, c, why)
	}
	if err := drop.Remove(); err != nil {
		t.Fatal(err)
	}
	e.await(Up)
}

// write makes a configuration file in the node's scratch directory.
func write(t *testing.T, n *lab.Node, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(n.Dir(), 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(n.Dir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func launch(t *testing.T, n *lab.Node, name string, args ...string) *lab.Proc {
	t.Helper()
	path, granted := name, []lab.Power(nil)
	for _, dir := range []string{"/usr/sbin", "/usr/lib/frr"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			path = filepath.Join(dir, name)
			if dir == "/usr/lib/frr" {
				granted = []lab.Power{lab.Administer} // without it FRR refuses to start
			}
		}
	}
	p, err := n.Start(context.Background(), name, exec.Command(path, args...), granted...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		log, _ := os.ReadFile(filepath.Join(n.LogDir(), name+".log"))
		if t.Failed() {
			t.Logf("%s: %s\n%s", name, p.Status(), log)
		}
	})
	return p
}

func startBIRD(t *testing.T, e *end) *lab.Proc {
	conf := write(t, e.node, "bird.conf", fmt.Sprintf(`
router id 10.255.255.1;
protocol device {}
protocol bfd {
	interface "%s" { interval %d ms; multiplier %d; };
	neighbor %s dev "%s" local %s;
}
`, e.config.Dev, e.config.Interval/time.Millisecond, e.config.Multiplier, e.config.Remote, e.config.Dev, e.config.Local))
	dir := e.node.Dir()
	return launch(t, e.node, "bird", "-f", "-c", conf, "-s", filepath.Join(dir, "bird.ctl"), "-P", filepath.Join(dir, "bird.pid"))
}

// joinVTY makes root a member of the group that FRR's daemons insist on, in
// the file system that the lab's processes see.
func joinVTY(t *testing.T, n *lab.Node) {
	t.Helper()
	groups, err := os.ReadFile("/etc/group")
	if err != nil {
		t.Fatal(err)
	}
	joined := regexp.MustCompile(`(?m)^(frrvty:.*:)`).ReplaceAll(groups, []byte("${1}root,"))
	with := write(t, n, "group", string(joined))
	if err := n.Furnish(func() error { return unix.Mount(with, "/etc/group", "", unix.MS_BIND, "") }); err != nil {
		t.Fatal(err)
	}
}

func startFRR(t *testing.T, e *end) *lab.Proc {
	joinVTY(t, e.node)
	dir := e.node.Dir()
	conf := write(t, e.node, "bfdd.conf", fmt.Sprintf(`
bfd
 peer %s local-address %s interface %s
  detect-multiplier %d
  receive-interval %d
  transmit-interval %d
  no shutdown
`, e.config.Remote, e.config.Local, e.config.Dev, e.config.Multiplier, e.config.Interval/time.Millisecond, e.config.Interval/time.Millisecond))
	zebra := write(t, e.node, "zebra.conf", "")
	args := func(conf, name string) []string {
		return []string{"-f", conf, "-z", filepath.Join(dir, "zserv.api"), "--vty_socket", dir, "-i", filepath.Join(dir, name+".pid"), "-P", "0", "-u", "root", "-g", "root", "--log", "stdout"}
	}
	launch(t, e.node, "zebra", args(zebra, "zebra")...)
	return launch(t, e.node, "bfdd", append(args(conf, "bfdd"), "--bfdctl", filepath.Join(dir, "bfdd.sock"))...)
}
