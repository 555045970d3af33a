using Migration.DocumentDbGateway.Wire;

namespace Migration.DocumentDbGateway.Commands;

internal delegate Task<Reply> CommandHandler(CommandRequest request, CancellationToken cancellationToken);
