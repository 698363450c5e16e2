package speaker

import (
	"iter"
	"math/rand/v2"
	"net/netip"
	"slices"

	api "github.com/osrg/gobgp/v3/api"
	"google.golang.org/protobuf/proto"
)

// MostRoutes is how many a table may have: as many as IPv4 had in 2025.
const MostRoutes = 1_000_000

// lengths are the prefix lengths of the routing table of the Internet, in thousandths
// (about those of 2024), and hops those of its AS paths behind the neighbor.
var (
	lengths = []share{{24, 624}, {23, 103}, {22, 115}, {21, 52}, {20, 45}, {19, 26}, {18, 14}, {17, 8}, {16, 12}, {15, 1}}
	hops    = []share{{1, 60}, {2, 230}, {3, 330}, {4, 220}, {5, 100}, {6, 40}, {7, 20}}
)

// share is a value and how many of a thousand have it.
type share struct{ value, of int }

func draw(r *rand.Rand, from []share) int {
	at := r.IntN(1000)
	for _, s := range from {
		if at -= s.of; at < 0 {
			return s.value
		}
	}
	return from[0].value
}

// reserved are the first bytes of networks that are not for all to see (RFC 6890), the
// lab's own among them.
var reserved = []byte{0, 10, 100, 127, 169, 172, 192, 198, 203}

// Table is so many routes of the shape of the Internet's: their prefixes, of which none
// has a part of another, and the ASes behind the neighbor. The same seed makes the same.
func Table(count int, seed uint64) iter.Seq2[netip.Prefix, []uint32] {
	return func(yield func(netip.Prefix, []uint32) bool) {
		r := rand.New(rand.NewPCG(seed, 0))
		var path []uint32
		left, next := 0, uint32(1)<<24
		for range count {
			if left == 0 { // an AS has a dozen of them, most only a few
				path, left = anyPath(r), 1+int(r.ExpFloat64()*12)
			}
			left--
			var p netip.Prefix
			p, next = after(next, draw(r, lengths))
			if !yield(p, path) {
				return
			}
		}
	}
}

func anyPath(r *rand.Rand) []uint32 {
	path := make([]uint32, draw(r, hops))
	for i := range path {
		path[i] = 1000 + r.Uint32N(60_000)
	}
	return path
}

// after returns the first prefix of so many bits that begins at an address or later, and
// where it ends. There are enough for the largest table.
func after(from uint32, bits int) (p netip.Prefix, end uint32) {
	size := uint32(1) << (32 - bits)
	from = (from + size - 1) &^ (size - 1)
	for slices.Contains(reserved, byte(from>>24)) {
		from = (from>>24 + 1) << 24
	}
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(from >> 24), byte(from >> 16), byte(from >> 8), byte(from)}), bits), from + size
}

// noExport keeps a table from going further than to the neighbors (RFC 1997).
const noExport = 0xffffff01

// EncodeRoute is a route of a table, as GoBGP takes it. Only neighbors are to have it.
func EncodeRoute(p netip.Prefix, path []uint32) (*api.Path, error) {
	return encodePath(p, []proto.Message{
		&api.AsPathAttribute{Segments: []*api.AsSegment{{Type: api.AsSegment_AS_SEQUENCE, Numbers: path}}},
		&api.CommunitiesAttribute{Communities: []uint32{noExport}},
	})
}
