using System.Text;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using MongoDB.Bson;

namespace Migration.Worker.Mapping;

/// <summary>
/// Takes the <c>$id</c> out of a DBRef. What else the DBRef says must agree with the migration file: a reference into
/// another collection that has the same key by chance would become a wrong one without a word.
/// </summary>
internal sealed class ReferencedId(ColumnReference reference)
{
    private readonly byte[] _collection = Encoding.UTF8.GetBytes(reference.Collection);
    private readonly byte[]? _database = reference.Database is { } name ? Encoding.UTF8.GetBytes(name) : null;

    /// <param name="type">The <c>$id</c>'s, where the answer is null; else of no use, as is <paramref name="id"/>.</param>
    /// <returns>Why the document is no reference that the column may hold; null where it is one.</returns>
    public Refusal? Read(ReadOnlySpan<byte> document, out BsonType type, out ReadOnlySpan<byte> id)
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
                return Wrong($"a document with field '{BsonText.Shorten(reader.Name)}', which no DBRef has");
            if (Disagreement(reader) is { } found)
                return Wrong(found);
        }

        if (reader.Fault != BsonFault.None)
            return Refusal.Unreadable(reader.Fault);
        if (!isOfCollection)
            return Wrong("a document without $ref");
        return type is BsonType.Undefined or BsonType.Null ? Wrong("a DBRef without $id") : null;
    }

    private string? Disagreement(BsonSpanReader reader)
    {
        var isRef = reader.Name.SequenceEqual("$ref"u8);
        var expected = isRef ? _collection : _database;
        if (expected is null || (reader.Type == BsonType.String && BsonSpanReader.TextOf(reader.Value).SequenceEqual(expected)))
            return null;
        return $"a DBRef whose {(isRef ? "$ref" : "$db")} is {BsonText.Describe(reader.Type, reader.Value)}";
    }

    private Refusal Wrong(string found) => new(
        SqlStates.InvalidText, $"here takes an _id, or a DBRef of collection '{reference.Collection}'{(reference.Database is { } name ? $" of database '{name}'" : "")}", Advice.Mend)
    {
        Found = found,
    };
}
