package record

import (
	"errors"
	"fmt"
)

// LeastFree is what a run leaves free of the disk that it writes to.
const LeastFree = 1_000_000_000

// ErrNoRoom says that a run would have filled the disk.
var ErrNoRoom = errors.New("the disk is nearly full")

// roomy says whether enough of the disk is left.
func (d *Dir) roomy() error {
	free, err := Free(d.path)
	if err == nil && free < LeastFree {
		err = fmt.Errorf("%w: %s are left for %s, and a run leaves %s", ErrNoRoom, Size(free), d.path, Size(LeastFree))
	}
	return err
}
