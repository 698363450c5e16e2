package bgp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
)

// vty is the command socket of one of FRR's daemons, which vtysh speaks to.
type vty string

// do carries out commands one after another, as a user who is enabled, and
// returns the answer of the last. It stops at the first that fails.
//
// A command is sent with a NUL at its end. Its answer ends with three NULs
// and the command's return code (lib/vty.c, vtysh_write).
func (v vty) do(ctx context.Context, commands ...string) (string, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", string(v))
	if err != nil {
		return "", err
	}
	hangUp := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() {
		hangUp()
		_ = conn.Close()
	}()
	in := bufio.NewReader(conn)
	var answer string
	for _, command := range append([]string{"enable"}, commands...) {
		if _, err := io.WriteString(conn, command+"\x00"); err != nil {
			return "", fmt.Errorf("%s: %w", command, err)
		}
		if answer, err = readVTY(in); err != nil {
			return "", fmt.Errorf("%s: %w", command, err)
		}
	}
	return answer, nil
}

// The return codes of commands (lib/command.h) that are not failures:
// CMD_SUCCESS, and CMD_SUCCESS_DAEMON.
const (
	vtySuccess       = 0
	vtySuccessDaemon = 10
)

// readVTY reads one answer. Text has no NULs in it.
func readVTY(in *bufio.Reader) (string, error) {
	text, err := in.ReadBytes(0)
	if err != nil {
		return "", err
	}
	var end [3]byte
	if _, err := io.ReadFull(in, end[:]); err != nil {
		return "", err
	}
	answer := string(bytes.TrimSpace(text[:len(text)-1]))
	if code := end[2]; code != vtySuccess && code != vtySuccessDaemon {
		return "", errors.New(answer + fmt.Sprintf(" (code %d)", code))
	}
	return answer, nil
}
