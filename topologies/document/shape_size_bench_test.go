//go:build bench

package document

import "time"

const (
	shapeSize = maxBytes
	shapeTime = 3 * time.Second
)
