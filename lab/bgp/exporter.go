package bgp

import (
	"errors"
	"fmt"
	"net/netip"

	"anylab/lab"
	"anylab/topologies"
)

// Exporter gives a daemon's numbers to Prometheus.
type Exporter struct {
	Program string
	Package string   // that it is in
	Args    []string // to serve on the address that was asked for
	Up      string   // the series that is 1 while a session is up, and less while it is not
	Routes  string   // the series with the number of routes of a session: those that a router was sent, or that a site announces
}

// ErrNoExporter says that nobody gives a daemon's numbers to Prometheus.
var ErrNoExporter = errors.New("no exporter for Prometheus")

// exporting is a Driver whose daemon has an exporter.
type exporting interface {
	exporter(dir string, at netip.AddrPort) Exporter
}

// ExporterOf returns the exporter of a node's daemon, that serves at the address.
func ExporterOf(n topologies.Node, at netip.AddrPort) (Exporter, error) {
	d, err := Of(n)
	if err != nil {
		return Exporter{}, err
	}
	e, ok := d.(exporting)
	if !ok {
		return Exporter{}, fmt.Errorf("%s: %w", n.Daemon, ErrNoExporter)
	}
	return e.exporter((&lab.Node{Node: n}).Dir(), at), nil
}
