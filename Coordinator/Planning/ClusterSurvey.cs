namespace Migration.Coordinator.Planning;

/// <summary>What a Kubernetes cluster would give a run now. Taking it makes nothing there.</summary>
/// <param name="Version">Kubernetes', as the server names it; null when it could not be asked.</param>
/// <param name="Job">The worker Job's name.</param>
/// <param name="Workers">That were asked for.</param>
/// <param name="Walls">All limits that could be read, the lowest first.</param>
/// <param name="Problems">What a run would be refused for, a sentence each.</param>
/// <param name="Notes">What is worth knowing and in nobody's way.</param>
/// <param name="NotChecked">What could not be looked at, and why; the cluster may still refuse for it.</param>
internal sealed record ClusterSurvey(
    string? Version, string Namespace, string Job, int Workers, IReadOnlyList<ClusterWall> Walls, IReadOnlyList<string> Problems,
    IReadOnlyList<string> Notes, IReadOnlyList<string> NotChecked)
{
    /// <summary>How many of the workers asked for would run at a time.</summary>
    public int Fitting => (int)Math.Min(Workers, Walls.Select(wall => wall.Workers).DefaultIfEmpty(Workers).Min());

    /// <summary>The limit that is met first when workers are raised; null when all of them fit.</summary>
    public ClusterWall? FirstWall => Walls.FirstOrDefault(wall => wall.Workers < Workers);

    /// <summary>With what another limit allows: the target's connections, for instance.</summary>
    public ClusterSurvey With(ClusterWall wall) => this with { Walls = InOrder(Walls.Append(wall)) };

    public static IReadOnlyList<ClusterWall> InOrder(IEnumerable<ClusterWall> walls) => [.. walls.OrderBy(wall => wall.Workers)];
}

/// <summary>A limit on the number of workers.</summary>
/// <param name="What">In a word or three: <c>quota 'team': pods</c>.</param>
/// <param name="Workers">That it has room for.</param>
/// <param name="Why">A sentence with the figures.</param>
/// <param name="Remedy">What would raise it.</param>
internal sealed record ClusterWall(string What, long Workers, string Why, string Remedy);
