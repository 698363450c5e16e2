//go:build !amd64

package lab

var moreForbidden []uint32
