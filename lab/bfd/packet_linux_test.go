package bfd

import (
	"encoding/hex"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// good is a packet that every rule accepts.
var good = Packet{
	Diag: DiagTimeExpired, State: Init, Poll: true, Multiplier: 3, My: 0x01020304, Your: 0x0a0b0c0d,
	DesiredMinTx: 50 * time.Millisecond, RequiredMinRx: 10 * time.Millisecond,
}

func marshalled(t testing.TB, p Packet) []byte {
	t.Helper()
	data, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestMarshal(t *testing.T) {
	// RFC 5880 section 4.1: version 1 and diag 1; state 2 and P; multiplier;
	// length; discriminators; 50,000, 10,000 and 0 microseconds.
	want := "21" + "a0" + "03" + "18" + "01020304" + "0a0b0c0d" + "0000c350" + "00002710" + "00000000"
	if got := hex.EncodeToString(marshalled(t, good)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	back, err := Parse(marshalled(t, good))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(good, back); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
}

func TestParseDiscards(t *testing.T) {
	set := func(at int, b ...byte) func([]byte) []byte {
		return func(d []byte) []byte { copy(d[at:], b); return d }
	}
	tests := []struct {
		name  string
		spoil func([]byte) []byte
		want  error
	}{
		{"nothing wrong", func(d []byte) []byte { return d }, nil},
		{"more payload than length", func(d []byte) []byte { return append(d, 1, 2, 3) }, nil},
		{"version 0", set(0, 0x01), ErrVersion},
		{"version 2", set(0, 0x41), ErrVersion},
		{"empty", func([]byte) []byte { return nil }, ErrLength},
		{"cut short", func(d []byte) []byte { return d[:23] }, ErrLength},
		{"length below 24", set(3, 23), ErrLength},
		{"length beyond the datagram", set(3, 25), ErrLength},
		{"length below 26 with authentication", set(1, 0xa4), ErrLength},
		{"multiplier 0", set(2, 0), ErrMultiplier},
		{"multipoint", set(1, 0xa1), ErrMultipoint},
		{"my discriminator 0", set(4, 0, 0, 0, 0), ErrMyDiscr},
		{"your discriminator 0 in Init", set(8, 0, 0, 0, 0), ErrState},
		{"your discriminator 0 in Up", func(d []byte) []byte { return set(8, 0, 0, 0, 0)(set(1, 0xc0)(d)) }, ErrState},
		{"your discriminator 0 in Down", func(d []byte) []byte { return set(8, 0, 0, 0, 0)(set(1, 0x40)(d)) }, nil},
		{"your discriminator 0 in AdminDown", func(d []byte) []byte { return set(8, 0, 0, 0, 0)(set(1, 0x00)(d)) }, nil},
		{"authentication", func(d []byte) []byte { return append(set(1, 0xa4)(set(3, 28)(d)), 1, 4, 0, 'x') }, ErrAuth},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse(tt.spoil(marshalled(t, good))); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestNames(t *testing.T) {
	var got []string
	for s := AdminDown; s <= Up+1; s++ {
		got = append(got, s.String())
	}
	if want := []string{"admin-down", "down", "init", "up", "state-4"}; !slices.Equal(got, want) {
		t.Errorf("states %q, want %q", got, want)
	}
	if got := DiagTimeExpired.String(); got != "Control Detection Time Expired" {
		t.Errorf("diagnostic %q", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(marshalled(f, good))
	f.Add([]byte{})
	f.Add(append(marshalled(f, good), 1, 4, 0, 'x'))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err != nil {
			if !slices.ContainsFunc(reasons, func(r error) bool { return errors.Is(err, r) }) {
				t.Errorf("discarded without a known reason: %v", err)
			}
			return
		}
		again, err := Parse(marshalled(t, p))
		if err != nil || again != p {
			t.Errorf("%+v became %+v, %v", p, again, err)
		}
		m := newMachine(timing{time.Second, time.Second}, 3, 1, time.Unix(0, 0), func() float64 { return 0 })
		if _, err := m.receive(p, time.Unix(1, 0)); err == nil && p.Your != 0 && p.Your != 1 {
			t.Errorf("accepted for discriminator %d", p.Your)
		}
		if d := m.deadline(); d.IsZero() && p.RequiredMinRx != 0 {
			t.Error("neither a timer nor a packet will ever wake this session")
		}
	})
}
