package record

import (
	"iter"
	"math"
	"net/netip"
	"slices"
	"time"
)

// Experiment is what is measured in one cell, as facts: whoever judges a record
// needs nothing else, and no file that the scenario named.
type Experiment struct {
	Standard string         `json:"standard,omitempty"` // whose report is wanted: RFC7747, or none
	Topology Topology       `json:"topology"`
	Services []Service      `json:"services"`
	Probes   []Probe        `json:"probes"`
	Faults   []PlannedFault `json:"faults"` // of every trial; none: nothing may be lost
	Trials   int            `json:"trials"` // asked for; with Until, at most
	Until    *Precision     `json:"until,omitempty"`
	Sustain  time.Duration  `json:"sustain_ns"` // how long service must last to count as restored
	Limit    time.Duration  `json:"limit_ns"`   // how long a trial waits for that
	Expect   []Expectation  `json:"expect"`

	Files []UsedFile `json:"files,omitempty"` // of the user's, of all cells; nil in a cell's own, and in a record of an old anylab

	Settle     time.Duration       `json:"settle_ns,omitempty"`  // for how long nothing may have changed before a trial; 0: as that anylab had it
	Start      map[string][]string `json:"start,omitempty"`      // client -> the sites that serve it when a trial begins
	Monitoring *Monitoring         `json:"monitoring,omitempty"` // nil: nobody watches as Prometheus does

	Claims []Expectation `json:"claims,omitempty"` // judged alike, without a say in the verdict
}

// Monitoring is a Prometheus in the lab.
type Monitoring struct {
	On     string        `json:"on"` // the node
	Scrape time.Duration `json:"scrape_ns"`
	For    time.Duration `json:"for_ns"` // how long an alert's condition must have held
}

// RFC7747 is the standard whose report an experiment can ask for.
const RFC7747 = "rfc7747"

// Topology is the network that the experiment is made in.
type Topology struct {
	Name    string         `json:"name"`
	Nodes   []Node         `json:"nodes"`
	Links   []Link         `json:"links"`
	Anycast []netip.Prefix `json:"anycast"` // at most one per family
}

// NodeRole is what a node is for.
type NodeRole string

// The roles of nodes.
const (
	RouterNode  NodeRole = "router"  // forwards; has a BGP speaker
	AnycastNode NodeRole = "anycast" // serves the anycast address and announces it
	ClientNode  NodeRole = "client"  // asks
)

// Node is one node of the network.
type Node struct {
	Name      string      `json:"name"`
	Role      NodeRole    `json:"role"`
	ASN       uint32      `json:"asn,omitempty"`       // not of clients
	Daemon    string      `json:"daemon,omitempty"`    // not of clients
	Config    *ConfigFile `json:"config,omitempty"`    // the user's own, in place of a generated one
	RouterID  string      `json:"router_id,omitempty"` // BGP identifier
	Multipath bool        `json:"multipath,omitempty"` // all equal best paths are installed
	Place     *Place      `json:"place,omitempty"`     // nil: not said

	Hash           string     `json:"multipath_hash,omitempty"`              // what a router spreads flows by: l3 or l4
	IgnoreLinkDown bool       `json:"ignore_routes_with_linkdown,omitempty"` // its kernel uses no route over a link without carrier
	Resilient      *Resilient `json:"resilient,omitempty"`                   // next-hop groups of its multipath routes

	Damping bool          `json:"damping,omitempty"`    // routes that flap are held back, as the topology says
	Routes  []string      `json:"routes,omitempty"`     // static: "0.0.0.0/0 via 10.0.0.1"
	Sysctls []string      `json:"sysctls,omitempty"`    // of its network namespace: "net/ipv4/tcp_retries2=5"
	Bin     string        `json:"bin,omitempty"`        // directory of another build of its daemon
	Version string        `json:"version,omitempty"`    // of that build
	Table   int           `json:"table,omitempty"`      // so many routes more that it announces
	Restart time.Duration `json:"restart_ns,omitempty"` // after so long its daemon is started again when a process of it ended
}

// Place is where a node stands, in degrees.
type Place struct {
	Name string  `json:"name,omitempty"` // of a city
	Lat  float64 `json:"lat"`            // north
	Lon  float64 `json:"lon"`            // east
}

// UsedFile is a file of the user's that the run was made with: a scenario, a
// topology, a daemon's configuration, what a command names.
type UsedFile struct {
	Path   string `json:"path"`           // as the run found it
	Kept   string `json:"kept,omitempty"` // the copy, in the run's directory; empty: it is too long
	SHA256 string `json:"sha256"`         // of its content
}

// ConfigFile is a daemon's configuration that the user wrote.
type ConfigFile struct {
	Path   string `json:"path"`             // as the run found it
	SHA256 string `json:"sha256,omitempty"` // of its content; empty if that is not known

	Damping bool `json:"damping,omitempty"` // routes that flap are held back (RFC 2439)

	Scan time.Duration `json:"conditional_scan_ns,omitempty"` // how often the daemon looks at the conditions under which it announces; 0: it has none

	Unannounced []string `json:"unannounced,omitempty"` // what in it keeps the site from announcing an anycast address, each with its place
}

// Resilient is a resilient next-hop group of the kernel.
type Resilient struct {
	Buckets    int           `json:"buckets"`
	Idle       time.Duration `json:"idle_ns"`
	Unbalanced time.Duration `json:"unbalanced_ns"` // 0: buckets in use never move
}

// Link is a cable between two nodes, with the session over it.
type Link struct {
	Name   string     `json:"name"`
	Ends   [2]LinkEnd `json:"ends"`
	BGP    *Timers    `json:"bgp,omitempty"`    // nil: it leads to a client
	BFD    *BFDTimers `json:"bfd,omitempty"`    // nil: none
	Switch bool       `json:"switch,omitempty"` // a switch in between: neither end sees the other's carrier
	Hop    bool       `json:"hop,omitempty"`    // a router without BGP in between

	Kilometres float64 `json:"km,omitempty"` // between its ends, where its delay was made of that

	Segment string `json:"segment,omitempty"` // that it is a part of, which three or more nodes share; empty: it is a cable of its own
	VRRP    *VRRP  `json:"vrrp,omitempty"`    // of the segment's anycast nodes; nil: none
}

// VRRP moves the anycast address on a segment (RFC 9568).
type VRRP struct {
	ID       int           `json:"id"`
	Interval time.Duration `json:"interval_ns"` // between advertisements
	Preempt  bool          `json:"preempt,omitempty"`
}

// LinkEnd is an interface of a node, and what is done to packets that leave it.
type LinkEnd struct {
	Node     string        `json:"node"`
	Dev      string        `json:"dev"`
	IPv4     netip.Prefix  `json:"ipv4,omitzero"`
	IPv6     netip.Prefix  `json:"ipv6,omitzero"`
	Delay    time.Duration `json:"delay_ns,omitempty"`
	Jitter   time.Duration `json:"jitter_ns,omitempty"`
	Loss     float64       `json:"loss,omitempty"`       // 0 to 1
	Rate     uint64        `json:"rate_bit_s,omitempty"` // 0: unlimited
	Heedless bool          `json:"heedless,omitempty"`   // a lost carrier tells its daemon nothing (no fast external failover)
	Policy   string        `json:"policy,omitempty"`     // of routes that this end announces: "prepend 2"
	Client   bool          `json:"rr_client,omitempty"`  // of the route reflector at the other end
	Priority int           `json:"priority,omitempty"`   // in the segment's VRRP; 0: no member
}

// Timers are those of a BGP session (RFC 4271 section 10).
type Timers struct {
	Hold      time.Duration `json:"hold_ns"`
	Keepalive time.Duration `json:"keepalive_ns"`
	Restart   time.Duration `json:"graceful_restart_ns,omitempty"` // RFC 4724; 0: no graceful restart
	LongLived time.Duration `json:"llgr_ns,omitempty"`             // the Long-lived Stale Time of RFC 9494; 0: none
	MRAI      time.Duration `json:"mrai_ns,omitempty"`             // 0: none
	// ConnectRetry and IdleHold are those of RFC 4271 sections 8 and 8.1.1; 0: the scenario
	// does not say.
	ConnectRetry time.Duration `json:"connect_retry_ns,omitempty"`
	IdleHold     time.Duration `json:"idle_hold_ns,omitempty"`
}

// BFDTimers are those of a BFD session (RFC 5880 section 6.8.1).
type BFDTimers struct {
	Interval   time.Duration `json:"interval_ns"`
	Multiplier int           `json:"multiplier"`
}

// Service is what answers on the anycast addresses.
type Service struct {
	Name    string        `json:"name"`
	Kind    string        `json:"kind"`
	On      []string      `json:"on"`               // anycast nodes
	Global  []string      `json:"global,omitempty"` // those that announce the network around the address
	Port    int           `json:"port"`
	Restart time.Duration `json:"restart_ns,omitempty"` // after so long it is started again when its process ended
	Ready   time.Duration `json:"ready_ns,omitempty"`   // for so long after that it answers nobody
	Health  HealthCheck   `json:"health"`
	DNS     *DNS          `json:"dns,omitempty"` // nil: it is on the anycast addresses

	Capacity float64 `json:"capacity,omitempty"` // datagrams a second that a site can answer; 0: no bound is set
	Shed     bool    `json:"shed,omitempty"`     // beyond that it answers its health check first
}

// DNS is how users find a service that is not anycast: its sites answer on addresses
// of their own, an authoritative server watches them, and the service's name leads to
// the first of them that is healthy. Its health check is the server's.
type DNS struct {
	TTL      time.Duration `json:"ttl_ns"`
	Extended float64       `json:"extended,omitempty"` // the share of users whose resolver keeps answers for MinTTL at least
	MinTTL   time.Duration `json:"min_ttl_ns,omitempty"`
	Resolver string        `json:"resolver,omitempty"` // what resolves
}

// ttlStep is by how much a resolver, which counts a TTL down in whole seconds
// (RFC 1035 section 3.2.1), may keep an answer for longer.
const ttlStep = time.Second

// Longest is for how long a user who obeys the TTL is cut off at most when the site that
// serves him fails, others being healthy: (interval + timeout) x (fall + 1) + TTL,
// and the second in which TTLs are counted; of anycast, which has no TTL, the first of
// these terms, in which routes change too.
func (s Service) Longest() time.Duration {
	longest := (s.Health.Interval + s.Health.Timeout) * time.Duration(s.Health.Fall+1)
	if s.DNS != nil {
		longest += s.DNS.TTL + ttlStep
	}
	return longest
}

// Resolves says whether the service's users find it by DNS, each for himself.
func (x Experiment) Resolves(service string) bool {
	return slices.ContainsFunc(x.Services, func(s Service) bool { return s.Name == service && s.DNS != nil })
}

// Extends counts those of a number of users whose resolver extends TTLs: the last ones.
func (d DNS) Extends(users int) int { return int(math.Round(d.Extended * float64(users))) }

// patience lists after which times something in the experiment is given up: a check, a
// BFD session, a request.
func (x Experiment) patience() (all []time.Duration) {
	for _, s := range x.Services {
		all = append(all, s.Health.Timeout)
	}
	for _, l := range x.Topology.Links {
		if l.BFD != nil {
			all = append(all, l.BFD.Interval*time.Duration(l.BFD.Multiplier))
		}
	}
	for _, p := range x.Probes {
		all = append(all, p.Timeout)
	}
	return slices.DeleteFunc(all, func(d time.Duration) bool { return d <= 0 })
}

// HealthCheck is how a service is watched: its route is withdrawn after Fall
// failed checks in a row, and announced after Rise good ones.
type HealthCheck struct {
	Kind     string        `json:"kind"`
	Interval time.Duration `json:"interval_ns"`
	Timeout  time.Duration `json:"timeout_ns"`
	Fall     int           `json:"fall"`
	Rise     int           `json:"rise"`
}

// Probe asks a service from a client at a fixed rate.
type Probe struct {
	From    string        `json:"from"`
	Service string        `json:"service"`
	Kind    string        `json:"kind"`
	Rate    float64       `json:"rate"` // requests a second over all flows
	Flows   int           `json:"flows"`
	Timeout time.Duration `json:"timeout_ns"` // what is answered later is lost
}

// PlannedFault is what is broken in every trial and mended.
type PlannedFault struct {
	Kind      string            `json:"kind"`
	On        []string          `json:"on"`                  // one node, or the two ends of a link
	Direction string            `json:"direction,omitempty"` // "upstream->a"; empty: both ways
	End       string            `json:"end,omitempty"`       // one end of the link; empty: the fault's default
	After     time.Duration     `json:"after_ns,omitempty"`  // since the trial's first fault
	For       time.Duration     `json:"for_ns,omitempty"`    // 0: until the outcome is known and has been sustained
	Params    map[string]string `json:"params,omitempty"`    // the fault's own, as they were written
	Ends      bool              `json:"ends,omitempty"`      // it ends a process: where a supervisor starts that again, it is mended
	Silences  bool              `json:"silences,omitempty"`  // the node that it strikes answers nobody meanwhile
}

// Precision says when a cell has enough trials: when either end of the 95 %
// confidence interval of a metric's median is near it.
type Precision struct {
	Text   string  `json:"text"` // as written: ci95(median(outage)) < 5%
	Min    int     `json:"min"`  // trials that are made in any case
	Metric string  `json:"metric"`
	Share  float64 `json:"share,omitempty"`    // of the median; or
	Width  float64 `json:"width_ms,omitempty"` // milliseconds
}

// Expectation is "stat(metric) op value", or "metric op value", which must hold
// in every trial (Stat is empty); the metric may be of one client, "metric(of)".
// Or it is "metric(of) op node", about where
// traffic goes, which must hold in every trial too.
type Expectation struct {
	Text   string  `json:"text"`             // as written
	Stat   string  `json:"stat,omitempty"`   // one of Stats, or empty
	Metric string  `json:"metric,omitempty"` // one of Metrics, or a place: best_path, catchment, also _after and _healed
	Op     string  `json:"op,omitempty"`     // < <= == != >= >
	Value  float64 `json:"value"`
	Unit   Unit    `json:"unit,omitempty"` // of the value
	Of     string  `json:"of,omitempty"`   // the node that a place is asked about, the client that a metric is of
	Is     string  `json:"is,omitempty"`   // the place: a node, several joined by "+", or Nowhere; empty of a metric
}

// Subject names what is measured: "outage", or of one client "outage(london)".
func (e Expectation) Subject() string { return OfClient(e.Metric, e.Of) }

// Allows says whether it holds for a value of its metric.
func (e Expectation) Allows(v float64) bool {
	switch e.Op {
	case "<":
		return v < e.Value
	case "<=":
		return v <= e.Value
	case "==":
		return v == e.Value
	case "!=":
		return v != e.Value
	case ">=":
		return v >= e.Value
	case ">":
		return v > e.Value
	}
	return false
}

// Nowhere stands for no path, and for nobody who answers.
const Nowhere = "none"

// Node returns the node called name.
func (t Topology) Node(name string) (Node, bool) {
	i := slices.IndexFunc(t.Nodes, func(n Node) bool { return n.Name == name })
	if i < 0 {
		return Node{}, false
	}
	return t.Nodes[i], true
}

// Priority is the node's in its VRRP, 0 if it has none.
func (t Topology) Priority(node string) int {
	for l := range t.LinksOf(node) {
		if p := l.Near(node).Priority; p > 0 {
			return p
		}
	}
	return 0
}

// Of returns the names of the nodes with the role, in the topology's order.
func (t Topology) Of(role NodeRole) []string {
	var names []string
	for _, n := range t.Nodes {
		if n.Role == role {
			names = append(names, n.Name)
		}
	}
	return names
}

// LinksOf returns the links of a node, in the topology's order.
func (t Topology) LinksOf(node string) iter.Seq[Link] {
	return func(yield func(Link) bool) {
		for _, l := range t.Links {
			if (l.Ends[0].Node == node || l.Ends[1].Node == node) && !yield(l) {
				return
			}
		}
	}
}

// Near returns the end at the node, which must be one of the link's two.
func (l Link) Near(node string) LinkEnd {
	if l.Ends[0].Node == node {
		return l.Ends[0]
	}
	return l.Ends[1]
}

// Far returns the end opposite to the node, which must be one of the link's two.
func (l Link) Far(node string) LinkEnd {
	if l.Ends[0].Node == node {
		return l.Ends[1]
	}
	return l.Ends[0]
}
