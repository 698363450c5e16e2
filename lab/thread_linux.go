package lab

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// thread calls functions on a thread of the operating system that has become
// different from all others: it has left a namespace, or given up a right.
// Processes that it starts are born with what it has.
type thread struct {
	work  chan func()
	ended chan struct{}
}

// newThread makes a thread and changes it by prepare.
func newThread(prepare func() error) (*thread, error) {
	t := &thread{make(chan func()), make(chan struct{})}
	ready := make(chan error)
	go func() {
		defer close(t.ended)
		onOther(func() {
			err := prepare()
			ready <- err
			if err != nil {
				return
			}
			for f := range t.work {
				f()
			}
		})
	}()
	if err := <-ready; err != nil {
		<-t.ended
		return nil, err
	}
	return t, nil
}

// onOther calls f on a thread that ends with it, and never on the first one:
// that stands for the whole process in /proc, and outlives its goroutine.
func onOther(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			onOther(f)
			runtime.UnlockOSThread()
			return
		}
		f() // the lock stays: the thread ends with the goroutine
	}()
	<-done
}

// do calls f there and returns when f does.
func (t *thread) do(f func() error) error {
	done := make(chan error, 1)
	t.work <- func() { done <- f() }
	return <-done
}

// close ends the thread. Processes that it started live on.
func (t *thread) close() {
	close(t.work)
	<-t.ended
}
