package bgp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"anylab/lab"
)

// exaPipe carries commands to ExaBGP and brings its answers, by way of two
// named pipes and the process that ExaBGP is configured to start.
type exaPipe struct {
	turn     sync.Mutex // one command after another
	commands *os.File
	answers  *os.File
	in       *bufio.Reader
	owed     int // answers to commands that were not waited for
}

// openExaPipe makes the pipes. Both are opened for reading and writing, which
// on Linux neither waits for the other end nor sees it end (fifo(7)).
func openExaPipe(n *lab.Node, commands, answers string) (*exaPipe, error) {
	p := &exaPipe{}
	for path, f := range map[string]**os.File{commands: &p.commands, answers: &p.answers} {
		if err := removeStale(n, path); err != nil {
			return nil, errors.Join(err, p.close())
		}
		err := n.Furnish(func() (err error) {
			if err = makePipe(path); err == nil {
				*f, err = os.OpenFile(path, os.O_RDWR, 0)
			}
			return err
		})
		if err != nil {
			return nil, errors.Join(fmt.Errorf("make pipe %s: %w", path, err), p.close())
		}
	}
	p.in = bufio.NewReader(p.answers)
	return p, nil
}

func (p *exaPipe) close() error {
	var errs []error
	for _, f := range []*os.File{p.commands, p.answers} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// do carries out one command and returns the lines that come before its
// "done".
func (p *exaPipe) do(ctx context.Context, command string) ([]string, error) {
	p.turn.Lock()
	defer p.turn.Unlock()
	if err := errors.Join(p.commands.SetDeadline(time.Time{}), p.answers.SetDeadline(time.Time{})); err != nil {
		return nil, err
	}
	past := time.Unix(1, 0)
	stop := context.AfterFunc(ctx, func() {
		_ = errors.Join(p.commands.SetDeadline(past), p.answers.SetDeadline(past))
	})
	defer stop()
	if _, err := io.WriteString(p.commands, command+"\n"); err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	p.owed++
	for p.owed > 1 {
		if _, err := p.answer(); err != nil && !errors.Is(err, errExaRefused) {
			return nil, fmt.Errorf("%s: %w", command, err)
		}
	}
	lines, err := p.answer()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	return lines, nil
}

// errExaRefused: the reason is in the log only.
var errExaRefused = errors.New("ExaBGP refused the command")

// answer reads one answer, up to the word that ends it.
func (p *exaPipe) answer() ([]string, error) {
	var lines []string
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		switch line = strings.TrimSpace(line); line {
		case "done":
			p.owed--
			return lines, nil
		case "error":
			p.owed--
			return nil, errExaRefused
		default:
			lines = append(lines, line)
		}
	}
}
