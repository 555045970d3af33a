using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

public sealed class PostgresErrorsTests
{
    [Theory]
    [InlineData("22003", true, false)] // a number out of range
    [InlineData("23505", true, false)] // a key held already
    [InlineData("P0001", true, false)] // a trigger's refusal
    [InlineData("54000", true, false)] // too big for an index
    [InlineData("22P04", false, false)] // the stream itself is wrong
    [InlineData("42703", false, false)] // no such column
    [InlineData("42501", false, false)] // no right to
    [InlineData("28P01", false, false)] // a wrong password
    [InlineData("40001", false, true)] // serialization
    [InlineData("40P01", false, true)] // deadlock
    [InlineData("57P01", false, true)] // shutdown
    [InlineData("53100", false, true)] // disk full
    [InlineData("08006", false, true)] // connection lost
    [InlineData("25006", false, true)] // now a standby
    public void An_error_is_a_row_s_fault_or_passes_or_neither(string sqlState, bool isRowFault, bool isTransient)
    {
        var error = new PostgresException("message", "ERROR", "ERROR", sqlState);

        Assert.Equal(isRowFault, PostgresErrors.IsRowFault(error));
        Assert.Equal(isTransient, PostgresErrors.IsTransient(error));
    }

    [Fact]
    public void A_broken_connection_passes() =>
        Assert.True(PostgresErrors.IsTransient(new NpgsqlException("gone", new IOException())));
}
