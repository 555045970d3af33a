using System.Diagnostics;
using Migration.Benchmarks.Measuring;

namespace Migration.Benchmarks.Preparing;

/// <summary>This system, as a user would start it.</summary>
internal static class OwnRun
{
    /// <param name="kept">For the migration file and the workers' logs.</param>
    /// <param name="source">A dump's folder, or a server's address.</param>
    /// <param name="broker">Null for none.</param>
    /// <param name="allocations">The folder for what its processes allocated; null for no such records.</param>
    public static ProcessStartInfo Program(
        string kept, string migration, string source, Uri target, Uri? broker, IEnumerable<string> options, string? allocations = null)
    {
        var file = Path.Combine(kept, "migration.yaml");
        File.WriteAllText(file, migration);
        string[] arguments = ["run", file, .. options];
        var program = Repository.Published is { } folder
            ? Programs.Of(Path.Combine(folder, "coordinator"), arguments) : Programs.Dotnet(Repository.Coordinator, arguments);
        program.Environment["MIGRATION_SOURCE"] = source;
        program.Environment["MIGRATION_TARGET"] = target.AbsoluteUri;
        program.Environment["MIGRATION_BROKER"] = broker?.AbsoluteUri;
        program.Environment["MIGRATION_RUN"] = null;
        if (allocations is not null)
        {
            program.Environment["DOTNET_STARTUP_HOOKS"] = Repository.Benchmarks;
            program.Environment[AllocationLog.Variable] = allocations;
        }

        return program;
    }
}
