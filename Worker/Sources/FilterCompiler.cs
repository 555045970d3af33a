using System.Globalization;
using System.Text.RegularExpressions;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>Turns a query into conditions; everything that it does not know is a <see cref="FormatException"/> with a sentence for the user.</summary>
internal static class FilterCompiler
{
    private const string Known =
        "$eq $ne $gt $gte $lt $lte $in $nin $exists $type $and $or $nor $not $regex $options $size $all $elemMatch";

    // A pattern that needs to go back in its text, and runs away on one document, must not hang the run.
    private static readonly TimeSpan s_regexTimeout = TimeSpan.FromSeconds(2);

    private static readonly Dictionary<string, BsonType> s_types = new()
    {
        ["double"] = BsonType.Double,
        ["string"] = BsonType.String,
        ["object"] = BsonType.Document,
        ["array"] = BsonType.Array,
        ["binData"] = BsonType.Binary,
        ["undefined"] = BsonType.Undefined,
        ["objectId"] = BsonType.ObjectId,
        ["bool"] = BsonType.Boolean,
        ["date"] = BsonType.DateTime,
        ["null"] = BsonType.Null,
        ["regex"] = BsonType.RegularExpression,
        ["dbPointer"] = (BsonType)0x0C,
        ["javascript"] = BsonType.JavaScript,
        ["symbol"] = BsonType.Symbol,
        ["javascriptWithScope"] = BsonType.JavaScriptWithScope,
        ["int"] = BsonType.Int32,
        ["timestamp"] = BsonType.Timestamp,
        ["long"] = BsonType.Int64,
        ["decimal"] = BsonType.Decimal128,
        ["minKey"] = BsonType.MinKey,
        ["maxKey"] = BsonType.MaxKey,
    };

    public static FilterCondition Query(BsonDocument query) => Join([.. query.Select(Clause)]);

    private static FilterCondition Clause(BsonElement clause) => clause.Name switch
    {
        "$and" => new AllOf(Queries(clause)),
        "$or" => new AnyOf(Queries(clause)),
        "$nor" => new Not(new AnyOf(Queries(clause))),
        ['$', ..] => throw Unknown(clause.Name),
        _ => Field(clause.Name, clause.Value),
    };

    private static FilterCondition Field(string path, BsonValue value) => value switch
    {
        BsonDocument document when IsOperators(document) => Operators(new FieldPath(path), document),
        BsonRegularExpression regex => new AnyValue(new FieldPath(path), RegexOrEqual(regex)),
        _ => new AnyValue(new FieldPath(path), new CompareTest(Comparison.Equal, value)),
    };

    private static bool IsOperators(BsonDocument document) =>
        document.ElementCount > 0 && document.GetElement(0).Name is ['$', ..] and not ("$ref" or "$id" or "$db");

    private static FilterCondition Operators(FieldPath path, BsonDocument operators)
    {
        if (operators.Contains("$options") && !operators.Contains("$regex"))
            throw new FormatException("$options needs a $regex");
        return Join([.. operators.Where(o => o.Name != "$options").Select(o => Operator(path, o, operators))]);
    }

    private static FilterCondition Operator(FieldPath path, BsonElement o, BsonDocument all) => o.Name switch
    {
        "$eq" => Any(path, Comparison.Equal, o),
        "$ne" => new Not(Any(path, Comparison.Equal, o)),
        "$gt" => Any(path, Comparison.Greater, o),
        "$gte" => Any(path, Comparison.GreaterOrEqual, o),
        "$lt" => Any(path, Comparison.Less, o),
        "$lte" => Any(path, Comparison.LessOrEqual, o),
        "$in" => new AnyValue(path, In(o)),
        "$nin" => new Not(new AnyValue(path, In(o))),
        "$exists" => o.Value.ToBoolean() ? new AnyValue(path, new ExistsTest()) : new Not(new AnyValue(path, new ExistsTest())),
        "$type" => TypeIs(path, o),
        "$not" => new Not(Negated(path, o)),
        "$regex" => new AnyValue(path, new RegexTest(Pattern(o.Value, all.GetValue("$options", "")))),
        "$size" => new AnyValue(path, new SizeTest(Size(o))),
        "$all" => All(path, o),
        "$elemMatch" => new AnyValue(path, ElementMatch(o)),
        _ => throw Unknown(o.Name),
    };

    private static AnyValue Any(FieldPath path, Comparison comparison, BsonElement o)
    {
        if (o.Value.IsBsonRegularExpression && o.Name != "$eq")
            throw new FormatException($"{o.Name} cannot take a regular expression");
        return new AnyValue(path, new CompareTest(comparison, o.Value));
    }

    private static AnyTest In(BsonElement o) => new([.. Array(o).Select<BsonValue, ValueTest>(value => value switch
    {
        BsonRegularExpression regex => RegexOrEqual(regex),
        BsonDocument document when IsOperators(document) => throw new FormatException($"{o.Name} takes values, not operators"),
        _ => new CompareTest(Comparison.Equal, value),
    })]);

    private static FilterCondition All(FieldPath path, BsonElement o)
    {
        var values = Array(o);
        if (values.Count == 0)
            return new AnyOf([]); // matches nothing
        return Join([.. values.Select(value => value is BsonDocument document && IsOperators(document)
            ? document.ElementCount == 1 && document.Contains("$elemMatch") ? Operators(path, document) : throw new FormatException("$all takes values or $elemMatch")
            : new AnyValue(path, value is BsonRegularExpression regex ? RegexOrEqual(regex) : new CompareTest(Comparison.Equal, value)))]);
    }

    private static FilterCondition Negated(FieldPath path, BsonElement o) => o.Value switch
    {
        BsonRegularExpression regex => new AnyValue(path, RegexOrEqual(regex)),
        BsonDocument document when IsOperators(document) => Operators(path, document),
        _ => throw new FormatException("$not takes operators or a regular expression"),
    };

    private static ValueTest ElementMatch(BsonElement o)
    {
        if (o.Value is not BsonDocument query)
            throw new FormatException("$elemMatch takes a document");
        return IsOperators(query) && query.GetElement(0).Name is not ("$and" or "$or" or "$nor")
            ? new ElementValueTest(Operators(FieldPath.Element, query))
            : new ElementTest(Query(query));
    }

    private static AnyValue TypeIs(FieldPath path, BsonElement o)
    {
        var types = new HashSet<BsonType>();
        foreach (var type in o.Value is BsonArray several ? several : [o.Value])
            types.UnionWith(Types(type));
        return types.Count > 0 ? new AnyValue(path, new TypeTest(types)) : throw new FormatException("$type takes at least one type");
    }

    private static List<BsonType> Types(BsonValue type)
    {
        if (type.IsString && type.AsString == "number")
            return [BsonType.Double, BsonType.Int32, BsonType.Int64, BsonType.Decimal128];
        if (type.IsString && s_types.TryGetValue(type.AsString, out var known))
            return [known];
        if (type.IsNumeric && s_types.Values.Where(t => t == (BsonType)(byte)(sbyte)type.ToInt64()).ToList() is { Count: 1 } coded)
            return coded;
        throw new FormatException($"$type does not know {type}");
    }

    private static long Size(BsonElement o) =>
        o.Value.IsNumeric && o.Value.ToDouble() is >= 0 and var size && size == Math.Floor(size)
            ? o.Value.ToInt64()
            : throw new FormatException("$size takes a whole number from 0");

    private static AnyTest RegexOrEqual(BsonRegularExpression regex) =>
        new([new RegexTest(Pattern(regex, "")), new CompareTest(Comparison.Equal, regex)]);

    private static Regex Pattern(BsonValue pattern, BsonValue options)
    {
        var (text, flags) = pattern switch
        {
            BsonRegularExpression regex => (regex.Pattern, options.AsString is { Length: > 0 } given ? given : regex.Options),
            BsonString plain => (plain.AsString, options.AsString),
            _ => throw new FormatException("$regex takes a string or a regular expression"),
        };
        try
        {
            return Bounded(text, Options(flags));
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"$regex '{text}' cannot be used on a dump: {e.Message}", e);
        }
    }

    private static Regex Bounded(string pattern, RegexOptions options)
    {
        try
        {
            return new Regex(pattern, options | RegexOptions.NonBacktracking, s_regexTimeout);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, options, s_regexTimeout);
        }
    }

    private static RegexOptions Options(string flags) => flags.Aggregate(RegexOptions.CultureInvariant, (options, flag) => options | flag switch
    {
        'i' => RegexOptions.IgnoreCase,
        'm' => RegexOptions.Multiline,
        's' => RegexOptions.Singleline,
        'x' => RegexOptions.IgnorePatternWhitespace,
        'u' => RegexOptions.None,
        _ => throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"$options does not know '{flag}'")),
    });

    private static List<FilterCondition> Queries(BsonElement clause)
    {
        var queries = Array(clause);
        return queries.Count > 0 && queries.All(query => query.IsBsonDocument)
            ? [.. queries.Select(query => Query(query.AsBsonDocument))]
            : throw new FormatException($"{clause.Name} takes a list of at least one query");
    }

    private static BsonArray Array(BsonElement o) =>
        o.Value as BsonArray ?? throw new FormatException($"{o.Name} takes a list");

    private static FilterCondition Join(IReadOnlyList<FilterCondition> conditions) =>
        conditions.Count == 1 ? conditions[0] : new AllOf(conditions);

    private static FormatException Unknown(string name) =>
        new($"a dump cannot be filtered by {name}; known are {Known}");
}
