using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Messages;

namespace Migration.Coordinator.Tracking;

/// <summary>Hears completion and failure events of the run.</summary>
internal sealed class SliceNewsConsumer(RunNews news, ILogger<SliceNewsConsumer> logger)
    : IConsumer<SliceCompleted>, IConsumer<SliceFailed>
{
    public Task Consume(ConsumeContext<SliceCompleted> context)
    {
        news.Completed(context.Message);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<SliceFailed> context)
    {
        var m = context.Message;
        logger.SliceGaveUp(m.Collection, m.Slice, m.Attempts, m.Error);
        news.Failed(m);
        return Task.CompletedTask;
    }
}
