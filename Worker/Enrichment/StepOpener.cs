using Migration.Contracts.Migrations;

namespace Migration.Worker.Enrichment;

/// <summary>Makes of the steps of a migration file what does their work in this process.</summary>
internal static class StepOpener
{
    /// <param name="inFlight">Records in flight at a time.</param>
    /// <exception cref="UserException">Something that the step needs is not there.</exception>
    public static async Task<IRowStep> OpenAsync(EnrichmentStep step, int inFlight, EnrichmentServices services, CancellationToken cancellationToken)
    {
        try
        {
            return step switch
            {
                HttpStep http => new HttpRowStep(http, services),
                RehostStep rehost => new RehostRowStep(rehost, services),
                LookupStep lookup => new LookupRowStep(lookup, services),
                PluginStep plugin => await PluginRowStep.OpenAsync(plugin, inFlight, services, cancellationToken),
                _ => throw new InvalidOperationException($"no worker does the step {step.Kind}"),
            };
        }
        catch (MigrationFileException e)
        {
            throw new UserException($"The {step.Kind} step of line {step.Line} of the migration file cannot be set up by this process: {e.Message}", e);
        }
    }
}
