using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

public sealed class PostgresErrorsTests
{
    [Theory]
    [InlineData("22003", "row")] // a number out of range
    [InlineData("23505", "row")] // a key held already
    [InlineData("P0001", "row")] // a trigger's refusal
    [InlineData("54000", "row")] // too big for an index
    [InlineData("42501", "row", "ExecWithCheckOptions")] // outside a policy's condition
    [InlineData("42501", "configuration", "aclcheck_error")] // no right to
    [InlineData("42703", "configuration")] // no such column
    [InlineData("42P01", "configuration")] // no such table
    [InlineData("42809", "configuration")] // not a table
    [InlineData("28P01", "configuration")] // a wrong password
    [InlineData("28000", "configuration")] // no entry in pg_hba.conf
    [InlineData("3D000", "configuration")] // no such database
    [InlineData("3F000", "configuration")] // no such schema
    [InlineData("40001", "passes")] // serialization
    [InlineData("40P01", "passes")] // deadlock
    [InlineData("57P01", "passes")] // shutdown
    [InlineData("53100", "passes")] // disk full
    [InlineData("08006", "passes")] // connection lost
    [InlineData("25006", "passes")] // now a standby
    [InlineData("22P04", "")] // the stream itself is wrong
    [InlineData("XX000", "")] // PostgreSQL's own mistake
    public void An_error_is_a_row_s_fault_or_passes_or_is_configuration_or_none(string sqlState, string kind, string? routine = null)
    {
        var error = new PostgresException("message", "ERROR", "ERROR", sqlState, routine: routine);

        Assert.Equal(kind == "row", PostgresErrors.IsRowFault(error));
        Assert.Equal(kind == "passes", PostgresErrors.IsTransient(error));
        Assert.Equal(kind == "configuration", PostgresErrors.IsConfiguration(error));
    }

    [Fact]
    public void A_broken_connection_passes() =>
        Assert.True(PostgresErrors.IsTransient(new NpgsqlException("gone", new IOException())));
}
