using System.Text;

namespace Migration.Worker.Enrichment.Lookups;

/// <summary>Rows of a CSV file as RFC 4180 has it: commas, quotes doubled within quotes, line ends of either kind.</summary>
internal static class CsvRows
{
    /// <exception cref="FormatException">A quote stands where none may, or is never closed; says in which row.</exception>
    public static IEnumerable<IReadOnlyList<string>> Read(TextReader text)
    {
        for (var row = 1; text.Peek() >= 0; row++)
            yield return ReadRow(text, row);
    }

    private static List<string> ReadRow(TextReader text, int row)
    {
        var fields = new List<string>();
        while (true)
        {
            var (field, end) = text.Peek() == '"' ? ReadQuoted(text, row) : ReadPlain(text, row);
            fields.Add(field);
            if (end != ',')
                return fields;
        }
    }

    private static (string Field, int End) ReadPlain(TextReader text, int row)
    {
        var field = new StringBuilder();
        while (true)
        {
            switch (text.Read())
            {
                case var end when IsEnd(end):
                    return (field.ToString(), EndOf(end, text));
                case '"':
                    throw new FormatException($"row {row} has a quote within a field that does not begin with one");
                case var character:
                    field.Append((char)character);
                    break;
            }
        }
    }

    private static (string Field, int End) ReadQuoted(TextReader text, int row)
    {
        text.Read();
        var field = new StringBuilder();
        while (true)
        {
            switch (text.Read())
            {
                case -1:
                    throw new FormatException($"row {row} has a quote that is never closed");
                case '"' when text.Peek() == '"':
                    field.Append((char)text.Read());
                    break;
                case '"':
                    var end = text.Read();
                    return IsEnd(end) ? (field.ToString(), EndOf(end, text)) : throw new FormatException($"row {row} has text after a closing quote");
                case var character:
                    field.Append((char)character);
                    break;
            }
        }
    }

    private static bool IsEnd(int character) => character is ',' or '\n' or '\r' or -1;

    private static int EndOf(int character, TextReader text)
    {
        if (character == '\r' && text.Peek() == '\n')
            text.Read();
        return character;
    }
}
