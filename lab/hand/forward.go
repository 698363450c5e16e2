package hand

import (
	"io"
	"net"
	"path/filepath"
	"strconv"

	"anylab/lab"
	"anylab/lab/bgp"
)

// forward has a port on every node's loopback interface lead to the daemon's socket,
// where its tools ask there.
func (in *inside) forward() {
	for _, n := range in.World.Lab.Nodes() {
		tools := bgp.ToolsOn(n)
		if tools.Port == 0 {
			continue
		}
		if l, err := listenOn(n, tools.Port); err == nil { // else the daemon has the port itself
			in.stays.Go(func() { forward(l, filepath.Join(n.Dir(), tools.Socket)) })
			in.shut = append(in.shut, func() { l.Close() })
		}
	}
}

func listenOn(n *lab.Node, port int) (l net.Listener, err error) {
	err = n.Do(func() error {
		l, err = net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		return err
	})
	return l, err
}

// forward carries connections to the socket until the listener is closed.
func forward(l net.Listener, socket string) {
	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("unix", socket)
		if err != nil {
			near.Close()
			continue
		}
		// Each ends with its connection, at the latest with the lab.
		go pipe(near, far)
		go pipe(far, near)
	}
}

func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from) // either end may hang up
	to.Close()
	from.Close()
}
