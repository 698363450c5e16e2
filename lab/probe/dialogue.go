package probe

// dialogue is how requests and answers follow each other on a connection that
// stays.
type dialogue interface {
	// request appends a request to b.
	request(b []byte, seq uint64) []byte
	// next looks at the begin of what was received and not taken yet; first says
	// that the service has said nothing before.
	next(received []byte, first bool) phrase
	// fits says whether what the service said can be its answer to the request.
	fits(said []byte, seq uint64) bool
}

// phrase is one thing that a service says.
type phrase struct {
	size   int    // in bytes; 0: there is not enough of it yet
	node   []byte // who says it, if that shows
	answer bool   // it is the answer to a request
	good   bool   // which is served by it
}
