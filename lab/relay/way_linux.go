package relay

import (
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

const (
	limit = 100_000              // frames on their way: so many a second for a second of delay, as for netem
	burst = 64                   // frames that are read before those that are due are sent
	late  = 5 * time.Millisecond // what leaves later than that blurs what is measured
)

// way is one direction.
type way struct {
	link    string
	in, out int // packet sockets
	shape   topologies.Shape
	tell    *teller
	queue   queue
	message *message
}

func newWay(link string, in, out int, s topologies.Shape, t *teller) *way {
	return &way{link: link, in: in, out: out, shape: s, tell: t, message: newMessage()}
}

// run reads, keeps and sends, on a thread of its own.
func (w *way) run() error {
	for {
		wait, err := w.send()
		if err != nil {
			return err
		}
		switch readable, errno := poll(w.in, wait); {
		case errno == unix.EINTR || errno == 0 && !readable:
			continue
		case errno != 0:
			return fmt.Errorf("wait for frames: %w", errno)
		}
		if err := w.receive(); err != nil {
			return err
		}
	}
}

// forever is longer than any wait.
const forever = time.Hour

// send sends what is due and returns how long the next frame has to wait.
func (w *way) send() (time.Duration, error) {
	var worst time.Duration
	for f := w.queue.next(); f != nil; f = w.queue.next() {
		now := record.Now()
		if wait := f.due.Sub(now); wait > 0 {
			return wait, w.doubtLate(worst)
		}
		worst = max(worst, now.Sub(f.due))
		if err := w.transmit(f.bytes); err != nil {
			return 0, err
		}
		w.queue.drop()
	}
	return forever, w.doubtLate(worst)
}

func (w *way) doubtLate(by time.Duration) error {
	if by <= late {
		return nil
	}
	e := doubt("late-relay", fmt.Sprintf("a frame of link %s left %v late", w.link, document.Duration(by.Round(100*time.Microsecond))))
	return w.tell.event(since(e, by))
}

// transmit loses the frame where a cable does: when the interface, or the end
// that it leads to, is down (ENOBUFS: the driver dropped it).
func (w *way) transmit(b []byte) error {
	switch errno := write(w.out, b); errno {
	case 0, unix.ENETDOWN, unix.ENXIO, unix.ENOBUFS, unix.EINTR:
		return nil
	case unix.EAGAIN:
		return w.overrun("had no room in its socket")
	default:
		return fmt.Errorf("send a frame: %w", errno)
	}
}

// receive reads what has come, but not for ever: frames may be due. A receive
// buffer that was full has more in it than that.
func (w *way) receive() error {
	for range burst {
		b, errno := w.message.read(w.in)
		switch errno {
		case 0:
		case unix.EAGAIN:
			return nil
		case unix.EINTR, unix.ENETDOWN: // said once when the port goes down
			continue
		default:
			return fmt.Errorf("read a frame: %w", errno)
		}
		if err := w.keep(b, w.message.age()); err != nil {
			return err
		}
	}
	return w.lost()
}

// keep draws a frame's fate. Jitter is uniform, and losses are independent, as
// netem's are by default.
func (w *way) keep(b []byte, age time.Duration) error {
	if w.shape.Loss > 0 && rand.Float64() < w.shape.Loss {
		return nil
	}
	if len(w.queue.waiting) == limit {
		return w.overrun("found the relay full")
	}
	delay := w.shape.Delay
	if w.shape.Jitter > 0 {
		delay += time.Duration((2*rand.Float64() - 1) * float64(w.shape.Jitter))
	}
	w.queue.add(record.Now().Add(max(0, delay)-age), b)
	return nil
}

// lost asks the kernel for how many frames the receive buffer had no room.
func (w *way) lost() error {
	stats, err := unix.GetsockoptTpacketStats(w.in, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return fmt.Errorf("read statistics: %w", err)
	}
	if stats.Drops == 0 {
		return nil
	}
	return w.overrun(fmt.Sprintf("found its receive buffer full (%d frames)", stats.Drops))
}

func (w *way) overrun(how string) error {
	return w.tell.doubt("relay-overrun", fmt.Sprintf("a frame of link %s %s, and was lost", w.link, how))
}
