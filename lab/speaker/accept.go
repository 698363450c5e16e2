package speaker

import (
	"fmt"
	"net"
	"reflect"
	"unsafe"

	"github.com/osrg/gobgp/v3/pkg/server"
)

// acceptQueue returns the channel over which GoBGP's listener passes on the
// connections it accepts.
//
// GoBGP opens no connection until one to two seconds after a session went
// down, whatever the configuration says (connectLoop in its server/fsm.go),
// and offers no way to hand it one that was opened elsewhere. So sessions here
// connect by themselves and use the way that accepted connections take. An
// unexported field is read for that; if a later GoBGP lacks it, this fails at
// the speaker's start and in this package's tests.
func acceptQueue(s *server.BgpServer) (chan<- *net.TCPConn, error) {
	f := reflect.ValueOf(s).Elem().FieldByName("acceptCh")
	if !f.IsValid() || f.Type() != reflect.TypeFor[chan *net.TCPConn]() {
		return nil, fmt.Errorf("this version of GoBGP has no acceptCh to pass connections to")
	}
	queue := *(*chan *net.TCPConn)(unsafe.Pointer(f.UnsafeAddr()))
	if queue == nil {
		return nil, fmt.Errorf("GoBGP does not listen yet")
	}
	return queue, nil
}
