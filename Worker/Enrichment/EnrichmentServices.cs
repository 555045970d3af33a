using Microsoft.Extensions.Logging;
using Npgsql;

namespace Migration.Worker.Enrichment;

/// <summary>What steps are set up with in a process.</summary>
/// <param name="RunId">The run that they work for.</param>
/// <param name="Target">Holds its ledger.</param>
/// <param name="Environment">A variable's value, or null when it is not set.</param>
internal sealed record EnrichmentServices(
    Guid RunId, NpgsqlDataSource Target, Func<string, string?> Environment, TimeProvider Time, ILogger Logger);
