using System.Text;
using Migration.Contracts.Migrations;
using Migration.Worker.Targets;

namespace Migration.Coordinator.Inference;

/// <summary>The statements by which a run makes its tables, a column a line.</summary>
internal static class DdlText
{
    public static string Of(IEnumerable<CollectionMapping> collections)
    {
        var mappings = collections.SelectMany(WantedTable.Of).Select(wanted => wanted.Mapping).ToList();
        var text = new StringBuilder();
        foreach (var schema in mappings.Select(mapping => mapping.Table.Schema).Where(schema => schema != "public").Distinct())
            text.Append("CREATE SCHEMA IF NOT EXISTS ").Append(TableName.Quote(schema)).Append(";\n");
        foreach (var mapping in mappings)
            text.Append(Lines(new TableSql(mapping).CreateTable)).Append(";\n");
        return text.ToString();
    }

    /// <summary>Breaks after commas and around the outer parentheses, where they are no part of a name or a type.</summary>
    private static string Lines(string sql)
    {
        var text = new StringBuilder();
        var (depth, isName) = (0, false);
        foreach (var letter in sql)
        {
            isName ^= letter == '"';
            if (!isName && letter == ')' && --depth == 0)
                text.Append('\n');
            if (letter != ' ' || isName || depth != 1 || text[^1] != ' ')
                text.Append(letter);
            if (!isName && ((letter == '(' && ++depth == 1) || (letter == ',' && depth == 1)))
                text.Append("\n  ");
        }

        return text.ToString();
    }
}
