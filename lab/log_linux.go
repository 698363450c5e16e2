package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"anylab/lab/record"
)

const (
	maxLog  = 2 * record.LogEnd
	logLook = 100 * time.Millisecond // a program prints some 60 MB in that time
)

// logs bounds the logs of a lab. Processes write into files, not through the
// program: that would make them wait for it. So a log that grew too long loses
// its middle while it is written to. The hole keeps the file's length; it is
// closed once nobody writes any more.
type logs struct {
	stop  context.CancelFunc
	ended chan error // of the watch

	mu    sync.Mutex
	grown map[string]*growth // by path
}

// watchLogs begins to watch the logs that will be opened.
func watchLogs() *logs {
	ctx, stop := context.WithCancel(context.Background())
	l := &logs{stop: stop, ended: make(chan error, 1), grown: map[string]*growth{}}
	go func() { l.ended <- l.watch(ctx) }()
	return l
}

// growth is that of one file.
type growth struct {
	before int64 // its length when it was first opened
	lost   int64 // what was cut away without leaving a hole
	cut    bool
}

// OpenLog opens the file of the node's logs that a process prints to under the
// name: /dev/null where logs are discarded.
func (n *Node) OpenLog(name string) (*os.File, error) {
	if n.logs == "" {
		return os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	}
	path := filepath.Join(n.logs, name+".log")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	n.lab.logs.add(path, info.Size())
	return f, nil
}

func (l *logs) add(path string, size int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.grown[path] == nil {
		l.grown[path] = &growth{before: size}
	}
}

// watch cuts logs that grow too long, until ctx ends.
func (l *logs) watch(ctx context.Context) error {
	tick := time.NewTicker(logLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := l.cut(); err != nil {
			return err
		}
	}
}

func (l *logs) cut() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for path, g := range l.grown {
		if err := g.cutOpen(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cut the log %s: %w", path, err)
		}
	}
	return nil
}

// cutOpen cuts a log's middle out while processes write to its end.
func (g *growth) cutOpen(path string) error {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return err
	}
	const block = 512 // is what stat(2) counts in, whatever the file system's blocks are
	if min(stat.Size, stat.Blocks*block) <= maxLog {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	g.cut = true
	err = unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, record.LogEnd, stat.Size-2*record.LogEnd)
	if errors.Is(err, unix.EOPNOTSUPP) { // no holes in this file system: the tail is what comes from now on
		g.lost += stat.Size - record.LogEnd
		err = f.Truncate(record.LogEnd)
		if err == nil {
			_, err = f.WriteString(record.LogGap)
		}
	}
	return err
}

// close closes the hole in a log that nobody writes to any more, and returns
// what became of it; nil if it was not cut.
func (g *growth) close(path string) (*record.CutLog, error) {
	if !g.cut {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	c := &record.CutLog{Written: g.lost + size - g.before, Kept: size}
	if err != nil || size <= maxLog {
		return c, err
	}
	tail := max(size-record.LogEnd, record.LogEnd+int64(len(record.LogGap))) // it is copied onto what is before it
	to := io.NewOffsetWriter(f, record.LogEnd)
	n, err := io.Copy(to, io.MultiReader(strings.NewReader(record.LogGap), io.NewSectionReader(f, tail, size-tail)))
	c.Kept = record.LogEnd + n
	return c, errors.Join(err, f.Truncate(c.Kept))
}

// closeAll ends the watch and returns what became of the logs that were cut, by
// their path below dir.
func (l *logs) closeAll(dir string) ([]record.CutLog, error) {
	l.stop()
	errs := []error{<-l.ended, l.cut()}
	var list []record.CutLog
	for _, path := range slices.Sorted(maps.Keys(l.grown)) {
		c, err := l.grown[path].close(path)
		if err == nil && c != nil {
			c.Log, err = filepath.Rel(dir, path)
			list = append(list, *c)
		}
		if errs = append(errs, err); errors.Is(err, os.ErrNotExist) {
			errs = errs[:len(errs)-1] // with the run directory: that is for the record to say
		}
	}
	return list, errors.Join(errs...)
}

// CutLogs returns which logs were longer than the lab keeps. It is known once
// the lab is closed.
func (l *Lab) CutLogs() []record.CutLog { return l.cutLogs }

// EndOfLog returns the end of what was printed under a name on the node.
func (n *Node) EndOfLog(name string) ([]byte, error) {
	const longest = 1 << 20
	f, err := os.Open(filepath.Join(n.logs, name+".log"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	from := max(0, info.Size()-longest)
	return io.ReadAll(io.NewSectionReader(f, from, info.Size()-from))
}
