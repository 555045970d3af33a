namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>
/// How many workers the Job shall have now. A hundred pods asked for at once come down on the control plane, the image
/// registry, the pool of addresses and the database together; so the first wave is small, and the next comes when the
/// one before is ready.
/// </summary>
/// <remarks>
/// <para>There is never more than one wave that is not ready, so what a cluster cannot give costs one wave of pending
/// pods, and the API server one write a wave.</para>
/// <para>Workers that are gone (preempted, a lost node) hold the next wave as well, and nothing is lowered for them: an
/// Indexed Job gives up its highest indexes first, and those may be the ones that run.</para>
/// <para>A worker that Kubernetes gave up is not waited for, or it would hold all others for ever.</para>
/// </remarks>
internal static class Waves
{
    /// <summary>For a Job that is yet to be created.</summary>
    public static int First(int wanted, WaveSizes sizes) => Math.Min(wanted, sizes.First);

    /// <param name="wanted">0 lets all workers go.</param>
    public static int Next(int wanted, WaveSizes sizes, WorkerCensus census)
    {
        if (wanted <= census.Asked)
            return wanted;
        if (census.Asked == 0)
            return First(wanted, sizes);
        return census.Pending == 0 ? Math.Min(wanted, census.Asked + sizes.Step) : census.Asked;
    }
}
