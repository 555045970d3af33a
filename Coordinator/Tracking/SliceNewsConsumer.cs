using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Messages;
using Migration.Worker;

namespace Migration.Coordinator.Tracking;

/// <summary>Hears completion and failure events of the run.</summary>
internal sealed class SliceNewsConsumer(RunNews news, ILogger<SliceNewsConsumer> logger)
    : IConsumer<SliceCompleted>, IConsumer<SlicesCompleted>, IConsumer<SliceFailed>
{
    public Task Consume(ConsumeContext<SliceCompleted> context)
    {
        news.Completed(1);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<SlicesCompleted> context)
    {
        news.Completed(context.Message.Count);
        return Task.CompletedTask;
    }

    public Task Consume(ConsumeContext<SliceFailed> context)
    {
        var m = context.Message;
        using var scope = logger.SliceScope(m.Run, m.Collection, m.Slice);
        logger.SliceGaveUp(m.Collection, m.Slice, m.Attempts, m.Error);
        news.Failed(m);
        return Task.CompletedTask;
    }
}
