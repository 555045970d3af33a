using System.Diagnostics;
using Migration.Benchmarks.Measuring;

namespace Migration.Benchmarks.Preparing;

internal static class Psql
{
    /// <summary>The newest of this machine, as its servers are chosen; else the one on PATH.</summary>
    private static readonly string s_path =
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql")
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin", "psql")).FirstOrDefault(File.Exists) ?? "psql"
            : "psql";

    /// <summary>One command; the address comes by the environment.</summary>
    /// <param name="folder">Where paths in the command begin.</param>
    public static ProcessStartInfo Program(BenchDatabase database, string folder, string command)
    {
        var program = Programs.Of(s_path, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", command);
        program.WorkingDirectory = folder;
        foreach (var (name, value) in database.LibpqEnvironment)
            program.Environment[name] = value;
        return program;
    }
}
