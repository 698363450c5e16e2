// Package bfd detects the failure of a path between two routers (RFC 5880, RFC 5881).
package bfd

import (
	"errors"
	"fmt"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// State is a session's state (RFC 5880 section 4.1).
type State uint8

// The states, with their values on the wire.
const (
	AdminDown State = iota
	Down
	Init
	Up
)

// String returns the name that the record of a run uses.
func (s State) String() string {
	if names := [...]string{"admin-down", "down", "init", "up"}; int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("state-%d", uint8(s))
}

// Diag is the reason of a session's last change to a lower state (RFC 5880
// section 4.1).
type Diag uint8

// The diagnostics that this implementation sends.
const (
	DiagNone         Diag = 0
	DiagTimeExpired  Diag = 1 // Control Detection Time Expired
	DiagNeighborDown Diag = 3 // Neighbor Signaled Session Down
	DiagAdminDown    Diag = 7 // Administratively Down
)

// String returns the name that RFC 5880 gives the diagnostic.
func (d Diag) String() string { return layers.BFDDiagnostic(d).String() }

// Packet is a control packet without authentication (RFC 5880 section 4.1).
// Intervals have a resolution of one microsecond.
type Packet struct {
	Diag              Diag
	State             State
	Poll, Final       bool
	Demand            bool
	Multiplier        uint8
	My, Your          uint32 // discriminators
	DesiredMinTx      time.Duration
	RequiredMinRx     time.Duration
	RequiredMinEchoRx time.Duration // 0: the sender does not do echo
}

// Marshal returns the packet as it goes into a UDP datagram.
func (p Packet) Marshal() ([]byte, error) {
	b := gopacket.NewSerializeBufferExpectedSize(minLength, 0)
	err := (&layers.BFD{
		Version:                   version,
		Diagnostic:                layers.BFDDiagnostic(p.Diag),
		State:                     layers.BFDState(p.State),
		Poll:                      p.Poll,
		Final:                     p.Final,
		Demand:                    p.Demand,
		DetectMultiplier:          layers.BFDDetectMultiplier(p.Multiplier),
		MyDiscriminator:           layers.BFDDiscriminator(p.My),
		YourDiscriminator:         layers.BFDDiscriminator(p.Your),
		DesiredMinTxInterval:      microseconds(p.DesiredMinTx),
		RequiredMinRxInterval:     microseconds(p.RequiredMinRx),
		RequiredMinEchoRxInterval: microseconds(p.RequiredMinEchoRx),
	}).SerializeTo(b, gopacket.SerializeOptions{})
	if err != nil {
		return nil, fmt.Errorf("encode BFD packet: %w", err)
	}
	return b.Bytes(), nil
}

const (
	version   = 1
	minLength = 24 // without the authentication section
)

// Reasons to discard a packet, in the order of RFC 5880 section 6.8.6.
var (
	ErrVersion       = errors.New("version is not 1")
	ErrLength        = errors.New("length field is wrong")
	ErrMultiplier    = errors.New("detection multiplier is zero")
	ErrMultipoint    = errors.New("multipoint bit is set")
	ErrMyDiscr       = errors.New("my discriminator is zero")
	ErrYourDiscr     = errors.New("your discriminator belongs to no session")
	ErrState         = errors.New("your discriminator is zero in a state other than down")
	ErrAuth          = errors.New("authentication is not in use")
	ErrAdminDown     = errors.New("session is administratively down")
	ErrTTL           = errors.New("TTL or hop limit is too low")          // RFC 5881 section 5
	ErrSource        = errors.New("source address is not the neighbor's") // RFC 5881 section 3
	errTooShort      = fmt.Errorf("%w: fewer than %d bytes", ErrLength, minLength)
	errBeyondPayload = fmt.Errorf("%w: beyond the datagram's end", ErrLength)
)

// Parse decodes a datagram and applies those rules of RFC 5880 section 6.8.6
// that need no session.
func Parse(data []byte) (Packet, error) {
	if len(data) < minLength {
		return Packet{}, errTooShort
	}
	if data[0]>>5 != version {
		return Packet{}, ErrVersion
	}
	if err := checkLength(data); err != nil {
		return Packet{}, err
	}
	var l layers.BFD
	if err := l.DecodeFromBytes(data, gopacket.NilDecodeFeedback); err != nil {
		return Packet{}, fmt.Errorf("%w: %w", ErrLength, err)
	}
	p := fromLayer(&l)
	switch {
	case l.DetectMultiplier == 0:
		return p, ErrMultiplier
	case l.Multipoint:
		return p, ErrMultipoint
	case l.MyDiscriminator == 0:
		return p, ErrMyDiscr
	case l.YourDiscriminator == 0 && p.State != Down && p.State != AdminDown:
		return p, ErrState
	case l.AuthPresent:
		return p, ErrAuth
	}
	return p, nil
}

// checkLength checks the Length field, which must be at least 24, or 26 with
// an authentication section, and within the datagram.
func checkLength(data []byte) error {
	least, length := minLength, int(data[3])
	if data[1]&0x04 != 0 {
		least += 2
	}
	switch {
	case length < least:
		return fmt.Errorf("%w: %d is less than %d", ErrLength, length, least)
	case length > len(data):
		return errBeyondPayload
	}
	return nil
}

func fromLayer(l *layers.BFD) Packet {
	return Packet{
		Diag:              Diag(l.Diagnostic),
		State:             State(l.State),
		Poll:              l.Poll,
		Final:             l.Final,
		Demand:            l.Demand,
		Multiplier:        uint8(l.DetectMultiplier),
		My:                uint32(l.MyDiscriminator),
		Your:              uint32(l.YourDiscriminator),
		DesiredMinTx:      time.Duration(l.DesiredMinTxInterval) * time.Microsecond,
		RequiredMinRx:     time.Duration(l.RequiredMinRxInterval) * time.Microsecond,
		RequiredMinEchoRx: time.Duration(l.RequiredMinEchoRxInterval) * time.Microsecond,
	}
}

func microseconds(d time.Duration) layers.BFDTimeInterval {
	return layers.BFDTimeInterval(d / time.Microsecond)
}
