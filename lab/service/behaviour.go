package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"anylab/lab"
)

// Behaviour is how a built-in server answers. The zero value is: rightly, and
// at once.
type Behaviour struct {
	Delay time.Duration // from each request to its answer
	Wrong bool          // an answer that serves nobody: DNS SERVFAIL, HTTP 500, garbage over UDP
}

// Pliable says why services of the kind can't be told how to behave.
func Pliable(kind string) error {
	switch kind {
	case "command":
		return errors.New("a service of kind command answers as its program does, which takes no orders")
	case "tcp":
		return errors.New("from a service of kind tcp all that is wanted is the handshake, which the kernel makes")
	}
	return nil
}

// Behave makes the process answer so from now on. It returns once the process
// has confirmed it; a process that is started later behaves well.
func (s *Service) Behave(ctx context.Context, b Behaviour) error {
	s.current.Lock()
	p, orders := s.proc, s.orders
	s.current.Unlock()
	err := Pliable(s.config.Kind)
	if err == nil {
		err = orders.give(ctx, p, b)
	}
	if err != nil {
		return fmt.Errorf("service %s on %s: change its behaviour: %w", s.Name(), s.Node(), err)
	}
	return nil
}

// Behaviour returns what the process last confirmed; a dead one does nothing.
func (s *Service) Behaviour() Behaviour {
	s.current.Lock()
	p, orders := s.proc, s.orders
	s.current.Unlock()
	select {
	case <-p.Done():
		return Behaviour{}
	default:
		return orders.confirmed()
	}
}

// orders is the line on which a server is told how to behave: a socket that
// keeps messages apart, each with a Behaviour, which the server sends back.
type orders struct {
	conn net.Conn
	last atomic.Pointer[Behaviour]
}

func (o *orders) give(ctx context.Context, p *lab.Proc, b Behaviour) error {
	message, err := json.Marshal(b)
	if err != nil {
		return err
	}
	_ = o.conn.SetDeadline(time.Time{}) // fails on a closed one only
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = o.conn.SetDeadline(time.Unix(1, 0))
		close(over)
	})
	defer func() {
		if !stop() {
			<-over // or it would end the next one
		}
	}()
	_, err = o.conn.Write(message)
	for buf := make([]byte, 1<<10); err == nil; {
		var n int
		n, err = o.conn.Read(buf)
		if bytes.Equal(buf[:n], message) {
			break // else it confirms an order that was given up
		}
	}
	if err != nil {
		select {
		case <-p.Done():
			return os.ErrProcessDone
		default:
			return errors.Join(context.Cause(ctx), err)
		}
	}
	o.last.Store(&b)
	return nil
}

func (o *orders) confirmed() Behaviour {
	if o == nil || o.last.Load() == nil {
		return Behaviour{}
	}
	return *o.last.Load()
}

func (o *orders) close() error {
	if o == nil {
		return nil
	}
	return o.conn.Close()
}

// ordersFD is the server's end of the line, in its process.
const ordersFD = 3

// obedient is the server's side: the behaviour in force.
type obedient struct{ atomic.Pointer[Behaviour] }

// obey follows orders until the other end closes.
func (o *obedient) obey() error {
	file := os.NewFile(ordersFD, "orders")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return fmt.Errorf("take orders: %w", err)
	}
	defer conn.Close()
	buf := make([]byte, 1<<10)
	for {
		n, err := conn.Read(buf)
		if err != nil || n == 0 {
			return nil // nobody gives orders any more
		}
		var b Behaviour
		if err := json.Unmarshal(buf[:n], &b); err != nil {
			return fmt.Errorf("take orders: %w", err)
		}
		o.Store(&b)
		if _, err := conn.Write(buf[:n]); err != nil {
			return nil
		}
	}
}

func (o *obedient) now() Behaviour {
	if b := o.Load(); b != nil {
		return *b
	}
	return Behaviour{}
}
