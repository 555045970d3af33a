using System.Globalization;
using System.Text.RegularExpressions;
using Migration.Contracts.Migrations.Loading;

namespace Migration.Contracts.Migrations;

public sealed partial record ColumnType
{
    // PostgreSQL's own limits: MaxAttrSize (10 MiB) for varchar and char, NUMERIC_MAX_PRECISION and NUMERIC_MIN/MAX_SCALE for numeric.
    private const int LongestText = 10_485_760;
    private const int HighestPrecision = 1000;
    private const int HighestScale = 1000;

    private static readonly Dictionary<string, ColumnKind> Spellings = new(StringComparer.Ordinal)
    {
        ["text"] = ColumnKind.Text,
        ["varchar"] = ColumnKind.Varchar,
        ["character varying"] = ColumnKind.Varchar,
        ["smallint"] = ColumnKind.Int2,
        ["int2"] = ColumnKind.Int2,
        ["integer"] = ColumnKind.Int4,
        ["int"] = ColumnKind.Int4,
        ["int4"] = ColumnKind.Int4,
        ["bigint"] = ColumnKind.Int8,
        ["int8"] = ColumnKind.Int8,
        ["numeric"] = ColumnKind.Numeric,
        ["decimal"] = ColumnKind.Numeric,
        ["real"] = ColumnKind.Float4,
        ["float4"] = ColumnKind.Float4,
        ["double precision"] = ColumnKind.Float8,
        ["float8"] = ColumnKind.Float8,
        ["float"] = ColumnKind.Float8,
        ["boolean"] = ColumnKind.Bool,
        ["bool"] = ColumnKind.Bool,
        ["uuid"] = ColumnKind.Uuid,
        ["date"] = ColumnKind.Date,
        ["timestamp"] = ColumnKind.Timestamp,
        ["timestamp without time zone"] = ColumnKind.Timestamp,
        ["timestamptz"] = ColumnKind.TimestampTz,
        ["timestamp with time zone"] = ColumnKind.TimestampTz,
        ["bytea"] = ColumnKind.Bytea,
        ["json"] = ColumnKind.Json,
        ["jsonb"] = ColumnKind.Jsonb,
        ["char"] = ColumnKind.Char,
        ["character"] = ColumnKind.Char,
        ["time"] = ColumnKind.Time,
        ["time without time zone"] = ColumnKind.Time,
        ["interval"] = ColumnKind.Interval,
        ["inet"] = ColumnKind.Inet,
        ["cidr"] = ColumnKind.Cidr,
    };

    /// <summary>Words that edit distance would lead astray: other systems' names, and PostgreSQL's that the mapping does not write.</summary>
    private static readonly Dictionary<string, string> OtherNames = new(StringComparer.Ordinal)
    {
        ["string"] = "text",
        ["bpchar"] = "char(n)",
        ["nvarchar"] = "varchar(n)",
        ["objectid"] = "text",
        ["int32"] = "integer",
        ["int64"] = "bigint",
        ["long"] = "bigint",
        ["serial"] = "integer",
        ["bigserial"] = "bigint",
        ["double"] = "double precision",
        ["number"] = "numeric",
        ["money"] = "numeric(p,s)",
        ["decimal128"] = "numeric",
        ["datetime"] = "timestamptz",
        ["guid"] = "uuid",
        ["binary"] = "bytea",
        ["bindata"] = "bytea",
        ["blob"] = "bytea",
        ["object"] = "jsonb",
        ["document"] = "jsonb",
        ["array"] = "jsonb",
        ["timetz"] = "time",
        ["time with time zone"] = "time",
        ["timespan"] = "interval",
        ["duration"] = "interval",
        ["ip"] = "inet",
    };

    /// <summary>
    /// Reads PostgreSQL's spelling of a type, aliases and letter case included, e.g. <c>numeric(18,2)</c>,
    /// <c>character varying(80)</c>, <c>timestamp with time zone</c>, <c>text[]</c>.
    /// </summary>
    /// <param name="text">What the user wrote.</param>
    /// <param name="type">The type; meaningful only when true is returned.</param>
    /// <param name="problem">What is wrong and what was expected, without a full stop; null when true is returned.</param>
    public static bool TryParse(string text, out ColumnType type, out string? problem)
    {
        type = new ColumnType(ColumnKind.Text);
        var match = Shape().Match(text);
        if (!match.Success)
        {
            problem = $"{Shown.Text(text)} is not a column type; expected a PostgreSQL type such as text, numeric(18,2) or text[]";
            return false;
        }

        var words = (match.Groups["name"].Value + match.Groups["zone"].Value).ToLowerInvariant();
        var name = Blanks().Replace(words, " ").Trim();
        if (!Spellings.TryGetValue(name, out var kind))
        {
            problem = Unknown(text, name);
            return false;
        }

        var isArray = match.Groups["array"].Success;
        var (parsed, found) = Sized(kind, name, Numbers(match));
        problem = found is null ? null : $"{Shown.Text(text)}: {found}";
        type = parsed with { IsArray = isArray };
        return found is null;
    }

    /// <summary>The type as SQL, in the shortest spelling that PostgreSQL takes.</summary>
    public override string ToString() => Kind switch
    {
        ColumnKind.Text => "text",
        ColumnKind.Varchar when Length is null => "varchar",
        ColumnKind.Varchar => string.Create(CultureInfo.InvariantCulture, $"varchar({Length})"),
        ColumnKind.Int2 => "smallint",
        ColumnKind.Int4 => "integer",
        ColumnKind.Int8 => "bigint",
        ColumnKind.Numeric when Precision is null => "numeric",
        ColumnKind.Numeric => string.Create(CultureInfo.InvariantCulture, $"numeric({Precision},{Scale ?? 0})"),
        ColumnKind.Float4 => "real",
        ColumnKind.Float8 => "double precision",
        ColumnKind.Bool => "boolean",
        ColumnKind.Uuid => "uuid",
        ColumnKind.Date => "date",
        ColumnKind.Timestamp => "timestamp",
        ColumnKind.TimestampTz => "timestamptz",
        ColumnKind.Bytea => "bytea",
        ColumnKind.Json => "json",
        ColumnKind.Jsonb => "jsonb",
        ColumnKind.Char when Length is null => "char",
        ColumnKind.Char => string.Create(CultureInfo.InvariantCulture, $"char({Length})"),
        ColumnKind.Time => "time",
        ColumnKind.Interval => "interval",
        ColumnKind.Inet => "inet",
        ColumnKind.Cidr => "cidr",
        ColumnKind.Enum when Enum is not null => Enum.Name.Quoted,
        _ => throw new InvalidOperationException($"Column kind {Kind} has no SQL."),
    } + (IsArray ? "[]" : "");

    /// <summary>The types that have a name of their own.</summary>
    private static IEnumerable<ColumnType> BuiltIn =>
        System.Enum.GetValues<ColumnKind>().Where(kind => kind != ColumnKind.Enum).Select(kind => new ColumnType(kind));

    private static string Unknown(string text, string name)
    {
        var nearest = OtherNames.GetValueOrDefault(name) ?? NearestWord.Of(name, Spellings.Keys);
        return $"{Shown.Text(text)} is not a type that the mapping can write; "
            + (nearest is null ? "known types: " + string.Join(", ", BuiltIn) : $"did you mean {nearest}?");
    }

    private static List<long> Numbers(Match match) =>
        [.. match.Groups["number"].Captures.Select(c => long.TryParse(c.Value, CultureInfo.InvariantCulture, out var n) ? n : long.MaxValue)];

    private static (ColumnType Type, string? Problem) Sized(ColumnKind kind, string name, List<long> numbers) => (kind, numbers) switch
    {
        // SQL's char alone holds one character.
        (ColumnKind.Char, []) => (new ColumnType(kind, Length: 1), null),
        (_, []) => (new ColumnType(kind), null),
        (ColumnKind.Varchar or ColumnKind.Char, [var length]) => length is >= 1 and <= LongestText
            ? (new ColumnType(kind, Length: (int)length), null)
            : (new ColumnType(kind), $"the length goes from 1 to {LongestText}"),
        (ColumnKind.Numeric, [var precision]) => SizedNumeric(precision, 0),
        (ColumnKind.Numeric, [var precision, var scale]) => SizedNumeric(precision, scale),
        (ColumnKind.Float8, [var bits]) when name == "float" => SizedFloat(bits),
        (ColumnKind.Timestamp or ColumnKind.TimestampTz or ColumnKind.Time or ColumnKind.Interval, [_]) => (new ColumnType(kind), $"a precision is not supported; write {new ColumnType(kind)}"),
        _ => (new ColumnType(kind), $"{name} takes {(kind is ColumnKind.Varchar or ColumnKind.Char ? "one number" : "no number")} in parentheses"),
    };

    private static (ColumnType Type, string? Problem) SizedNumeric(long precision, long scale)
    {
        if (precision is < 1 or > HighestPrecision)
        {
            return (new ColumnType(ColumnKind.Numeric), $"the precision goes from 1 to {HighestPrecision}");
        }

        return scale is < -HighestScale or > HighestScale
            ? (new ColumnType(ColumnKind.Numeric), $"the scale goes from -{HighestScale} to {HighestScale}")
            : (new ColumnType(ColumnKind.Numeric, Precision: (int)precision, Scale: (int)scale), null);
    }

    // SQL's float(n) counts binary digits: PostgreSQL makes it real up to 24 and double precision up to 53.
    private static (ColumnType Type, string? Problem) SizedFloat(long bits) => bits switch
    {
        >= 1 and <= 24 => (new ColumnType(ColumnKind.Float4), null),
        >= 25 and <= 53 => (new ColumnType(ColumnKind.Float8), null),
        _ => (new ColumnType(ColumnKind.Float8), "float takes 1 to 53 binary digits"),
    };

    [GeneratedRegex(
        @"^\s*(?<name>[a-z_][a-z0-9_ ]*?)\s*(\(\s*(?<number>-?[0-9]+)\s*(,\s*(?<number>-?[0-9]+)\s*)?\))?(?<zone>\s+with(out)?\s+time\s+zone)?\s*(?<array>\[\s*\])?\s*\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
