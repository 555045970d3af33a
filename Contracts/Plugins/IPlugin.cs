namespace Migration.Contracts.Plugins;

/// <summary>
/// What every plugin is: a class with a public constructor without parameters that has <see cref="PluginAttribute"/> and
/// implements <see cref="IRecordPlugin"/> or <see cref="IBatchPlugin"/>. One that is <see cref="IAsyncDisposable"/> or
/// <see cref="IDisposable"/> is disposed of when its worker ends.
/// </summary>
public interface IPlugin
{
    /// <summary>
    /// Called once for each object, before the first record: a worker process makes one for each step that names the class.
    /// May take as many seconds as <c>timeoutSeconds</c> of the step allows.
    /// </summary>
    /// <remarks>
    /// Whatever it throws ends the worker with the exception's message and the exit code of a wrong configuration, so the
    /// message had better say what to mend, and no secret.
    /// </remarks>
    Task OpenAsync(PluginContext context, CancellationToken cancellationToken) => Task.CompletedTask;
}
