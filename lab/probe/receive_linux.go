package probe

import (
	"errors"
	"fmt"
	"time"

	"anylab/lab/record"
)

// receive records the fate of every request until the sender has ended and
// no request waits for an answer.
func (r *run) receive(sent <-chan error) error {
	var sendErr error
	for stopped := false; ; {
		if !stopped {
			select {
			case sendErr = <-sent:
				stopped = true
			default:
			}
		}
		upTo, err := r.transport.receive(r)
		if err != nil {
			return r.abandon(sent, stopped, err)
		}
		r.decide(upTo)
		r.report(upTo, stopped)
		if err := r.out.Flush(); err != nil {
			return r.abandon(sent, stopped, err)
		}
		if stopped && r.decided == r.window.head.Load() {
			return errors.Join(sendErr, r.transport.close())
		}
	}
}

// abandon ends a run whose sockets cannot be read. What is waited for counts
// as lost, and the window is emptied on, or the sender would never end.
func (r *run) abandon(sent <-chan error, stopped bool, err error) error {
	r.died(err)
	for !stopped {
		r.decide(record.Now())
		select {
		case sendErr := <-sent:
			err = errors.Join(err, sendErr)
			stopped = true
		case <-time.After(tick):
		}
	}
	r.decide(1<<63 - 1)
	return errors.Join(err, r.transport.close())
}

func (r *run) died(err error) {
	r.doubt(record.Now(), Died, fmt.Sprintf("it ended early: %v", err))
}

// answer implements inbox. An answer that comes after the request's timeout is
// ignored: the request is lost, or will be declared lost. So is one that came
// over another flow.
func (r *run) answer(seq, mask uint64, flow int, at record.Time, node []byte) {
	seq, req, ok := r.window.find(seq, mask)
	if !ok || int(seq%uint64(r.Flows)) != flow || at > req.sent.Add(r.Timeout) {
		return
	}
	if !req.answered {
		req.answered = true
		r.decided++
	}
	r.write(seq, req, at, r.name(node))
}

// doubt implements inbox.
func (r *run) doubt(at record.Time, name, detail string) {
	r.out.Emit(finding(at, r.node, name, r.Name+": "+detail))
}

// stream implements inbox.
func (r *run) stream(at record.Time, s record.Stream, node []byte) {
	s.Group, s.Node = r.Name, r.name(node)
	r.out.Emit(record.Event{At: at, Kind: record.KindStream, Node: r.node, Data: s})
}

// decide declares lost what was not answered in time. All answers that had
// come by upTo must have been delivered.
func (r *run) decide(upTo record.Time) {
	for ; r.seen != r.window.head.Load(); r.seen++ {
		req := r.window.slot(r.seen)
		r.late.note(req.due, req.sent)
	}
	for {
		seq, req, ok := r.window.oldest()
		if !ok || req.sent.Add(r.Timeout) >= upTo {
			return
		}
		at, answered := r.transport.forget(seq)
		if !req.answered {
			if !answered || at > req.sent.Add(r.Timeout) {
				at = 0
			}
			r.decided++
			r.write(seq, req, at, "")
		}
		r.window.pop()
	}
}

func (r *run) write(seq uint64, req *request, at record.Time, node string) {
	flow := int(seq % uint64(r.Flows))
	r.out.Write(record.Sample{Seq: seq, Flow: flow, Due: req.due, Sent: req.sent, Received: at, Node: node, Held: req.held(at)})
}

// report emits what the sender has to say for itself.
func (r *run) report(now record.Time, final bool) {
	if at, detail, ok := r.late.summary(now, final); ok {
		r.doubt(at, lateSender, detail)
	}
	if failed := r.failed.Load(); failed != r.told {
		r.doubt(now, exhausted, fmt.Sprintf("%d requests were not sent", failed-r.told))
		r.told = failed
	}
}

// name returns the node's name as it is recorded. Equal names share one string, so
// that an answer costs no memory.
func (r *run) name(wire []byte) string {
	name, ok := r.names[string(wire)]
	if !ok {
		name = record.NodeName(wire)
	}
	if !ok && len(r.names) < maxNames { // a server may well put the time into its name
		r.names[string(wire)] = name
	}
	return name
}

const maxNames = 4096
