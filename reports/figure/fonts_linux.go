package figure

import (
	"encoding/binary"
	"os"
	"unsafe"

	"codeberg.org/go-fonts/liberation/liberationmonobold"
	"codeberg.org/go-fonts/liberation/liberationmonobolditalic"
	"codeberg.org/go-fonts/liberation/liberationmonoitalic"
	"codeberg.org/go-fonts/liberation/liberationmonoregular"
	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansbolditalic"
	"codeberg.org/go-fonts/liberation/liberationsansitalic"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-fonts/liberation/liberationserifbold"
	"codeberg.org/go-fonts/liberation/liberationserifbolditalic"
	"codeberg.org/go-fonts/liberation/liberationserifitalic"
	"codeberg.org/go-fonts/liberation/liberationserifregular"
	"golang.org/x/sys/unix"
)

var fonts = [][]byte{
	liberationmonobold.TTF, liberationmonobolditalic.TTF, liberationmonoitalic.TTF, liberationmonoregular.TTF,
	liberationsansbold.TTF, liberationsansbolditalic.TTF, liberationsansitalic.TTF, liberationsansregular.TTF,
	liberationserifbold.TTF, liberationserifbolditalic.TTF, liberationserifitalic.TTF, liberationserifregular.TTF,
}

// Package plot parses its fonts when a program starts, and by that maps 2.5 MB
// of them into each process of a lab, for nothing: only figures need them. What
// of them still is as it is in the program's file is given back, to be mapped
// again when a figure is drawn.
func init() {
	pagemap, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return // not on this kernel: nothing is lost but memory
	}
	defer pagemap.Close()
	for _, f := range fonts {
		if pages := whole(f); ofFile(pagemap, pages) {
			_ = unix.Madvise(pages, unix.MADV_DONTNEED)
		}
	}
}

// whole returns the part of the data that fills whole pages.
func whole(data []byte) []byte {
	size := os.Getpagesize()
	head := -int(uintptr(unsafe.Pointer(unsafe.SliceData(data)))) & (size - 1)
	if len(data) < head {
		return nil
	}
	return data[head : head+(len(data)-head)&^(size-1)]
}

// ofFile says whether all of the pages that are mapped are those of a file,
// unchanged: bits 61 and 63 of an entry (admin-guide/mm/pagemap.rst).
func ofFile(pagemap *os.File, pages []byte) bool {
	const file, mapped = 1 << 61, 1 << 63
	size := os.Getpagesize()
	entries := make([]byte, len(pages)/size*8)
	first := uintptr(unsafe.Pointer(unsafe.SliceData(pages))) / uintptr(size)
	if _, err := pagemap.ReadAt(entries, int64(first)*8); err != nil {
		return false
	}
	for ; len(entries) > 0; entries = entries[8:] {
		if e := binary.NativeEndian.Uint64(entries); e&mapped != 0 && e&file == 0 {
			return false
		}
	}
	return true
}
