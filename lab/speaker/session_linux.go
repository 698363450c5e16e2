package speaker

import (
	"context"
	"log"
	"net"
	"net/netip"
	"time"

	api "github.com/osrg/gobgp/v3/api"
	"github.com/osrg/gobgp/v3/pkg/server"

	"anylab/topologies/document"
)

// How long a session waits before it connects again: the first pause after a
// session ended, doubled by each failure, and the longest, unless ConnectRetry says
// otherwise. Short, because a lab is small and its trials wait for it; not zero, because
// a far end that refuses would be asked in a tight loop.
const (
	firstPause = 10 * time.Millisecond
	lastPause  = 100 * time.Millisecond
)

// connectTimeout bounds one attempt; a lost SYN is then sent anew. openTimeout
// bounds the exchange of OPEN messages that follows, for which RFC 4271 allows
// 4 minutes: a far end that was frozen has connections in its backlog that
// lead nowhere.
const (
	connectTimeout = time.Second
	openTimeout    = 2 * time.Second
)

// openedAtOnce is how many sessions a speaker opens at the same time. Of hundreds, none
// would be open before the far ends lose patience, and all would start over.
const openedAtOnce = 16

// session keeps one neighbor configured in GoBGP while its link can carry it,
// and opens the TCP connection when that is this end's part.
//
// A session that ended is taken out of GoBGP and put back, since GoBGP lets
// it idle 5 s otherwise (holdtimeIdle in its server/fsm.go), closing every
// connection that comes in. Taking it out drops its routes in the same step:
// the quickest way from a lost carrier to new best paths.
type session struct {
	Neighbor
	server *server.BgpServer
	queue  chan<- *net.TCPConn
	log    *log.Logger
	peer   *api.Peer

	usable chan bool       // the link is, on every change
	states chan state      // what GoBGP reports
	dialed chan net.Conn   // the result of an attempt, nil if it failed
	up     chan<- Neighbor // gets the neighbor on the first Established
	turns  chan struct{}   // holds one for each session of the speaker that is being opened from this end
	failed <-chan string   // why BFD takes the path for broken; nil without BFD

	configured bool // in GoBGP
	last       state
	reported   bool // to up
	retaining  bool // GoBGP keeps the routes of the ended session (RFC 4724 section 4.2)
	limited    bool // it brought too many prefixes, and stays down until an operator enables it
	carries    bool // the link can carry it
	came       bool // it has been up since it was opened
	turn       bool // it is this session's
	due        bool // to connect, once GoBGP takes connections
	pause      time.Duration
	called     time.Time          // the last attempt's start
	idle       time.Time          // until when it stays out of GoBGP, which refuses the far end's calls then
	timer      *time.Timer        // for the next attempt, for the far end's OPEN, or for the end of idleness
	hangUp     context.CancelFunc // ends an attempt under way; nil if there is none
}

func newSession(n Neighbor, p *api.Peer, s *server.BgpServer, q chan<- *net.TCPConn, up chan<- Neighbor, l *log.Logger) *session {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &session{
		Neighbor: n, server: s, queue: q, log: l, peer: p, up: up,
		usable: make(chan bool), states: make(chan state),
		dialed: make(chan net.Conn), timer: timer, pause: firstPause,
	}
}

// run works until ctx ends. It leaves the neighbor configured: the server's
// own stop tells all neighbors.
func (s *session) run(ctx context.Context) {
	defer s.timer.Stop()
	defer s.stopDialing()
	for {
		select {
		case <-ctx.Done():
			return
		case usable := <-s.usable:
			s.link(ctx, usable)
		case now := <-s.states:
			s.follow(ctx, now)
		case <-s.timer.C:
			s.expire(ctx)
		case conn := <-s.dialed:
			s.connected(ctx, conn)
		case why := <-s.failed:
			s.fail(ctx, why)
		}
	}
}

// link reacts to the carrier: RFC 4271 section 8.2.2 leaves it to the
// implementation what ends a session, and ending it with the link is what
// routers call fast external failover.
func (s *session) link(ctx context.Context, usable bool) {
	s.carries = usable
	switch {
	case usable && !s.configured:
		s.begin(ctx, 0)
	case !usable && s.configured && !s.limited:
		s.log.Printf("%s (%s): %s has no carrier", s.Node, s.Remote, s.Dev)
		s.end(ctx)
	}
}

// begin opens the session once it is idle no longer, to connect after the pause.
func (s *session) begin(ctx context.Context, pause time.Duration) {
	if left := time.Until(s.idle); left > 0 {
		s.timer.Reset(left)
		return
	}
	s.open(ctx, pause)
}

// end closes the session. One that was up is idle from now on (RFC 4271 section 8.1.1).
func (s *session) end(ctx context.Context) {
	if s.came && s.IdleHold > 0 {
		s.log.Printf("%s (%s): idle for %v", s.Node, s.Remote, document.Duration(s.IdleHold))
		s.idle = time.Now().Add(s.IdleHold)
	}
	s.close(ctx)
}

// open configures the session, to connect after the pause.
func (s *session) open(ctx context.Context, pause time.Duration) {
	if err := s.server.AddPeer(ctx, &api.AddPeerRequest{Peer: s.peer}); err != nil {
		s.log.Printf("%s (%s): configure: %v", s.Node, s.Remote, err)
		return
	}
	s.configured, s.came, s.last, s.retaining, s.due = true, false, idle, false, false
	if !s.Passive {
		s.timer.Reset(pause)
	}
}

func (s *session) close(ctx context.Context) {
	s.timer.Stop()
	s.stopDialing()
	s.yield()
	s.configured = false
	if err := s.server.DeletePeer(ctx, &api.DeletePeerRequest{Address: s.Remote.String()}); err != nil {
		s.log.Printf("%s (%s): reset: %v", s.Node, s.Remote, err)
	}
}

// fail resets the session because BFD takes the path for broken, whatever TCP
// thinks of it (RFC 5882 section 4.2). A graceful restart goes on: this BFD
// shares the fate of the control plane, so its end says nothing about the
// neighbor's forwarding (RFC 5882 section 4.3.2.2).
func (s *session) fail(ctx context.Context, why string) {
	if !s.configured || s.retaining {
		return
	}
	if err := cease(s.Neighbor, bfdDown); err != nil {
		s.log.Printf("%s (%s): %v", s.Node, s.Remote, err) // the path is broken, after all
	}
	s.reopen(ctx, why)
}

// reopen ends the session, if there is one, and starts over.
func (s *session) reopen(ctx context.Context, why string) {
	if !s.configured {
		return
	}
	s.log.Printf("%s (%s): reset: %s", s.Node, s.Remote, why)
	pause := s.again()
	s.end(ctx)
	s.begin(ctx, pause)
}

// again returns how long to wait before the next attempt. The end of a session is no
// failed attempt: the next one need not wait for the connect retry time.
func (s *session) again() time.Duration {
	pause := s.pause
	s.pause = min(2*s.pause, lastPause)
	if s.ConnectRetry > 0 && !s.came {
		return max(0, time.Until(s.called.Add(s.ConnectRetry)))
	}
	return pause
}

// follow keeps up with the state that GoBGP reports. The report may be about
// the session's last life, so the end of this one is asked for, not believed.
func (s *session) follow(ctx context.Context, now state) {
	if !s.configured {
		return
	}
	before := s.last
	s.last = now
	switch {
	case now == established:
		s.log.Printf("%s (%s): established", s.Node, s.Remote)
		s.timer.Stop()
		s.yield()
		s.pause, s.came, s.retaining = firstPause, true, false
		if r := s.peer.GetGracefulRestart(); r != nil {
			r.LocalRestarting = false // what comes next is no restart of this speaker
		}
		s.report()
	case now == openSent:
		s.timer.Reset(openTimeout)
	case now == active && (s.retaining || s.due || s.limited || before == established): // the last life's came late
		s.limited = false
		if !s.Passive {
			s.timer.Reset(0)
		}
	case now == idle && before != idle && before != active:
		s.ended(ctx, before)
	}
}

// ended starts over, unless the neighbor is believed to be restarting: to take
// it out of GoBGP would drop the routes that are to be kept. GoBGP will not
// let it back for 5 s then, but nothing is lost meanwhile: it connects once GoBGP is
// active again. To connect and hang up sooner would make the neighbor idle in turn.
func (s *session) ended(ctx context.Context, before state) {
	p := s.ask(ctx)
	switch {
	case p == nil || stateOf(p) != idle:
	case p.GetState().GetAdminState() == api.PeerState_PFX_CT:
		s.log.Printf("%s (%s): more prefixes than %d: the session stays down", s.Node, s.Remote, s.Hears.MaxPrefixes)
		s.limited = true
	case p.GetGracefulRestart().GetPeerRestarting():
		s.log.Printf("%s (%s): session ended in %s; its routes are kept for a graceful restart", s.Node, s.Remote, named(before))
		s.retaining, s.came = true, false
		s.timer.Stop()
	default:
		s.reopen(ctx, "session ended in "+named(before))
	}
}

// report says once that the session has been up.
func (s *session) report() {
	if !s.reported {
		s.reported = true
		s.up <- s.Neighbor
	}
}

// ask returns what GoBGP says of the neighbor now, nil if it does not know it.
func (s *session) ask(ctx context.Context) *api.Peer {
	var peer *api.Peer
	err := s.server.ListPeer(ctx, &api.ListPeerRequest{Address: s.Remote.String()}, func(p *api.Peer) { peer = p })
	if err != nil {
		return nil
	}
	return peer
}

// expire acts on the timer. GoBGP would drop a connection that comes before it is
// active.
func (s *session) expire(ctx context.Context) {
	s.yield()
	switch {
	case !s.configured && s.carries:
		s.begin(ctx, 0)
	case !s.configured || s.hangUp != nil || s.last == established:
	case s.last == openSent || s.last == openConfirm:
		if s.retaining {
			break // GoBGP's own timers decide
		}
		if p := s.ask(ctx); p == nil || stateOf(p) != established { // else the report is late
			s.reopen(ctx, "no answer to OPEN")
		}
	case !s.Passive && s.last != active && !s.due:
		s.due = true
		s.timer.Reset(connectTimeout)
	case !s.Passive:
		s.due = false
		s.dial(ctx)
	}
}

// dial starts an attempt to connect.
func (s *session) dial(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	s.hangUp, s.called = cancel, time.Now()
	dialer := net.Dialer{
		Timeout:   connectTimeout,
		LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(s.Local.WithZone(s.Remote.Zone()), 0)),
		KeepAlive: -1, // the protocol has its own
	}
	dialer.Control = s.guard
	go func() { s.dialed <- s.connect(ctx, dialer) }()
}

// connect waits for a turn, which is the session's if there is a connection.
func (s *session) connect(ctx context.Context, dialer net.Dialer) net.Conn {
	select {
	case s.turns <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	conn, err := dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(s.Remote, bgpPort).String())
	if err != nil {
		<-s.turns
		return nil
	}
	return conn
}

// yield ends the session's turn, if it has one.
func (s *session) yield() {
	if s.turn {
		s.turn = false
		<-s.turns
	}
}

// stopDialing waits for the attempt under way, so that none outlives its
// session.
func (s *session) stopDialing() {
	if s.hangUp == nil {
		return
	}
	s.hangUp()
	s.hangUp = nil
	if conn := <-s.dialed; conn != nil {
		_ = conn.Close()
		<-s.turns
	}
}

// connected hands the connection to GoBGP. That drops it if the session can't
// use it just now, and says nothing: so the next attempt is set in any case,
// and the session's progress stops it.
func (s *session) connected(ctx context.Context, conn net.Conn) {
	s.hangUp()
	s.hangUp = nil
	if conn == nil {
		s.timer.Reset(s.again())
		return
	}
	s.turn = true
	s.timer.Reset(connectTimeout)
	select {
	case s.queue <- conn.(*net.TCPConn):
	case <-ctx.Done():
		_ = conn.Close()
	}
}
