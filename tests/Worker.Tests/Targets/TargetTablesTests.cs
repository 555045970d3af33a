using Migration.Contracts.Migrations;
using Migration.Worker.Targets;
using Migration.Worker.Tests.Mapping;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

public sealed class TargetTablesTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private readonly string _schema = $"s{Guid.NewGuid():N}";

    [Fact]
    public async Task A_table_of_every_type_is_made_and_then_found_as_it_should_be()
    {
        var mapping = EveryType();
        await using var connection = await target.OpenAsync();

        var made = await EnsureAsync(connection, mapping);
        var found = await EnsureAsync(connection, mapping);
        await connection.ExecuteAsync($"INSERT INTO {_schema}.products (id) VALUES (1)");
        var filled = await EnsureAsync(connection, mapping);

        Assert.Equal([new TargetTable(mapping.Table, true, false)], made);
        Assert.Equal([new TargetTable(mapping.Table, false, false)], found);
        Assert.Equal([new TargetTable(mapping.Table, false, true)], filled);
    }

    [Fact]
    public async Task Every_difference_is_named()
    {
        await using var connection = await target.OpenAsync();
        await connection.ExecuteAsync(
            $"CREATE SCHEMA {_schema}; CREATE TABLE {_schema}.products (id int, price numeric(12,2), name text NOT NULL, "
            + "doubled int GENERATED ALWAYS AS (id * 2) STORED, extra int NOT NULL, extra_with_default int NOT NULL DEFAULT 1, "
            + "nullable int, PRIMARY KEY (id, price))");
        var mapping = Load("id: { path: _id, type: int }", "price: numeric(18,2)", "name: text", "doubled: int", "gone: text");

        var error = await Assert.ThrowsAsync<TargetException>(() => EnsureAsync(connection, mapping));

        var table = $"table {_schema}.products:";
        Assert.Equal(
            [
                $"{table} column 'price' is numeric(12,2), the migration file says numeric(18,2)",
                $"{table} column 'name' is NOT NULL, the migration file lets it be null; say required: true",
                $"{table} column 'doubled' is generated, so that no value can be written to it",
                $"{table} column 'gone' is missing, the migration file says text",
                $"{table} column 'extra' is NOT NULL without a default, and the migration file does not fill it",
                $"{table} its primary key is (id, price), the migration file says (id)",
            ],
            error.Message.Split(Environment.NewLine));
    }

    [Fact]
    public async Task One_bad_table_leaves_none_behind()
    {
        await using var connection = await target.OpenAsync();
        await connection.ExecuteAsync($"CREATE SCHEMA {_schema}; CREATE VIEW {_schema}.orders AS SELECT 1 AS id");
        var products = Load("id: { path: _id, type: int }");
        var elsewhere = products with { Table = new TableName($"{_schema}_new", "things") };
        var orders = products with { Name = "orders", Table = new TableName(_schema, "orders") };

        var error = await Assert.ThrowsAsync<TargetException>(() => EnsureAsync(connection, products, elsewhere, orders));

        Assert.Contains($"table {_schema}.orders: it is not a table", error.Message, StringComparison.Ordinal);
        Assert.False(await connection.ScalarAsync<bool>("SELECT to_regclass($1) IS NOT NULL", $"{_schema}.products"));
        Assert.False(await connection.ScalarAsync<bool>("SELECT to_regnamespace($1) IS NOT NULL", $"{_schema}_new"));
    }

    [Fact]
    public async Task Two_collections_share_a_table_only_with_the_same_columns()
    {
        await using var connection = await target.OpenAsync();
        var a = Load("id: { path: _id, type: int }", "name: text");
        var same = a with { Name = "more" };
        var other = Load("id: { path: _id, type: int }", "name: int") with { Name = "other" };

        Assert.Single(await EnsureAsync(connection, a, same));
        var error = await Assert.ThrowsAsync<TargetException>(() => EnsureAsync(connection, a, other));
        Assert.Contains("collections 'products' and 'other' both go there", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_without_rights_is_told_which()
    {
        var role = $"r{Guid.NewGuid():N}";
        await using var connection = await target.OpenAsync();
        await connection.ExecuteAsync($"CREATE ROLE {role}; CREATE SCHEMA {_schema}; CREATE TABLE {_schema}.old (id int PRIMARY KEY)");
        try
        {
            await connection.ExecuteAsync($"GRANT USAGE ON SCHEMA {_schema} TO {role}; SET ROLE {role}");
            var mapping = Load("id: { path: _id, type: int }");

            var refused = await Assert.ThrowsAsync<TargetException>(() => EnsureAsync(connection, mapping));
            var old = mapping with { Table = new TableName(_schema, "old") };
            var lacking = await Assert.ThrowsAsync<TargetException>(() => EnsureAsync(connection, old));

            Assert.Contains($"permission denied for schema {_schema}. Grant the target's user CREATE", refused.Message, StringComparison.Ordinal);
            Assert.Equal($"table {_schema}.old: the target's user lacks the right to SELECT, INSERT; grant it", lacking.Message);
        }
        finally
        {
            await connection.ExecuteAsync($"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [Fact]
    public async Task Several_coordinators_may_create_at_a_time()
    {
        var mapping = EveryType();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await using var connection = await target.OpenAsync();
            await EnsureAsync(connection, mapping);
        }));
    }

    [Fact]
    public async Task A_type_may_have_more_labels_than_the_file_in_any_order_but_not_fewer()
    {
        await using var connection = await target.OpenAsync();
        await connection.ExecuteAsync($"CREATE SCHEMA {_schema}; CREATE TYPE {_schema}.\"Mood\" AS ENUM ('other', 'it''s')");
        var mapping = Load("id: { path: _id, type: int }", $"mood: {_schema}.Mood");

        var error = await Assert.ThrowsAsync<TargetException>(() => EnsureAsync(connection, mapping));
        Assert.Equal(
            $"type {_schema}.Mood: it lacks the label 'good'; add it (ALTER TYPE \"{_schema}\".\"Mood\" ADD VALUE 'good'), or take it from the migration file",
            error.Message);
        Assert.False(await connection.ScalarAsync<bool>("SELECT to_regclass($1) IS NOT NULL", $"{_schema}.products"));

        await connection.ExecuteAsync($"ALTER TYPE {_schema}.\"Mood\" ADD VALUE 'good'");
        Assert.Equal([new TargetTable(mapping.Table, true, false)], await EnsureAsync(connection, mapping));
    }

    [Fact]
    public async Task What_is_no_enum_and_a_column_of_another_one_are_named()
    {
        await using var connection = await target.OpenAsync();
        await connection.ExecuteAsync(
            $"CREATE SCHEMA {_schema}; CREATE TABLE {_schema}.\"Mood\" (id int); CREATE TYPE {_schema}.mood AS ENUM ('good'); "
            + $"CREATE TABLE {_schema}.products (id int PRIMARY KEY, mood {_schema}.mood, moods {_schema}.mood[])");
        var mapping = Load("id: { path: _id, type: int }", $"mood: {_schema}.Mood", $"moods: {_schema}.Mood[]");

        var error = await Assert.ThrowsAsync<TargetException>(() => EnsureAsync(connection, mapping));

        Assert.Equal(
            [
                $"type {_schema}.Mood: it is there and no enum (every table's name is a type's, too); give the enum another name in the migration file",
                $"table {_schema}.products: column 'mood' is \"{_schema}\".\"mood\", the migration file says \"{_schema}\".\"Mood\"",
                $"table {_schema}.products: column 'moods' is \"{_schema}\".\"mood\"[], the migration file says \"{_schema}\".\"Mood\"[]",
            ],
            error.Message.Split(Environment.NewLine));
    }

    [Fact]
    public void Arrays_of_enums_need_a_server_that_takes_them()
    {
        var mapping = Load("id: { path: _id, type: int }", $"mood: {_schema}.Mood", $"moods: {_schema}.Mood[]");

        Assert.Empty(EnumTypes.Unsupported(mapping, new Version(14, 0)));
        Assert.Equal(
            [$"table {_schema}.products: column 'moods' is an array of an enum, which takes PostgreSQL 14, and this is 13.22; give it the type text[]"],
            EnumTypes.Unsupported(mapping, new Version(13, 22)));
    }

    private CollectionMapping EveryType() => Load(
        "id: { path: _id, type: int }", "a: text", "b: varchar(7)", "c: varchar", "d: int2", "e: int8", "f: numeric",
        "g: numeric(18,2)", "h: numeric(5)", "i: float4", "j: float8", "k: bool", "l: uuid", "m: date", "n: timestamp",
        "o: timestamptz", "p: bytea", "q: json", "r: jsonb", "s: text[]", "t: numeric(18,2)[]", "u: timestamptz[]",
        "v: char(3)", "w: time", "x: interval[]", "y: inet", "z: cidr[]", $"mood: {_schema}.Mood", $"moods: {_schema}.Mood[]");

    private CollectionMapping Load(params string[] columns)
    {
        var lines = columns.Select(c => c.Contains('{') ? c : $"{c.Split(": ")[0]}: \"{c.Split(": ")[1]}\"");
        return Mappings.Load(
            $"enums: {{ {_schema}.Mood: [good, it's] }}\ncollections:\n  - name: products\n    primaryKey: id\n    columns:\n{string.Join("\n", lines.Select(c => $"      {c}"))}\n",
            _schema);
    }

    private static Task<IReadOnlyList<TargetTable>> EnsureAsync(NpgsqlConnection connection, params CollectionMapping[] mappings) =>
        TargetTables.EnsureAllAsync(connection, mappings, CancellationToken.None);
}
