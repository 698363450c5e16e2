package run

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"time"

	"anylab/lab"
)

// mtrGrace is how long mtr waits for answers that are late beyond the round trip, and
// how long it may take to end.
const mtrGrace = 300 * time.Millisecond

// mtr asks mtr for the way as well, where it is installed: it is what an operator
// would look with. What is returned waits for its report.
func (r *rig) mtr(ctx context.Context, n *lab.Node, to netip.Addr) func() string {
	path, err := exec.LookPath("mtr")
	if err != nil {
		return func() string { return "" }
	}
	cmd := exec.CommandContext(ctx, path, "--report", "--no-dns", "--report-cycles", "1", "--interval", "0.1",
		"--gracetime", fmt.Sprintf("%.1f", (mtrGrace+r.cell.roundTrip()).Seconds()), to.String())
	cmd.Dir = "/"            // where the run was started need not be in the lab
	cmd.WaitDelay = mtrGrace // it has a helper, which would keep the pipe open
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := n.Spawn(cmd); err != nil {
		return func() string { return fmt.Sprintf("\n! mtr: %v\n", err) }
	}
	return func() string {
		switch err := cmd.Wait(); {
		case ctx.Err() != nil:
			return "\n! mtr: there was no time for it\n"
		case err != nil:
			return fmt.Sprintf("\n! mtr: %v\n%s", err, out.String())
		}
		return fmt.Sprintf("\n> mtr --report --no-dns %s\n%s", to, r.named(out.String()))
	}
}

// named adds to each line the node whose address it has.
func (r *rig) named(report string) string {
	var b strings.Builder
	for line := range strings.Lines(report) {
		line = strings.TrimSuffix(line, "\n")
		for _, word := range strings.Fields(line) {
			if a, err := netip.ParseAddr(word); err == nil {
				line += "  " + r.nameOf(a)
			}
		}
		fmt.Fprintln(&b, line)
	}
	return b.String()
}
