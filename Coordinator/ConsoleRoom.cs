using Spectre.Console;

namespace Migration.Coordinator;

/// <summary>Keeps lines whole where nobody's terminal would break them.</summary>
internal static class ConsoleRoom
{
    private const int Endless = 10_000;

    /// <summary>
    /// The same console. A pipe or a file has no width, and 80 columns are then assumed: names and messages would be
    /// broken or cut for whatever reads them.
    /// </summary>
    public static IAnsiConsole WithRoom(this IAnsiConsole console)
    {
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = Endless;
        return console;
    }

    /// <summary>A line of text in which nothing is markup.</summary>
    public static void Line(this IAnsiConsole console, string text) => console.Write(new Text(text + "\n"));
}
