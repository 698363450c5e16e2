package hand

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// brought are what of his environment a caller brings along.
var brought = []string{"HOME", "LANG", "PATH", "TERM", "TZ"}

// Exec runs a command on a node of a lab, with the standard files of this program: as
// on a terminal if they are one. It returns the exit code.
func Exec(lab, node string, args ...string) (int, error) {
	dir, err := os.Getwd()
	if err != nil {
		dir = "/"
	}
	what := Command{Node: node, Args: args, Dir: dir}
	for _, entry := range os.Environ() {
		for _, name := range brought {
			if strings.HasPrefix(entry, name+"=") {
				what.Env = append(what.Env, entry)
			}
		}
	}
	if term.IsTerminal(0) && term.IsTerminal(1) {
		if what.Size, err = pty.GetsizeFull(os.Stdin); err != nil {
			return 0, fmt.Errorf("read the terminal's size: %w", err)
		}
		return onTerminal(lab, what)
	}
	l, err := Call(lab, "exec", what, os.Stdin, os.Stdout, os.Stderr)
	if err != nil {
		return 0, err
	}
	defer l.Close()
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM)
	defer signal.Stop(signals)
	go func() { // ends with the program
		for s := range signals {
			_ = l.send(s) // it may just have ended
		}
	}()
	return l.exit()
}

// exit waits for the command's end.
func (l *Line) exit() (int, error) {
	for {
		var t told
		more, err := l.Next(&t)
		switch {
		case err != nil:
			return 0, err
		case !more:
			return 0, errGone
		case t.Exit != nil && t.Why != "":
			return *t.Exit, errors.New(t.Why)
		case t.Exit != nil:
			return *t.Exit, nil
		}
	}
}

// onTerminal carries what is typed to the command's own terminal, and back.
func onTerminal(lab string, what Command) (code int, err error) {
	l, err := Call(lab, "exec", what)
	if err != nil {
		return 0, err
	}
	defer l.Close()
	var t told
	if more, err := l.Next(&t); err != nil || !more {
		return 0, err
	}
	files := l.take()
	if t.Exit != nil || len(files) != 1 {
		return *cmp.Or(t.Exit, &notStarted), errors.New(cmp.Or(t.Why, "the lab gave no terminal"))
	}
	near := files[0]
	defer near.Close()
	before, err := term.MakeRaw(0)
	if err != nil {
		return 0, fmt.Errorf("set the terminal up: %w", err)
	}
	defer func() { err = errors.Join(err, term.Restore(0, before)) }()
	defer follow(near)()
	var shown sync.WaitGroup
	shown.Go(func() { _, _ = io.Copy(os.Stdout, near) }) // until the far end is closed
	go func() { _, _ = io.Copy(near, os.Stdin) }()       // ends with the program
	code, err = l.exit()
	finish(near, &shown)
	return code, err
}

// follow gives the command's terminal the size of this one, whenever that changes.
func follow(near *os.File) (stop func()) {
	sizes := make(chan os.Signal, 1)
	signal.Notify(sizes, syscall.SIGWINCH)
	sizes <- syscall.SIGWINCH // it may have changed meanwhile
	go func() {               // ends with the program
		for range sizes {
			_ = pty.InheritSize(os.Stdin, near) // the command may just have ended
		}
	}()
	return func() { signal.Stop(sizes) }
}

// finish waits until all that the command has written is shown, or for what others
// that it has left behind hold back.
func finish(near *os.File, shown *sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		shown.Wait()
		close(done)
	}()
	for {
		select {
		case <-done:
			return
		case <-time.After(20 * time.Millisecond):
		}
		p := []unix.PollFd{{Fd: int32(near.Fd()), Events: unix.POLLIN}}
		if n, err := unix.Poll(p, 0); err == nil && n == 0 {
			return // all is read, and the terminal is still open
		}
	}
}
