package bgp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

// birdControl is BIRD's control socket, which birdc speaks to. It is found by
// its path, so it is the same in every network namespace.
type birdControl string

// do carries out one command and returns the lines of the answer.
func (c birdControl) do(ctx context.Context, command string) ([]string, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", string(c))
	if err != nil {
		return nil, err
	}
	hangUp := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() {
		hangUp()
		_ = conn.Close()
	}()
	in := bufio.NewReader(conn)
	if _, err := readBIRD(in); err != nil { // the greeting
		return nil, fmt.Errorf("connect to BIRD: %w", err)
	}
	if _, err := io.WriteString(conn, command+"\n"); err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	answer, err := readBIRD(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	return answer, nil
}

// readBIRD reads one answer. Its lines start with a code of four digits and
// "-", the last one with a code and a space; a space in place of the code
// repeats it. Codes of 8000 and more are errors.
// (BIRD's doc/reply_codes)
func readBIRD(in *bufio.Reader) ([]string, error) {
	var lines []string
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return lines, err
		}
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "+") || len(line) < 5 {
			lines = append(lines, strings.TrimPrefix(line, " "))
			continue
		}
		lines = append(lines, line[5:])
		if line[4] != ' ' {
			continue
		}
		if line[0] == '8' || line[0] == '9' {
			return nil, errors.New(strings.Join(lines, ": "))
		}
		return lines, nil
	}
}
