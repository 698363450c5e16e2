package hand

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"anylab/lab"
	"anylab/lab/record"
	"anylab/lab/run"
	"anylab/topologies"
	"anylab/topologies/document"
)

// Lab says what a lab is.
type Lab struct {
	Name     string    `json:"name"`
	Of       string    `json:"of"` // the topology or the scenario
	Since    time.Time `json:"since"`
	State    string    `json:"state"`
	In       bool      `json:"in"` // people are let in
	PID      int       `json:"pid,omitempty"`
	Nodes    []string  `json:"nodes"`
	Clients  []string  `json:"clients"`
	Links    []string  `json:"links"`
	Services []string  `json:"services"`
	Faults   int       `json:"faults"` // that are in effect by hand

	Unsettled []string `json:"unsettled,omitempty"` // why it has not settled
}

// Host lets people into one lab, from one process: that of a run, or one that keeps
// the lab up.
type Host struct {
	about   Lab
	down    context.CancelFunc
	history history

	mu      sync.Mutex
	changed chan struct{} // closed by the next change of what is below
	steps   []string
	inside  *inside // nil: nobody is let in
}

// inside is a lab that people are in.
type inside struct {
	*run.Standing
	host   *Host
	ctx    context.Context // ends when all have to leave
	faults faults
	stays  sync.WaitGroup
	shut   []func()
}

// NewHost returns the host of a lab of that name. down is called when somebody has
// asked for its end.
func NewHost(name, of string, t topologies.Topology, down context.CancelFunc) *Host {
	h := &Host{about: Lab{Name: name, Of: of, Since: time.Now(), State: "being built", Clients: t.Of(topologies.Client)},
		down: down, changed: make(chan struct{})}
	for _, n := range t.Nodes {
		h.about.Nodes = append(h.about.Nodes, n.Name)
	}
	for _, l := range t.Links {
		h.about.Links = append(h.about.Links, l.Name)
	}
	return h
}

// Serve answers at the door until ctx ends, and returns when everybody has gone.
func (h *Host) Serve(ctx context.Context, door *os.File) error {
	l, err := net.FileListener(door)
	if err != nil {
		return fmt.Errorf("open the door: %w", err)
	}
	var all sync.WaitGroup
	defer all.Wait()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		all.Go(func() { h.answer(ctx, newWire(conn.(*net.UnixConn))) })
	}
}

// Events takes all that happens in the lab, for those who watch.
func (h *Host) Events() record.Sink { return &h.history }

// Step says what is being done.
func (h *Host) Step(what string) {
	h.change(func() { h.steps = append(h.steps, what) })
}

// State says how the lab is.
func (h *Host) State(state string) { h.change(func() { h.about.State = state }) }

func (h *Host) change(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
	close(h.changed)
	h.changed = make(chan struct{})
}

// Let lets people in. They have to leave when leave is called: what they have broken
// is healed, and what they have started is ended.
func (h *Host) Let(ctx context.Context, s *run.Standing, state string) (leave func() error) {
	ctx, end := context.WithCancel(ctx)
	in := &inside{Standing: s, host: h, ctx: ctx, faults: faults{told: h.Events()}}
	in.forward()
	h.change(func() {
		h.inside, h.about.State, h.about.In, h.about.Unsettled = in, state, true, s.Unsettled
		h.about.Services = nil
		for _, svc := range s.Scenario.Services {
			h.about.Services = append(h.about.Services, svc.Name)
		}
	})
	return func() error {
		h.change(func() { h.inside, h.about.In = nil, false })
		end()
		err := in.faults.healAll(context.WithoutCancel(ctx))
		for _, shut := range in.shut {
			shut()
		}
		in.stays.Wait()
		return errors.Join(err, s.World.Lab.Evict())
	}
}

// enter returns the lab for a while, which leave ends.
func (h *Host) enter() (in *inside, leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.inside == nil {
		return nil, nil, fmt.Errorf("nobody is let into lab %s now: %s", h.about.Name, h.about.State)
	}
	h.inside.stays.Add(1)
	return h.inside, h.inside.stays.Done, nil
}

// call is one request that is being answered.
type call struct {
	*wire
	with  json.RawMessage
	files []*os.File
	more  chan json.RawMessage // what the guest says besides
}

// doings is what guests can ask for; those that need a lab that they are let into
// get it.
var doings = map[string]func(ctx context.Context, h *Host, c *call) error{
	"about":   about,
	"capture": indoors((*inside).capture),
	"down":    down,
	"exec":    indoors((*inside).exec),
	"faults":  indoors((*inside).list),
	"heal":    indoors((*inside).heal),
	"inject":  indoors((*inside).inject),
	"inspect": indoors((*inside).inspect),
	"network": indoors((*inside).network),
	"probe":   indoors((*inside).probe),
	"settled": settled,
	"watch":   indoors((*inside).watch),
}

func indoors(do func(in *inside, ctx context.Context, c *call) error) func(context.Context, *Host, *call) error {
	return func(ctx context.Context, h *Host, c *call) error {
		in, leave, err := h.enter()
		if err != nil {
			return err
		}
		defer leave()
		ctx, end := context.WithCancel(ctx)
		defer end()
		defer context.AfterFunc(in.ctx, end)() //nolint:contextcheck // it ends with the lab, too
		defer context.AfterFunc(ctx, c.hurry)()
		return do(in, ctx, c)
	}
}

// answer answers one guest. He has hung up when ctx ends.
func (h *Host) answer(ctx context.Context, w *wire) {
	defer w.conn.Close()
	var r request
	if w.receive(&r) != nil {
		return // somebody who only looked whether the door is open
	}
	c := &call{wire: w, with: r.With, files: w.take(), more: make(chan json.RawMessage)}
	defer c.drop()
	ctx, hungUp := context.WithCancel(ctx)
	defer hungUp()
	go func() { // ends with the connection
		defer hungUp()
		for {
			var m json.RawMessage
			if w.receive(&m) != nil {
				return
			}
			select {
			case c.more <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	err := errors.New(document.Unknown("request", r.Do, slices.Collect(maps.Keys(doings))))
	if do, ok := doings[r.Do]; ok {
		err = do(ctx, h, c)
	}
	last := answer{Done: true}
	if err != nil {
		last.Err = err.Error()
	}
	_ = w.send(last) // he may have gone
}

// parting is how long a command may take to end once its caller has gone.
const parting = 2 * time.Second

// hurry lets nobody who does not read hold up those who have to leave.
func (c *call) hurry() { _ = c.conn.SetWriteDeadline(time.Now().Add(2 * parting)) } // the connection may have ended

// drop closes what the guest has passed.
func (c *call) drop() {
	for _, f := range c.files {
		f.Close()
	}
	c.files = nil
}

func (h *Host) now() Lab {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.about
	if h.inside != nil {
		l.Faults = h.inside.faults.count()
	}
	return l
}

func about(_ context.Context, h *Host, c *call) error { return c.say(h.now()) }

func down(ctx context.Context, h *Host, _ *call) error {
	h.down()
	<-ctx.Done() // the lab's end ends it
	return nil
}

// settled tells the steps until people are let in, and then what the lab is.
func settled(ctx context.Context, h *Host, c *call) error {
	for told := 0; ; {
		h.mu.Lock()
		steps, changed, in := h.steps[told:], h.changed, h.inside != nil
		h.mu.Unlock()
		for _, step := range steps {
			if err := c.say(Progress{Step: step}); err != nil {
				return err
			}
		}
		told += len(steps)
		if in {
			l := h.now()
			return c.say(Progress{Lab: &l})
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Progress is a piece of the answer to "settled": a step, or at last the lab.
type Progress struct {
	Step string `json:"step,omitempty"`
	Lab  *Lab   `json:"lab,omitempty"`
}

// node returns the node of that name.
func (in *inside) node(name string) (*lab.Node, error) {
	n, err := in.World.Lab.Node(name)
	if err != nil {
		return nil, errors.New(document.NoSuch("node", name, names(in.Scenario.Topology.Nodes, func(n topologies.Node) string { return n.Name })))
	}
	return n, nil
}

func names[T any](list []T, name func(T) string) []string {
	var all []string
	for _, x := range list {
		all = append(all, name(x))
	}
	return all
}
