package bgp

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"anylab/lab"
)

// FRR's daemons refuse to run as a user who is not listed as a member of the
// group that was built in (lib/privs.c). To be root doesn't help.
var vtyGroup = regexp.MustCompile(`(?m)^(frrvty:[^:\n]*:[^:\n]*:)(.*)$`)

var hasRoot = regexp.MustCompile(`(^|,)root(,|$)`)

// furnishing: nodes start their daemons at the same time.
var furnishing sync.Mutex

// furnishFRR makes the file system that the node's processes see a place where
// FRR's daemons start, once for all nodes of the lab.
func furnishFRR(n *lab.Node) error {
	furnishing.Lock()
	defer furnishing.Unlock()
	return n.Furnish(joinVTY)
}

// joinVTY lists root in that group. A machine without the group doesn't need
// it.
func joinVTY() error {
	const path = "/etc/group"
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	members := vtyGroup.FindSubmatch(text)
	if members == nil || hasRoot.Match(members[2]) {
		return nil
	}
	with := filepath.Join("/run", "group")
	if err := os.WriteFile(with, vtyGroup.ReplaceAll(text, []byte("${1}root,${2}")), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", with, err)
	}
	if err := mountOver(with, path); err != nil {
		return fmt.Errorf("mount %s over %s: %w", with, path, err)
	}
	return nil
}
