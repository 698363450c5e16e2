package topologies

import "anylab/topologies/document"

// Schema returns the JSON Schema (draft 2020-12) of a topology's file. The
// daemons are those that nodes may have; nil leaves them open.
func Schema(daemons []string) ([]byte, error) {
	return document.MarshalSchema("topology", FileSchema(daemons))
}

// FileSchema is the schema of a topology inside another file.
func FileSchema(daemons []string) map[string]any {
	s := document.SchemaOf(topologyFile{})
	properties := s["properties"].(map[string]any)
	common := properties["daemon"].(map[string]any)
	common["default"] = Embedded
	if daemons == nil {
		return s
	}
	node := properties["nodes"].(map[string]any)["additionalProperties"].(map[string]any)
	own := node["properties"].(map[string]any)["daemon"].(map[string]any)
	common["enum"], own["enum"] = daemons, daemons
	return s
}
