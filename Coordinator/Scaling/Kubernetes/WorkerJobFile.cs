using Microsoft.Extensions.Logging;
using Migration.Worker;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>
/// The template while the run goes on. A mounted ConfigMap changes by a link that points elsewhere, which tells nobody; so
/// the file is read now and then. One that cannot be used is told once, and the last good one holds.
/// </summary>
internal sealed class WorkerJobFile(string path, WorkerJobTemplate first, ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private long _readAt = time.GetTimestamp();
    private string? _problem;

    public WorkerJobTemplate Template { get; private set; } = first;

    /// <summary>Reads it again where it is time to.</summary>
    public void Refresh()
    {
        if (time.GetElapsedTime(_readAt) < Interval)
            return;
        _readAt = time.GetTimestamp();
        try
        {
            var template = WorkerJobTemplate.Load(path);
            CheckPlace(template);
            Template = template;
            _problem = null;
        }
        catch (UserException e)
        {
            if (_problem != e.Message)
                logger.TemplateUnusable(e.Message);
            _problem = e.Message;
        }
    }

    private void CheckPlace(WorkerJobTemplate template)
    {
        if ((template.Name, template.Namespace) != (Template.Name, Template.Namespace))
        {
            throw new UserException(
                $"The worker Job {path} has another name or namespace than before ({Template.Name}); start the coordinator again for that.");
        }
    }
}
