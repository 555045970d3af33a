using System.Buffers.Binary;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>Sends rows through COPY's binary protocol as they stand in the buffer.</summary>
internal static class CopyStream
{
    /// <summary>Small enough that PostgreSQL parses one piece while the next is on its way.</summary>
    private const int PieceBytes = 128 * 1024;

    /// <summary>Signature, flags, length of the header's extension.</summary>
    private static readonly byte[] Header =
        [.. "PGCOPY\n"u8, 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private static readonly byte[] Trailer = [0xFF, 0xFF];

    public static Task SendAsync(
        NpgsqlConnection connection, string copy, RowBuffer rows, int first, int count, CancellationToken cancellationToken) =>
        CopyAsync(connection, copy, (stream, token) => SendRowsAsync(stream, rows.Rows(first, count), token), cancellationToken);

    /// <summary>Several runs of rows, one after the other.</summary>
    public static Task SendAsync(
        NpgsqlConnection connection, string copy, RowBuffer rows, IReadOnlyList<(int First, int Count)> runs, CancellationToken cancellationToken) =>
        CopyAsync(connection, copy, (stream, token) => SendRunsAsync(stream, rows, runs, token), cancellationToken);

    /// <summary>All rows but those at the places <paramref name="without"/>, which ascend.</summary>
    public static Task SendWithoutAsync(
        NpgsqlConnection connection, string copy, RowBuffer rows, IReadOnlyList<int> without, CancellationToken cancellationToken) =>
        CopyAsync(connection, copy, (stream, token) => SendRowsWithoutAsync(stream, rows, without, token), cancellationToken);

    /// <summary>Each row gets its index in the buffer as its first field.</summary>
    public static Task SendNumberedAsync(
        NpgsqlConnection connection, string copy, RowBuffer rows, int first, int count, CancellationToken cancellationToken) =>
        CopyAsync(connection, copy, (stream, token) => SendNumberedRowsAsync(stream, rows, first, count, token), cancellationToken);

    /// <summary>Ends the COPY when <paramref name="send"/> has returned; when it throws, none of its rows are kept.</summary>
    /// <exception cref="NpgsqlException">What the server refused, or how the connection was lost.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; Npgsql itself tells it as a failure to write.</exception>
    internal static async Task CopyAsync(
        NpgsqlConnection connection, string copy, Func<Stream, CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        var stream = await connection.BeginRawBinaryCopyAsync(copy, cancellationToken);
        try
        {
            await stream.WriteAsync(Header, cancellationToken);
            await send(stream, cancellationToken);
            await stream.WriteAsync(Trailer, cancellationToken);
        }
        catch (Exception e)
        {
            await AbandonAsync(stream);
            if (e is NpgsqlException && cancellationToken.IsCancellationRequested) throw new OperationCanceledException("The COPY was cancelled.", e, cancellationToken);
            throw;
        }

        await stream.DisposeAsync();
    }

    /// <summary>
    /// Disposing would end the COPY as if all had been sent. The error that led here decides whether the batch is tried
    /// again, so that none may take its place: neither that the connection is gone (Npgsql then ended the COPY itself and
    /// holds the stream for disposed) nor what the server has to say of rows that are given up anyway. Where the
    /// cancelling itself loses the connection, Npgsql closes it.
    /// </summary>
    private static async Task AbandonAsync(NpgsqlRawCopyStream stream)
    {
        try
        {
            await stream.CancelAsync();
        }
        catch (Exception e) when (e is NpgsqlException or ObjectDisposedException)
        {
        }
    }

    internal static async Task SendRowsAsync(Stream stream, ReadOnlyMemory<byte> rows, CancellationToken cancellationToken)
    {
        for (; rows.Length > PieceBytes; rows = rows[PieceBytes..])
        {
            await stream.WriteAsync(rows[..PieceBytes], cancellationToken);
        }

        await stream.WriteAsync(rows, cancellationToken);
    }

    private static async Task SendRunsAsync(
        Stream stream, RowBuffer rows, IReadOnlyList<(int First, int Count)> runs, CancellationToken cancellationToken)
    {
        foreach (var (first, count) in runs) await SendRowsAsync(stream, rows.Rows(first, count), cancellationToken);
    }

    private static async Task SendRowsWithoutAsync(
        Stream stream, RowBuffer rows, IReadOnlyList<int> without, CancellationToken cancellationToken)
    {
        var first = 0;
        foreach (var row in without)
        {
            await SendRowsAsync(stream, rows.Rows(first, row - first), cancellationToken);
            first = row + 1;
        }

        await SendRowsAsync(stream, rows.Rows(first, rows.Count - first), cancellationToken);
    }

    private static async Task SendNumberedRowsAsync(
        Stream stream, RowBuffer rows, int first, int count, CancellationToken cancellationToken)
    {
        using var piece = new RowBuffer(PieceBytes);
        for (var i = first; i < first + count; i++)
        {
            AppendNumbered(piece, rows.Row(i).Span, i);
            if (piece.Bytes < PieceBytes && i < first + count - 1) continue;
            await SendRowsAsync(stream, piece.Rows(0, piece.Count), cancellationToken);
            piece.Clear();
        }
    }

    private static void AppendNumbered(RowBuffer piece, ReadOnlySpan<byte> row, int number)
    {
        piece.AppendInt16((short)(BinaryPrimitives.ReadInt16BigEndian(row) + 1));
        BinaryPrimitives.WriteInt32BigEndian(piece.AppendField(sizeof(int)), number);
        piece.Append(row[sizeof(short)..]);
        piece.EndRow();
    }
}
