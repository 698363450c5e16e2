package service

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
)

var commandKind = kind{
	nil, listening,
	Facts{Summary: "any program, on the port that it is given",
		Transports: []string{"udp", "tcp"}, Health: "process", Command: true},
}

// listening is how a program whose protocol is unknown is found to be up:
// some socket of its network namespace listens on the service's port. Port 0
// means that there is nothing to wait for.
func listening(_ context.Context, s *Service) error {
	if s.config.Port == 0 {
		return nil
	}
	for _, table := range []string{"udp", "tcp", "udp6", "tcp6"} {
		found, err := boundIn(fmt.Sprintf("/proc/%d/net/%s", s.Proc().PID(), table), s.config.Port)
		if err != nil || found {
			return err
		}
	}
	return fmt.Errorf("nothing listens on port %d", s.config.Port)
}

// boundIn reads a socket table (proc_net_tcp.rst: local address and port in
// the second column, state in the fourth, both hexadecimal) and says whether
// a socket listens on the port, or is bound to it and unconnected.
func boundIn(table string, port int) (bool, error) {
	const (
		tcpListen      = "0A"
		udpUnconnected = "07" // TCP_CLOSE, which is what UDP uses
	)
	f, err := os.Open(table)
	if os.IsNotExist(err) {
		return false, nil // a kernel without IPv6, or the process is gone
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	for in.Scan() {
		col := strings.Fields(in.Text())
		if len(col) < 4 || col[3] != tcpListen && col[3] != udpUnconnected {
			continue
		}
		_, hex, _ := strings.Cut(col[1], ":")
		if n, err := strconv.ParseUint(hex, 16, 16); err == nil && int(n) == port {
			return true, nil
		}
	}
	return false, in.Err()
}
