package topologies

import "anylab/topologies/document"

// Schema returns the JSON Schema (draft 2020-12) of a topology's file.
func Schema() ([]byte, error) {
	return document.MarshalSchema("topology", document.SchemaOf(topologyFile{}))
}

// FileSchema is the schema of a topology inside another file.
func FileSchema() map[string]any { return document.SchemaOf(topologyFile{}) }
