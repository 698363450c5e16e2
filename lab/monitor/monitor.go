// Package monitor watches a lab as a real Prometheus does.
package monitor

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"anylab/lab"
	"anylab/lab/bgp"
	"anylab/lab/record"
	"anylab/topologies"
)

// The programs beside the daemons' exporters, and the packages that they are in.
const (
	prometheus = "prometheus"
	blackbox   = "prometheus-blackbox-exporter"
)

// The ports that they serve on.
const (
	prometheusPort = 9090
	blackboxPort   = 9115
	exporterPort   = 9342
)

// Setup says what watches.
type Setup struct {
	On     string // the node with Prometheus
	Scrape time.Duration
	For    time.Duration // how long an alert's condition must have held
	Checks []Check       // that users are served
}

// Check asks the anycast address, from a client, as blackbox_exporter does.
type Check struct {
	Client string
	Kind   string // of the probe
	Target string // address and port
}

// Programs are what the setup runs in a topology, and the packages that they are in.
func Programs(t topologies.Topology) map[string]string {
	all := map[string]string{prometheus: prometheus, blackbox: blackbox}
	for _, n := range t.Nodes {
		if e, err := bgp.ExporterOf(n, netip.AddrPort{}); n.Role != topologies.Client && err == nil {
			all[e.Program] = e.Package
		}
	}
	return all
}

// Monitor is a Prometheus that watches.
type Monitor struct {
	Setup
	node  *lab.Node
	rules []rule
}

// target is what Prometheus scrapes.
type target struct {
	node string
	at   netip.AddrPort
	rules
	check *Check // of a blackbox
}

// Start starts the exporters and Prometheus. They end with ctx.
func Start(ctx context.Context, l *lab.Lab, t topologies.Topology, s Setup) (*Monitor, error) {
	m := &Monitor{Setup: s}
	var err error
	if m.node, err = l.Node(s.On); err != nil {
		return nil, err
	}
	var targets []target
	for _, node := range t.Nodes {
		n, err := l.Node(node.Name)
		if err != nil {
			return nil, err
		}
		list, err := m.exporters(ctx, n, addressOf(t, node.Name))
		if err != nil {
			return nil, err
		}
		targets = append(targets, list...)
	}
	m.rules = rulesOf(targets)
	files := map[string]string{"prometheus.yml": m.config(targets), "rules.yml": m.ruleFile()}
	if err := m.start(ctx, files); err != nil {
		return nil, err
	}
	return m, m.await(ctx, len(targets))
}

// exporters starts those of a node, and returns what there is to scrape.
func (m *Monitor) exporters(ctx context.Context, n *lab.Node, at netip.Addr) ([]target, error) {
	if n.Role != topologies.Client {
		to := netip.AddrPortFrom(at, exporterPort)
		e, err := bgp.ExporterOf(n.Node, to)
		if err != nil {
			return nil, nil // nobody can watch it: the scenario was told
		}
		_, err = n.Start(ctx, e.Program, exec.Command(e.Program, e.Args...))
		return []target{{node: n.Name, at: to, rules: sessionRules(e)}}, err
	}
	var list []target
	to := netip.AddrPortFrom(at, blackboxPort)
	for _, c := range m.Checks {
		if c.Client == n.Name {
			list = append(list, target{node: n.Name, at: to, check: &c, rules: rules{unreachable}})
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	err := write(n, blackbox, "blackbox.yml", blackboxConfig)
	if err == nil {
		_, err = n.Start(ctx, blackbox, exec.Command(blackbox, "--config.file=blackbox.yml", "--web.listen-address="+to.String()))
	}
	return list, err
}

func (m *Monitor) start(ctx context.Context, files map[string]string) error {
	for name, text := range files {
		if err := write(m.node, prometheus, name, text); err != nil {
			return err
		}
	}
	_, err := m.node.Start(ctx, prometheus, exec.Command(prometheus, "--config.file=prometheus.yml",
		"--storage.tsdb.path="+filepath.Join(m.node.Dir(), "prometheus"), "--web.listen-address="+m.address()))
	return err
}

func (m *Monitor) address() string { return fmt.Sprintf("127.0.0.1:%d", prometheusPort) }

// write puts a file where the program is started.
func write(n *lab.Node, program, name, text string) error {
	dir, err := n.WorkDir(program)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
}

// addressOf is the address of a node's first link.
func addressOf(t topologies.Topology, node string) netip.Addr {
	for _, l := range t.Links {
		for _, e := range l.Ends {
			if e.Node == node && e.IPv4.IsValid() {
				return e.IPv4.Addr()
			}
		}
	}
	return netip.Addr{}
}

// starting bounds how long Prometheus may take to see all of its targets.
const starting = 30 * time.Second

// await waits until every target was scraped and nothing is wrong.
func (m *Monitor) await(ctx context.Context, targets int) error {
	ctx, cancel := context.WithTimeout(ctx, starting+2*m.Scrape)
	defer cancel()
	for {
		up, err := m.query(ctx, "up == 1")
		if err == nil && len(up) == targets {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("only %d of %d targets are up for Prometheus on %s: %w", len(up), targets, m.On, context.Cause(ctx))
		case <-time.After(m.Scrape / 4):
		}
	}
}

// client asks Prometheus in its node.
func (m *Monitor) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (c net.Conn, err error) {
		err = m.node.Do(func() error { c, err = net.DialTimeout("tcp", m.address(), time.Second); return err })
		return c, err
	}}}
}

// Alerts are what was seen, and what fired, since a moment.
func (m *Monitor) Alerts(ctx context.Context, since record.Time) ([]record.Event, error) {
	window := fmt.Sprintf("[%ds]", int((record.Now().Sub(since)+3*m.Scrape).Seconds())+1)
	took, err := m.query(ctx, "scrape_duration_seconds"+window)
	if err != nil {
		return nil, err
	}
	look := lookback{moment: since, offset: record.ClockOffset(), scrape: m.Scrape, took: durations(took)}
	asked := map[string]record.Alert{}
	for _, r := range m.rules {
		asked[r.series] = record.Alert{Rule: r.name}
		asked[fmt.Sprintf(`ALERTS{alertname=%q,alertstate="firing"}`, r.name)] = record.Alert{Rule: r.name, Firing: true}
	}
	var list []record.Event
	for series, alert := range asked {
		found, err := m.query(ctx, series+window)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if at, ok := look.first(s, alert.Firing); ok {
				alert.Of = s.Metric["instance"]
				list = append(list, record.Event{At: at, Kind: record.KindAlert, Node: m.On, Data: alert})
			}
		}
	}
	return list, nil
}
