namespace Migration.KubernetesStandIn.Storage;

/// <param name="Model">The client library's class for it: what fields there are and of which types.</param>
/// <param name="CountsGenerations">Whether <c>metadata.generation</c> goes up with each change of the spec.</param>
/// <param name="Emptiness">What a bookmark's object holds besides its metadata, as JSON.</param>
internal sealed record ResourceType(
    string Group, string Version, string Plural, string Kind, bool Namespaced, Type Model, bool CountsGenerations,
    string Emptiness)
{
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>As messages name it: <c>jobs.batch</c>, but <c>pods</c>.</summary>
    public string QualifiedPlural => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public string QualifiedKind => Group.Length == 0 ? Kind : $"{Kind}.{Group}";

    public bool HasStatus => Emptiness.Contains("\"status\"", StringComparison.Ordinal);
}
