using CsCheck;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Mapping;

/// <summary>One mapper, and documents that are not alike: what a row holds hangs on the names alone.</summary>
public sealed class ShapeTests
{
    // Names that begin alike, on both sides of the sixteen bytes that the reader looks at first.
    private static readonly string[] Mapped = ["a", "ab", "abc", "abcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmnopq"];
    private static readonly string[] Unmapped = ["", "b", "abcd", "abcdefghijklmn", "abcdefghijklmnoq", "abcdefghijklmnopqr", "ac"];

    private static readonly string[] All = [.. Mapped, .. Unmapped];

    private static readonly string Yaml =
        $"""
        collections:
          - name: products
            primaryKey: id
            columns:
              id: {"{ path: _id, type: int }"}
        {string.Concat(Mapped.Select((name, i) => $"      c{i}: {{ path: {name}, type: int }}\n      d{i}: {{ path: inner.{name}, type: int }}\n"))}
        """;

    [Fact]
    public void Fields_are_found_whatever_stands_before_and_after_them()
    {
        var mapper = new RecordMapper(Mappings.Load(Yaml));
        Gen.Select(AnyFields, AnyFields, Gen.Int[0, 13]).Sample(
            (fields, inner, place) =>
            {
                var document = new BsonDocument(fields);
                document.InsertAt(Math.Min(place, fields.Count), new BsonElement("inner", new BsonDocument(inner)));
                document.Add("_id", 7);
                using var rows = new RowBuffer(64);

                Assert.Null(mapper.Map(document.ToBson(), rows));

                Assert.Equal(Expected(document), rows.Row(0).ToArray());
            },
            iter: 20_000, threads: 1);
    }

    [Fact]
    public void A_mapped_field_that_appears_twice_is_refused_wherever_it_stands()
    {
        var mapper = new RecordMapper(Mappings.Load(Yaml));
        Gen.Select(AnyFields, Gen.Int[0, Mapped.Length - 1], Gen.Int[0, 13], Gen.Int[0, 13]).Sample(
            (fields, name, first, second) =>
            {
                var document = new BsonDocument(allowDuplicateNames: true);
                document.AddRange(fields.Where(field => field.Name != Mapped[name]).Prepend(new BsonElement("_id", 7)));
                document.InsertAt(Math.Min(first, document.ElementCount), new BsonElement(Mapped[name], 1));
                document.InsertAt(Math.Min(second, document.ElementCount), new BsonElement(Mapped[name], 1));
                using var rows = new RowBuffer(64);

                var rejection = mapper.Map(document.ToBson(), rows);

                Assert.StartsWith($"the field '{Mapped[name]}' appears twice", rejection?.Message, StringComparison.Ordinal);
            },
            iter: 5_000, threads: 1);
    }

    private static Gen<List<BsonElement>> AnyFields =>
        Gen.Shuffle(All).SelectMany(names => Gen.Int[0, names.Length]
            .Select(count => names[..count].Select((name, i) => new BsonElement(name, Mapped.Contains(name) ? i : "text")).ToList()));

    private static byte[] Expected(BsonDocument document)
    {
        using var rows = new RowBuffer(64);
        rows.AppendInt16((short)(1 + 2 * Mapped.Length));
        Append(document, "_id");
        foreach (var name in Mapped)
        {
            Append(document, name);
            Append(document["inner"].AsBsonDocument, name);
        }

        rows.EndRow();
        return rows.Row(0).ToArray();

        void Append(BsonDocument of, string name)
        {
            if (of.TryGetValue(name, out var value)) System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(rows.AppendField(sizeof(int)), value.AsInt32);
            else rows.AppendNull();
        }
    }
}
