namespace Migration.Chart.Tests.Harness;

/// <summary>One line of a Dockerfile, with what it continues on.</summary>
internal sealed record DockerInstruction(string Name, string Text)
{
    public IReadOnlyList<string> Words => Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>For COPY: the stage that it copies from; null for the build's context.</summary>
    public string? From => Words[0].StartsWith("--from=", StringComparison.Ordinal) ? Words[0]["--from=".Length..] : null;

    public IEnumerable<string> Sources => Words.Skip(From is null ? 0 : 1).SkipLast(1);

    public string Destination => Words[^1];
}

/// <summary>The repository's Dockerfile, as far as it goes: no ADD, no ONBUILD, no heredocs.</summary>
internal sealed class Dockerfile
{
    public IReadOnlyList<DockerInstruction> Instructions { get; } = Parse(Repository.Read("Dockerfile"));

    public IEnumerable<DockerInstruction> Arguments => Instructions.Where(each => each.Name == "ARG");

    /// <summary>What comes after the last FROM.</summary>
    public IReadOnlyList<DockerInstruction> Image => [.. Instructions.Skip(LastFrom + 1)];

    /// <summary>What comes between the first FROM and the last.</summary>
    public IReadOnlyList<DockerInstruction> Build =>
        [.. Instructions.Take(LastFrom).SkipWhile(each => each.Name != "FROM").Skip(1)];

    public string Default(string argument) => Arguments.Single(each => each.Text.StartsWith(argument + "=", StringComparison.Ordinal)).Text.Split('=')[1];

    private int LastFrom => Instructions.Select((each, index) => (each.Name, index)).Last(each => each.Name == "FROM").index;

    private static List<DockerInstruction> Parse(string text) =>
    [
        .. text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' ', 2)).Select(parts => new DockerInstruction(parts[0], parts[1].Trim())),
    ];
}
