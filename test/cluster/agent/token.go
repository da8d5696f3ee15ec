// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// tokenPath is where programs in a pod find the token of their ServiceAccount; admission mounts a volume there.
const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

// writeKubeconfig writes a kubeconfig that refers to the files of a token volume, so that a renewed token is taken up.
func (a *Agent) writeKubeconfig(path, tokenDir, namespace string) error {
	const name = "in-cluster"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{
		Server:               a.options.Config.Host,
		CertificateAuthority: filepath.Join(tokenDir, "ca.crt"),
	}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{TokenFile: filepath.Join(tokenDir, "token")}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: namespace}
	config.CurrentContext = name
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("write kubeconfig of pod: %w", err)
	}
	return nil
}
