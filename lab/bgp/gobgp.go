package bgp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	api "github.com/osrg/gobgp/v3/api"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"

	"anylab/lab"
)

// gobgp is the embedded speaker: GoBGP's server in a child process of this
// same program, since its goroutines dial and listen in whatever namespace
// their threads are, and so that it can be killed and frozen like any other
// daemon. It is commanded through GoBGP's own gRPC interface.
type gobgp struct{}

// Available returns nil: the speaker is part of this program.
func (gobgp) Available() error { return nil }

// Version returns the version of the GoBGP module, without its "v".
func (gobgp) Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/osrg/gobgp/v3" {
			return strings.TrimPrefix(m.Version, "v")
		}
	}
	return ""
}

// childEnv keeps the process small: a lab may have a hundred. The heap of a
// speaker with a few routes is some 5 MB; collecting it often costs little.
// Go's listeners are Multipath TCP by default, on which GoBGP can't set the
// TTL; BGP is plain TCP.
var childEnv = []string{"GOGC=25", "GOMEMLIMIT=16MiB", "GOMAXPROCS=2", "GODEBUG=multipathtcp=0"}

// startTimeout bounds the time from the process's start until it takes
// commands, on a machine that may be very busy.
const startTimeout = 20 * time.Second

// Start starts the child process and returns once it takes commands.
func (gobgp) Start(ctx context.Context, n *lab.Node, c Config) (Speaker, error) {
	if err := check(c); err != nil {
		return nil, fmt.Errorf("start gobgp on %s: %w", n.Name, err)
	}
	socket := filepath.Join(n.Dir(), "gobgp.sock")
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("start gobgp on %s: %w", n.Name, err) // a killed one left it
	}
	control := ""
	if c.hasBFD() {
		control = filepath.Join(n.Dir(), "control.sock")
	}
	path, err := writeConfig(n, embedded{Config: c, Socket: socket, Control: control})
	if err != nil {
		return nil, fmt.Errorf("start gobgp on %s: %w", n.Name, err)
	}
	conn, err := dialSocket(socket)
	if err != nil {
		return nil, fmt.Errorf("start gobgp on %s: %w", n.Name, err)
	}
	return spawn(ctx, n, c, path, control, conn)
}

// spawn starts the child and waits until it takes commands.
func spawn(ctx context.Context, n *lab.Node, c Config, path, control string, conn *grpc.ClientConn) (Speaker, error) {
	logfile := logPath(n)
	offset := size(logfile)
	ready, told, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	defer ready.Close()
	cmd := exec.Command("/proc/self/exe", "speaker", path)
	cmd.Env = append(os.Environ(), childEnv...)
	cmd.ExtraFiles = []*os.File{told} // readyFD there
	proc, err := n.Start(ctx, "gobgp", cmd)
	told.Close() // the child has its own: its end is the end of the pipe
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	s := &remote{config: c, proc: proc, control: control, conn: conn, api: api.NewGobgpApiClient(conn)}
	if err := s.await(ctx, ready); err != nil {
		err = errors.Join(err, s.Close())
		return nil, fmt.Errorf("start gobgp on %s: %w%s", n.Name, err, tail(logfile, offset))
	}
	return s, nil
}

// writeConfig writes the child's configuration, with a copy among the logs.
func writeConfig(n *lab.Node, c embedded) (string, error) {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encode configuration: %w", err)
	}
	const name = "gobgp.json"
	path := filepath.Join(n.Dir(), name)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return "", fmt.Errorf("write configuration: %w", err)
	}
	if n.LogDir() != "" {
		if err := os.WriteFile(filepath.Join(n.LogDir(), name), text, 0o644); err != nil {
			return "", fmt.Errorf("write configuration: %w", err)
		}
	}
	return path, nil
}

// dialSocket returns a client that connects when it is first used, and tries
// again quickly: the socket appears a moment after the child's start.
func dialSocket(path string) (*grpc.ClientConn, error) {
	return grpc.NewClient("unix://"+path,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.WaitForReady(true)), // remote.do ends the wait for a dead child
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 2 * time.Millisecond, Multiplier: 1.2, MaxDelay: 20 * time.Millisecond},
			MinConnectTimeout: time.Second,
		}))
}

func logPath(n *lab.Node) string {
	if n.LogDir() == "" {
		return ""
	}
	return filepath.Join(n.LogDir(), "gobgp.log")
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// tailLines is how much of a log an error quotes.
const tailLines = 5

// tail returns the last lines that were written to the file after offset, for
// the end of an error message.
func tail(path string, offset int64) string {
	text, err := os.ReadFile(path)
	if err != nil || int64(len(text)) <= offset {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(text[offset:]), []byte("\n"))
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	return "\n\t" + string(bytes.Join(lines, []byte("\n\t")))
}
