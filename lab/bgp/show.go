package bgp

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"text/tabwriter"
)

// Path is one path of a daemon's table.
type Path struct {
	Prefix  netip.Prefix
	NextHop netip.Addr // unspecified or invalid: of the daemon's own
	Best    bool       // the one that counts: "*>"
	Equal   bool       // as good, and used beside the best one: "*="
	ASPath  string
	Damped  bool // held back for its flaps (RFC 2439)
}

// Own says whether the daemon originates the path.
func (p Path) Own() bool { return !p.NextHop.IsValid() || p.NextHop.IsUnspecified() }

// A Tabler is a Speaker that has a table of paths.
type Tabler interface {
	// Paths lists the valid paths to all prefixes, in no order.
	Paths(ctx context.Context) ([]Path, error)
}

// A Shower is a Speaker that shows what its daemon's own command line does.
type Shower interface {
	// Show returns the commands with their answers: sessions, then paths.
	Show(ctx context.Context) (string, error)
}

// Paths lists the paths of the daemon's table; none where it has none.
func (b *Daemon) Paths(ctx context.Context) ([]Path, error) {
	speaker, err := b.current()
	if err != nil {
		return nil, err
	}
	if t, ok := speaker.(Tabler); ok {
		return t.Paths(ctx)
	}
	return nil, nil
}

// Show returns what an operator would look at: sessions and paths, as the
// daemon's own command line shows them, or else in the manner of FRR's.
func (b *Daemon) Show(ctx context.Context) (string, error) {
	speaker, err := b.current()
	if err != nil {
		return "", err
	}
	if s, ok := speaker.(Shower); ok {
		return s.Show(ctx)
	}
	peers, err := speaker.Peers(ctx)
	if err != nil {
		return "", err
	}
	text := summary(b.config, peers)
	if t, ok := speaker.(Tabler); ok {
		paths, err := t.Paths(ctx)
		if err != nil {
			return text, err
		}
		text += "\n" + pathTable(paths)
	}
	return text, nil
}

// summary writes sessions as "show bgp summary" does.
func summary(c Config, peers []Peer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "> show bgp summary\nBGP router identifier %s, local AS number %d\n", c.RouterID, c.ASN)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "Neighbor\tAS\tState/PfxRcd\tBFD\tDesc\n")
	for _, p := range peers {
		state := strings.ToUpper(string(p.State[:1])) + string(p.State[1:])
		if p.State == Established {
			state = fmt.Sprint(p.Received)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\n", p.Addr, p.ASN, state, p.BFD, p.Node)
	}
	_ = t.Flush() // to a string: can't fail
	return b.String()
}

// pathTable writes paths as "show ip bgp" does, the mark of the best included.
func pathTable(paths []Path) string {
	var b strings.Builder
	b.WriteString("> show ip bgp\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  \tNetwork\tNext Hop\tPath\n")
	for _, p := range paths {
		mark := "*"
		switch {
		case p.Best:
			mark = "*>"
		case p.Equal:
			mark = "*="
		}
		hop := "0.0.0.0"
		if p.Prefix.Addr().Is6() {
			hop = "::"
		}
		if !p.Own() {
			hop = p.NextHop.String()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", mark, p.Prefix, hop, p.ASPath)
	}
	_ = t.Flush()
	return b.String()
}

// answered writes a command with its answer.
func answered(command, answer string) string {
	return "> " + command + "\n" + strings.TrimRight(answer, "\n") + "\n\n"
}
