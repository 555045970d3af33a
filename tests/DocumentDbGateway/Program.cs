using System.Runtime.InteropServices;
using Migration.DocumentDbGateway;
using Migration.DocumentDbGateway.Engine;

if (!GatewayOptions.TryParse(args, out var options, out var complaint))
{
    await Console.Error.WriteLineAsync(complaint);
    return 2;
}

using var stop = new CancellationTokenSource();
using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

await using var engine = new EngineClient(options);
await using var server = new GatewayServer(options, engine);
try
{
    await engine.RequireAsync(stop.Token);
    Console.WriteLine($"documentdb-gateway listening on 127.0.0.1:{server.Start()}");
    await server.RunAsync(stop.Token);
    return 0;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (EngineUnavailableException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
