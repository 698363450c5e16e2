package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cluster is a Slurm of two nodes on this machine, in a folder of its own.
type cluster struct {
	dir  string
	slow []*exec.Cmd // its daemons
}

// slurmSettings are those of a cluster whose nodes are one machine, and that notices
// soon that one is dead. A task is begun again once its credential has expired. See
// slurm.conf(5).
const slurmSettings = `ClusterName=lab
SlurmctldHost=localhost
AuthType=auth/munge
AuthInfo=socket=DIR/munge.sock,cred_expire=5
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPort=PORT0
SlurmdTimeout=5
KillWait=5
StateSaveLocation=DIR/state
SlurmdSpoolDir=DIR/spool-%n
SlurmctldPidFile=DIR/ctld.pid
SlurmdPidFile=DIR/slurmd-%n.pid
SlurmctldLogFile=DIR/ctld.log
SlurmdLogFile=DIR/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MailProg=/bin/true
ReturnToService=0
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=PORT1 CPUs=2 State=UNKNOWN
NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=PORT2 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
`

// openCluster starts a cluster, which ends with the test.
func openCluster(t testing.TB) *cluster {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("Slurm's daemons need root")
	}
	dir, err := os.MkdirTemp("", "slurm") // sockets have short paths
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &cluster{dir: dir}
	settings := strings.ReplaceAll(slurmSettings, "DIR", dir)
	for i := range 3 {
		settings = strings.ReplaceAll(settings, fmt.Sprintf("PORT%d", i), fmt.Sprint(freePort(t)))
	}
	key := make([]byte, 1024)
	_, _ = rand.Read(key) // never fails
	for name, text := range map[string]string{"slurm.conf": settings, "munge.key": string(key)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []string{"state", "spool-n1", "spool-n2"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.start(t, "/usr/sbin/munged", "--foreground", "--force", "--key-file="+dir+"/munge.key", "--socket="+dir+"/munge.sock",
		"--pid-file="+dir+"/munged.pid", "--log-file="+dir+"/munged.log", "--seed-file="+dir+"/seed")
	await(t, "munge answers", func() bool { return exists(dir + "/munge.sock") })
	s.start(t, "/usr/sbin/slurmctld", "-D", "-c")
	for _, node := range []string{"n1", "n2"} {
		s.start(t, "/usr/sbin/slurmd", "-D", "-N", node)
	}
	await(t, "both nodes are idle", func() bool { return strings.Count(s.ask("sinfo", "-N", "-h", "-o", "%t"), "idle") == 2 })
	return s
}

// start starts a daemon, which is killed with all that it has started.
func (s *cluster) start(t testing.TB, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env, cmd.SysProcAttr = s.env(), &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.slow = append(s.slow, cmd)
	t.Cleanup(func() {
		killTree(cmd.Process.Pid)
		_ = cmd.Wait()
	})
}

func (s *cluster) env() []string { return append(os.Environ(), "SLURM_CONF="+s.dir+"/slurm.conf") }

// ask returns what a program of Slurm says, errors included.
func (s *cluster) ask(program string, args ...string) string {
	cmd := exec.Command(program, args...)
	cmd.Env = s.env()
	said, _ := cmd.CombinedOutput()
	return string(said)
}

// killNode takes a node's power while a task of it is at work.
func (s *cluster) killNode(t *testing.T, node string) {
	t.Helper()
	await(t, "a task runs on "+node, func() bool { return strings.Contains(s.ask("squeue", "-h", "-r", "-t", "R", "-o", "%N"), node) })
	time.Sleep(time.Second) // it is at work
	for _, d := range s.slow {
		if slices.Equal(d.Args[1:], []string{"-D", "-N", node}) {
			killTree(d.Process.Pid)
		}
	}
	for _, pid := range tasksOf(node) {
		killTree(pid)
	}
}

// tasksOf lists the processes that a node's tasks run under, by what Slurm puts into the
// environment: slurmstepd(8), which has no other parent than init.
func tasksOf(node string) (list []int) {
	paths, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range paths {
		text, _ := os.ReadFile(path)
		stat, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "stat"))
		var pid, parent int
		var name, state string
		if _, err := fmt.Sscan(string(stat), &pid, &name, &state, &parent); err == nil && bytes.Contains(text, []byte("SLURMD_NODENAME="+node+"\x00")) && parent > 1 {
			list = append(list, parent)
		}
	}
	return list
}

// restarted says whether a task was begun again.
func (s *cluster) restarted(t *testing.T) bool {
	t.Helper()
	return strings.Contains(s.ask("scontrol", "show", "job"), "Restarts=1")
}

func (s *cluster) logs() string {
	var all strings.Builder
	for _, name := range []string{"ctld.log", "slurmd-n1.log", "slurmd-n2.log", "munged.log"} {
		text, _ := os.ReadFile(filepath.Join(s.dir, name))
		fmt.Fprintf(&all, "%s:\n%s\n", name, text)
	}
	return all.String()
}

// killTree kills a process and all that descend from it, the youngest last: none is left
// to see the others die.
func killTree(pid int) {
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	for _, child := range childrenOf(pid) {
		killTree(child)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

func childrenOf(pid int) []int {
	var list []int
	paths, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, path := range paths {
		text, _ := os.ReadFile(path)
		for field := range bytes.FieldsSeq(text) {
			if child, err := strconv.Atoi(string(field)); err == nil {
				list = append(list, child)
			}
		}
	}
	return list
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// await waits for something that has no event.
func await(t testing.TB, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !reached(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}
