// typed_objects decodes the objects of YAML files into the Go types of the projects that define
// them, and refuses a field those do not have: what kubernetes-validate does for Kubernetes' own.
// It prints the kind of each object that is right, and what is wrong with others on standard error;
// then it exits 1. Patterns and rules between fields, which only the API server checks, are not
// looked at.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"
)

var types = map[string]func() any{
	"monitoring.coreos.com/v1 ServiceMonitor":   func() any { return &monitoring.ServiceMonitor{} },
	"monitoring.coreos.com/v1 PodMonitor":       func() any { return &monitoring.PodMonitor{} },
	"monitoring.coreos.com/v1 PrometheusRule":   func() any { return &monitoring.PrometheusRule{} },
	"gateway.networking.k8s.io/v1 HTTPRoute":    func() any { return &gateway.HTTPRoute{} },
	"gateway.networking.k8s.io/v1 Gateway":      func() any { return &gateway.Gateway{} },
	"gateway.networking.k8s.io/v1 GatewayClass": func() any { return &gateway.GatewayClass{} },
}

func check(document []byte) (string, error) {
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := yaml.Unmarshal(document, &head); err != nil {
		return "", err
	}
	name := head.APIVersion + " " + head.Kind
	newObject, known := types[name]
	if !known {
		return "", nil
	}
	return name, yaml.UnmarshalStrict(document, newObject())
}

func main() {
	failed := false
	for _, path := range os.Args[1:] {
		content, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
		for {
			document, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			name, err := check(document)
			if err != nil {
				failed = true
				fmt.Fprintf(os.Stderr, "%s: %s: %v\n", path, name, err)
			} else if name != "" {
				fmt.Println(name)
			}
		}
	}
	if failed {
		os.Exit(1)
	}
}
