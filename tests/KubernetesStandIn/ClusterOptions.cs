using Microsoft.Extensions.Time.Testing;
using Migration.KubernetesStandIn.Runners;

namespace Migration.KubernetesStandIn;

public sealed record ClusterOptions
{
    /// <summary>Null: one of its own, that starts at a fixed moment.</summary>
    public FakeTimeProvider? Clock { get; init; }

    /// <summary>Null: pretended containers.</summary>
    public IPodRunner? Runner { get; init; }

    /// <summary>Of the API server, <c>major.minor</c>.</summary>
    public string Version { get; init; } = "1.36";

    /// <summary>The same seed gives the same names and uids.</summary>
    public int Seed { get; init; } = 1;
}
