// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"net"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// administrators is the group that may do anything.
const administrators = "system:masters"

var (
	loopback = net.IPv4(127, 0, 0, 1)
	// apiServiceAddress is the first address of serviceRange, under which the API server is known as a Service.
	apiServiceAddress = net.IPv4(10, 96, 0, 1)
)

// identities are the certificates of a cluster's members.
type identities struct {
	authority *authority
	// admin is the user of the cluster and of the members that need to do anything: the controllers and the node.
	admin keyPair
	// apiServer is what the API server shows its clients.
	apiServer keyPair
	// apiServerAtNode is what the API server shows the node.
	apiServerAtNode keyPair
	// node is what the node shows the API server.
	node keyPair
	// serviceAccounts signs the tokens of ServiceAccounts.
	serviceAccounts keyPair
}

// nodeClient is the one user that the node answers.
const nodeClient = "kube-apiserver-kubelet-client"

// newIdentities makes them for a node in this process, or for those at some addresses, of which the API server has the first, too.
func newIdentities(nodeAddresses []net.IP) (*identities, error) {
	a, err := newAuthority()
	if err != nil {
		return nil, err
	}
	ids := &identities{authority: a}
	apiServerNames := []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	apiServerAddresses := []net.IP{apiServiceAddress}
	if len(nodeAddresses) > 0 {
		apiServerAddresses = append(apiServerAddresses, nodeAddresses[0])
	}
	for _, each := range []struct {
		pair  *keyPair
		issue func() (keyPair, error)
	}{
		{&ids.admin, func() (keyPair, error) { return a.client("admin", administrators) }},
		{&ids.apiServer, func() (keyPair, error) { return a.server("kube-apiserver", apiServerNames, apiServerAddresses...) }},
		{&ids.apiServerAtNode, func() (keyPair, error) { return a.client(nodeClient) }},
		{&ids.node, func() (keyPair, error) { return a.server("node", nil, nodeAddresses...) }},
		{&ids.serviceAccounts, func() (keyPair, error) { return a.client("service-accounts") }},
	} {
		if *each.pair, err = each.issue(); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// write puts what the child processes read into files of the state directory.
func (ids *identities) write(s *state) error {
	files := map[string][]byte{
		"ca.crt":                ids.authority.pem,
		"apiserver.crt":         ids.apiServer.certificate,
		"apiserver.key":         ids.apiServer.key,
		"apiserver-at-node.crt": ids.apiServerAtNode.certificate,
		"apiserver-at-node.key": ids.apiServerAtNode.key,
		"node.crt":              ids.node.certificate,
		"node.key":              ids.node.key,
		"service-accounts.crt":  ids.serviceAccounts.certificate,
		"service-accounts.key":  ids.serviceAccounts.key,
	}
	for name, data := range files {
		if err := os.WriteFile(s.path(name), data, 0o600); err != nil {
			return fmt.Errorf("write certificates: %w", err)
		}
	}
	return nil
}

// config is the administrator's access to the API server at an address.
func (ids *identities) config(address string) *rest.Config {
	return &rest.Config{
		Host: "https://" + address,
		TLSClientConfig: rest.TLSClientConfig{
			CAData:   ids.authority.pem,
			CertData: ids.admin.certificate,
			KeyData:  ids.admin.key,
		},
		// The server has priority and fairness of its own, and tests are impatient.
		QPS: -1,
	}
}

// writeKubeconfig writes a self-contained kubeconfig of the administrator.
func writeKubeconfig(path string, c *rest.Config) error {
	const name = "superoffice-webhook-test"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: c.Host, CertificateAuthorityData: c.CAData}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: c.CertData, ClientKeyData: c.KeyData}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	return nil
}
