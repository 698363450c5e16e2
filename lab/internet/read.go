package internet

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"os"
)

// ReadLinks reads CAIDA's AS relationships, serial-1 (A|B|relation) or serial-2 (and
// the source), plain or packed with bzip2 or gzip: -1 where A is B's provider, 0
// where they are peers. Such as can't all be true are refused.
func ReadLinks(path string) ([]Link, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in, err := unpack(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	links, at := make([]Link, 0, 1<<16), make([]int, 0, 1<<16)
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		l, ok := parseLink(line)
		if !ok {
			return nil, fmt.Errorf("%s:%d: %q is no AS relationship; it is written provider|customer|-1 or peer|peer|0", path, n, cut(line))
		}
		links, at = append(links, l), append(at, n)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(links) == 0 {
		return nil, fmt.Errorf("%s has no AS relationships", path)
	}
	return links, consistent(path, links, at)
}

// unpack knows how a file is packed by its first bytes.
func unpack(f io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(f, 1<<16)
	head, err := in.Peek(3)
	switch {
	case err != nil && err != io.EOF:
		return nil, err
	case bytes.Equal(head, []byte("BZh")):
		return bzip2.NewReader(in), nil
	case len(head) > 1 && head[0] == 0x1f && head[1] == 0x8b:
		return gzip.NewReader(in)
	}
	return in, nil
}

func parseLink(line []byte) (l Link, ok bool) {
	a, rest, ok1 := number(line)
	b, rest, ok2 := number(rest)
	relation, _, _ := bytes.Cut(rest, []byte("|"))
	l = Link{A: a, B: b, Class: Customer}
	switch string(relation) {
	case "0":
		l.Class = Peer
	case "-1":
	default:
		return l, false
	}
	return l, ok1 && ok2
}

// number reads an AS number and what follows the bar behind it.
func number(text []byte) (n uint32, rest []byte, ok bool) {
	sum := uint64(0)
	for i, c := range text {
		switch {
		case c == '|':
			return uint32(sum), text[i+1:], i > 0
		case c < '0' || c > '9':
			return 0, nil, false
		}
		if sum = sum*10 + uint64(c-'0'); sum > math.MaxUint32 {
			return 0, nil, false
		}
	}
	return 0, nil, false
}

func cut(line []byte) []byte { return line[:min(len(line), 60)] }
