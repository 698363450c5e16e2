package document

import "strings"

// Sources returns the texts that the document's parts were read from, by the
// names of their files.
func (d *Document) Sources() map[string]string {
	seen := map[*source]bool{}
	d.root.eachSource(seen)
	texts := map[string]string{}
	for src := range seen {
		texts[src.file] = strings.Join(src.lines, "\n")
	}
	return texts
}

func (n *node) eachSource(seen map[*source]bool) {
	if n == nil {
		return
	}
	if n.at.src != nil {
		seen[n.at.src] = true
	}
	for _, p := range n.pairs {
		p.value.eachSource(seen)
	}
	for _, item := range n.items {
		item.eachSource(seen)
	}
}
