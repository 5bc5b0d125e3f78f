// eksctl_config checks the file of an eksctl cluster with eksctl's own code, as `eksctl create
// cluster` does before it asks AWS. It says what is wrong on standard error and then exits 1. A
// module of its own, for eksctl needs older modules of Kubernetes than typed_objects.
package main

import (
	"fmt"
	"os"

	eksctl "github.com/weaveworks/eksctl/pkg/apis/eksctl.io/v1alpha5"
	"sigs.k8s.io/yaml"
)

func check(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	cluster := eksctl.NewClusterConfig()
	if err := yaml.UnmarshalStrict(content, cluster); err != nil {
		return err
	}
	eksctl.SetClusterConfigDefaults(cluster)
	if err := eksctl.ValidateClusterConfig(cluster); err != nil {
		return err
	}
	for index, group := range cluster.ManagedNodeGroups {
		eksctl.SetManagedNodeGroupDefaults(group, cluster.Metadata, false)
		if err := eksctl.ValidateManagedNodeGroup(index, group); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			os.Exit(1)
		}
	}
}
