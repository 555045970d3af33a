using System.Globalization;
using Npgsql;

namespace Migration.Benchmarks.Measuring;

/// <summary>CPU of a PostgreSQL server on this machine, all its processes, those that have ended too.</summary>
internal sealed class PostgresCpu
{
    private readonly int? _postmaster;

    private PostgresCpu(int? postmaster) => _postmaster = postmaster;

    /// <summary>A server elsewhere, or one that does not tell this user its process, has no figures.</summary>
    public static async Task<PostgresCpu> OfAsync(NpgsqlDataSource server, CancellationToken cancellation)
    {
        try
        {
            await using var command = server.CreateCommand("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)");
            var process = int.Parse((string)(await command.ExecuteScalarAsync(cancellation))!, CultureInfo.InvariantCulture);
            return new PostgresCpu(IsPostgres(process) ? process : null);
        }
        catch (PostgresException)
        {
            return new PostgresCpu(null);
        }
    }

    /// <summary>Seconds so far. A session that ends between the two looks counts twice rather than not at all.</summary>
    public double? Seconds()
    {
        if (_postmaster is not { } postmaster)
            return null;
        var living = ProcFile.Children(postmaster).Sum(child => ProcFile.CpuSeconds(child) ?? 0);
        return living + ProcFile.CpuSeconds(postmaster, withWaitedFor: true);
    }

    private static bool IsPostgres(int process)
    {
        // The loader's name where the server is one that was unpacked and not installed; see scripts/documentdb.sh.
        string[] names = ["postgres", "ld-linux", "ld64"];
        var file = $"/proc/{process}/comm";
        return File.Exists(file) && File.ReadAllText(file) is var name && names.Any(start => name.StartsWith(start, StringComparison.Ordinal));
    }
}
