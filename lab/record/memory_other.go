//go:build !linux

package record

func hugePages(int) {}
