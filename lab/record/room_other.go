//go:build !linux

package record

import "errors"

// Free is known on Linux only, where runs are made.
func Free(string) (int64, error) { return 0, errors.ErrUnsupported }
