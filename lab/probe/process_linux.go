package probe

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"anylab/lab"
	"anylab/lab/record"

	"golang.org/x/sys/unix"
)

// prober is the Probe of every kind. It runs in a process of its own on the
// client's node, where nothing else wants the processor that its sending thread
// sleeps on, and no garbage of others is collected.
type prober struct {
	config   Config
	priority atomic.Value // string
}

// order is what the process is told on its command line.
type order struct {
	Config
	Node string
}

func (p *prober) Priority() string {
	s, _ := p.priority.Load().(string)
	return s
}

func (p *prober) Start(ctx context.Context, n *lab.Node, out Recorder) (func() error, error) {
	proc, report, err := p.spawn(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("start probe %s: %w", p.config.Name, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = proc.Signal(unix.SIGTERM) }) // it may have ended
	lines := bufio.NewReaderSize(report, 1<<16)
	priority, err := armed(lines)
	if err = errors.Join(err, report.SetReadDeadline(time.Time{})); err != nil {
		stop()
		proc.Expect()
		err = errors.Join(err, proc.Stop(context.WithoutCancel(ctx)), report.Close())
		return nil, fmt.Errorf("start probe %s: %w", p.config.Name, err)
	}
	p.priority.Store(priority)
	bounded := context.AfterFunc(ctx, func() { _ = report.SetReadDeadline(time.Now().Add(p.config.Timeout + ending)) })
	ended := make(chan error, 1)
	go func() {
		err := relay(lines, out)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			proc.Expect()
			err = errors.Join(errors.New("its process did not end in time"), proc.Stop(context.WithoutCancel(ctx)))
		}
		err = errors.Join(err, report.Close())
		<-proc.Done()
		stop()
		bounded()
		ended <- err
	}()
	return sync.OnceValue(func() error {
		if err := <-ended; err != nil {
			return fmt.Errorf("probe %s: %w", p.config.Name, err)
		}
		return nil
	}), nil
}

// arming and ending are how long a process may take until it is armed, and to
// end once every request has been answered or is lost, however busy the machine
// is.
const (
	arming = 30 * time.Second
	ending = 30 * time.Second
)

// spawn starts the process. It outlives ctx, to wait for the last answers. Its
// report must begin within the time for arming.
func (p *prober) spawn(ctx context.Context, n *lab.Node) (*lab.Proc, *os.File, error) {
	text, err := json.Marshal(order{p.config, n.Name})
	if err != nil {
		return nil, nil, fmt.Errorf("encode the configuration: %w", err)
	}
	report, far, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer far.Close() // the process has its own: its end is the end of the pipe
	if err := report.SetReadDeadline(time.Now().Add(arming)); err != nil {
		return nil, nil, errors.Join(err, report.Close())
	}
	cmd := exec.Command("/proc/self/exe", "prober", string(text))
	cmd.ExtraFiles = []*os.File{far} // reportFD there
	proc, err := n.Start(context.WithoutCancel(ctx), "probe-"+p.config.Name, cmd, lab.RunFirst)
	if err != nil {
		return nil, nil, errors.Join(err, report.Close())
	}
	return proc, report, nil
}

// A report is made of lines: one that says that the prober is armed, then
// samples and events as a run directory has them, and at the end the reason if
// the prober failed.
const (
	armedLine  = "armed "
	failedLine = "failed "
)

// armed waits for the first line and returns the sending thread's priority.
func armed(lines *bufio.Reader) (priority string, err error) {
	line, err := lines.ReadString('\n')
	switch {
	case errors.Is(err, io.EOF):
		return "", errors.New("its process ended at once")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", errors.New("its process did not get ready in time")
	case err != nil:
		return "", fmt.Errorf("read its report: %w", err)
	}
	priority, ok := strings.CutPrefix(strings.TrimSpace(line), armedLine)
	if !ok {
		return "", failure(line)
	}
	return priority, nil
}

// failure is the error of a line that tells of one.
func failure(line string) error {
	reason, err := strconv.Unquote(strings.TrimSpace(strings.TrimPrefix(line, failedLine)))
	if err != nil {
		return fmt.Errorf("it reported %q", line)
	}
	return errors.New(reason)
}

// relay passes on what the process reports until it ends.
func relay(lines *bufio.Reader, out Recorder) error {
	var samples record.SampleParser
	for {
		line, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF):
			return nil // a line that was cut short was never said
		case err != nil:
			return fmt.Errorf("read its report: %w", err)
		case line[0] == '{':
			var e record.Event
			if err := json.Unmarshal(line, &e); err != nil {
				return fmt.Errorf("read its report: %w", err)
			}
			out.Emit(e)
		case line[0] < '0' || line[0] > '9':
			return failure(string(line))
		default:
			s, err := samples.Parse(line[:len(line)-1])
			if err != nil {
				return fmt.Errorf("read its report: %w", err)
			}
			out.Write(s)
		}
	}
}
