//go:build !bench

package document

import "time"

// Texts of the limit's length are for the benchmarks.
const (
	shapeSize = maxBytes / 32
	shapeTime = time.Second
)
