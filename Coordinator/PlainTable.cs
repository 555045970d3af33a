using Spectre.Console;

namespace Migration.Coordinator;

/// <summary>Tables without frames: words to the left, numbers to the right, nothing broken over lines.</summary>
internal static class PlainTable
{
    /// <param name="words">Titles of the first columns.</param>
    /// <param name="numbers">Titles of the others.</param>
    public static Table Create(IEnumerable<string> words, IEnumerable<string> numbers)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var title in words)
            table.AddColumn(Narrow(title));
        foreach (var title in numbers)
            table.AddColumn(Narrow(title).RightAligned());
        return table;
    }

    // The least that keeps columns apart: seven columns of a million records fit 80 columns of a terminal.
    private static TableColumn Narrow(string title) => new TableColumn(title).NoWrap().Padding(0, 0, 1, 0);
}
