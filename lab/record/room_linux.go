package record

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Free returns how many bytes can be written to the file system of a path.
func Free(path string) (int64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return 0, fmt.Errorf("ask how much of the disk of %s is free: %w", path, err)
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil //nolint:unconvert // Bsize has other types elsewhere
}
