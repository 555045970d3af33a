using System.Buffers.Binary;
using System.Text;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using Migration.Worker.Tests.Targets;
using MongoDB.Bson;
using MongoDB.Bson.IO;
using MongoDB.Bson.Serialization;
using MongoDB.Bson.Serialization.Serializers;
using Npgsql;

namespace Migration.Worker.Tests.Mapping;

/// <summary>Each cell of docs/types.md is what PostgreSQL then holds, as its own text, or the refusal.</summary>
public sealed class TypesDocumentTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private const string Refused = "—";

    /// <summary>For a word that the migration file may not have there.</summary>
    private const string NotAllowed = "";

    private const string NoValue = "NULL";

    private static int s_schemas;

    [Theory]
    [InlineData("Texts, documents and bytes")]
    [InlineData("Numbers")]
    [InlineData("Times and addresses")]
    [InlineData("Arrays")]
    [InlineData("Enums")]
    public async Task Every_type_of_BSON_becomes_what_the_table_says(string heading)
    {
        var table = TypesDocument.Table(heading);
        List<string[]> found = [table[0], .. table.Skip(1).Select(row => (string[])row.Clone())];
        for (var column = 1; column < table[0].Length; column++)
        {
            var values = found.Skip(1).Select(row => Document(TypesDocument.Code(row[0]))).ToList();
            var cells = await CellsAsync($"v: \"{TypesDocument.Code(table[0][column])}\"", values);
            for (var row = 0; row < cells.Count; row++) found[row + 1][column] = cells[row];
        }

        TypesDocument.Check(heading, found);
    }

    [Fact]
    public async Task Every_choice_makes_of_what_does_not_fit_what_the_table_says()
    {
        const string Heading = "What becomes of what does not fit";
        var table = TypesDocument.Table(Heading);
        List<string[]> found = [table[0]];
        foreach (var row in table.Skip(1))
        {
            var cells = (string[])row.Clone();
            for (var column = 2; column < table[0].Length; column++)
            {
                var words = TypesDocument.Code(table[0][column]);
                cells[column] = (await CellsAsync($"v: {{ type: \"{TypesDocument.Code(row[0])}\", onUnfit: {words} }}", [Document(TypesDocument.Code(row[1]))]))[0];
            }

            found.Add(cells);
        }

        TypesDocument.Check(Heading, found);
    }

    private async Task<List<string>> CellsAsync(string column, List<byte[]> documents)
    {
        CollectionMapping mapping;
        try
        {
            mapping = Mappings.Load(
                $"enums: {{ mood: [shop, \"7\", good] }}\ncollections:\n  - name: things\n    primaryKey: id\n    columns:\n      id: {{ path: _id, type: int }}\n      {column}\n",
                schema: $"types{Interlocked.Increment(ref s_schemas)}");
        }
        catch (MigrationFileException)
        {
            return [.. documents.Select(_ => NotAllowed)];
        }

        var held = await HeldAsync(mapping, documents);
        return [.. documents.Select((_, i) => held.TryGetValue(i, out var text) ? Shown(text) : Refused)];
    }

    private async Task<Dictionary<int, string?>> HeldAsync(CollectionMapping mapping, List<byte[]> documents)
    {
        using var rows = new RowBuffer();
        var mapper = new RecordMapper(mapping);
        for (var i = 0; i < documents.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(documents[i].AsSpan(IdOffset), i);
            mapper.Map(documents[i], rows);
        }

        await using var connection = await target.OpenAsync();
        await TargetTables.EnsureAllAsync(connection, [mapping], CancellationToken.None);
        await using var transaction = await connection.BeginTransactionAsync();
        var outcome = await new TableWriter(mapping).WriteAsync(connection, transaction, rows, CancellationToken.None);
        Assert.Empty(outcome.Rejected);
        return await ReadAsync(connection, mapping.Table);
    }

    private static async Task<Dictionary<int, string?>> ReadAsync(NpgsqlConnection connection, TableName table)
    {
        var held = new Dictionary<int, string?>();
        await using var command = new NpgsqlCommand($"SELECT id, v::text FROM {table.Quoted}", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) held[reader.GetInt32(0)] = await reader.IsDBNullAsync(1) ? null : reader.GetString(1);
        return held;
    }

    private static string Shown(string? text) => text switch
    {
        null => NoValue,
        { Length: > 200 } => $"{text.Length} characters",
        _ => $"`{text}`",
    };

    /// <summary>Of the int32 in <c>{"_id": ...}</c>: length, type, name with its zero.</summary>
    private const int IdOffset = 4 + 1 + 4;

    private static byte[] Document(string value)
    {
        if (value.StartsWith("bytes ", StringComparison.Ordinal)) return WithBytes(Convert.FromHexString(value["bytes ".Length..].Replace(" ", "", StringComparison.Ordinal)));
        if (value.StartsWith("key of bytes ", StringComparison.Ordinal)) return WithKey(Convert.FromHexString(value["key of bytes ".Length..].Replace(" ", "", StringComparison.Ordinal)));
        if (value.EndsWith(" levels", StringComparison.Ordinal)) return Nested(int.Parse(value.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
        if (value.EndsWith(" MB of x", StringComparison.Ordinal)) return WithBytes([.. Enumerable.Repeat((byte)'x', 1_000_000 * int.Parse(value.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture))]);
        using var reader = new JsonReader($"{{\"_id\": {{\"$numberInt\": \"0\"}}, \"v\": {value}}}");
        var context = BsonDeserializationContext.CreateRoot(reader, builder => builder.AllowDuplicateElementNames = true);
        return BsonDocumentSerializer.Instance.Deserialize(context).ToBson();
    }

    /// <summary>A text of bytes that need not be one.</summary>
    private static byte[] WithBytes(byte[] text) => Of(BsonType.String, [.. Length(text.Length + 1), .. text, 0]);

    /// <summary>A document of one field, whose name need not be a text.</summary>
    private static byte[] WithKey(byte[] key)
    {
        byte[] field = [(byte)BsonType.Boolean, .. key, 0, 1];
        return Of(BsonType.Document, [.. Length(field.Length + 5), .. field, 0]);
    }

    /// <summary>Documents in each other, deeper than the driver writes them.</summary>
    private static byte[] Nested(int levels)
    {
        byte[] inner = [5, 0, 0, 0, 0];
        for (var i = 1; i < levels; i++) inner = [.. Length(inner.Length + 8), (byte)BsonType.Document, (byte)'a', 0, .. inner, 0];
        return Of(BsonType.Document, inner);
    }

    private static byte[] Of(BsonType type, byte[] value)
    {
        byte[] fields = [(byte)BsonType.Int32, .. Encoding.ASCII.GetBytes("_id\0"), 0, 0, 0, 0, (byte)type, .. Encoding.ASCII.GetBytes("v\0"), .. value];
        return [.. Length(fields.Length + 5), .. fields, 0];
    }

    private static byte[] Length(int length)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return bytes;
    }
}
