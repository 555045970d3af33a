using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>Reads <c>table</c>, <c>schema.table</c> and <c>"schema with.dot"."table"</c>; case is kept as written.</summary>
internal static partial class TableNameText
{
    public static bool TryParse(string text, string defaultSchema, out TableName table, out string? problem)
    {
        table = new TableName(defaultSchema, text);
        var match = Shape().Match(text);
        if (!match.Success)
        {
            problem = "expected table or schema.table (a part that holds a dot in double quotes)";
            return false;
        }

        var schema = match.Groups["schema"].Success ? Unquoted(match.Groups["schema"].Value) : defaultSchema;
        table = new TableName(schema, Unquoted(match.Groups["name"].Value));
        problem = Identifier.SchemaProblem(schema) ?? Identifier.Problem(table.Name);
        return problem is null;
    }

    private static string Unquoted(string part) =>
        part.StartsWith('"') ? part[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : part;

    [GeneratedRegex("""^((?<schema>"([^"]|"")+"|[^".]+)\.)?(?<name>"([^"]|"")+"|[^".]+)\z""", RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
