using System.Net.Sockets;
using Migration.DocumentDbGateway.Commands;
using Migration.DocumentDbGateway.Wire;

namespace Migration.DocumentDbGateway;

/// <summary>One client: reads a message, has it carried out, writes the reply, until the client hangs up.</summary>
internal sealed class ClientConnection : IDisposable
{
    private readonly int id;
    private readonly Socket socket;
    private readonly NetworkStream stream;
    private readonly CommandDispatcher dispatcher;
    private readonly byte[] peeked = new byte[1];
    private int replies;

    public ClientConnection(int id, Socket socket, CommandDispatcher dispatcher)
    {
        socket.NoDelay = true;
        this.id = id;
        this.socket = socket;
        this.dispatcher = dispatcher;
        stream = new NetworkStream(socket, ownsSocket: true);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await WireMessage.ReadAsync(stream, cancellationToken) is { } message)
        {
            using (message)
            {
                using var reply = await AnswerAsync(message, cancellationToken);
                if (message.WantsReply)
                    await stream.WriteAsync(reply.Frame(message, ++replies), cancellationToken);
            }
        }
    }

    /// <summary>
    /// A client that hangs up while its command runs takes the command with it: a query that nobody waits for
    /// would hold a connection of the engine.
    /// </summary>
    private async Task<Reply> AnswerAsync(WireMessage message, CancellationToken cancellationToken)
    {
        using var work = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var watch = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answering = dispatcher.AnswerAsync(id, message, work.Token);
        if (answering.IsCompleted)
            return await answering;
        var hangUp = HangUpAsync(work, watch.Token);
        try
        {
            return await answering;
        }
        finally
        {
            await watch.CancelAsync();
            await hangUp;
        }
    }

    private async Task HangUpAsync(CancellationTokenSource work, CancellationToken cancellationToken)
    {
        try
        {
            // Clients do not send before they have their reply, so what can be seen here is the end.
            if (await socket.ReceiveAsync(peeked, SocketFlags.Peek, cancellationToken) == 0)
                await work.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The command was answered first.
        }
        catch (SocketException)
        {
            await work.CancelAsync();
        }
    }

    public void Dispose() => stream.Dispose();
}
