package topologies

import (
	"fmt"
	"net/netip"
	"time"

	"anylab/topologies/document"
)

// topologyFile is the form of a topology's file. Its tags make the strict
// decoder and the JSON Schema.
type topologyFile struct {
	Name      string                           `yaml:"name,required" doc:"what the topology is called"`
	Summary   string                           `yaml:"summary" doc:"one sentence for whoever chooses a topology"`
	Nodes     []nodeFile                       `yaml:"nodes,keyed" doc:"the nodes by name; a name is at most 15 of a-z, 0-9 and -"`
	Links     []linkFile                       `yaml:"links" doc:"the cables; derived addresses follow their order"`
	Generate  *generateFile                    `yaml:"generate" doc:"nodes and links that are made by a rule, in place of those"`
	BGP       timersFile                       `yaml:"bgp" doc:"defaults for all sessions"`
	BFD       *bfdFile                         `yaml:"bfd" doc:"default for all sessions; none"`
	Daemon    string                           `yaml:"daemon" doc:"the BGP daemon of nodes that name none"`
	Anycast   document.OneOrMore[netip.Prefix] `yaml:"anycast,required" doc:"the address that the anycast nodes announce: one host prefix per family"`
	Inflation float64                          `yaml:"inflation" default:"1.5" min:"1" max:"10" doc:"by how much longer than light in glass along the great circle packets take where a delay is distance"`
	At        document.Raw                     `yaml:",self"`

	given map[string]bool // interface names that the file gives, as "node:device"
}

type nodeFile struct {
	Name         string                     `yaml:",key"`
	Role         Role                       `yaml:"role,required" enum:"router anycast client" doc:"what the node is for"`
	ASN          uint32                     `yaml:"asn" doc:"its autonomous system; not for clients"`
	Daemon       *string                    `yaml:"daemon" doc:"its BGP daemon"`
	Config       string                     `yaml:"config" doc:"the daemon's own configuration file, in place of the generated one; relative to this file"`
	RouterID     netip.Addr                 `yaml:"router_id" doc:"its BGP identifier; derived: 10.255.x.y, rising in file order"`
	Multipath    *bool                      `yaml:"multipath" doc:"install all equal best paths"`
	FastFailover *bool                      `yaml:"fast_external_failover" doc:"end sessions with other ASes as soon as their link has lost its carrier; what the daemon does by default"`
	Reflector    bool                       `yaml:"reflector" doc:"a router passes routes on between the neighbors of its own AS, its clients (RFC 4456)"`
	ClusterID    clusterID                  `yaml:"cluster_id" doc:"of a reflector, which reflectors of the same clients may share: four octets, or their number; its router id"`
	Damping      *dampingFile               `yaml:"damping" doc:"of routes of other ASes that flap (RFC 2439), or none"`
	Table        int                        `yaml:"table" min:"1" max:"1000000" doc:"so many more IPv4 routes that it announces to its neighbors, of the shape of the Internet's table: the same ones on each node; none"`
	Place        document.OneOrMore[string] `yaml:"at" doc:"where it stands: a city (singapore), or its latitude and longitude in degrees ([1.35, 103.82])"`

	MultipathHash  string         `yaml:"multipath_hash" enum:"l3 l4" default:"l4" doc:"what a router spreads flows over equal paths by: addresses, or ports too"`
	IgnoreLinkDown bool           `yaml:"ignore_routes_with_linkdown" doc:"a router's kernel uses no route over a link without carrier, whatever the daemon does"`
	Resilient      *resilientFile `yaml:"resilient" doc:"resilient next-hop groups for a router's multipath routes, or none: a lost next hop moves only its own flows"`

	machineFile `yaml:",inline"`

	At document.Raw `yaml:",self"`
}

type linkFile struct {
	Endpoints  []string         `yaml:"endpoints,required" doc:"the two nodes, each with an interface name if wanted: upstream:eth1; three or more share a segment, which is a switch"`
	BGP        *linkBGP         `yaml:"bgp" doc:"timers of this link's session"`
	BFD        *bfdFile         `yaml:"bfd" doc:"BFD of this link's session, or none"`
	To         []endFile        `yaml:"to,keyed" doc:"by node: the address of its end, and what is done to packets and routes on the way to it"`
	Delay      linkDelay        `yaml:"delay" doc:"in both directions, at most 10s; or distance: that of its length, by where its ends stand"`
	Inflation  *float64         `yaml:"inflation" min:"1" max:"10" doc:"of this link, where its delay is distance"`
	Jitter     time.Duration    `yaml:"jitter" max:"10s" doc:"by which the delay varies, at most the delay; in both directions"`
	Loss       document.Percent `yaml:"loss" doc:"in both directions"`
	Rate       document.BitRate `yaml:"rate" doc:"in both directions"`
	Switch     bool             `yaml:"switch" doc:"a switch in between: neither end sees the other's carrier"`
	Unnumbered bool             `yaml:"unnumbered" doc:"link-local addresses alone, and one session that carries both families (RFC 8950; formerly 5549)"`
	Hop        bool             `yaml:"hop" doc:"a router without BGP in between, which counts the TTL down: the session is a multihop one, and so is its BFD (RFC 5883)"`
	VRRP       *vrrpFile        `yaml:"vrrp" doc:"of a shared segment: its anycast nodes hold the anycast address by turns (RFC 9568), in place of BGP"`
	At         document.Raw     `yaml:",self"`

	segment *segment // that it is a pair of; nil: it is a cable of its own
	said    int      // its place in the file's list
}

// endFile overrides a link at one end. The shape is that of packets on their
// way to the node: they leave at the other end.
type endFile struct {
	Node     string            `yaml:",key"`
	Address  netip.Prefix      `yaml:"address" doc:"IPv4 address and prefix length of the node's end"`
	BFD      *endBFD           `yaml:"bfd" doc:"of the node's own end, in place of the link's"`
	Client   *bool             `yaml:"client" doc:"of the reflector at the other end; true within its AS, but for another reflector"`
	Priority *int              `yaml:"priority" min:"1" max:"254" doc:"in the segment's VRRP: the highest holds the address; 100"`
	Address6 netip.Prefix      `yaml:"address6" doc:"IPv6 address and prefix length of the node's end"`
	Delay    *time.Duration    `yaml:"delay" max:"10s" doc:"of packets to the node"`
	Jitter   *time.Duration    `yaml:"jitter" max:"10s" doc:"of packets to the node"`
	Loss     *document.Percent `yaml:"loss" doc:"of packets to the node"`
	Rate     *document.BitRate `yaml:"rate" doc:"of packets to the node"`
	Policy   `yaml:",inline"`
	At       document.Raw `yaml:",self"`
}

type timersFile struct {
	Hold         *time.Duration `yaml:"hold" doc:"hold time; 0s or at least 3s; 9s"`
	Keepalive    *time.Duration `yaml:"keepalive" doc:"a third of the hold time"`
	Restart      *time.Duration `yaml:"graceful_restart" doc:"restart time of RFC 4724, for which routes of a broken session are kept; 0s: no graceful restart"`
	LongLived    *time.Duration `yaml:"llgr" doc:"long-lived stale time of RFC 9494, for which those routes are kept when the restart time is over, but used only where there is no other; 0s: none"`
	MRAI         *time.Duration `yaml:"mrai" doc:"least time between announcements of a route (RFC 4271), in whole seconds; 0s: none"`
	Multipath    bool           `yaml:"multipath" doc:"install all equal best paths"`
	FastFailover *bool          `yaml:"fast_external_failover" doc:"of all nodes: end sessions with other ASes as soon as their link has lost its carrier; what the daemon does by default"`
	guardFile    `yaml:",inline"`
	againFile    `yaml:",inline"`
	At           document.Raw `yaml:",self"`
}

// guardFile is what keeps strangers out of a session.
type guardFile struct {
	Password *string `yaml:"password" doc:"of both ends' TCP connection (MD5, RFC 2385): at most 80 letters, digits and . _ + / = @ -; '': none"`
	GTSM     *bool   `yaml:"ttl_security" doc:"both ends send with TTL 255 and take nothing that came over more hops than the link has (GTSM, RFC 5082); false"`
}

// againFile is how a session that is not up is tried again.
type againFile struct {
	ConnectRetry *time.Duration `yaml:"connect_retry" min:"1s" max:"65535s" doc:"from one attempt to connect to the next, of an end that calls (ConnectRetryTime, RFC 4271), in whole seconds; a second at most, where RFC 4271 suggests 120s"`
	IdleHold     *time.Duration `yaml:"idle_hold" min:"1s" max:"65535s" doc:"for how long an end neither calls nor takes a call after its session has ended (IdleHoldTime, RFC 4271), in whole seconds; as little as the daemon can"`
}

type linkBGP struct {
	Hold      *time.Duration `yaml:"hold" doc:"hold time; 0s or at least 3s"`
	Keepalive *time.Duration `yaml:"keepalive" doc:"a third of the hold time"`
	Restart   *time.Duration `yaml:"graceful_restart" doc:"restart time of RFC 4724; 0s: no graceful restart"`
	LongLived *time.Duration `yaml:"llgr" doc:"long-lived stale time of RFC 9494, after the restart time; 0s: none"`
	MRAI      *time.Duration `yaml:"mrai" doc:"least time between announcements of a route, in whole seconds; 0s: none"`
	guardFile `yaml:",inline"`
	againFile `yaml:",inline"`
	At        document.Raw `yaml:",self"`
}

// bfdFile is a BFD session's configuration or the word "none".
type bfdFile struct {
	Interval   time.Duration `yaml:"interval,required" min:"10ms" doc:"desired min TX and required min RX"`
	Multiplier int           `yaml:"multiplier" default:"3" min:"1" doc:"missed packets that mean failure"`
	Echo       time.Duration `yaml:"echo" min:"10ms" max:"1m" doc:"each end sends itself packets by way of the other this often, and counts those (RFC 5880, 6.4); none"`
	At         document.Raw  `yaml:",self"`
}

// endBFD is what one end has of its own.
type endBFD struct {
	Transmit   *time.Duration `yaml:"transmit" min:"10ms" max:"1h" doc:"desired min TX: it sends no faster, and no faster than the other end receives"`
	Receive    *time.Duration `yaml:"receive" min:"10ms" max:"1h" doc:"required min RX"`
	Multiplier *int           `yaml:"multiplier" min:"1" max:"255" doc:"that the other end is told to count to"`
	Passive    bool           `yaml:"passive" doc:"it says nothing before it hears the other end"`
}

// UnmarshalText accepts "none".
func (b *bfdFile) UnmarshalText(text []byte) error {
	if string(text) != "none" {
		return fmt.Errorf("%q is not a BFD configuration; write {interval: 50ms, multiplier: 3} or none", text)
	}
	return nil
}

func (bfdFile) Words() []string { return []string{"none"} }
