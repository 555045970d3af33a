using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using MongoDB.Bson;

namespace Migration.Worker.Mapping;

/// <summary>
/// Takes the <c>$id</c> out of a DBRef. What else the DBRef says must agree with the migration file: a reference into
/// another collection that has the same key by chance would become a wrong one without a word.
/// </summary>
internal static class ReferencedId
{
    /// <param name="type">The <c>$id</c>'s, where the answer is null; else of no use, as is <paramref name="id"/>.</param>
    /// <returns>Why the document is no reference that the column may hold; null where it is one.</returns>
    public static Refusal? Read(ColumnReference reference, ReadOnlySpan<byte> document, out BsonType type, out ReadOnlySpan<byte> id)
    {
        type = BsonType.Undefined;
        id = default;
        var isOfCollection = false;
        var reader = new BsonSpanReader(document);
        while (reader.Read())
        {
            if (reader.Name.SequenceEqual("$id"u8))
            {
                type = reader.Type;
                id = reader.Value;
                continue;
            }

            if (reader.Name.SequenceEqual("$ref"u8))
                isOfCollection = true;
            else if (!reader.Name.SequenceEqual("$db"u8))
                return Wrong(reference, $"a document with field '{BsonText.Shorten(reader.Name)}', which no DBRef has");
            if (Disagreement(reference, reader) is { } found)
                return Wrong(reference, found);
        }

        if (reader.Fault != BsonFault.None)
            return Refusal.Unreadable(reader.Fault);
        if (!isOfCollection)
            return Wrong(reference, "a document without $ref");
        return type is BsonType.Undefined or BsonType.Null ? Wrong(reference, "a DBRef without $id") : null;
    }

    private static string? Disagreement(ColumnReference reference, BsonSpanReader reader)
    {
        var isRef = reader.Name.SequenceEqual("$ref"u8);
        var expected = isRef ? reference.Collection : reference.Database;
        if (expected is null || (reader.Type == BsonType.String && BsonSpanReader.TextOf(reader.Value).SequenceEqual(System.Text.Encoding.UTF8.GetBytes(expected))))
            return null;
        return $"a DBRef whose {(isRef ? "$ref" : "$db")} is {BsonText.Describe(reader.Type, reader.Value)}";
    }

    private static Refusal Wrong(ColumnReference reference, string found) => new(
        SqlStates.InvalidText, $"here takes an _id, or a DBRef of collection '{reference.Collection}'{(reference.Database is { } name ? $" of database '{name}'" : "")}", Advice.Mend)
    {
        Found = found,
    };
}
