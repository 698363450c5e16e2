package lab_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/lab/labtest"
	"anylab/lab/relay"
)

func TestMain(m *testing.M) {
	labtest.Main(m, map[string]func([]string) int{
		"becomes":          childBecomes,
		"relay":            relay.Main,
		"sandbox-exit":     inSandbox(childExit),
		"sandbox-full":     inSandbox(childFull),
		"sandbox-guest":    inSandbox(childGuest),
		"sandbox-lab":      inSandbox(childLab),
		"sandbox-prisoner": inSandbox(childPrisoner),
		"sandbox-signals":  inSandbox(childSignals),
		"sandbox-where":    inSandbox(childWhere),
		"tries":            childTries,
	})
}

// inSandbox makes a program that puts itself into a sandbox, as anylab does,
// inside the one of the tests. That one is the host to it.
func inSandbox(main func([]string) int) func([]string) int {
	return func(args []string) int {
		code, err := lab.Sandbox(func() int { return main(args) })
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 99
		}
		return code
	}
}

// childExit exits with the code, or dies of the negative signal number.
func childExit(args []string) int {
	code, err := strconv.Atoi(args[0])
	if err != nil {
		return 98
	}
	if code < 0 {
		if err := unix.Kill(os.Getpid(), unix.Signal(-code)); err != nil {
			return 97
		}
		select {}
	}
	return code
}

// childFull forbids any further namespace in the sandbox's own user namespace,
// then tries to make another sandbox in it.
func childFull([]string) int {
	if err := os.WriteFile("/proc/sys/user/max_net_namespaces", []byte("0"), 0); err != nil {
		fmt.Println(err)
		return 1
	}
	out, err := exec.Command("/proc/self/exe", "sandbox-exit", "0").CombinedOutput()
	fmt.Printf("%v: %s", err, out)
	return 0
}

// childGuest admits somebody to a node of a lab who would become another user there.
func childGuest([]string) int {
	l, err := lab.Open(context.Background(), star(1), lab.Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() { _ = l.Close() }()
	cmd := exec.Command("/proc/self/exe", "becomes")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := l.Nodes()[0].Admit(cmd); err != nil {
		fmt.Println(err)
		return 1
	}
	if err := cmd.Wait(); err != nil {
		fmt.Println(err)
	}
	return 0
}

// childBecomes gives its rights up, as tcpdump does, and says what came of it.
func childBecomes([]string) int {
	fmt.Println(unix.Setgroups([]int{nobody}), unix.Setresgid(nobody, nobody, nobody), unix.Setresuid(nobody, nobody, nobody), os.Getuid())
	return 0
}

// childLab opens a lab with a process that left its parent, says so, and
// stays until it is told to end, or killed.
func childLab([]string) int {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM)
	ctx := context.Background()
	l, err := lab.Open(ctx, star(3), lab.Options{})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() {
		if err := l.Close(); err != nil {
			fmt.Println(err)
		}
	}()
	for _, n := range l.Nodes() {
		if _, err := n.Start(ctx, "daemon", exec.Command("sh", "-c", "setsid sleep 300 & sleep 300")); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	fmt.Println("ready")
	<-signals
	return 0
}

// childSignals writes down the signals that it gets, up to SIGTERM.
func childSignals([]string) int {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	fmt.Println("ready")
	for s := range signals {
		fmt.Println(s)
		if s == unix.SIGTERM {
			return 0
		}
	}
	return 1
}

// childWhere tells about its world.
func childWhere([]string) int {
	mounted, err := os.ReadDir("/run")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	links, err := linkNames()
	fmt.Println("inside", lab.InSandbox(), "uid", os.Getuid(), "run", len(mounted), "links", links, err)
	return 0
}
