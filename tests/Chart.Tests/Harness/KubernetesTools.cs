namespace Migration.Chart.Tests.Harness;

/// <summary>Helm and kubectl of one generation, as scripts/kubernetes-tools.sh lays them out.</summary>
internal sealed record KubernetesTools(string Generation)
{
    /// <summary>helm 3 and kubectl 1.33; helm 4 and kubectl 1.35.</summary>
    public static IReadOnlyList<KubernetesTools> All { get; } = [new("1.33"), new("1.35")];

    public static KubernetesTools Newest => All[^1];

    public Task<Finished> HelmAsync(params string[] arguments) => Finished.RunAsync(PathOf("helm"), arguments, Environment);

    /// <param name="more">Beside the environment that all of them have.</param>
    public Task<Finished> HelmAsync(IReadOnlyDictionary<string, string?> more, params string[] arguments)
        => Finished.RunAsync(PathOf("helm"), arguments, Environment.Concat(more).ToDictionary());

    public Task<Finished> KubectlAsync(params string[] arguments) => Finished.RunAsync(PathOf("kubectl"), arguments, Environment);

    public string PathOf(string tool)
    {
        var path = Repository.PathOf(".local", "kubernetes", Generation, tool);
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"{path} is missing; ./test.sh --project Chart fetches it.");
    }

    // No setting of the person at this machine, and no cluster, has a say.
    private static Dictionary<string, string?> Environment { get; } = new()
    {
        ["HOME"] = Path.Combine(AppContext.BaseDirectory, "home"),
        ["KUBECONFIG"] = "/dev/null",
        ["HELM_NAMESPACE"] = null,
    };
}
