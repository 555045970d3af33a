namespace Migration.Chaos.Tests;

/// <summary>What lies between a kind of program and a server.</summary>
internal readonly record struct Link(ProgramKind Program, ServerKind Server)
{
    public static IReadOnlyList<Link> All { get; } =
        [.. from program in Enum.GetValues<ProgramKind>() from server in Enum.GetValues<ServerKind>() select new Link(program, server)];

    public override string ToString() => $"{Program.Word()}-{Server.Word()}";
}

internal enum ProgramKind
{
    Coordinator,
    Worker,
}

internal enum ServerKind
{
    Target,
    Broker,
    Source,
}

internal static class KindText
{
    public static string Word(this ProgramKind program) => program == ProgramKind.Worker ? "worker" : "coordinator";

    public static string Word(this ServerKind server) => server switch
    {
        ServerKind.Target => "target",
        ServerKind.Broker => "broker",
        _ => "source",
    };
}
