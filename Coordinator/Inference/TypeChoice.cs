using Migration.Contracts.Migrations;
using MongoDB.Bson;

namespace Migration.Coordinator.Inference;

/// <summary>
/// The narrowest column type that takes what a sample shows of a path, and what unsampled records may hold of the same
/// kind: integers become bigint, texts have no length, Decimal128 becomes numeric without bounds. Values of several kinds
/// become jsonb, which keeps each value's type visible: <c>1</c> and <c>"1"</c> stay two values.
/// </summary>
/// <param name="Refused">Values of the sample that even this column would send to quarantine.</param>
/// <param name="Wanted">The type that nearly all values would fit, where another one was chosen for the rest; else null.</param>
internal sealed record TypeChoice(ColumnType Type, long Refused = 0, ColumnType? Wanted = null)
{
    /// <summary>
    /// What PostgreSQL cannot hold in the type that fits all others (a zero character in a text, a date after 294276) does
    /// not make a column json as long as it is rarer than this. Its record goes to quarantine, which is said.
    /// </summary>
    private const int OftenIsOneIn = 100;

    private static readonly BsonType[] Numbers = [BsonType.Int32, BsonType.Int64, BsonType.Double, BsonType.Decimal128];

    /// <param name="isKey">A key's column must be comparable, and keys that differ must stay different.</param>
    public static TypeChoice Of(FieldProfile field, bool isKey = false)
    {
        if (field.Types is { Count: 1 } && field.Types.ContainsKey(BsonType.Array))
            return OfArrays(field);
        var natural = Natural(field, isKey);
        var refused = field.RefusedBy(natural);
        if (refused == 0 || (MayLeaveRare(natural) && !IsOften(refused, field.Values)))
            return new TypeChoice(natural.Type, refused);
        var wide = isKey || field.RefusedBy(Candidate.Jsonb) <= field.RefusedBy(Candidate.Json) ? Candidate.Jsonb : Candidate.Json;
        return field.RefusedBy(wide) < refused
            ? new TypeChoice(wide.Type, field.RefusedBy(wide), natural == wide ? null : natural.Type)
            : new TypeChoice(natural.Type, refused);
    }

    /// <summary>True when jsonb would send too many of these values to quarantine: json keeps them.</summary>
    public static bool IsOftenNoJsonb(FieldProfile field) => IsOften(field.RefusedBy(Candidate.Jsonb), field.Values);

    private static bool IsOften(long count, long of) => count * OftenIsOneIn >= of && count > 0;

    private static bool MayLeaveRare(Candidate candidate) =>
        candidate == Candidate.Text || candidate == Candidate.Time || candidate == Candidate.Jsonb;

    private static TypeChoice OfArrays(FieldProfile field)
    {
        if (field.Elements is { } elements && Of(elements) is { Type: { IsArray: false } element } choice && !IsJson(element) && elements.Values > 0)
            return choice with { Type = element with { IsArray = true }, Wanted = null };
        var form = IsOftenNoJsonb(field) ? Candidate.Json : Candidate.Jsonb;
        return new TypeChoice(form.Type, field.RefusedBy(form));
    }

    private static bool IsJson(ColumnType type) => type.Kind is ColumnKind.Json or ColumnKind.Jsonb;

    private static Candidate Natural(FieldProfile field, bool isKey)
    {
        var types = field.Types.Keys.ToList();
        return types switch
        {
            [BsonType.String] or [BsonType.Symbol] or [BsonType.ObjectId] => Candidate.Text,
            [BsonType.Boolean] => Candidate.Boolean,
            [BsonType.DateTime] => Candidate.Time,
            [BsonType.Binary] => OfBinary(field),
            [_, ..] when types.TrueForAll(Numbers.Contains) => OfNumbers(types, isKey),
            _ => Candidate.Jsonb,
        };
    }

    /// <summary>A double holds every int32, but not every int64; numeric holds both, and a double as its shortest decimal.</summary>
    private static Candidate OfNumbers(List<BsonType> types, bool isKey)
    {
        if (types.TrueForAll(type => type is BsonType.Int32 or BsonType.Int64))
            return Candidate.Bigint;
        if (types.TrueForAll(type => type is BsonType.Int32 or BsonType.Double))
            return Candidate.Double;

        // The double 0.1 and the decimal 0.1 are two keys.
        return isKey && types.Contains(BsonType.Double) ? Candidate.Jsonb : Candidate.Numeric;
    }

    private static Candidate OfBinary(FieldProfile field)
    {
        if (field.BinarySubtypes is { Count: 1, Min: (byte)BsonBinarySubType.UuidStandard } && field.RefusedBy(Candidate.Uuid) == 0)
            return Candidate.Uuid;
        return field.BinarySubtypes.Count == 1 ? Candidate.Bytes : Candidate.Jsonb;
    }
}
