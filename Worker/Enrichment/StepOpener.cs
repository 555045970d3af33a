using Migration.Contracts.Migrations;

namespace Migration.Worker.Enrichment;

/// <summary>Makes of the steps of a migration file what does their work in this process.</summary>
internal static class StepOpener
{
    /// <exception cref="UserException">Something that the step needs is not there.</exception>
    public static IRowStep Open(EnrichmentStep step, EnrichmentServices services)
    {
        try
        {
            return step switch
            {
                HttpStep http => new HttpRowStep(http, services),
                RehostStep rehost => new RehostRowStep(rehost, services),
                LookupStep lookup => new LookupRowStep(lookup, services),
                _ => throw new InvalidOperationException($"no worker does the step {step.Kind}"),
            };
        }
        catch (MigrationFileException e)
        {
            throw new UserException($"The {step.Kind} step of line {step.Line} of the migration file cannot be set up by this process: {e.Message}", e);
        }
    }
}
