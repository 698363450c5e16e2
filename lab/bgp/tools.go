package bgp

import "anylab/lab"

// Tools says where a daemon's command-line tools look for it by themselves.
type Tools struct {
	Home   string // directory of its sockets, in place of which stands the node's; empty: they look for none
	Port   int    // of the loopback interface; 0: they look for none
	Socket string // in the node's directory, which takes what is said to the port
}

// tooled is a Driver whose daemon has such tools.
type tooled interface{ tools() Tools }

// ToolsOn says where the tools of the node's daemon look for it.
func ToolsOn(n *lab.Node) Tools {
	d, err := Named(n.Daemon)
	if t, ok := d.(tooled); ok && err == nil {
		return t.tools()
	}
	return Tools{}
}
