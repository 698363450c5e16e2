package scenarios

import (
	"maps"
	"slices"

	"anylab/lab/record"
	"anylab/topologies"
	"anylab/topologies/document"
)

// Kinds are the names of what the lab has. For each kind of fault there
// is a pointer to the struct of its parameters. What is empty is left open.
type Kinds struct {
	Services, Health, Probes, Daemons []string
	Faults                            map[string]any
}

// Schema returns the JSON Schema (draft 2020-12) of a scenario's file.
func Schema(k Kinds) ([]byte, error) {
	s := document.SchemaOf(scenarioFile{})
	properties := s["properties"].(map[string]any)
	service, probe := elements(properties, "services"), elements(properties, "probes")
	enumerate(service, k.Services)
	enumerate(service["health"].(map[string]any)["properties"].(map[string]any), k.Health)
	enumerate(probe, k.Probes)
	describe(properties, "topology", map[string]any{"anyOf": []any{
		map[string]any{"type": "string"}, topologies.FileSchema(k.Daemons), amendedSchema(k.Daemons),
	}})
	describe(properties, "trials", trialsSchema())
	describe(properties, "start", map[string]any{"type": "object", "minProperties": 1, "additionalProperties": map[string]any{
		"anyOf": []any{map[string]any{"type": "string"}, map[string]any{"type": "array", "minItems": 1, "items": map[string]any{"type": "string"}}},
	}})
	describe(properties, "matrix", map[string]any{"oneOf": []any{
		map[string]any{"type": "object", "minProperties": 1, "additionalProperties": map[string]any{"type": "array", "minItems": 1}},
		map[string]any{"type": "array", "minItems": 1, "items": map[string]any{
			"type": "object", "minProperties": 1, "properties": map[string]any{record.CellLabel: map[string]any{"type": "string"}},
		}},
	}})
	if k.Faults != nil {
		describe(properties, "faults", map[string]any{
			"type": "array", "items": map[string]any{"oneOf": faultSchemas(k.Faults)},
		})
	}
	return document.MarshalSchema("scenario", s)
}

// amendedSchema is that of a base with changes, which are the keys of a
// topology; of nodes and links, which are named, any part may be given.
func amendedSchema(daemons []string) map[string]any {
	s := topologies.FileSchema(daemons)
	properties := s["properties"].(map[string]any)
	for _, named := range []string{"nodes", "links"} {
		properties[named] = map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "object"}}
	}
	properties["base"] = map[string]any{"type": "string", "description": "the name or path of the topology that is changed"}
	s["required"] = []string{"base"}
	return s
}

// elements returns the properties of a list's elements.
func elements(properties map[string]any, key string) map[string]any {
	items := properties[key].(map[string]any)["items"].(map[string]any)
	return items["properties"].(map[string]any)
}

// enumerate lists the kinds that there are.
func enumerate(properties map[string]any, kinds []string) {
	if len(kinds) > 0 {
		properties["kind"].(map[string]any)["enum"] = kinds
	}
}

// describe replaces a property and keeps its description.
func describe(properties map[string]any, key string, schema map[string]any) {
	schema["description"] = properties[key].(map[string]any)["description"]
	properties[key] = schema
}

// faultSchemas has one schema per kind: the keys of all faults and its own.
func faultSchemas(params map[string]any) []any {
	var schemas []any
	for _, kind := range slices.Sorted(maps.Keys(params)) {
		s := document.SchemaOf(faultFile{})
		properties := s["properties"].(map[string]any)
		required := s["required"].([]string)
		properties["kind"] = map[string]any{"const": kind}
		if params[kind] != nil {
			own := document.SchemaOf(params[kind])
			maps.Copy(properties, own["properties"].(map[string]any))
			required = append(required, own["required"].([]string)...)
		}
		s["required"], s["additionalProperties"] = required, false
		schemas = append(schemas, s)
	}
	return schemas
}
