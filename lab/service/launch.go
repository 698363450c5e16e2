package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"anylab/lab"
)

// launch starts a process and waits until it answers. On failure no process
// is left running.
func (s *Service) launch(ctx context.Context) error {
	cmd, err := s.command()
	if err != nil {
		return fmt.Errorf("start service %s on %s: %w", s.Name(), s.Node(), err)
	}
	p, err := s.spawn(context.WithoutCancel(ctx), cmd) // it must outlive the call that started it; Close stops it
	if err != nil {
		return fmt.Errorf("start service %s on %s: %w", s.Name(), s.Node(), err)
	}
	if err := s.awaitReady(ctx, p); err != nil {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		err = errors.Join(err, p.Stop(stopping), s.silence())
		return fmt.Errorf("start service %s on %s: %w%s", s.Name(), s.Node(), err, s.logTail())
	}
	s.supervise(p)
	return nil
}

// spawn starts the process, a built-in server with a line for orders.
func (s *Service) spawn(ctx context.Context, cmd *exec.Cmd) (*lab.Proc, error) {
	var line *orders
	if kinds[s.config.Kind].serve != nil {
		o, far, err := newOrders()
		if err != nil {
			return nil, err
		}
		defer far.Close()                         // the process has its own
		line, cmd.ExtraFiles = o, []*os.File{far} // ordersFD there
	}
	p, err := s.node.Start(ctx, s.Name(), cmd)
	if err != nil {
		return nil, errors.Join(err, line.close())
	}
	s.current.Lock()
	defer s.current.Unlock()
	err = s.orders.close() // of the process before
	s.proc, s.orders = p, line
	return p, err
}

// silence closes the line to the process.
func (s *Service) silence() error {
	s.current.Lock()
	defer s.current.Unlock()
	err := s.orders.close()
	s.orders = nil
	return err
}

// readyPoll is the pause between two questions to a service that starts.
const readyPoll = 2 * time.Millisecond

// awaitReady asks the service over its own protocol until it answers. No
// event tells that a foreign program has begun to listen, hence the polling.
func (s *Service) awaitReady(ctx context.Context, p *lab.Proc) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Ready+s.node.StartWithin(startTimeout))
	defer cancel()
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		err := s.askOnce(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.Done():
			return fmt.Errorf("it ended before it answered: %s", p.Status())
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-tick.C:
		}
	}
}

// askTimeout is long for a local answer, and short of TCP's first
// retransmission (1 s, RFC 6298): an IPv6 address is fully usable only when a
// kernel worker has added its local route, and a SYN before that is lost.
const askTimeout = 200 * time.Millisecond

func (s *Service) askOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return kinds[s.config.Kind].ready(ctx, s)
}

// logTail quotes the end of the process's log, for an error message.
func (s *Service) logTail() string {
	const lines = 10
	if s.node.LogDir() == "" {
		return ""
	}
	data, err := s.node.EndOfLog(s.Name())
	data = bytes.TrimSpace(data)
	if err != nil || len(data) == 0 {
		return "; it logged nothing"
	}
	all := strings.Split(string(data), "\n")
	last := all[max(0, len(all)-lines):]
	path := filepath.Join(s.node.LogDir(), s.Name()+".log")
	return fmt.Sprintf("; the end of %s:\n\t%s", path, strings.Join(last, "\n\t"))
}
