package bgp

import (
	"fmt"

	"anylab/lab"
	"anylab/topologies"
)

// Operation is what a fault may ask of a running daemon, and what not every
// driver can have its daemon do.
type Operation string

// The operations, as they stand in "the driver of x can't ...".
const (
	ChangeAttributes Operation = "change the attributes of what it announces" // see Attributer
	ResetSessions    Operation = "reset its sessions"                         // see Resetter
	SilenceBFD       Operation = "silence its BFD alone"                      // see BFDMuter and BFDProcess
	StopGracefully   Operation = "stop it gracefully"                         // see GracefulStopper
	AnnounceTables   Operation = "announce a table of routes"                 // see TableAnnouncer
	Freeze           Operation = "freeze it"                                  // any: by a signal to each of its processes
)

// Unable says that the daemon of a node can't be had to do something, and why.
type Unable struct {
	Node, Daemon string
	Operation    Operation
	Because      string
}

// Error tells the user all of it.
func (u Unable) Error() string {
	return fmt.Sprintf("node %s: the driver of %s can't %s: %s", u.Node, u.Daemon, u.Operation, u.Because)
}

// inability is why a driver can't do an operation.
type inability struct {
	because string
	file    bool // only where the daemon runs with the user's own file
}

// noBFD is that of the daemons that know no BFD.
var noBFD = inability{because: "it has no BFD"}

// A limited is a Driver whose speakers lack methods. A test compares what it
// says with what they have methods for.
type limited interface {
	unable() map[Operation]inability
}

// Can returns nil, or an Unable that says why the daemon of the node can't do
// the operation. It needs neither root nor the daemon.
func Can(n topologies.Node, o Operation) error {
	d, ok := drivers[n.Daemon].(limited)
	if !ok {
		return nil
	}
	why, found := d.unable()[o]
	if !found || why.file && n.Config == "" {
		return nil
	}
	return Unable{Node: n.Name, Daemon: n.Daemon, Operation: o, Because: why.because}
}

// speakerAs returns the daemon's speaker as one that can do the operation.
func speakerAs[T any](b *Daemon, o Operation) (T, error) {
	speaker, err := b.current()
	s, ok := speaker.(T)
	if err == nil && !ok {
		err = fmt.Errorf("node %s: the driver of %s can't %s", b.node.Name, b.node.Daemon, o)
	}
	return s, err
}

// A BFDProcess is a Speaker that has a process for BFD alone.
type BFDProcess interface {
	// BFDProc returns that process, dead or alive.
	BFDProc() *lab.Proc
}

// BFDProc returns the daemon's process for BFD alone, nil if it has none.
func (b *Daemon) BFDProc() *lab.Proc {
	speaker, err := b.current()
	if err != nil {
		return nil
	}
	if s, ok := speaker.(BFDProcess); ok {
		return s.BFDProc()
	}
	return nil
}
