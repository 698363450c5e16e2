package observe

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// pcapFile is a pcapng file with the packets of one link, in nanoseconds of
// wall time as the kernel stamped them.
type pcapFile struct {
	file *os.File
	w    *pcapgo.NgWriter
	err  error
}

func createPcap(dir, link, node, dev string) (*pcapFile, error) {
	f, err := os.Create(filepath.Join(dir, link+".pcapng"))
	if err != nil {
		return nil, fmt.Errorf("create capture file: %w", err)
	}
	return newPcap(f, link, node, dev)
}

// newPcap begins a capture in an open file, which it closes when that fails.
func newPcap(f *os.File, link, node, dev string) (*pcapFile, error) {
	intf := pcapgo.DefaultNgInterface
	intf.Name, intf.LinkType = dev, layers.LinkTypeEthernet
	intf.Description = fmt.Sprintf("link %s, seen at %s", link, node)
	options := pcapgo.DefaultNgWriterOptions
	options.SectionInfo.Application = "anylab"
	w, err := pcapgo.NewNgWriterInterface(f, intf, options)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write capture file: %w", err), f.Close())
	}
	return &pcapFile{file: f, w: w}, nil
}

// write appends a packet and hands it to the operating system, so that the
// file of a killed run is whole. The first failure sticks and close returns it.
func (p *pcapFile) write(f frame) {
	if p.err != nil {
		return
	}
	flags := pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionInbound}
	if f.outgoing {
		flags.Direction = pcapgo.NgEpbFlagDirectionOutbound
	}
	info := gopacket.CaptureInfo{Timestamp: f.stamp, CaptureLength: len(f.data), Length: f.length}
	p.err = p.w.WritePacketWithOptions(info, f.data, pcapgo.NgPacketOptions{Flags: &flags})
	if p.err == nil {
		p.err = p.w.Flush()
	}
}

func (p *pcapFile) close() error {
	err := errors.Join(p.err, p.w.Flush(), p.file.Close())
	if err != nil {
		return fmt.Errorf("write capture file %s: %w", p.file.Name(), err)
	}
	return nil
}
