// Command refresh-kustomize-tables writes the data tables of the kustomize engine (src/kustomize/tables)
// from the kustomize release named in go.mod, so that a new release is a version bump and one run.
//
//	cd scripts/refresh-kustomize-tables && go run . ../../src/kustomize/tables
//
// The module path lies below kustomize's own, which is what lets it read the built-in configuration.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/kustomize/api/internal/plugins/builtinconfig"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: refresh-kustomize-tables FOLDER")
	}
	folder := os.Args[1]
	write(folder, "field_specs.tsv", fieldSpecs())
	write(folder, "name_references.tsv", nameReferences())
	write(folder, "scopes.tsv", scopes())
	write(folder, "schema.txt", schema())
}

func write(folder, name string, lines []string) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# From %s and %s; written by scripts/refresh-kustomize-tables.\n",
		module("sigs.k8s.io/kustomize/api", "{{.Path}} {{.Version}}"),
		module("sigs.k8s.io/kustomize/kyaml", "{{.Path}} {{.Version}}"))
	for _, line := range lines {
		out.WriteString(line + "\n")
	}
	if err := os.WriteFile(filepath.Join(folder, name), out.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

func module(path, format string) string {
	out, err := exec.Command("go", "list", "-m", "-f", format, path).Output()
	if err != nil {
		log.Fatalf("go list -m %s: %v", path, err)
	}
	return strings.TrimSpace(string(out))
}

func row(spec types.FieldSpec) string {
	create := ""
	if spec.CreateIfNotPresent {
		create = "create"
	}
	return strings.TrimRight(strings.Join([]string{spec.Group, spec.Version, spec.Kind, spec.Path, create}, "\t"), "\t")
}

func fieldSpecs() []string {
	config := builtinconfig.MakeDefaultConfig()
	lines := []string{"# table, group, version, kind, path, create"}
	for _, table := range []struct {
		name string
		rows types.FsSlice
	}{
		{"namePrefix", config.NamePrefix},
		{"nameSuffix", config.NameSuffix},
		{"namespace", config.NameSpace},
		{"commonLabels", config.CommonLabels},
		{"labels", config.Labels},
		{"templateLabels", config.TemplateLabels},
		{"volumeClaimTemplateLabels", config.VolumeClaimTemplateLabels},
		{"commonAnnotations", config.CommonAnnotations},
		{"varReference", config.VarReference},
		{"images", config.Images},
		{"replicas", config.Replicas},
	} {
		for _, spec := range table.rows {
			lines = append(lines, table.name+"\t"+row(spec))
		}
	}
	return lines
}

func nameReferences() []string {
	lines := []string{
		"# a target (group, version, kind), then, indented, what refers to it (group, version, kind, path, create)",
	}
	for _, reference := range builtinconfig.MakeDefaultConfig().NameReference {
		lines = append(lines, strings.Join([]string{reference.Group, reference.Version, reference.Kind}, "\t"))
		for _, spec := range reference.Referrers {
			lines = append(lines, " "+row(spec))
		}
	}
	return lines
}

// scopes reads the table that kustomize asks before any schema; it is no exported data, so its source text is read.
func scopes() []string {
	source, err := os.ReadFile(filepath.Join(module("sigs.k8s.io/kustomize/kyaml", "{{.Dir}}"), "openapi", "openapi.go"))
	if err != nil {
		log.Fatal(err)
	}
	pattern := regexp.MustCompile(`\{APIVersion: "([^"]+)", Kind: "([^"]+)"\}:\s+(true|false)`)
	var rows []string
	for _, match := range pattern.FindAllStringSubmatch(string(source), -1) {
		scope := map[string]string{"true": "namespaced", "false": "cluster"}[match[3]]
		rows = append(rows, match[1]+"\t"+match[2]+"\t"+scope)
	}
	sort.Strings(rows)
	return append([]string{"# apiVersion, kind, scope"}, rows...)
}

const prefix = "io.k8s."

// short abbreviates the names that nearly all definitions share the beginning of.
func short(name string) string {
	if rest, found := strings.CutPrefix(name, prefix); found {
		return "~" + rest
	}
	return name
}

// schema prints each definition with the fields a strategic merge can meet a map or a keyed list in.
func schema() []string {
	lines := []string{
		"# name ('~' stands for '" + prefix + "'), then a tab and apiVersion/kind for each kind it is the schema of; indented, its fields:",
		"# TYPE is @NAME a reference, [TYPE] a list, {TYPE} a map of them; a list's patch strategy follows as !STRATEGY, its merge keys as =KEY,KEY.",
	}
	definitions := openapi.Schema().Definitions
	names := make([]string, 0, len(definitions))
	for name := range definitions {
		names = append(names, name)
	}
	sort.Strings(names)
	reached := reachable(definitions)
	for _, name := range names {
		if !reached[name] {
			continue
		}
		definition := definitions[name]
		head := short(name)
		for _, kind := range kinds(definition) {
			head += "\t" + kind
		}
		lines = append(lines, head)
		lines = append(lines, fields(definition)...)
	}
	return lines
}

func kinds(definition spec.Schema) []string {
	entries, _ := definition.Extensions["x-kubernetes-group-version-kind"].([]interface{})
	var result []string
	for _, entry := range entries {
		values := entry.(map[string]interface{})
		apiVersion := values["version"].(string)
		if group, _ := values["group"].(string); group != "" {
			apiVersion = group + "/" + apiVersion
		}
		result = append(result, apiVersion+" "+values["kind"].(string))
	}
	return result
}

func fields(definition spec.Schema) []string {
	var lines []string
	for name, property := range definition.Properties {
		if text := typeText(property); text != "" {
			lines = append(lines, " "+name+" "+text)
		}
	}
	sort.Strings(lines)
	if definition.AdditionalProperties != nil && definition.AdditionalProperties.Schema != nil {
		lines = append(lines, " {} "+typeText(*definition.AdditionalProperties.Schema))
	}
	return lines
}

var reference = regexp.MustCompile(`@([^\]}! ]+)`)

// reachable names the definitions that a merge can get to from a kind.
func reachable(definitions spec.Definitions) map[string]bool {
	reached := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if reached[name] {
			return
		}
		reached[name] = true
		for _, line := range fields(definitions[name]) {
			for _, match := range reference.FindAllStringSubmatch(line, -1) {
				visit(strings.Replace(match[1], "~", prefix, 1))
			}
		}
	}
	for name, definition := range definitions {
		if len(kinds(definition)) > 0 {
			visit(name)
		}
	}
	return reached
}

// typeText is empty for a scalar and for a list that is replaced whole: no merge looks below them.
func typeText(schema spec.Schema) string {
	if reference := schema.Ref.String(); reference != "" {
		return "@" + short(strings.TrimPrefix(reference, "#/definitions/"))
	}
	if len(schema.Type) == 1 && schema.Type[0] == "array" {
		if strategy := strategyText(schema); strategy != "" {
			return "[" + elementText(schema) + "]" + strategy
		}
		return ""
	}
	if schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil {
		return "{" + typeText(*schema.AdditionalProperties.Schema) + "}"
	}
	if len(schema.Properties) > 0 {
		log.Fatalf("a field with properties of its own: %v", schema)
	}
	return ""
}

func elementText(schema spec.Schema) string {
	if schema.Items == nil || schema.Items.Schema == nil {
		return ""
	}
	return typeText(*schema.Items.Schema)
}

func strategyText(schema spec.Schema) string {
	strategy, found := schema.Extensions["x-kubernetes-patch-strategy"].(string)
	if !found {
		return ""
	}
	keys := ""
	if list, found := schema.Extensions["x-kubernetes-list-map-keys"].([]interface{}); found {
		for _, key := range list {
			keys += "," + key.(string)
		}
	} else if key, found := schema.Extensions["x-kubernetes-patch-merge-key"].(string); found {
		keys = "," + key
	}
	if keys != "" {
		keys = "=" + keys[1:]
	}
	return "!" + strategy + keys
}
