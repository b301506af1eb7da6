// Cluster names: CoreDNS built from its module, as a Deployment with its rights. On request, because building it costs minutes.

/** What is posted, in order; `image` is already in the node. */
export const dnsObjects = (image: string): ReadonlyArray<{ readonly path: string; readonly body: unknown }> => {
  const metadata = { name: "coredns", namespace: "kube-system" }
  const labels = { "k8s-app": "kube-dns" }
  const rights = "/apis/rbac.authorization.k8s.io/v1"
  const kubernetes = "kubernetes cluster.local in-addr.arpa ip6.arpa {\n  pods insecure\n  ttl 5\n}"
  const corefile = [".:53 {", "errors", "health", "ready", kubernetes, "cache 5", "}"].join("\n")
  const ports = [
    { name: "dns", containerPort: 53, protocol: "UDP" },
    { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
  ]
  const container = {
    name: "coredns",
    image,
    imagePullPolicy: "Never",
    args: ["-conf", "/etc/coredns/Corefile"],
    ports,
    readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1 },
    volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
  }
  return [
    { path: "/api/v1/namespaces/kube-system/serviceaccounts", body: { metadata } },
    {
      path: `${rights}/clusterroles`,
      body: {
        metadata: { name: "system:coredns" },
        rules: [
          { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
          { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
        ],
      },
    },
    {
      path: `${rights}/clusterrolebindings`,
      body: {
        metadata: { name: "system:coredns" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:coredns" },
        subjects: [{ kind: "ServiceAccount", ...metadata }],
      },
    },
    { path: "/api/v1/namespaces/kube-system/configmaps", body: { metadata, data: { Corefile: corefile } } },
    {
      path: "/apis/apps/v1/namespaces/kube-system/deployments",
      body: {
        metadata,
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: "coredns",
              priorityClassName: "system-cluster-critical",
              dnsPolicy: "Default",
              containers: [container],
              volumes: [{ name: "config", configMap: { name: "coredns" } }],
            },
          },
        },
      },
    },
    {
      path: "/api/v1/namespaces/kube-system/services",
      body: {
        metadata: { name: "kube-dns", namespace: "kube-system" },
        spec: {
          clusterIP: "10.96.0.10",
          selector: labels,
          ports: [
            { name: "dns", port: 53, protocol: "UDP" },
            { name: "dns-tcp", port: 53, protocol: "TCP" },
          ],
        },
      },
    },
  ]
}
