namespace Migration.KubernetesStandIn;

internal static class Kubeconfig
{
    public static string Text(Uri address, string context, string @namespace, string? token) =>
        $$"""
        apiVersion: v1
        kind: Config
        current-context: {{context}}
        clusters:
          - name: {{context}}
            cluster:
              server: {{address}}
        contexts:
          - name: {{context}}
            context:
              cluster: {{context}}
              user: {{context}}
              namespace: {{@namespace}}
        users:
          - name: {{context}}
            user: {token: {{token ?? Api.Access.DefaultToken}}}

        """;
}
