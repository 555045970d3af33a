namespace Migration.Coordinator.Scaling;

/// <summary>The workers of a run, wherever they are. Let go, or left to themselves, when disposed of.</summary>
internal interface IRunWorkers : IAsyncDisposable
{
    /// <summary>Replaces what died and follows the number that is wanted; to be called about once a second.</summary>
    /// <exception cref="Worker.UserException">There is no point in going on; the message says why.</exception>
    Task SuperviseAsync(RunPulse pulse, CancellationToken cancellationToken);
}

/// <summary>What shows that a run moves.</summary>
/// <param name="Progress">Grows with completed slices and with attempts: what has grown since the last death excuses a death.</param>
/// <param name="Written">Records written so far: workers that all die without any have another trouble than a record.</param>
internal readonly record struct RunPulse(long Progress, long Written);
