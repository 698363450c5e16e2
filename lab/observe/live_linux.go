package observe

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"anylab/lab"
	"anylab/topologies"
)

// Live writes all packets of a link, as its first end sees them, in pcapng to a file
// that it closes, until ctx ends or nobody reads what is written. It returns how many
// the kernel dropped because they were not read fast enough.
func Live(ctx context.Context, l *lab.Lab, link topologies.Link, out *os.File) (dropped int, err error) {
	end := link.Ends[0]
	n, err := l.Node(end.Node)
	if err != nil {
		return 0, err
	}
	index := 0
	for _, i := range n.Interfaces() {
		if i.Dev == end.Dev {
			index = i.Index
		}
	}
	file, err := newPcap(out, link.Name, end.Node, end.Dev)
	if err != nil {
		return 0, err
	}
	var c *capture
	if err := n.Do(func() (err error) {
		c, err = openCapture(captureBuffer, nil, index)
		return err
	}); err != nil {
		return 0, errors.Join(fmt.Errorf("capture on link %s: %w", link.Name, err), file.close())
	}
	file.err = file.w.Flush() // whoever waits for packets sees that it has begun
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	err = c.run(ctx, func(f frame) {
		if file.write(f); file.err != nil {
			stop(ErrCut)
		}
	}, func(n int) { dropped += n })
	if err := errors.Join(err, file.close()); !errors.Is(err, unix.EPIPE) {
		return dropped, err
	}
	return dropped, nil
}
