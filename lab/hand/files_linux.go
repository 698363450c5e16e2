package hand

import (
	"os"

	"golang.org/x/sys/unix"
)

// mostFiles is how many may come at a time.
const mostFiles = 4

// room is what they take beside the text.
var room = unix.CmsgSpace(mostFiles * 4)

// passed are the files that have come with some text.
func passed(beside []byte) (files []*os.File, err error) {
	messages, err := unix.ParseSocketControlMessage(beside)
	for _, m := range messages {
		fds, _ := unix.ParseUnixRights(&m) // nothing else is asked for
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "passed"))
		}
	}
	return files, err
}

// passing is what sends files along with some text.
func passing(files []*os.File) []byte {
	var fds []int
	for _, f := range files {
		fds = append(fds, int(f.Fd()))
	}
	if len(fds) == 0 {
		return nil
	}
	return unix.UnixRights(fds...)
}
